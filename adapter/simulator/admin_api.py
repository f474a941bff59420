"""The admin verbs over plain HTTP and JSON, on the loopback address only, behind a bearer token.

Routes are listed by ``GET /`` and in docs/operations/simulator.md. Answers: 200 with JSON, 400 for a
request that makes no sense, 401 without the token, 409 when the authority's rules refuse.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from adapter.errors import BadInput
from adapter.simulator.admin import Admin
from adapter.simulator.answers import Refusal
from adapter.simulator.https import Reply, Request
from adapter.simulator.trouble import KINDS

JSON = "application/json; charset=utf-8"


class AdminApi:
    """Routes to :class:`Admin`. ``token`` must not be empty."""

    def __init__(self, admin: Admin, token: str) -> None:
        if not token:
            raise BadInput("the admin API needs a token", field="admin_token")
        self._admin = admin
        self._token = token
        self._routes: dict[tuple[str, str], Callable[[dict[str, Any]], Any]] = {
            ("GET", "/"): self._index,
            ("GET", "/state"): lambda _: admin.state(),
            ("GET", "/counters"): lambda _: admin.counters(),
            ("POST", "/reset"): lambda _: admin.reset(),
            ("POST", "/seed"): admin.seed,
            ("POST", "/clock"): self._clock,
            ("POST", "/matcher"): lambda _: admin.run_matcher(),
            ("POST", "/patient/book"): self._book,
            ("POST", "/patient/cancel"): lambda b: {"waiting_room_entry": admin.patient_cancels(_text(b, "visit"))},
            ("POST", "/patient/move"): lambda b: admin.patient_moves(_text(b, "visit"), _text(b, "slot")),
            ("POST", "/patient/join"): self._join,
            ("GET", "/troubles"): lambda _: {"asked": admin.troubles(), "kinds": KINDS},
            ("POST", "/troubles"): self._trouble,
            ("DELETE", "/troubles"): lambda _: admin.clear_troubles(),
        }

    def handle(self, request: Request) -> Reply:
        """Answer one request."""
        given = request.headers.get("authorization", "").removeprefix("Bearer ").strip()
        if not hmac.compare_digest(given.encode(), self._token.encode()):
            return _json(401, {"error": "send Authorization: Bearer <token>"})
        route = self._routes.get((request.method, request.path))
        if route is None:
            return _json(404, {"error": "no such route; GET / lists them"})
        try:
            body = self._body(request)
            result = route(body)
        except Refusal as refusal:
            return _json(409, {"error": refusal.message, "major": refusal.major, "minor": refusal.minor})
        except BadInput as wrong:
            return _json(400, {"error": wrong.message, "field": wrong.field})
        return _json(200, result if result is not None else {"ok": True})

    def _body(self, request: Request) -> dict[str, Any]:
        if request.problem:
            raise BadInput(request.problem)
        if not request.body:
            return {}
        try:
            body = json.loads(request.body)
        except ValueError as wrong:
            raise BadInput("the request is not JSON") from wrong
        if not isinstance(body, dict):
            raise BadInput("the request is a JSON object")
        return body

    def _index(self, _: dict[str, Any]) -> Any:
        return {"routes": [f"{method} {path}" for method, path in self._routes]}

    def _clock(self, body: dict[str, Any]) -> Any:
        """``{"at": instant, "hold": true}`` or ``{"days": 1, "hours": 0, "minutes": 0, "seconds": 0}``."""
        if "at" in body:
            now = self._admin.set_clock(_instant(body, "at"), hold=bool(body.get("hold", False)))
        else:
            units = {unit: _number(body, unit) for unit in ("days", "hours", "minutes", "seconds")}
            try:
                now = self._admin.advance_clock(timedelta(**units))
            except OverflowError as wrong:
                raise BadInput("that is too far away", field="days") from wrong
        return {"now": now.isoformat()}

    def _book(self, body: dict[str, Any]) -> Any:
        referral = body.get("referral")
        pair = (_text(referral, "root"), _text(referral, "extension")) if isinstance(referral, dict) else None
        return {"visit": self._admin.patient_books(_text(body, "slot"), _object(body, "person"), referral=pair)}

    def _join(self, body: dict[str, Any]) -> Any:
        not_before = body.get("not_before")
        try:
            day = None if not_before is None else date.fromisoformat(str(not_before))
        except ValueError as wrong:
            raise BadInput("not_before is a day such as 2026-12-01", field="not_before") from wrong
        entry = self._admin.patient_joins(
            _text(body, "podmiot"),
            _text(body, "cell"),
            _text(body, "service"),
            _object(body, "person"),
            criterion=str(body.get("criterion", "stable")),
            not_before=day,
        )
        return {"waiting_room_entry": entry}

    def _trouble(self, body: dict[str, Any]) -> Any:
        count = body.get("count", 1)
        if count is not None and (not isinstance(count, int) or isinstance(count, bool)):
            raise BadInput("count is a whole number, or null for until cleared", field="count")
        operation = body.get("operation")
        return {
            "trouble": self._admin.trouble(
                _text(body, "kind"),
                system=str(body.get("system", "cer")),
                operation=None if operation is None else str(operation),
                count=count,
                seconds=_number(body, "seconds"),
                major=str(body.get("major", "bladWewnetrzny")),
                minor=str(body.get("minor", "")),
            )
        }


def _json(status: int, value: Any) -> Reply:
    return Reply(status, json.dumps(value, ensure_ascii=False).encode("utf-8") + b"\n", JSON)


def _text(body: dict[str, Any], key: str) -> str:
    value = body.get(key)
    if not isinstance(value, str) or not value:
        raise BadInput(f"{key} is a text that must be given", field=key)
    return value


def _object(body: dict[str, Any], key: str) -> dict[str, Any]:
    value = body.get(key)
    if not isinstance(value, dict):
        raise BadInput(f"{key} is an object that must be given", field=key)
    return value


def _number(body: dict[str, Any], key: str) -> float:
    value = body.get(key, 0)
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise BadInput(f"{key} is a number", field=key)
    return float(value)


def _instant(body: dict[str, Any], key: str) -> datetime:
    try:
        instant = datetime.fromisoformat(_text(body, key))
    except ValueError as wrong:
        raise BadInput(f"{key} is an instant such as 2026-12-01T08:00:00+01:00", field=key) from wrong
    if instant.tzinfo is None:
        raise BadInput(f"{key} needs a time zone", field=key)
    return instant
