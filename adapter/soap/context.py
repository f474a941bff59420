"""kontekstWywolania: for whom a call is made, as the authority wants to see it.

The element, its namespace and the attribute names are data (``mappings/call_context.csv``); the
values come from the facility's configuration. Source: p1.md 2.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path

from lxml import etree

from adapter.errors import BadInput, Misconfigured
from adapter.ports import CallContext

FILE = "call_context.csv"
COLUMNS = ("channel", "part", "name", "status", "source")
ASSISTANT = ("assistant_root", "assistant_extension")
"""Fields of :class:`CallerIdentity` that both have a value, or neither."""
_PARTS = ("namespace", "element", "attribute", "attribute_name", "value")


@dataclass(frozen=True, slots=True)
class CallerIdentity:
    """Whose call it is: the entity (podmiot), the person using the program, the place, the role.

    All values are text exactly as they go out; ``role`` is a value of rolaBiznesowa. The assistant is a medical
    assistant who uses the program in that person's name; empty when there is none (p1.md 2: optional).
    """

    entity_root: str
    entity_extension: str
    user_root: str
    user_extension: str
    workplace_root: str
    workplace_extension: str
    role: str
    assistant_root: str = ""
    assistant_extension: str = ""

    def __post_init__(self) -> None:
        assisted = any(getattr(self, name) for name in ASSISTANT)
        for each in fields(self):
            value = getattr(self, each.name)
            wanted = assisted or each.name not in ASSISTANT
            if value != value.strip() or (wanted and not value):
                raise Misconfigured(f"the call context needs {each.name}", setting=f"caller.{each.name}")


@dataclass(frozen=True, slots=True)
class StaffMember:
    """A person who may act for the facility, chosen call by call, perhaps through an assistant."""

    user_root: str
    user_extension: str
    role: str
    assistant_root: str = ""
    assistant_extension: str = ""


@dataclass(frozen=True, slots=True)
class Callers:
    """Everybody in whose name one facility calls.

    ``facility`` is who calls when nothing says otherwise. A call about a cell carries that cell as its place
    of work (``cell_root`` is the OID of cells, the value is the short code, p1.md 2), unless ``place_by_cell`` is off;
    ``cells`` (by short code) holds what differs for some of them, ``staff`` (by name) who else may act.
    """

    facility: CallerIdentity
    cell_root: str
    place_by_cell: bool = True
    cells: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Short code of a cell -> fields of :class:`CallerIdentity` that differ there."""
    staff: Mapping[str, StaffMember] = field(default_factory=dict)

    def identity(self, call: CallContext) -> CallerIdentity:
        """Who makes this call.

        Raises:
            BadInput: the cell is another facility's, or the settings name no such member of staff.
        """
        caller = self.facility
        if call.cell is not None:
            if call.cell.facility != caller.entity_extension:
                raise BadInput("the cell belongs to another facility", field="cell", code="CELL_FOREIGN")
            if self.place_by_cell:
                caller = replace(caller, workplace_root=self.cell_root, workplace_extension=call.cell.cell)
            caller = replace(caller, **self.cells.get(call.cell.cell, {}))
        if call.user:
            member = self.staff.get(call.user)
            if member is None:
                raise BadInput(
                    f"the settings of facility {call.facility} name no such member of staff",
                    field="user",
                    code="STAFF_NOT_CONFIGURED",
                )
            caller = replace(caller, **asdict(member))
        return caller


@dataclass(frozen=True, slots=True)
class ContextNames:
    """The national names of the call context of one channel, in the order they are sent."""

    namespace: str
    element: str
    attribute: str
    attribute_name: str
    value: str
    attributes: tuple[tuple[str, str], ...]
    """(field of :class:`CallerIdentity`, national attribute name)."""

    @property
    def qname(self) -> str:
        """``{namespace}element`` of the header block."""
        return f"{{{self.namespace}}}{self.element}"


def load_context_names(mappings: Path, channel: str) -> ContextNames:
    """Read ``call_context.csv`` for one channel (``p1`` or ``cer``).

    Raises:
        Misconfigured: the file or a row is missing, double or unknown; the message names the row.
    """
    path = mappings / FILE
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
    except OSError as problem:
        raise Misconfigured(f"cannot read {path}", setting=FILE) from problem
    known = {each.name for each in fields(CallerIdentity)}
    parts: dict[str, str] = {}
    attributes: dict[str, str] = {}
    for number, row in enumerate(rows, start=2):
        part, name = row.get("part") or "", row.get("name") or ""
        if (row.get("channel") or "") not in {"any", channel}:
            continue
        target = parts if part in _PARTS else attributes
        if not name or part in target or (target is attributes and part not in known):
            raise Misconfigured(f"{path}, row {number}: {part or 'part'} is unknown, double or empty", setting=FILE)
        target[part] = name
    needed = (*_PARTS, *sorted(known.difference(ASSISTANT)))
    missing = [each for each in needed if each not in parts and each not in attributes]
    if missing:
        raise Misconfigured(f"{path}: channel {channel} lacks {', '.join(missing)}", setting=FILE)
    return ContextNames(attributes=tuple(attributes.items()), **parts)


def build_context(identity: CallerIdentity, names: ContextNames) -> etree._Element:
    """The header block for one call, without ``wsu:Id`` (the signer adds it).

    Raises:
        Misconfigured: the caller has an assistant, and the table no name for one.
    """
    named = {field_name for field_name, _ in names.attributes}
    if identity.assistant_extension and not named.issuperset(ASSISTANT):
        raise Misconfigured(f"{FILE} has no rows {' and '.join(ASSISTANT)}", setting=FILE)

    def qualified(name: str) -> str:
        return f"{{{names.namespace}}}{name}"

    root = etree.Element(names.qname, nsmap={"kon": names.namespace})
    for field_name, national in names.attributes:
        value = getattr(identity, field_name)
        if not value:
            continue
        attribute = etree.SubElement(root, qualified(names.attribute), {names.attribute_name: national})
        etree.SubElement(attribute, qualified(names.value)).text = value
    return root
