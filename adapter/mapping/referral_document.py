"""What we read in an e-referral's document (HL7 CDA): its number, which is the document's id (p1.md 4, 6).

Element names here are HL7's own, not the authority's.
"""

from __future__ import annotations

from lxml import etree

from adapter.domain.identifiers import ReferralNumber

HL7 = "urn:hl7-org:v3"
DOCUMENT_BYTES_MAX = 10 * 1024 * 1024


def number_in(document: bytes) -> ReferralNumber:
    """The referral's number: root and extension of ``ClinicalDocument/id``.

    Raises:
        ValueError: it is no CDA document, is too large, or its id is no referral number.
    """
    return _number(_document(document).find(f"{{{HL7}}}id"), "ClinicalDocument/id")


def number_replaced_by(document: bytes) -> ReferralNumber:
    """The number of the referral that an annulment document replaces (p1.md 6: ``relatedDocument`` RPLC).

    Raises:
        ValueError: as :func:`number_in`; or it replaces nothing.
    """
    place = f"{{{HL7}}}relatedDocument[@typeCode='RPLC']/{{{HL7}}}parentDocument/{{{HL7}}}id"
    return _number(_document(document).find(place), "relatedDocument[RPLC]/parentDocument/id")


def _document(document: bytes) -> etree._Element:
    if len(document) > DOCUMENT_BYTES_MAX:
        raise ValueError("the referral's document is too large")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(document, parser)
    except etree.XMLSyntaxError:
        raise ValueError("the referral's document is not XML") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise ValueError("the referral's document has a DTD")
    if root.tag != f"{{{HL7}}}ClinicalDocument":
        raise ValueError("the referral's document is no ClinicalDocument")
    return root


def _number(identifier: etree._Element | None, place: str) -> ReferralNumber:
    if identifier is None:
        raise ValueError(f"the referral's document has no {place}")
    return ReferralNumber(identifier.get("root", ""), identifier.get("extension", ""))
