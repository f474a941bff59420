"""The two versions of SOAP: what they name differently (SOAP 1.1; SOAP 1.2 parts 1 and 2).

The WSDL says for each operation which one it speaks; an answer must speak the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from adapter.soap import namespaces as ns

if TYPE_CHECKING:
    from lxml import etree


@dataclass(frozen=True, slots=True)
class SoapVersion:
    """``media_type`` is the content type of its messages; the tags are those of the envelope's parts."""

    number: str
    namespace: str
    media_type: str
    envelope: str = field(init=False)
    header: str = field(init=False)
    body: str = field(init=False)
    fault: str = field(init=False)

    def __post_init__(self) -> None:
        for name in ("envelope", "header", "body", "fault"):
            object.__setattr__(self, name, f"{{{self.namespace}}}{name.capitalize()}")

    def headers(self, action: str) -> dict[str, str]:
        """The HTTP headers of a message whose SOAP action is ``action`` (without quotes)."""
        kind = f"{self.media_type}; charset=utf-8"
        if self is SOAP_11:
            return {"Content-Type": kind, "SOAPAction": action, "Accept": self.media_type}
        named = f'{kind}; action="{action}"' if action else kind
        return {"Content-Type": named, "Accept": self.media_type}

    def fault_code(self, fault: etree._Element) -> str:
        """SOAP's own code of a Fault, without prefix and refinement: ``Client``, ``Sender``; empty without one."""
        if self is SOAP_11:
            found = fault.findtext("faultcode")
        else:
            found = fault.findtext(f"{{{self.namespace}}}Code/{{{self.namespace}}}Value")
        return (found or "").strip().rpartition(":")[2].partition(".")[0]

    def fault_details(self, fault: etree._Element) -> list[etree._Element]:
        """The elements inside a Fault's detail."""
        detail = fault.find("detail" if self is SOAP_11 else f"{{{self.namespace}}}Detail")
        return list(detail) if detail is not None else []


SOAP_11 = SoapVersion("1.1", ns.SOAP, "text/xml")
SOAP_12 = SoapVersion("1.2", ns.SOAP_12, "application/soap+xml")
VERSIONS = {each.number: each for each in (SOAP_11, SOAP_12)}
