"""Which texts a schema allows where: enumerations, patterns, lengths and bounds.

zeep reads types and drops what limits their values, so the schemas are read once more, with lxml:
inside the WSDL and in the files they include and import, through named types, restrictions,
extensions, groups and unions. What a schema says so is told as :class:`Facets`, and libxml2 itself
decides whether a text is allowed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from adapter.soap.schemas import documents_of

_XS = "http://www.w3.org/2001/XMLSchema"
DEPTH_MAX = 64
"""Types, groups and elements are followed so deep; one may contain itself."""
_BOUNDS = {"minLength": "at least {} characters", "maxLength": "at most {} characters", "length": "{} characters"} | {
    "minInclusive": "from {}", "maxInclusive": "to {}", "minExclusive": "above {}", "maxExclusive": "below {}",
    "totalDigits": "{} digits", "fractionDigits": "{} digits after the point", "pattern": "of the form {}",
}  # fmt: skip
_NUMBERS = {
    "decimal",
    "integer",
    "int",
    "long",
    "short",
    "byte",
    "nonNegativeInteger",
    "positiveInteger",
    "float",
    "double",
}
_UNSIGNED = {"unsignedLong", "unsignedInt", "unsignedShort", "unsignedByte"}
_TEXTS = {"string", "normalizedString", "token", "anyURI", "boolean", "dateTime", "date", "time"}
_SAME_ANYWHERE = _NUMBERS | _UNSIGNED | _TEXTS
"""Built-in types whose values mean the same wherever they stand: no names of anything in the message."""


@dataclass(frozen=True, slots=True)
class Facets:
    """What a simple type allows: its built-in type, and in each step of its derivation (facet, value) pairs.

    ``union`` are the types of which a value may be any; ``listed`` says that a value is several, with blanks between.
    """

    builtin: str = "string"
    steps: tuple[tuple[tuple[str, str], ...], ...] = ()
    union: tuple[Facets, ...] = ()
    listed: bool = False

    @property
    def enumeration(self) -> tuple[str, ...] | None:
        """The permitted values in the order of the schema; None when they are not enumerated."""
        for step in reversed(self.steps):
            values = tuple(dict.fromkeys(value for name, value in step if name == "enumeration"))
            if values:
                return values
        members = [each.enumeration for each in self.union]
        if members and all(each is not None for each in members):
            return tuple(dict.fromkeys(value for each in members for value in each or ()))
        return None

    @property
    def limits(self) -> tuple[str, ...]:
        """What limits it but for enumerations, in words."""
        return tuple(
            _BOUNDS[name].format(value) for step in self.steps for name, value in dict(step).items() if name in _BOUNDS
        )

    def schema(self) -> etree.XMLSchema:
        """The schema of an element ``value`` that holds such a text."""
        root = etree.Element(f"{{{_XS}}}schema", nsmap={"xs": _XS})
        self._declare(etree.SubElement(root, f"{{{_XS}}}element", {"name": "value"}))
        return etree.XMLSchema(etree.fromstring(etree.tostring(root)))

    def schema_of_many(self) -> etree.XMLSchema | None:
        """The schema of an element ``value`` that holds several such texts, none with blanks, and blanks between them.

        None when that need not say the same as trying each of them.
        """
        if self.union or self.listed or self.builtin not in _SAME_ANYWHERE:
            return None
        root = etree.Element(f"{{{_XS}}}schema", nsmap={"xs": _XS})
        several = etree.SubElement(
            etree.SubElement(root, f"{{{_XS}}}element", {"name": "value"}), f"{{{_XS}}}simpleType"
        )
        self._declare(etree.SubElement(several, f"{{{_XS}}}list"))
        try:
            return etree.XMLSchema(etree.fromstring(etree.tostring(root)))
        except etree.XMLSchemaParseError:
            return None

    def _declare(self, parent: etree._Element) -> None:
        simple = etree.SubElement(parent, f"{{{_XS}}}simpleType")
        for step in reversed(self.steps):
            restriction = etree.SubElement(simple, f"{{{_XS}}}restriction")
            inner = etree.SubElement(restriction, f"{{{_XS}}}simpleType")
            for name, value in step:
                etree.SubElement(restriction, f"{{{_XS}}}{name}", {"value": value})
            simple = inner
        if self.union:
            union = etree.SubElement(simple, f"{{{_XS}}}union")
            for each in self.union:
                each._declare(union)
        elif self.listed:
            etree.SubElement(simple, f"{{{_XS}}}list", {"itemType": "xs:string"})
        else:
            etree.SubElement(simple, f"{{{_XS}}}restriction", {"base": f"xs:{self.builtin}"})

    def refused(self, texts: Sequence[str]) -> list[str]:
        """Those of the texts that are not allowed. Empty, too, when libxml2 cannot read the type by itself."""
        try:
            schema = self.schema()
        except etree.XMLSchemaParseError:
            return []
        value = etree.Element("value")
        wrong: list[str] = []
        for text in texts:
            value.text = text
            if not schema.validate(value):
                wrong.append(text)
        return wrong


class Declarations:
    """What the schemas of a WSDL declare, by kind and qualified name."""

    def __init__(self, file: Path) -> None:
        """Raises what :func:`adapter.soap.schemas.documents_of` raises."""
        self._known: dict[tuple[str, str, str], etree._Element] = {}
        self._homes: dict[etree._Element, str] = {}
        for namespace, root in documents_of(file):
            self._homes[root] = namespace
            for each in root.iterfind(f"{{{_XS}}}*[@name]"):
                self._known.setdefault((_kind(each), namespace, str(each.get("name"))), each)
            for each in root.iterfind(f"{{{_XS}}}redefine/{{{_XS}}}*[@name]"):
                self._known[_kind(each), namespace, str(each.get("name"))] = each

    def facets(self, root: str, path: Sequence[str], attribute: str = "") -> Facets | None:
        """The facets of the text below the global element ``root`` (``{namespace}name``), None when none is there.

        ``path`` are local names; ``attribute`` is that of an attribute of the last element.
        """
        found = self._element(root, path)
        if found is not None and attribute:
            found = self._attribute(found, attribute)
        return self._of(found) if found is not None else None

    @property
    def has_identity_constraints(self) -> bool:
        """Whether a value in a message may depend on another (xs:unique, xs:key, xs:keyref)."""
        kinds = [f"{{{_XS}}}{name}" for name in ("unique", "key", "keyref")]
        return any(True for root in self._homes for _ in root.iter(*kinds))

    def own_facets(self, root: str, path: Sequence[str]) -> Facets | None:
        """As :meth:`facets`, of an element that is declared where it stands and holds nothing but any such text.

        None otherwise: its text is fixed or has a default, its type is abstract, or it may hold elements.
        """
        found = self._element(root, path)
        if (
            found is None
            or found.get("ref") is not None
            or {"fixed", "default", "abstract"} & set(map(str, found.keys()))
        ):
            return None
        kind = self._type(found)
        if kind is not None and _kind(kind) != "simpleType":
            return None
        return self._of(found)

    def may_be_absent(self, root: str, path: Sequence[str]) -> bool:
        """Whether the element itself says minOccurs 0 (of the branches of a choice zeep forgets it)."""
        found = self._element(root, path)
        return found is not None and found.get("minOccurs") == "0"

    def beyond_rows(self, root: str, path: Sequence[str]) -> str:
        """Why rows cannot write an element: its type is abstract, or asks for what it does not name. Else empty."""
        found = self._element(root, path)
        kind = self._type(found) if found is not None else None
        if kind is None:
            return ""
        if kind.get("abstract") == "true":
            return f"its type {kind.get('name')} is abstract: the message must choose one (xsi:type)"
        for each in kind.iter(f"{{{_XS}}}any"):
            if each.get("minOccurs") != "0" and not _optional_above(each, kind):
                return "it asks for an element that the contract does not name (xs:any)"
        return ""

    def _element(self, root: str, path: Sequence[str]) -> etree._Element | None:
        name = etree.QName(root)
        found = self._known.get(("element", name.namespace or "", name.localname))
        for step in path:
            found = self._child(found, step) if found is not None else None
        return found

    def _named(self, kind: str, at: etree._Element, name: str) -> etree._Element | None:
        prefix, _, local = name.rpartition(":")
        namespace = at.nsmap.get(prefix or None, "") or ""
        found = self._known.get((kind, namespace, local))
        if found is None and not prefix:  # a schema without a namespace takes that of the one that includes it
            home = self._homes.get(next(at.iterancestors(f"{{{_XS}}}schema"), at), "")
            found = self._known.get((kind, home, local))
        return found

    def _type(self, declared: etree._Element) -> etree._Element | None:
        """The simple or complex type of an element or attribute; None for a built-in one."""
        reference = declared.get("ref")
        if reference is not None:
            target = self._named(_kind(declared), declared, reference)
            return self._type(target) if target is not None else None
        for each in declared:
            if _kind(each) in ("simpleType", "complexType"):
                return each
        return self._type_named(declared, declared.get("type"))

    def _type_named(self, at: etree._Element, name: str | None) -> etree._Element | None:
        if name is None or at.nsmap.get(name.rpartition(":")[0] or None) == _XS:
            return None
        found = self._named("simpleType", at, name)
        return found if found is not None else self._named("complexType", at, name)

    def _child(self, declared: etree._Element, name: str) -> etree._Element | None:
        kind = self._type(declared)
        found = self._inside(kind, "element", 0) if kind is not None else iter(())
        return next((each for each in found if _local(each) == name), None)

    def _attribute(self, declared: etree._Element, name: str) -> etree._Element | None:
        kind = self._type(declared)
        found = self._inside(kind, "attribute", 0) if kind is not None else iter(())
        return next((each for each in found if _local(each) == name), None)

    def _inside(self, kind: etree._Element, wanted: str, depth: int) -> Iterator[etree._Element]:
        """The elements or attributes of a complex type, those of its base first."""
        if depth > DEPTH_MAX:
            return
        for each in kind:
            what = _kind(each)
            if what == wanted:
                yield each
            elif what in ("group", "attributeGroup"):
                target = self._named(what, each, str(each.get("ref")))
                if target is not None and target is not kind:
                    yield from self._inside(target, wanted, depth + 1)
            elif what in ("extension", "restriction"):
                base = self._type_named(each, each.get("base"))
                if base is not None and base is not kind and (what == "extension" or wanted == "attribute"):
                    yield from self._inside(base, wanted, depth + 1)
                yield from self._inside(each, wanted, depth + 1)
            elif what in ("sequence", "choice", "all", "complexContent", "simpleContent"):
                yield from self._inside(each, wanted, depth + 1)

    def _of(self, declared: etree._Element, depth: int = 0) -> Facets | None:
        """The facets of an element's or attribute's text."""
        kind = self._type(declared)
        if kind is not None:
            return self._of_type(kind, depth)
        reference = declared.get("ref")
        target = self._named(_kind(declared), declared, reference) if reference is not None else declared
        name = target.get("type") if target is not None else None
        return Facets(name.rpartition(":")[2]) if name else Facets()

    def _of_type(self, kind: etree._Element, depth: int) -> Facets | None:
        if depth > DEPTH_MAX:
            return None
        for each in kind.iterfind(f"{{{_XS}}}*"):
            what = _kind(each)
            if what == "simpleContent":
                return self._of_type(each, depth + 1)
            if what in ("restriction", "extension"):
                return self._derived(each, depth + 1)
            if what == "list":
                return Facets(listed=True)
            if what == "union":
                names = [self._named_facets(each, name, depth + 1) for name in (each.get("memberTypes") or "").split()]
                inline = [self._of_type(inner, depth + 1) for inner in each.iterfind(f"{{{_XS}}}simpleType")]
                return Facets(union=tuple(member for member in (*names, *inline) if member is not None))
        return None

    def _named_facets(self, at: etree._Element, name: str, depth: int) -> Facets | None:
        found = self._type_named(at, name)
        return self._of_type(found, depth) if found is not None else Facets(name.rpartition(":")[2])

    def _derived(self, step: etree._Element, depth: int) -> Facets | None:
        inline = step.find(f"{{{_XS}}}simpleType")
        base = step.get("base")
        below = self._of_type(inline, depth) if inline is not None else None
        if below is None and base is not None:
            below = self._named_facets(step, base, depth)
        own = tuple(
            (_kind(each), str(each.get("value")))
            for each in step.iterfind(f"{{{_XS}}}*[@value]")
            if _kind(each) in _BOUNDS or _kind(each) in ("enumeration", "whiteSpace")
        )
        if below is None or not own:
            return below
        return Facets(below.builtin, (*below.steps, own), below.union, below.listed)


def _optional_above(inner: etree._Element, kind: etree._Element) -> bool:
    """Whether something between a type and what is in it may be absent, or is an element of its own."""
    for each in inner.iterancestors():
        if each is kind:
            return False
        if each.get("minOccurs") == "0" or _kind(each) in ("choice", "element"):
            return True
    return False


def _kind(element: etree._Element) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def _local(element: etree._Element) -> str:
    return str(element.get("name") or str(element.get("ref")).rpartition(":")[2])
