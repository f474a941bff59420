"""HL7's own FHIR validator (Java, ``org.hl7.fhir.validation`` by way of HAPI), offline, as nobody here wrote it.

``.ci/run`` brings its packages from Maven Central into ``.interop/hl7/lib``. One start takes about ten seconds, so
everything that a test module asks is asked at once.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SOURCE = Path(__file__).parent / "hl7_validator" / "Hl7Validator.java"
PACKAGES = ROOT / ".interop" / "hl7" / "lib"
TIMEOUT_SECONDS = 240
JAVA = ("java", "-Xmx1g", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
"""For one short run: the quick compiler and one collector take two thirds of the processor time."""
OIDS = "oidregistry.csv"
"""In HL7's jar: 1.5 MB of OIDs that the validator reads anew for each resource, over half of all its time."""
OID = re.compile(r"\d+(?:\.\d+)+")


@dataclass(frozen=True)
class Issue:
    """One finding: severity (error, warning, fatal), place (FHIRPath) and text."""

    severity: str
    place: str
    text: str

    @property
    def error(self) -> bool:
        return self.severity in {"error", "fatal"}


def missing() -> str:
    """What is not there, empty when all is."""
    for command in ("java", "javac"):
        if shutil.which(command) is None:
            return f"the command {command}"
    if not any(PACKAGES.glob("org.hl7.fhir.validation-*.jar")):
        return f"HL7's validator in {PACKAGES} (.ci/run brings it from Maven Central)"
    return ""


def validate(
    folder: Path, definitions: Path, resources: Mapping[str, Any], profiles: Mapping[str, str] | None = None
) -> dict[str, list[Issue]]:
    """What the validator says of each resource (name -> JSON); ``profiles``: name -> profile to validate against.

    ``definitions`` is a folder of StructureDefinition, ValueSet and CodeSystem; ``folder`` is for scratch.
    """
    classes = folder / "classes"
    if not classes.is_dir():
        _run(["javac", "-cp", f"{PACKAGES}/*", "-d", str(classes), str(SOURCE)])
    asked: list[str] = []
    texts = [path.read_text("utf-8") for path in sorted(definitions.glob("**/*.json"))]
    for name, resource in resources.items():
        file = folder / f"{name}.json"
        texts.append(json.dumps(resource, ensure_ascii=False))
        file.write_text(texts[-1], encoding="utf-8")
        profile = (profiles or {}).get(name)
        asked.append(f"{file}={profile}" if profile else str(file))
    (classes / OIDS).write_text(_oids_in(texts), encoding="utf-8")
    told = _run([*JAVA, "-cp", f"{classes}:{PACKAGES}/*", "Hl7Validator", str(definitions), *asked])
    lines = told.splitlines()
    assert lines[-1:] == ["done"], told[-2000:]
    found: dict[str, list[Issue]] = {name: [] for name in resources}
    for line in lines[:-1]:
        file_name, severity, place, text = line.split("\t", 3)
        found[Path(file_name).stem].append(Issue(severity, place, text))
    return found


def _oids_in(texts: Sequence[str]) -> str:
    """HL7's list of OIDs as far as somebody says one of them: the others are not looked for."""
    said = {oid for text in texts for oid in OID.findall(text)}
    (jar,) = PACKAGES.glob("org.hl7.fhir.utilities-*.jar")
    with zipfile.ZipFile(jar) as archive:
        head, *rows = archive.read(OIDS).decode("utf-8").splitlines()
    return "\n".join([head, *(row for row in rows if row.partition(",")[0].strip() in said)]) + "\n"


def _run(command: Sequence[str]) -> str:
    done = subprocess.run(list(command), capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout
