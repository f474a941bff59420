"""Makes ``fixtures/hostile/``: raw HTTP answers and requests, byte for byte as they would come over the wire.

    python tests/fuzz/corpus.py        writes them anew; the tests hold the files to this script

What each of them must end as, and why, is in ``fixtures/hostile/outcomes.csv``, written by hand.
"""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "fixtures" / "hostile"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP_12 = "http://www.w3.org/2003/05/soap-envelope"
TEXT_XML = "Content-Type: text/xml; charset=utf-8"
DONE = "<r:done xmlns:r='urn:r'><r:major>urn:csioz:p1:kod:major:Sukces</r:major></r:done>"
STORED_BYTES_MAX = 20_000
BOMB_BYTES = 1_000_000
"""What the bombs unpack to: over the limit of the tests, a thousand times their size."""


def envelope(inside: str = DONE, *, namespace: str = SOAP, before: str = "", after: str = "") -> str:
    """An unsigned envelope."""
    return f'{before}<e:Envelope xmlns:e="{namespace}"><e:Body>{inside}</e:Body></e:Envelope>{after}'


GOOD = envelope().encode()


def answer(body: bytes | str, *lines: str, status: str = "200 OK", length: bool = True) -> bytes:
    """An HTTP answer; ``lines`` instead of the usual content type when there are any."""
    raw = body.encode() if isinstance(body, str) else body
    head = [f"HTTP/1.1 {status}", *(lines or (TEXT_XML,)), *([f"Content-Length: {len(raw)}"] if length else [])]
    return "\r\n".join(head).encode("latin-1") + b"\r\n\r\n" + raw


def packed(raw: bytes, coding: str = "gzip", kind: str = TEXT_XML) -> bytes:
    """An answer with a Content-Encoding."""
    return answer(raw, kind, f"Content-Encoding: {coding}")


def chunked(raw: bytes, *lines: str) -> bytes:
    """An answer in chunks, as they are given."""
    return answer(raw, TEXT_XML, "Transfer-Encoding: chunked", *lines, length=False)


def chunk(raw: bytes, size: str = "") -> bytes:
    """One chunk; ``size`` instead of the right one."""
    return (size or f"{len(raw):x}").encode() + b"\r\n" + raw + b"\r\n"


def small(raw: bytes) -> bytes:
    """gzip without a time in it, so that the file is the same each time."""
    return gzip.compress(raw, mtime=0)


MULTIPART = (
    b'--b\r\nContent-Type: application/xop+xml; charset=UTF-8; type="text/xml"\r\nContent-ID: <root>\r\n\r\n'
    + GOOD
    + b"\r\n--b\r\nContent-Type: application/octet-stream\r\nContent-ID: <a>\r\n\r\n\x00\x01\r\n--b--\r\n"
)
FAULT = f"<e:Fault xmlns:e='{SOAP}'><faultcode>e:Client</faultcode><faultstring>x</faultstring></e:Fault>"
INCLUDE = '<r:done xmlns:r="urn:r"><x:include xmlns:x="http://www.w3.org/2001/XInclude" href="file:///etc/hostname"/></r:done>'
LAUGHS = "<!DOCTYPE e [<!ENTITY a 'ha'>" + "".join(
    f"<!ENTITY {new} '{f'&{old};' * 10}'>" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)
LAUGHS += "]>"
HTML = "<!DOCTYPE html><html><head><title>Przerwa techniczna</title></head><body><br>Wracamy o 6:00</body></html>"


