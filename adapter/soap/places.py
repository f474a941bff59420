"""The places of a contract's messages where texts may be shown, from its binding table (D4).

What a message is masked by: the envelope of SOAP and WS-Security as the standards say it, in its Body the
elements that a row binds to a harmless field. The names of all elements of the contract are known; their
texts are not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from adapter.soap import namespaces as ns
from adapter.soap.check import NoSuchPlace, fault_nodes, operations_of, place_of, rows_for
from adapter.soap.context import ContextNames
from adapter.soap.contract import Contract
from adapter.soap.faults import Refusals
from adapter.soap.harmless import BOOL, INSTANT, OID, Form, either, exactly, form_of, nothing, result_codes
from adapter.soap.masking import BETWEEN, Names, Place, mask
from adapter.soap.rows import FAULT, REPLY, REQUEST, BindingRow
from adapter.soap.structure import Node
from adapter.soap.values import CodeTables
from adapter.soap.version import VERSIONS

DEPTH_MAX = 32
"""Names of elements are collected so deep; a type may contain itself."""
_XSI_NIL = "http://www.w3.org/2001/XMLSchema-instance nil"
_SOAP_NAMES = (
    *("Envelope", "Header", "Body", "Fault", "Code", "Subcode"),
    *("Value", "Reason", "Text", "Node", "Role", "Detail"),
)
_FAULT_11 = ("faultcode", "faultstring", "faultactor", "detail")
_FAULT_CODES = ("VersionMismatch", "MustUnderstand", "Client", "Server", "DataEncodingUnknown", "Sender", "Receiver")
_FAULT_PREFIXES = ("", "soap:", "soapenv:", "SOAP-ENV:", "env:", "S:", "s:", "soap12:")
_WSS_FAULTS = (
    *("UnsupportedSecurityToken", "UnsupportedAlgorithm", "InvalidSecurity", "InvalidSecurityToken"),
    *("FailedAuthentication", "FailedCheck", "SecurityTokenUnavailable", "MessageExpired"),
)
FAULT_CODE = exactly(
    *(prefix + code for prefix in _FAULT_PREFIXES for code in _FAULT_CODES), *(f"wsse:{code}" for code in _WSS_FAULTS)
)
_PREFIXES = {ns.SOAP: "soapenv", ns.SOAP_12: "env", ns.WSSE: "wsse", ns.WSU: "wsu", ns.DS: "ds"}


def spoken(tag: str) -> str:
    """``{namespace}name`` as expat says it."""
    return tag[1:].replace("}", BETWEEN) if tag.startswith("{") else tag


@dataclass(frozen=True, slots=True)
class Masks:
    """Masks for all messages of one channel. Threads may share it."""

    names: Names
    requests: Mapping[str, Place]
    replies: Mapping[str, Place]

    def request(self, verb: str, message: bytes, *, bytes_max: int) -> str:
        """A signed request as it may be kept; see :func:`adapter.soap.masking.mask`."""
        return mask(message, self.requests.get(verb, Place()), self.names, bytes_max=bytes_max, kind="text/xml")

    def reply(self, verb: str, message: bytes, *, kind: str, bytes_max: int) -> str:
        """Whatever came back, as it may be kept; ``kind`` is its media type."""
        return mask(message, self.replies.get(verb, Place()), self.names, bytes_max=bytes_max, kind=kind)


def masks_of(
    contract: Contract,
    rows: Sequence[BindingRow],
    tables: CodeTables,
    refusals: Refusals,
    *,
    context: ContextNames,
) -> Masks:
    """Compile a contract and its binding.

    Of the call context (``context``) the names are shown, and values that are OIDs. A row that the contract
    does not satisfy is passed over (``pomost contract check`` reports it).
    """
    operations = operations_of(contract, rows)
    codes = result_codes(refusals)
    faults = fault_nodes(operations)
    told = [row for row in rows if row.direction == FAULT]
    requests: dict[str, Place] = {}
    replies: dict[str, Place] = {}
    for verb, operation in operations.items():
        requests[verb], body = _envelope(context)
        _add(body, operation.request, rows_for(rows, verb, REQUEST), tables, codes)
        replies[verb], body = _envelope(context)
        _add(body, operation.reply, rows_for(rows, verb, REPLY), tables, codes)
        for detail in _fault_details(body):
            for node in faults:
                _add(detail, node, told, tables, codes)
    nodes = [node for operation in operations.values() for node in (operation.request, operation.reply)]
    known = list(_below([*nodes, *faults]))
    spoken_of = [f"{{{context.namespace}}}{name}" for name in (context.element, context.attribute, context.value)]
    tags = [
        *spoken_of,
        *(name for each in operations.values() for name in each.headers),
        *(node.tag for node in known),
    ]
    attributes = {context.attribute_name, *(attribute.tag for node in known for attribute in node.attributes)}
    return Masks(_names(contract.channel, context.namespace, tags, attributes), requests, replies)


def _add(above: Place, root: Node, rows: Iterable[BindingRow], tables: CodeTables, codes: Form) -> None:
    for row in rows:
        form = form_of(row, tables, codes) or nothing
        try:
            found = place_of(root, row)
        except NoSuchPlace:
            continue
        place = above.at(spoken(root.tag), *(spoken(node.tag) for node in found.nodes))
        if found.attribute is not None:
            name = spoken(found.attribute.tag)
            place.attributes[name] = _also(form, place.attributes.get(name))
        else:
            place.form = _also(form, place.form)
            place.attributes[_XSI_NIL] = BOOL


def _also(form: Form, known: Form | None) -> Form:
    """Several rows may lead to one place: what any of them lets through, but nothing if one is about people."""
    if nothing in (form, known):
        return nothing
    return form if known is None else either(form, known)


def _envelope(context: ContextNames) -> tuple[Place, Place]:
    """The place above an envelope of either version, and that of their Bodies."""
    top, body = Place(), Place()
    for soap in VERSIONS.values():
        envelope = top.at(spoken(soap.envelope))
        envelope.children[spoken(soap.body)] = body
        header = envelope.at(spoken(soap.header))
        caller = header.at(*(f"{context.namespace}{BETWEEN}{name}" for name in (context.element, context.attribute)))
        caller.attributes[context.attribute_name] = exactly(*(name for _, name in context.attributes))
        caller.at(f"{context.namespace}{BETWEEN}{context.value}").form = OID
        security = header.at(spoken(ns.SECURITY))
        security.attributes[f"{soap.namespace}{BETWEEN}mustUnderstand"] = BOOL
        for moment in (ns.CREATED, ns.EXPIRES):
            security.at(spoken(ns.TIMESTAMP), spoken(moment)).form = INSTANT
        for noise in (ns.TOKEN, ns.SIGNATURE):
            security.at(spoken(noise)).folded = True
    return top, body


def _fault_details(body: Place) -> Iterator[Place]:
    """Where a Fault of either version has its details; the places of its code are made on the way."""
    for soap in VERSIONS.values():
        fault = body.at(spoken(soap.fault))
        fault.at("faultcode").form = FAULT_CODE
        code = fault.at(f"{soap.namespace}{BETWEEN}Code")
        value = f"{soap.namespace}{BETWEEN}Value"
        code.at(value).form = FAULT_CODE
        code.at(f"{soap.namespace}{BETWEEN}Subcode", value).form = FAULT_CODE
        yield fault.at("detail")
        yield fault.at(f"{soap.namespace}{BETWEEN}Detail")


def _below(roots: Sequence[Node]) -> Iterator[Node]:
    """All elements that the contract names, each type once."""
    seen: set[tuple[str, int]] = set()
    waiting = [(node, 0) for node in roots]
    while waiting:
        node, depth = waiting.pop()
        key = (node.tag, id(node._type))
        if key in seen or depth > DEPTH_MAX:
            continue
        seen.add(key)
        yield node
        waiting += [(child, depth + 1) for child in node.children]


def _names(channel: str, context: str, tags: Iterable[str], attributes: Iterable[str]) -> Names:
    prefixes = {**_PREFIXES, context: "kon"}
    standard = [f"{{{soap.namespace}}}{name}" for soap in VERSIONS.values() for name in _SOAP_NAMES]
    standard += [*_FAULT_11, ns.SECURITY, ns.TIMESTAMP, ns.CREATED, ns.EXPIRES, ns.TOKEN, ns.SIGNATURE]
    plain = [
        "encodingStyle",
        *(f"{{{soap.namespace}}}{name}" for soap in VERSIONS.values() for name in ("mustUnderstand",)),
    ]
    elements: dict[str, str] = {}

    def shown(tag: str) -> str:
        space, _, name = tag[1:].rpartition("}") if tag.startswith("{") else ("", "", tag)
        if not space:
            return name
        if space not in prefixes:
            number = sum(prefix.startswith(channel) for prefix in prefixes.values())
            prefixes[space] = f"{channel}-{number + 1}" if number else channel
        return f"{prefixes[space]}:{name}"

    for tag in (*standard, *tags):
        elements.setdefault(spoken(tag), shown(tag))
    known = {spoken(tag): shown(tag) for tag in (*plain, *attributes)}
    known[spoken(ns.WSU_ID)] = ""
    prefixes[_XSI_NIL.partition(BETWEEN)[0]] = "xsi"
    known[_XSI_NIL] = "xsi:nil"
    return Names(elements, known, prefixes)
