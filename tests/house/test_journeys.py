"""Every kind of patient of the seed has a story, and each story says what it stands on."""

from __future__ import annotations

import json
import re

import pytest
from house.tree import TOP

from adapter.domain.rules.catalogue import CATALOGUE

FOLDER = TOP / "fixtures" / "journeys"
STORIES = {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.json"))}
TOLD = {
    "category-change": {"C-08", "M-03"},
    "contract-end": {"E-03", "R-05"},
    "dental-prosthesis": {"S-01"},
    "dilo": {"O-01", "D-02"},
    "drug-programme": {"K-04"},
    "no-show-and-reinstatement": {"X-05", "E-06"},
    "offline": {"R-07", "R-08"},
    "paper-late-by-post": {"R-02", "T-07"},
    "privileged": {"V-03", "V-04"},
    "re-entry": {"K-01", "K-03"},
    "rehabilitation-duplicate": {"U-03"},
    "week-precision": {"P-02", "P-03", "P-04"},
}
"""The twelve stories that there must be, with the rules that each is about."""
SEED_LINE = re.compile(r"SEED-00[0-2]( l\.\d+(-\d+)?)?")


@pytest.mark.parametrize("name", sorted(TOLD))
def test_each_kind_of_patient_has_its_story(name: str) -> None:
    assert TOLD[name] <= set(STORIES[name]["rules"])


@pytest.mark.parametrize("name", sorted(STORIES))
def test_a_story_says_its_title_its_seed_lines_and_its_rules(name: str) -> None:
    story = STORIES[name]
    assert story["title"]
    assert story["title_pl"]
    assert story["seed"]
    assert all(SEED_LINE.fullmatch(line) for line in story["seed"])
    assert set(story["rules"]) <= set(CATALOGUE)
    assert sum(bool(step.get("then")) for step in story["steps"]) >= 2
