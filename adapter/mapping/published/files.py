"""The published profile as files: one definition each, named ``{type}-{id}.json``; ``docs/fhir`` holds them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from adapter.fhir.extension_table import EXTENSIONS
from adapter.mapping.published.extension_definition import extension_definition
from adapter.mapping.published.profile_definition import profile_definition
from adapter.mapping.published.resource_profile import PROFILES
from adapter.mapping.published.terminology import Json, code_systems
from adapter.mapping.tables import Tables


def definitions(tables: Tables) -> Iterator[Json]:
    """Every definition; a site's own tables give its own code systems."""
    yield from map(profile_definition, PROFILES)
    yield from map(extension_definition, EXTENSIONS)
    yield from code_systems(tables)


def profile_files(tables: Tables) -> Mapping[str, bytes]:
    """File name -> JSON in UTF-8, indented, with a line end at its end."""
    return {
        f"{one['resourceType']}-{one['id']}.json": (json.dumps(one, ensure_ascii=False, indent=1) + "\n").encode()
        for one in definitions(tables)
    }
