"""What we read in an e-referral's document (HL7 CDA): its number, which is the document's id (p1.md 4).

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
    if len(document) > DOCUMENT_BYTES_MAX:
        raise ValueError("the referral's document is too large")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(document, parser)
    except etree.XMLSyntaxError:
        raise ValueError("the referral's document is not XML") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise ValueError("the referral's document has a DTD")
    identifier = root.find(f"{{{HL7}}}id") if root.tag == f"{{{HL7}}}ClinicalDocument" else None
    if identifier is None:
        raise ValueError("the referral's document has no ClinicalDocument/id")
    return ReferralNumber(identifier.get("root", ""), identifier.get("extension", ""))