def xml_answers() -> dict[str, bytes]:
    """What is wrong is inside the body."""
    many = " ".join(f'a{number}=""' for number in range(300))
    spaces = " ".join(f'xmlns:n{number}="urn:{number}"' for number in range(300))
    return {
        "xml-truncated": answer(GOOD[:-20]),
        "xml-two-documents": answer(GOOD + GOOD),
        "xml-text-before": answer(b"OK " + GOOD),
        "xml-text-after": answer(GOOD + b" OK"),
        "xml-only-blanks": answer(" \r\n\t "),
        "xml-nul-byte": answer(GOOD.replace(b"Sukces", b"Suk\x00ces")),
        "xml-control-character": answer(GOOD.replace(b"Sukces", b"Suk&#1;ces")),
        "xml-bad-utf8": answer(GOOD.replace(b"Sukces", b"Suk\xff\xfeces")),
        "xml-overlong-utf8": answer(GOOD.replace(b"<r:major", b"\xc0\xbcr:major")),
        "xml-surrogate-utf8": answer(GOOD.replace(b"Sukces", b"\xed\xa0\x80")),
        "xml-bom": answer(b"\xef\xbb\xbf" + GOOD),
        "xml-utf16": answer(envelope(before='<?xml version="1.0" encoding="utf-16"?>').encode("utf-16")),
        "xml-utf16-undeclared": answer(envelope().encode("utf-16-le")),
        "xml-utf32": answer(envelope().encode("utf-32")),
        "xml-says-latin2": answer(envelope(before='<?xml version="1.0" encoding="iso-8859-2"?>')),
        "xml-is-latin2": answer(envelope("<r:a xmlns:r='urn:r'>ząb</r:a>").encode("iso-8859-2")),
        "xml-utf7": answer(b'<?xml version="1.0" encoding="utf-7"?>+ADw-a/+AD4-'),
        "xml-ebcdic": answer('<?xml version="1.0" encoding="IBM037"?><a/>'.encode("cp037")),
        "xml-dtd": answer(envelope(before="<!DOCTYPE e>")),
        "xml-dtd-from-outside": answer(envelope(before="<!DOCTYPE e SYSTEM 'http://127.0.0.1:9/x.dtd'>")),
        "xml-entity": answer(envelope("<a>&x;</a>", before="<!DOCTYPE e [<!ENTITY x 'y'>]>")),
        "xml-entity-unknown": answer(envelope("<a>&x;</a>")),
        "xml-entity-from-file": answer(
            envelope("<a>&x;</a>", before="<!DOCTYPE e [<!ENTITY x SYSTEM 'file:///etc/hostname'>]>")
        ),
        "xml-parameter-entity": answer(
            envelope(before="<!DOCTYPE e [<!ENTITY % p SYSTEM 'file:///etc/hostname'> %p;]>")
        ),
        "xml-billion-laughs": answer(envelope("<a>&i;</a>", before=LAUGHS)),
        "xml-billion-laughs-in-attribute": answer(envelope("<a b='&i;'/>", before=LAUGHS)),
        "xml-attribute-default": answer(envelope("<a/>", before="<!DOCTYPE e [<!ATTLIST a b CDATA 'from the DTD'>]>")),
        "xml-xinclude": answer(envelope(INCLUDE)),
        "xml-stylesheet": answer(envelope(before='<?xml-stylesheet href="http://127.0.0.1:9/x.xsl"?>')),
        "xml-processing-instruction": answer(envelope(DONE.replace("<r:major", "<?x y?><r:major"))),
        "xml-300-levels": answer(envelope("<n>" * 300 + "</n>" * 300)),
        "xml-300-attributes": answer(envelope(f"<a {many}/>")),
        "xml-300-namespaces": answer(envelope(f"<a {spaces}/>")),
        "xml-attribute-twice": answer(envelope("<a b='1' b='2'/>")),
        "xml-undeclared-prefix": answer(envelope("<z:a/>")),
        "xml-relative-namespace": answer(envelope("<a xmlns='relative'/>")),
        "soap-foreign-namespace": answer(envelope(namespace="urn:x")),
        "soap-no-namespace": answer("<Envelope><Body/></Envelope>"),
        "soap-version-12": answer(envelope(namespace=SOAP_12)),
        "soap-version-12-type": answer(
            envelope(namespace=SOAP_12), "Content-Type: application/soap+xml; charset=utf-8"
        ),
        "soap-empty-body": answer(envelope("")),
        "soap-no-body": answer(f'<e:Envelope xmlns:e="{SOAP}"/>'),
        "soap-two-bodies": answer(f'<e:Envelope xmlns:e="{SOAP}"><e:Body>{DONE}</e:Body><e:Body/></e:Envelope>'),
        "soap-body-in-body": answer(envelope(f"<e:Body>{DONE}</e:Body>")),
        "soap-two-contents": answer(envelope(DONE + DONE)),
        "soap-header-after-body": answer(
            f'<e:Envelope xmlns:e="{SOAP}"><e:Body>{DONE}</e:Body><e:Header/></e:Envelope>'
        ),
        "soap-third-part": answer(f'<e:Envelope xmlns:e="{SOAP}"><e:Body>{DONE}</e:Body><x/></e:Envelope>'),
        "soap-fault-and-content": answer(envelope(FAULT + DONE), status="500 Oops"),
        "soap-fault-as-200": answer(envelope(FAULT)),
        "soap-success-as-500": answer(GOOD, status="500 Oops"),
        "soap-success-as-503": answer(GOOD, status="503 Later"),
        "soap-success-as-302": answer(GOOD, TEXT_XML, "Location: /elsewhere", status="302 There"),
        "soap-success-as-201": answer(GOOD, status="201 Created"),
        "soap-unsigned": answer(GOOD),
        "soap-security-without-signature": answer(
            f'<e:Envelope xmlns:e="{SOAP}"><e:Header><s:Security xmlns:s="http://docs.oasis-open.org/wss/2004/01/'
            f'oasis-200401-wss-wssecurity-secext-1.0.xsd"/></e:Header><e:Body>{DONE}</e:Body></e:Envelope>'
        ),
    }


