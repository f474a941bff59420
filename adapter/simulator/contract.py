"""A national contract as the simulator serves it: operations, actions, SOAP version, schema, and the files themselves.

Read once at start. Source: WSDL 1.1 and its binding to SOAP 1.2; p1.md 1 (document style, action ``urn:<operation>``).
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lxml import etree

from adapter.errors import Misconfigured
from adapter.simulator.answers import malformed
from adapter.simulator.soap import VERSIONS, Soap

WSDL = "http://schemas.xmlsoap.org/wsdl/"
XS = "http://www.w3.org/2001/XMLSchema"
_NAMESPACES = {"wsdl": WSDL, "xs": XS}


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: ``request`` and ``response`` are element names in Clark notation."""

    name: str
    action: str
    request: str
    response: str
    soap: Soap


class Contract:
    """One WSDL with its schemas.

    Raises (on making):
        Misconfigured: the file is missing, is not WSDL 1.1 over SOAP, or its schema does not compile.
    """

    def __init__(self, wsdl: Path) -> None:
        self.file = wsdl
        try:
            self._tree = etree.parse(str(wsdl), etree.XMLParser(no_network=True, resolve_entities=False))
        except (OSError, etree.XMLSyntaxError) as wrong:
            raise Misconfigured(f"the contract {wsdl} cannot be read", setting="POMOST_WSDL") from wrong
        self._root = self._tree.getroot()
        self.namespace = str(self._root.get("targetNamespace", ""))
        self.operations = {(operation.soap, operation.request): operation for operation in self._operations()}
        self._schema = self._compile()
        self._lock = threading.Lock()

    @property
    def names(self) -> frozenset[str]:
        """Names of all operations."""
        return frozenset(operation.name for operation in self.operations.values())

    @property
    def spoken(self) -> tuple[Soap, ...]:
        """The versions of SOAP that its operations speak."""
        return tuple(version for version in VERSIONS if any(soap is version for soap, _ in self.operations))

    @property
    def path(self) -> str:
        """Path of the service's address."""
        address = next(self._addresses(self._root), None)
        location = "" if address is None else str(address.get("location", ""))
        return "/" + location.partition("://")[2].partition("/")[2]

    def operation(self, request: etree._Element, action: str, soap: Soap) -> Operation:
        """The operation asked for by the Body's element and the SOAP action, which must agree.

        Raises:
            Fault: niepoprawnyKomunikat.
        """
        operation = self.operations.get((soap, str(request.tag)))
        if operation is None:
            raise malformed("there is no such operation")
        if action != operation.action:
            raise malformed("the SOAP action is not that of the operation in the Body")
        return operation

    def named(self, action: str) -> str:
        """The name of the operation with that SOAP action; the action itself when there is none."""
        return next((each.name for each in self.operations.values() if each.action == action), action)

    def check(self, element: etree._Element) -> None:
        """Compare with the schema.

        Raises:
            Fault: niepoprawnyKomunikat; the description names the element, never its content.
        """
        with self._lock:
            if self._schema.validate(element):
                return
            log: Any = self._schema.error_log
            entry = log[0]
        where = (entry.path or "").rpartition("/")[2].rpartition(":")[2]
        why = entry.type_name
        raise malformed(f"the message is not as the schema says, at {where or 'its start'} ({why})")

    def document(self, query: str, address: str) -> bytes | None:
        """The WSDL (``wsdl``) with ``address`` in it, or a schema (``xsd=name``); None when there is none."""
        if query.lower() == "wsdl":
            root = etree.fromstring(etree.tostring(self._root))
            for place in self._addresses(root):
                place.set("location", address)
            self._point_imports(root)
            return etree.tostring(root, xml_declaration=True, encoding="UTF-8")
        if query.startswith("xsd="):
            file = self.file.parent / query.removeprefix("xsd=")
            if file in set(self.file.parent.glob("*.xsd")):
                root = etree.parse(str(file)).getroot()
                self._point_imports(root)
                return etree.tostring(root, xml_declaration=True, encoding="UTF-8")
        return None

    @staticmethod
    def _addresses(root: etree._Element) -> Iterator[etree._Element]:
        return root.iter(*(f"{{{version.binding}}}address" for version in VERSIONS))

    def _point_imports(self, root: etree._Element) -> None:
        for place in root.iter(f"{{{XS}}}import", f"{{{XS}}}include"):
            if location := place.get("schemaLocation"):
                place.set("schemaLocation", f"{self.path}?xsd={location}")

    def _operations(self) -> list[Operation]:
        elements = {
            str(message.get("name")): self._qualified(part, str(part.get("element")))
            for message in self._root.findall("wsdl:message", _NAMESPACES)
            for part in message.findall("wsdl:part", _NAMESPACES)
        }
        ports = {
            str(operation.get("name")): operation
            for operation in self._root.findall("wsdl:portType/wsdl:operation", _NAMESPACES)
        }
        found = []
        for bound in self._root.findall("wsdl:binding/wsdl:operation", _NAMESPACES):
            name = str(bound.get("name"))
            soap, action = self._bound(bound)
            request, response = (ports[name].find(f"wsdl:{side}", _NAMESPACES) for side in ("input", "output"))
            if soap is None or action is None or request is None or response is None:
                raise Misconfigured(f"operation {name} of {self.file} is incomplete", setting="POMOST_WSDL")
            found.append(
                Operation(
                    name=name,
                    action=str(action.get("soapAction", "")),
                    request=elements[str(request.get("message")).rpartition(":")[2]],
                    response=elements[str(response.get("message")).rpartition(":")[2]],
                    soap=soap,
                )
            )
        if not found:
            raise Misconfigured(f"{self.file} binds no operation to SOAP", setting="POMOST_WSDL")
        return found

    @staticmethod
    def _bound(operation: etree._Element) -> tuple[Soap | None, etree._Element | None]:
        """The version of SOAP that a binding's operation speaks, and the element with its action."""
        for version in VERSIONS:
            if (found := operation.find(f"{{{version.binding}}}operation")) is not None:
                return version, found
        return None, None

    def _qualified(self, element: etree._Element, name: str) -> str:
        prefix, _, local = name.rpartition(":")
        return f"{{{element.nsmap.get(prefix or None)}}}{local}"

    def _compile(self) -> etree.XMLSchema:
        inline = self._root.findall("wsdl:types/xs:schema", _NAMESPACES)
        if len(inline) != 1:
            raise Misconfigured(f"{self.file} has {len(inline)} inline schemas, not one", setting="POMOST_WSDL")
        try:
            return etree.XMLSchema(etree.fromstring(etree.tostring(inline[0]), base_url=str(self.file)))
        except etree.XMLSchemaParseError as wrong:
            raise Misconfigured(f"the schema of {self.file} does not compile", setting="POMOST_WSDL") from wrong
