"""A national contract as loaded: its operations and the schema of all its messages.

One contract is one folder (``wsdl/p1``, ``wsdl/cer``) with one or more ``.wsdl`` files and the
schemas they import. zeep reads the WSDL (operations, element order, types); the same schemas, as
one ``lxml.etree.XMLSchema``, judge messages, because zeep is no validator (architecture D7).
Everything comes from disk; a location that is no local file is refused. Loading takes a moment, so
a process does it once for each folder (:func:`load_contract` remembers).
"""

from __future__ import annotations

import re
import threading
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import zeep.exceptions
from lxml import etree
from zeep import Settings
from zeep.wsdl import Document
from zeep.wsdl.bindings.soap import Soap12Binding, SoapBinding

from adapter.errors import Misconfigured
from adapter.soap.schemas import LocalFilesOnly, schema_of
from adapter.soap.structure import Node, node_of

SHOWN_PROBLEM_MAX_CHARACTERS = 300
_BROKEN = (zeep.exceptions.Error, etree.LxmlError, OSError, ValueError, LookupError, AttributeError, TypeError)
_one_at_a_time = threading.Lock()
"""A schema keeps its last problems in itself, so two threads must not ask at once."""
_KINDS = {
    "SCHEMAV_ELEMENT_CONTENT": "not expected here, or something is missing",
    "SCHEMAV_CVC_ELT_1": "not a message of the contract",
    "SCHEMAV_CVC_DATATYPE_VALID_1_2_1": "not a value of its type",
    "SCHEMAV_CVC_PATTERN_VALID": "not of the form asked for",
    "SCHEMAV_CVC_ENUMERATION_VALID": "none of the permitted values",
    "SCHEMAV_CVC_MINLENGTH_VALID": "too short",
    "SCHEMAV_CVC_MAXLENGTH_VALID": "too long",
    "SCHEMAV_CVC_MININCLUSIVE_VALID": "too small",
    "SCHEMAV_CVC_MAXINCLUSIVE_VALID": "too large",
}
"""libxml2's kinds of problems in plain words; another kind is shown by its own name."""
_ELEMENT_IN_MESSAGE = re.compile(r"^Element '(?:\{[^}]*\})?([^']*)'")


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: the names on the wire and the trees of its messages.

    ``request`` and ``reply`` are the single elements of the Body (document/literal); ``faults`` the
    elements that may stand in a fault's detail. ``file`` is the WSDL it came from, ``address`` what it says of
    where the service is (we call the one that is set for the facility).
    """

    name: str
    soap_action: str
    soap_version: str
    request: Node
    reply: Node
    faults: tuple[Node, ...]
    headers: tuple[str, ...]
    file: Path
    schema: etree.XMLSchema
    address: str = ""


@dataclass(frozen=True, slots=True)
class SchemaProblem:
    """Why a message is not what the schema says: the element and the kind of problem, never a value."""

    element: str
    kind: str

    def __str__(self) -> str:
        return f"{self.element}: {self.kind}"


@dataclass(frozen=True, slots=True)
class Contract:
    """All operations of one folder by name; ``remarks`` say what of the files could not be used and why."""

    channel: str
    folder: Path
    operations: Mapping[str, Operation]
    remarks: tuple[str, ...] = ()

    @property
    def files(self) -> tuple[Path, ...]:
        """The WSDL files."""
        return tuple(dict.fromkeys(operation.file for operation in self.operations.values()))


class _FromDisk:
    """zeep's way to files (all it asks of a transport while loading), without a network session."""

    def load(self, url: str) -> bytes:
        """The bytes of a local file."""
        return LocalFilesOnly.read(url)


def problems_of(schema: etree.XMLSchema, content: etree._Element) -> tuple[SchemaProblem, ...]:
    """What the schema has against a message; empty when it is valid. No value of the message is in it."""
    found: list[SchemaProblem] = []
    with _one_at_a_time:
        if schema.validate(content):
            return ()
        for entry in schema.error_log:  # type: ignore[attr-defined]  # missing in lxml-stubs
            match, kind = _ELEMENT_IN_MESSAGE.match(entry.message), str(entry.type_name)
            found.append(SchemaProblem(match.group(1) if match else "message", _KINDS.get(kind, kind)))
    return tuple(dict.fromkeys(found))


def _operations(file: Path) -> Iterator[Operation]:
    from_disk: Any = _FromDisk()
    document: Any = Document(str(file), from_disk, settings=Settings(forbid_external=True, forbid_dtd=True))
    schema = schema_of(file)
    ports = [port for service in document.services.values() for port in service.ports.values()]
    addresses = {port.binding.name.text: port.binding_options.get("address") or "" for port in ports}
    for binding in document.bindings.values():
        if not isinstance(binding, SoapBinding):
            continue
        version = "1.2" if isinstance(binding, Soap12Binding) else "1.1"
        for name, each in binding._operations.items():
            if each.style != "document" or each.input.body is None or each.output.body is None:
                raise Misconfigured(f"{file}: operation {name} is not document style with one part", setting=str(file))
            yield Operation(
                name=name,
                soap_action=each.soapaction,
                soap_version=version,
                request=node_of(each.input.body),
                reply=node_of(each.output.body),
                faults=tuple(node_of(part) for part in _fault_elements(each)),
                headers=_header_names(each.input),
                file=file,
                schema=schema,
                address=addresses.get(binding.name.text, ""),
            )


def _fault_elements(operation: Any) -> list[Any]:
    abstract = operation.abstract.fault_messages.values()
    return [part.element for message in abstract for part in message.parts.values() if part.element is not None]


def _header_names(message: Any) -> tuple[str, ...]:
    header = message.header
    elements = getattr(getattr(header, "type", None), "elements", ()) if header is not None else ()
    return tuple(element.qname.text for _, element in elements)


@lru_cache(maxsize=16)
def load_contract(folder: Path, channel: str) -> Contract:
    """The contract in ``folder / channel``.

    Raises:
        Misconfigured: no WSDL is there, a file cannot be read or does not hold together, an operation
            stands in two WSDLs; the message names the file.
    """
    home = folder / channel
    files = sorted(home.glob("*.wsdl"))
    if not files:
        raise Misconfigured(f"no .wsdl file in {home}", setting="POMOST_WSDL", code="CONTRACT_MISSING")
    operations: dict[str, Operation] = {}
    remarks: list[str] = []
    for file in files:
        try:
            with warnings.catch_warnings(record=True) as warned:
                warnings.simplefilter("always", UserWarning)
                loaded = list(_operations(file))
            remarks += [f"{file.name}: {_short(each.message)}" for each in warned]
        except _BROKEN as problem:
            raise Misconfigured(
                f"the contract {file} cannot be read: {_short(problem)}", setting=str(file), code="CONTRACT_BROKEN"
            ) from problem
        for operation in loaded:
            other = operations.get(operation.name)
            if other is not None and other.file != file:
                raise Misconfigured(
                    f"operation {operation.name} stands in both {other.file.name} and {file.name}",
                    setting=str(file),
                    code="CONTRACT_BROKEN",
                )
            if other is None:
                operations[operation.name] = operation
    if not operations:
        raise Misconfigured(f"no SOAP operation in {home}", setting=str(home), code="CONTRACT_BROKEN")
    return Contract(channel, home, operations, tuple(remarks))


def _short(problem: Exception | Warning | str) -> str:
    return " ".join(str(problem).split())[:SHOWN_PROBLEM_MAX_CHARACTERS]