def http_answers() -> dict[str, bytes]:
    """What is wrong is around the body."""
    zeros = b" " * BOMB_BYTES
    return {
        "http-html-200": answer(HTML, "Content-Type: text/html; charset=utf-8"),
        "http-html-500": answer(HTML, "Content-Type: text/html", status="500 Oops"),
        "http-html-503": answer(HTML, "Content-Type: text/html", status="503 Later"),
        "http-html-as-xml": answer(HTML),
        "http-json": answer('{"status": "ok"}', "Content-Type: application/json"),
        "http-no-content-type": answer(GOOD, "X-Y: z"),
        "http-two-content-types": answer(GOOD, TEXT_XML, "Content-Type: text/html"),
        "http-latin2-charset": answer(GOOD, "Content-Type: text/xml; charset=iso-8859-2"),
        "http-empty-200": answer(""),
        "http-204": answer("", status="204 Nothing"),
        "http-301": answer("", TEXT_XML, "Location: https://127.0.0.1:9/", status="301 There"),
        "http-307": answer("", TEXT_XML, "Location: /", status="307 There"),
        "http-303": answer("", TEXT_XML, "Location: /", status="303 There"),
        "http-status-999": answer("", status="999 Unheard of"),
        "http-early-hints": answer("", "Link: </x>", status="103 Early"),
        "http-version-9": answer(GOOD).replace(b"HTTP/1.1", b"HTTP/9.9"),
        "http-no-status": b"HTTP/1.1 \r\n\r\n" + GOOD,
        "http-none": GOOD,
        "http-header-without-colon": answer(GOOD, TEXT_XML, "nonsense"),
        "http-200-headers": answer(GOOD, TEXT_XML, *(f"X-{number}: y" for number in range(200))),
        "http-long-header": answer(GOOD, TEXT_XML, "X: " + "y" * 70_000),
        "http-bad-cookie": answer(GOOD, TEXT_XML, "Set-Cookie: ;;==\xff"),
        "length-two-different": answer(GOOD, TEXT_XML, f"Content-Length: {len(GOOD) - 1}"),
        "length-two-same": answer(GOOD, TEXT_XML, f"Content-Length: {len(GOOD)}"),
        "length-short": answer(GOOD, TEXT_XML, f"Content-Length: {len(GOOD) - 9}", length=False),
        "length-long": answer(GOOD, TEXT_XML, f"Content-Length: {len(GOOD) + 9}", length=False),
        "length-negative": answer(GOOD, TEXT_XML, "Content-Length: -5", length=False),
        "length-over-limit": answer(GOOD, TEXT_XML, "Content-Length: 100000000", length=False),
        "chunked-good": chunked(chunk(GOOD[:50]) + chunk(GOOD[50:]) + b"0\r\n\r\n"),
        "chunked-and-length": chunked(chunk(GOOD) + b"0\r\n\r\n", "Content-Length: 5"),
        "chunked-no-end": chunked(chunk(GOOD)),
        "chunked-bad-size": chunked(chunk(GOOD, "zz") + b"0\r\n\r\n"),
        "chunked-negative-size": chunked(chunk(GOOD, "-5") + b"0\r\n\r\n"),
        "chunked-size-too-large": chunked(chunk(GOOD, "ffffffffffffffff") + b"0\r\n\r\n"),
        "chunked-size-too-small": chunked(chunk(GOOD, "10") + b"0\r\n\r\n"),
        "chunked-cut": chunked(chunk(GOOD)[:-30]),
        "gzip-bomb": packed(small(zeros)),
        "gzip-bomb-of-bombs": packed(small(small(zeros))),
        "gzip-cut": packed(small(GOOD)[:-12]),
        "gzip-damaged": packed(small(GOOD)[:20] + b"\0" * 8 + small(GOOD)[28:]),
        "gzip-none": packed(GOOD),
        "gzip-goes-on": packed(small(GOOD) + b"more"),
        "gzip-two-members": packed(small(GOOD[:50]) + small(GOOD[50:])),
        "gzip-bad-checksum": packed(small(GOOD)[:-8] + b"\0" * 8),
        "gzip-twice": packed(small(small(GOOD)), "gzip, gzip"),
        "deflate": packed(zlib.compress(GOOD), "deflate"),
        "brotli": packed(GOOD, "br"),
        "mtom": answer(
            MULTIPART, 'Content-Type: multipart/related; type="application/xop+xml"; boundary="b"; start="<root>"'
        ),
        "mtom-as-xml": answer(MULTIPART),
        "mtom-no-boundary": answer(MULTIPART, 'Content-Type: multipart/related; type="application/xop+xml"'),
    }


