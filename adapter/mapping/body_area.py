"""Body areas (U-06): a FHIR coding as one text that is equal exactly when the area is the same.

A code of our own code system (a site's short codes, ``knee-left``) stands bare; of any other as ``system|code``.
"""

from __future__ import annotations

from adapter.fhir import names
from adapter.fhir.element import Element

_BETWEEN = "|"
_SEVERAL = "+"


def area_from_coding(coding: Element) -> str:
    """The area that a coding names, empty when it has no code."""
    system, code = coding.text("system"), coding.text("code")
    if code is None:
        return ""
    return code if system in {None, names.BODY_AREA} else f"{system}{_BETWEEN}{code}"


def areas_from_sites(request: Element) -> str:
    """The areas of ServiceRequest.bodySite, each by its first coding; several in one fixed order."""
    found = set()
    for site in request.children("bodySite"):
        area = next((area_from_coding(one) for one in site.children("coding") if one.text("code")), "")
        if area:
            found.add(area)
    return _SEVERAL.join(sorted(found))


def areas_to_sites(areas: str) -> list[dict[str, object]]:
    """ServiceRequest.bodySite for the areas, one each."""
    return [{"coding": [area_to_coding(area)]} for area in areas.split(_SEVERAL) if area]


def area_to_coding(area: str) -> dict[str, str]:
    """The coding of an area."""
    system, between, code = area.partition(_BETWEEN)
    return {"system": system, "code": code} if between else {"system": names.BODY_AREA, "code": area}
