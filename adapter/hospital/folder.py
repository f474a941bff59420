"""An EHR without a server: a folder of its exports (Bundles, single resources, NDJSON).

The export is never changed. What we would write back goes to ``outgoing/`` as one JSON file for each
resource, whole or not at all, named by type and id; whoever imports it into the EHR may delete it. Where a
resource stands in several files, the one with the newest ``meta.lastUpdated`` is the resource as it is now, and where
that says nothing the file written last.
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
import uuid
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from adapter.errors import BadInput, Misconfigured, Rejected, Unavailable
from adapter.fhir.reference import ID
from adapter.hospital.change import apply, decode, encode, has_identifier
from adapter.hospital.config import HospitalConfig
from adapter.hospital.files import files_in, received_in
from adapter.ports import Received, ReceivedPage, WriteBack

PAGE_RESOURCES_MAX = 2_000
"""Resources in one page: so many are in memory at a time, and others may go on with them while the rest is read."""

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://pomost.example/fhir")


class _Known(NamedTuple):
    """The newest version of a resource in the folder."""

    written_ns: int
    resource: Received

    def overrules(self, other: _Known | None) -> bool:
        """Whether this is the resource as it is now: by what both say of it, else by which file was written last."""
        if other is None:
            return True
        ours, theirs = self.resource.last_updated, other.resource.last_updated
        if ours is not None and theirs is not None and ours != theirs:
            return ours > theirs
        return self.written_ns >= other.written_ns


class _Begun(NamedTuple):
    """A file of which some pages were handed over: ``read`` resources of any type, up to the last one handed over."""

    file: str
    mark: str
    read: int


class FolderHospital:
    """Implements :class:`adapter.ports.Hospital` on a folder. One process works on a folder at a time."""

    def __init__(self, config: HospitalConfig) -> None:
        if config.folder is None or not config.folder.is_dir():
            raise Misconfigured(f"the EHR's folder {config.folder} is not there", setting="hospital.folder")
        self._folder = config.folder
        self._outgoing = config.outgoing or config.folder / "outgoing"
        self._exports: dict[Path, str] = {}
        """Marks of the EHR's files as they are in the index."""
        self._written: dict[Path, str] | None = None
        """Marks of our own files in the index; None before anyone looked."""
        self._kinds: dict[str, tuple[str, frozenset[str]]] = {}
        """By file: its mark and the types found in it, so that a big export is not read for a type it lacks."""
        self._index: dict[tuple[str, str], _Known] = {}
        self._looking = threading.Lock()
        """Held while the index is brought up to date and asked: several deliveries write back at a time."""

    # --- reading ----------------------------------------------------------------------------------
    def changes(
        self, facility: str, resource_type: str, cursor: str, since: datetime | None = None
    ) -> Iterator[ReceivedPage]:
        """The resources of this type in files that are new or changed since ``cursor``, file by file.

        Oldest files first. Big ones come in several pages; whoever goes on from the cursor of one gets what stands
        behind it before anything else.
        ``since`` counts for nothing: an export says of each resource how it is.

        What has no readable type comes with an empty one, whichever type was asked for: it is refused when
        it is read, and seen by a person.

        Raises:
            BadInput: a file cannot be read. Misconfigured: the cursor is no cursor of ours.
        """
        known, begun = _parse(cursor)
        marks = {path: _mark(path) for path in self._files()}
        todo = [path for path in marks if known.get(self._name(path)) != marks[path]]
        places = {
            path: begun.read for path in todo if begun and (begun.file, begun.mark) == (self._name(path), marks[path])
        }
        todo.sort(key=lambda path: (path not in places, int(marks[path].partition("-")[0]), path))
        there = {self._name(path) for path in marks}
        known = {name: mark for name, mark in known.items() if name in there}
        for number, path in enumerate(todo, start=1):
            name, mark = self._name(path), marks[path]
            for page, read in self._pages(path, mark, resource_type, places.get(path, 0)):
                if read is None:
                    known[name] = mark
                now = _dump(known, None if read is None else _Begun(name, mark, read))
                yield ReceivedPage(page, now, more=read is not None or number < len(todo))

    def _pages(
        self, path: Path, mark: str, resource_type: str, first: int
    ) -> Iterator[tuple[tuple[Received, ...], int | None]]:
        """What a file holds of a type, and what has no readable type, from a place on.

        With each page the place behind it; None behind the last one.
        """
        name, wanted = self._name(path), {resource_type, ""}
        known = self._kinds.get(name)
        if known is not None and known[0] == mark and not known[1] & wanted:
            yield (), None
            return
        kinds: set[str] = set()
        page: list[Received] = []
        for read, one in enumerate(received_in(path, name, slots=resource_type == "Slot")):
            kinds.add(one.resource_type)
            if read >= first and one.resource_type in wanted:
                if len(page) == PAGE_RESOURCES_MAX:
                    yield tuple(page), read
                    page = []
                page.append(one)
        self._kinds[name] = (mark, frozenset(kinds))
        yield tuple(page), None

    def read(self, facility: str, resource_type: str, resource_id: str) -> Received | None:
        """One resource as it is now, None if there is none."""
        with self._looking:
            self._refresh(self._own(resource_type, resource_id) if ID.fullmatch(resource_id) else None)
            known = self._index.get((resource_type, resource_id))
        return known.resource if known is not None else None

    def find(self, facility: str, resource_type: str, system: str, value: str) -> Received | None:
        """The one resource with this identifier, None if there is none.

        Raises:
            Rejected: several resources have it.
        """
        with self._looking:
            self._refresh()
            kept = [known.resource for (kind, _), known in self._index.items() if kind == resource_type]
        found = [one for one in kept if value.encode() in one.raw and has_identifier(decode(one.raw), system, value)]
        if len(found) > 1:
            raise Rejected(f"several {resource_type} resources have one identifier", code="EHR_AMBIGUOUS")
        return found[0] if found else None

    # --- writing ----------------------------------------------------------------------------------
    def write_back(self, facility: str, change: WriteBack) -> Received:
        """Write the changed or new resource to ``outgoing/``; nothing is written when it says all that already.

        Raises:
            Rejected: there is no such resource. Unavailable: the file cannot be written (nothing happened).
        """
        if change.body is not None:
            return self._create(facility, change)
        if change.resource_id is None:
            raise Rejected("a change without a resource id needs a body", code="EHR_CHANGE_UNCLEAR")
        current = self.read(facility, change.resource_type, change.resource_id)
        if current is None:
            raise Rejected(f"{change.resource_type}/{change.resource_id} is not in the folder", code="EHR_GONE")
        resource = decode(current.raw)
        if not apply(change, resource):
            return current
        return self._write(change.resource_type, change.resource_id, resource)

    def _create(self, facility: str, change: WriteBack) -> Received:
        if change.if_none_exist:
            system, _, value = change.if_none_exist.partition("|")
            there = self.find(facility, change.resource_type, system, value)
            if there is not None:
                return there
        body = {**(change.body or {}), "resourceType": change.resource_type}
        seed = f"{change.resource_type}|{change.if_none_exist or uuid.uuid4()}"
        identity = change.resource_id or str(body.get("id") or uuid.uuid5(_NAMESPACE, seed))
        return self._write(change.resource_type, identity, {**body, "id": identity})

    def _write(self, resource_type: str, resource_id: str, resource: dict[str, object]) -> Received:
        if not ID.fullmatch(resource_id) or not resource_type.isalnum():
            raise Rejected("this is no resource type or id of FHIR", code="EHR_CHANGE_UNCLEAR")
        path = self._own(resource_type, resource_id)
        draft = self._outgoing / f".{path.name}.{uuid.uuid4().hex}"
        try:
            self._outgoing.mkdir(mode=0o700, exist_ok=True)
            with draft.open("wb") as stream:
                stream.write(encode(resource))
                stream.flush()
                os.fsync(stream.fileno())
            draft.replace(path)
        except OSError as error:
            with contextlib.suppress(OSError):
                draft.unlink()
            raise Unavailable("the folder for changes cannot be written", code="EHR_FOLDER") from error
        written = self.read("", resource_type, resource_id)
        if written is None:
            raise Unavailable("the change is not in the folder after it was written", code="EHR_FOLDER")
        return written

    # --- what is there ----------------------------------------------------------------------------
    def _files(self) -> list[Path]:
        return list(files_in(self._folder, apart=self._outgoing))

    def _own(self, resource_type: str, resource_id: str) -> Path:
        """Where a changed resource is written."""
        return self._outgoing / f"{resource_type}-{resource_id}.json"

    def _name(self, path: Path) -> str:
        """A file's name inside the folder."""
        try:
            return path.relative_to(self._folder).as_posix()
        except ValueError:
            return f"outgoing/{path.name}"

    def _refresh(self, own: Path | None = None) -> None:
        """Read new files; everything again when an export changed or a file went away: resources may be lost with it.

        With ``own`` no other file of ours is looked at: nobody else writes to ``outgoing/``, and each file there
        is named by its resource.
        """
        exports = {path: _mark(path) for path in self._files()}
        if any(exports.get(path) != mark for path, mark in self._exports.items()):
            self._forget()
        if own is None or self._written is None:
            found = self._own_files()
            if self._written is not None and self._written.keys() - found.keys():
                self._forget()
        else:
            found = {own: _mark(own)} if own.is_file() else {}
            if not found and own in self._written:
                self._forget()
                found = self._own_files()
        written = {} if self._written is None else self._written
        for path, mark in exports.items():
            if self._exports.get(path) != mark:
                self._learn(path)
        for path, mark in found.items():
            if written.get(path) != mark:
                self._learn(path)
                written[path] = mark
        self._exports, self._written = exports, written

    def _forget(self) -> None:
        self._exports, self._written, self._index = {}, None, {}

    def _own_files(self) -> dict[Path, str]:
        """Our files and their marks."""
        return {path: _mark(path) for path in files_in(self._outgoing)} if self._outgoing.is_dir() else {}

    def _learn(self, path: Path) -> None:
        written = path.stat().st_mtime_ns
        for one in received_in(path, self._name(path)):
            key = (one.resource_type, one.resource_id)
            known = _Known(written, one)
            if all(key) and known.overrules(self._index.get(key)):
                self._index[key] = known


def _mark(path: Path) -> str:
    """What changes when a file does."""
    try:
        found = path.stat()
    except OSError as error:
        raise BadInput(f"{path.name} cannot be read: {error.strerror}", field=path.name) from error
    return f"{found.st_mtime_ns}-{found.st_size}"


def _dump(known: dict[str, str], begun: _Begun | None) -> str:
    return json.dumps({"files": known} | ({} if begun is None else {"begun": begun}), separators=(",", ":"))


def _parse(cursor: str) -> tuple[dict[str, str], _Begun | None]:
    """The files that were handed over, and the one that was in part."""
    if not cursor:
        return {}, None
    try:
        told = json.loads(cursor)
        file, mark, read = told.get("begun") or ("", "", 0)
        begun = _Begun(str(file), str(mark), int(read)) if file else None
        return {str(name): str(mark) for name, mark in told["files"].items()}, begun
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Misconfigured("the stored polling cursor cannot be read; reset it", setting="cursor") from error