def request(body: bytes | str, *lines: str, first: str = "POST {path} HTTP/1.1", length: bool = True) -> bytes:
    """An HTTP request to the simulator; ``{path}`` is put in when it is sent."""
    raw = body.encode() if isinstance(body, str) else body
    usual = ("Content-Type: text/xml; charset=utf-8", "SOAPAction: urn:usunSlot")
    head = [first, "Host: localhost", *(lines or usual), *([f"Content-Length: {len(raw)}"] if length else [])]
    return "\r\n".join(head).encode("latin-1") + b"\r\n\r\n" + raw


def requests() -> dict[str, bytes]:
    """What a client may send that is no message."""
    usual = ("Content-Type: text/xml; charset=utf-8", "SOAPAction: urn:usunSlot")
    inside = {name.removeprefix("xml-"): raw for name, raw in xml_answers().items() if name.startswith("xml-")}
    found = {f"xml-{name}": request(raw.partition(b"\r\n\r\n")[2]) for name, raw in inside.items()}
    chunky = (*usual, "Transfer-Encoding: chunked")
    return found | {
        "soap-unsigned": request(GOOD),
        "soap-fault": request(envelope(FAULT)),
        "soap-two-bodies": request(xml_answers()["soap-two-bodies"].partition(b"\r\n\r\n")[2]),
        "soap-12-as-11": request(envelope(namespace=SOAP_12)),
        "http-empty": request(""),
        "http-no-content-type": request(GOOD, "X-Y: z"),
        "http-json": request("{}", "Content-Type: application/json"),
        "http-address-unreadable": request(GOOD, first="POST http://[ HTTP/1.1"),
        "http-other-address": request(GOOD, first="POST /../../etc/passwd HTTP/1.1"),
        "http-method": request(GOOD, first="BREW {path} HTTP/1.1"),
        "http-version": request(GOOD, first="POST {path} HTTP/9.9"),
        "http-no-version": request(GOOD, first="POST {path}"),
        "http-200-headers": request(GOOD, *usual, *(f"X-{number}: y" for number in range(200))),
        "http-long-header": request(GOOD, *usual, "X: " + "y" * 70_000),
        "http-long-address": request(GOOD, first="POST /" + "y" * 70_000 + " HTTP/1.1"),
        "length-two-different": request(GOOD, *usual, "Content-Length: 5"),
        "length-negative": request(GOOD, *usual, "Content-Length: -5", length=False),
        "length-5000-digits": request(GOOD, *usual, "Content-Length: " + "9" * 5000, length=False),
        "length-over-limit": request(GOOD, *usual, "Content-Length: 100000000", length=False),
        "length-long": request(GOOD, *usual, f"Content-Length: {len(GOOD) + 50}", length=False),
        "chunked-and-length": request(chunk(GOOD) + b"0\r\n\r\n", *chunky),
        "chunked-bad-size": request(chunk(GOOD, "zz"), *chunky, length=False),
        "chunked-negative-size": request(chunk(GOOD, "-5"), *chunky, length=False),
        "chunked-underscore-size": request(chunk(GOOD, "1_0"), *chunky, length=False),
        "chunked-size-too-small": request(chunk(GOOD, "10") + b"0\r\n\r\n", *chunky, length=False),
        "chunked-no-end": request(chunk(GOOD), *chunky, length=False),
        "chunked-size-too-large": request(chunk(GOOD, "ffffffffff"), *chunky, length=False),
        "chunked-endless-trailers": request(chunk(GOOD) + b"0\r\n" + b"X: y\r\n" * 50, *chunky, length=False),
        "chunked-gzip": request(chunk(GOOD) + b"0\r\n\r\n", *usual, "Transfer-Encoding: gzip, chunked", length=False),
        "gzip": request(small(GOOD), *usual, "Content-Encoding: gzip"),
        "gzip-bomb": request(small(b" " * BOMB_BYTES), *usual, "Content-Encoding: gzip"),
        "mtom": request(MULTIPART, 'Content-Type: multipart/related; boundary="b"', "SOAPAction: urn:usunSlot"),
        "mtom-as-xml": request(MULTIPART),
    }


def corpus() -> dict[str, bytes]:
    """File name below the folder -> its bytes."""
    answers = {**xml_answers(), **http_answers()}
    return {f"answers/{name}.http": raw for name, raw in answers.items()} | {
        f"requests/{name}.http": raw for name, raw in requests().items()
    }


def stored() -> dict[str, bytes]:
    """The part of the corpus that stands in files; the rest is long and dull."""
    return {file: raw for file, raw in corpus().items() if len(raw) <= STORED_BYTES_MAX}


if __name__ == "__main__":
    for file, content in stored().items():
        path = FOLDER / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
