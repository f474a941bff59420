"""An EHR with a FHIR R4 REST face.

Two things to know before changing it. Lists are read oldest first with a look back (``cursor.py``), and a
page's cursor skips nothing even when a server ignores ``_sort``. A change is a read, an edit of that very
version and a PUT with ``If-Match``: when somebody was quicker the server answers 412 (some: 409), and it is
done again on the newer version. ETags are opaque.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlencode, urljoin

from adapter.errors import AdapterError, InDoubt, Misconfigured, Rejected, Unavailable
from adapter.fhir.bundle import Piece, pieces
from adapter.fhir.decode import json_of, text_of
from adapter.fhir.problems import ProblemsFound
from adapter.fhir.reference import ID
from adapter.hospital.change import apply, decode, encode, has_identifier
from adapter.hospital.config import HospitalConfig
from adapter.hospital.cursor import Cursor, Handed, back
from adapter.hospital.received import received
from adapter.hospital.transport import FHIR_JSON, Reply, Transport, refusal
from adapter.ports import Received, ReceivedPage, WriteBack

_TYPE = re.compile(r"[A-Z][A-Za-z]{1,63}")
_GONE = frozenset({404, 410})
_OVERTAKEN = frozenset({409, 412})
_PEOPLE = "Patient"
_SPECIAL = re.compile(r"([\\$,|])")
"""Characters that a FHIR search value escapes with a backslash."""


class RestHospital:
    """Implements :class:`adapter.ports.Hospital` for one facility's FHIR server."""

    def __init__(self, config: HospitalConfig, transport: Transport | None = None) -> None:
        self._config = config
        self._http = transport if transport is not None else Transport(config)

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    # --- reading ----------------------------------------------------------------------------------
    def changes(
        self, facility: str, resource_type: str, cursor: str, since: datetime | None = None
    ) -> Iterator[ReceivedPage]:
        """What changed since ``cursor``, page by page, oldest first; each version once.

        With an empty cursor from the beginning, or a little before ``since``.

        Raises:
            Unavailable: the server cannot be reached, or a page cannot be read.
            Misconfigured: not let in, a ``next`` link to another server, pages without an end.
        """
        if resource_type == _PEOPLE and not self._config.poll_people:
            return
        start = Cursor.parse(cursor)
        if not cursor and since is not None:
            start = Cursor(since=back(since, self._config.overlap_seconds))
        url: str | None = self._search_url(resource_type, start)
        handed: list[Handed] = []
        asked_at: datetime | None = None
        in_order = True
        visited: set[str] = set()
        while url is not None:
            if url in visited or len(visited) >= self._config.pages_max:
                raise Misconfigured("the EHR's pages do not come to an end", setting="hospital.pages_max")
            visited.add(url)
            reply = self._listed(resource_type, url)
            asked_at = asked_at or _server_time(reply)
            bundle = _bundle(reply)
            found, following = self._page(reply, resource_type), self._next(bundle, url)
            in_order = in_order and _says_sorted(bundle)
            new = [one for one in found if not start.knows(one.resource_id, one.version) or not one.resource_id]
            handed += [Handed(one.resource_id, one.version, one.last_updated) for one in found if one.resource_id]
            url = following
            kept = (
                self._cursor_after(start, handed, asked_at) if url is None else self._between(start, handed, in_order)
            )
            yield ReceivedPage(tuple(new), kept.dump(), more=url is not None)

    def _search_url(self, resource_type: str, start: Cursor) -> str:
        params = {"_sort": "_lastUpdated", "_count": str(self._config.page_size)}
        if start.since is not None:
            params["_lastUpdated"] = f"ge{start.since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        return f"{self._url(resource_type)}?{urlencode(params)}"

    def _between(self, start: Cursor, handed: list[Handed], in_order: bool) -> Cursor:
        """Where to go on after a page that is not the last: behind it if the server keeps the order, else anew."""
        times = [one.at for one in handed if one.at is not None]
        if not in_order or not times or times != sorted(times):
            return start
        return self._forward(start, handed, back(times[-1], self._config.overlap_seconds))

    def _cursor_after(self, start: Cursor, handed: list[Handed], asked_at: datetime | None) -> Cursor:
        """Where the next poll starts after the last page.

        Long after the newest change (by the server's own clock) nothing can come before it any more, and
        the look back ends: a night after a large import does not list it again every minute.
        """
        newest = max((one.at for one in handed if one.at is not None), default=start.at)
        if newest is None:
            return start.after(handed, start.since)
        settled = asked_at is not None and asked_at - newest > timedelta(seconds=self._config.settled_seconds)
        return self._forward(start, handed, back(newest, 0 if settled else self._config.overlap_seconds))

    @staticmethod
    def _forward(start: Cursor, handed: list[Handed], since: datetime) -> Cursor:
        """Never back behind where this poll started."""
        return start.after(handed, since if start.since is None else max(since, start.since))

    def _page(self, reply: Reply, resource_type: str) -> list[Received]:
        """The resources of this type on a page, and what has no readable type."""
        found = map(received, pieces(reply.body, f"{self._url(resource_type)}?"))
        return [one for one in found if one.resource_type in {resource_type, ""}]

    def _next(self, bundle: Mapping[str, object], url: str) -> str | None:
        links = bundle.get("link")
        for link in links if isinstance(links, list) else []:
            if isinstance(link, Mapping) and link.get("relation") == "next" and isinstance(link.get("url"), str):
                following = urljoin(url, str(link["url"]))
                if not self._http.same_origin(following):
                    raise Misconfigured("the EHR's next page is on another server", setting="hospital.url")
                return following
        return None

    def read(self, facility: str, resource_type: str, resource_id: str) -> Received | None:
        """One resource as it is now, None if there is none or it was deleted.

        Raises:
            Unavailable, Misconfigured, Rejected: see ``transport.py``.
        """
        reply = self._get_if_there(self._url(resource_type, resource_id))
        return None if reply is None else self._received(reply, resource_type, resource_id)

    def find(self, facility: str, resource_type: str, system: str, value: str) -> Received | None:
        """The one resource with this identifier, None if there is none.

        Raises:
            Rejected: several resources have it.
            Unavailable, Misconfigured: see ``transport.py``.
        """
        token = f"{_escaped(system)}|{_escaped(value)}"
        url = f"{self._url(resource_type)}?{urlencode({'identifier': token})}"
        matches: list[Received] = []
        for _ in range(self._config.pages_max):
            reply = self._get(url)
            matches += [
                one
                for one in self._page(reply, resource_type)
                if one.resource_id and has_identifier(decode(one.raw), system, value)
            ]
            following = self._next(_bundle(reply), url)
            if following is None:
                break
            url = following
        if len({one.resource_id for one in matches}) > 1:
            raise Rejected(f"the EHR has several {resource_type} resources with one identifier", code="EHR_AMBIGUOUS")
        return matches[0] if matches else None

    # --- writing ----------------------------------------------------------------------------------
    def write_back(self, facility: str, change: WriteBack) -> Received:
        """Create, or change with If-Match, re-reading when another version came first.

        Raises:
            Rejected: the EHR refuses. Unavailable: out of reach, or overtaken time after time.
            InDoubt: sent, and no answer came. Misconfigured: not let in, or the EHR keeps no versions.
        """
        if change.body is not None:
            return self._create(facility, change, change.body)
        if change.resource_id is None:
            raise Rejected("a change without a resource id needs a body", code="EHR_CHANGE_UNCLEAR")
        url = self._url(change.resource_type, change.resource_id)
        reply: Reply | None = None
        for _ in range(self._config.conflict_attempts_max):
            current = self._get_if_there(url)
            if current is None:
                raise Rejected(f"{change.resource_type}/{change.resource_id} is not in the EHR", code="EHR_GONE")
            resource = decode(current.body)
            if not apply(change, resource):
                return self._received(current, change.resource_type, change.resource_id)
            reply = self._send("PUT", url, encode(resource), {"If-Match": _etag(current, resource)})
            if reply.status not in _OVERTAKEN:
                return self._written(facility, reply, change.resource_type, change.resource_id)
        raise _overtaken(change, reply)

    def _create(self, facility: str, change: WriteBack, body: Mapping[str, object]) -> Received:
        headers: dict[str, str] = {}
        if change.if_none_exist:
            system, _, value = change.if_none_exist.partition("|")
            there = self.find(facility, change.resource_type, system, value)
            if there is not None:
                return there
            headers["If-None-Exist"] = urlencode({"identifier": change.if_none_exist})
        resource = {**body, "resourceType": change.resource_type}
        reply = self._send("POST", self._url(change.resource_type), encode(resource), headers)
        return self._written(facility, reply, change.resource_type, None)

    def _written(self, facility: str, reply: Reply, resource_type: str, resource_id: str | None) -> Received:
        """What the EHR holds after an accepted write: from the answer, else read again."""
        error = refusal(reply, writing=True)
        if error is not None:
            raise error
        told = _told(reply, self._url(resource_type))
        if told is not None and told.resource_type == resource_type and told.resource_id:
            return told
        identity = resource_id or _id_of(reply.headers.get("Location", ""), resource_type)
        if identity is None:
            raise InDoubt("the EHR does not say which resource it created", code="EHR_REPLY_UNREADABLE")
        again = self.read(facility, resource_type, identity)
        if again is None:
            raise Rejected(f"{resource_type}/{identity} is not in the EHR after the change", code="EHR_GONE")
        return again

    def _send(self, method: str, url: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        sent = {"Content-Type": f"{FHIR_JSON}; charset=utf-8", "Prefer": "return=representation", **headers}
        return self._http.call("PUT" if method == "PUT" else "POST", url, headers=sent, body=body)

    # --- small things -----------------------------------------------------------------------------
    def _url(self, resource_type: str, resource_id: str | None = None) -> str:
        if not _TYPE.fullmatch(resource_type) or (resource_id is not None and not ID.fullmatch(resource_id)):
            raise Rejected("this is no resource type or id of FHIR", code="EHR_CHANGE_UNCLEAR")
        parts = [self._config.base_url, resource_type, *([resource_id] if resource_id is not None else [])]
        return "/".join(parts)

    def _get(self, url: str) -> Reply:
        """A search's answer; a server that does not know the address of a type is the wrong address."""
        reply = self._http.call("GET", url)
        if reply.status in _GONE:
            raise Misconfigured(
                "the EHR does not know this kind of resource; check its address", setting="hospital.url"
            )
        error = refusal(reply, writing=False)
        if error is not None:
            raise error
        return reply

    def _listed(self, resource_type: str, url: str) -> Reply:
        """A page of a list. Not every server lets people be listed."""
        try:
            return self._get(url)
        except (Misconfigured, Rejected) as error:
            if resource_type != _PEOPLE:
                raise
            raise Misconfigured(
                "the EHR does not tell which patients changed: let us search Patient by _lastUpdated, "
                "or set poll_people = false",
                setting="hospital.poll_people",
                code=error.code,
            ) from error

    def _get_if_there(self, url: str) -> Reply | None:
        reply = self._http.call("GET", url)
        if reply.status in _GONE:
            return None
        error = refusal(reply, writing=False)
        if error is not None:
            raise error
        return reply

    def _received(self, reply: Reply, resource_type: str, resource_id: str) -> Received:
        found = _told(reply, self._url(resource_type, resource_id))
        if found is None:
            raise Unavailable("the EHR's answer is no JSON", code="EHR_REPLY_UNREADABLE")
        if (found.resource_type, found.resource_id) != (resource_type, resource_id):
            raise Unavailable(
                f"the EHR answered {resource_type}/{resource_id} with something else", code="EHR_REPLY_WRONG"
            )
        return found


def _escaped(text: str) -> str:
    """A search value with FHIR's special characters escaped."""
    return _SPECIAL.sub(r"\\\1", text)


def _told(reply: Reply, source: str) -> Received | None:
    """The one resource of an answer, None when it holds none that can be read."""
    try:
        return received(Piece(source, reply.body, json_of(text_of(reply.body))))
    except ProblemsFound:
        return None


def _bundle(reply: Reply) -> Mapping[str, object]:
    """The Bundle that a search answered."""
    try:
        value = json_of(text_of(reply.body))
    except ProblemsFound as error:
        if error.problems[0].rule == "FHIR-READ-02":
            raise Misconfigured(
                "the EHR answers a search with XML or a web page", setting="hospital.url", code="EHR_NOT_FHIR"
            ) from error
        raise Unavailable("the EHR's answer to a search is no JSON", code="EHR_REPLY_UNREADABLE") from error
    if not isinstance(value, Mapping) or value.get("resourceType") != "Bundle":
        raise Misconfigured("the EHR's answer to a search is no Bundle", setting="hospital.url", code="EHR_NOT_FHIR")
    return value


def _says_sorted(bundle: Mapping[str, object]) -> bool:
    """False when the ``self`` link, which repeats what the server heeded, lacks our order."""
    links = bundle.get("link")
    own = [link for link in (links if isinstance(links, list) else []) if isinstance(link, Mapping)]
    return all("_sort" in str(link.get("url")) for link in own if link.get("relation") == "self")


def _etag(reply: Reply, resource: Mapping[str, object]) -> str:
    """What If-Match must say: the ETag as it came, else one made of meta.versionId."""
    etag = reply.headers.get("ETag")
    if etag:
        return etag
    meta = resource.get("meta")
    version = meta.get("versionId") if isinstance(meta, Mapping) else None
    if isinstance(version, str) and version:
        return f'W/"{version}"'
    raise Misconfigured(
        "the EHR gives no versions, so a change could overwrite somebody's work",
        setting="hospital.url",
        code="EHR_NO_ETAG",
    )


def _overtaken(change: WriteBack, reply: Reply | None) -> AdapterError:
    where = f"{change.resource_type}/{change.resource_id}"
    if reply is not None and reply.status == 409:
        return Rejected(f"the EHR says that the change of {where} conflicts", result_code="409", code="EHR_HTTP_409")
    return Unavailable(f"{where} kept changing in the EHR; tried again later", code="EHR_OVERTAKEN")


def _id_of(location: str, resource_type: str) -> str | None:
    """The id in a Location header, ``.../Slot/1`` or ``.../Slot/1/_history/2``."""
    found = re.search(rf"(?:^|/){resource_type}/([A-Za-z0-9\-.]{{1,64}})(?:/_history/[^/]+)?$", location)
    return found.group(1) if found else None


def _server_time(reply: Reply) -> datetime | None:
    """The server's clock, from the Date header."""
    try:
        found = parsedate_to_datetime(reply.headers.get("Date", ""))
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
