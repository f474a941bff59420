"""All schemas of a WSDL as one ``lxml.etree.XMLSchema``, read from disk only.

A WSDL may hold several schemas inside itself that import files and each other (also without saying
where). They are handed to libxml2 under made-up addresses; every other address must be a local file.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urljoin, urlparse

from lxml import etree

_XS = "http://www.w3.org/2001/XMLSchema"
_WSDL = "http://schemas.xmlsoap.org/wsdl/"
_INSIDE = "pomost-inside:"
IMPORTED_WSDL_MAX = 50
SCHEMAS_MAX = 500


class NotLocal(ValueError):
    """A contract refers to something that is no local file."""


class LocalFilesOnly(etree.Resolver):
    """Answers libxml2's wishes for documents with local files and the schemas inside the WSDL."""

    def __init__(self, inside: dict[str, bytes]) -> None:
        super().__init__()
        self.inside = inside

    def resolve(self, system_url: str, public_id: str, context: object) -> object:  # type: ignore[override]  # lxml-stubs
        """One document for the parser."""
        if system_url in self.inside:
            return self.resolve_string(self.inside[system_url], context, base_url=system_url)
        return self.resolve_string(self.read(system_url), context, base_url=system_url)

    @staticmethod
    def read(url: str) -> bytes:
        """The bytes of a local file.

        Raises:
            NotLocal: it is an address on a network. OSError: the file cannot be read.
        """
        parts = urlparse(str(url))
        if parts.scheme not in ("", "file") or parts.netloc:
            raise NotLocal(f"{url} is no local file; contracts are read from disk only")
        return Path(unquote(parts.path)).read_bytes()


def _parser(inside: dict[str, bytes]) -> etree.XMLParser:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    parser.resolvers.add(LocalFilesOnly(inside))
    return parser


def _inside_schemas(file: Path, seen: set[Path]) -> list[tuple[Path, etree._Element]]:
    """The schemas inside a WSDL and the WSDLs that it imports."""
    if file in seen or len(seen) >= IMPORTED_WSDL_MAX:
        return []
    seen.add(file)
    root = etree.fromstring(file.read_bytes(), _parser({}))
    found = [(file, each) for each in root.iterfind(f"{{{_WSDL}}}types/{{{_XS}}}schema")]
    for each in root.iterfind(f"{{{_WSDL}}}import"):
        location = each.get("location")
        if location:
            if urlparse(location).scheme not in ("", "file"):
                raise NotLocal(f"{location} is no local file; contracts are read from disk only")
            found += _inside_schemas((file.parent / location).resolve(), seen)
    return found


def schema_of(file: Path) -> etree.XMLSchema:
    """The schema of every message of a WSDL.

    Raises:
        NotLocal, OSError, lxml.etree.LxmlError: a schema is missing or does not hold together.
    """
    found = _inside_schemas(file.resolve(), set())
    names = {each.get("targetNamespace"): f"{_INSIDE}{n}" for n, (_, each) in enumerate(found)}
    inside: dict[str, bytes] = {}
    driver = etree.Element(f"{{{_XS}}}schema", nsmap={"xs": _XS})
    for n, (home, each) in enumerate(found):
        for link in each.iter(f"{{{_XS}}}import", f"{{{_XS}}}include", f"{{{_XS}}}redefine"):
            location = link.get("schemaLocation")
            if location is not None:
                link.set("schemaLocation", urljoin(home.as_uri(), location))
            elif link.get("namespace") in names:
                link.set("schemaLocation", names[link.get("namespace")])
        inside[f"{_INSIDE}{n}"] = etree.tostring(each, with_tail=False)
        namespace = each.get("targetNamespace")
        if namespace:
            etree.SubElement(driver, f"{{{_XS}}}import", {"namespace": namespace, "schemaLocation": f"{_INSIDE}{n}"})
        else:
            driver.extend(link for link in list(each) if link.tag == f"{{{_XS}}}import")
    return etree.XMLSchema(etree.fromstring(etree.tostring(driver), _parser(inside)))


def documents_of(file: Path) -> list[tuple[str, etree._Element]]:
    """(namespace, schema) of every schema of a WSDL, inside it and in files, each once.

    A schema without a namespace has that of the one that includes it.

    Raises:
        NotLocal, OSError, lxml.etree.LxmlError: a schema is missing or cannot be read.
    """
    found: list[tuple[str, etree._Element]] = []
    seen: set[tuple[str, str]] = set()
    waiting = [(home, each, "") for home, each in _inside_schemas(file.resolve(), set())]
    while waiting and len(found) < SCHEMAS_MAX:
        home, root, above = waiting.pop(0)
        namespace = root.get("targetNamespace") or above
        found.append((namespace, root))
        for link in root.iterfind(f"{{{_XS}}}*[@schemaLocation]"):
            url = urljoin(home.as_uri(), str(link.get("schemaLocation")))
            included = "" if link.tag == f"{{{_XS}}}import" else namespace
            if (url, included) in seen:
                continue
            seen.add((url, included))
            content = etree.fromstring(LocalFilesOnly.read(url), _parser({}))
            waiting.append((Path(unquote(urlparse(url).path)), content, included))
    return found
