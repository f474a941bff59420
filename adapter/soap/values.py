"""How a value of ours is written as text in a message, and read back, for each type of a binding row.

Instants go out in UTC; ``warsaw-local`` has no zone on the wire and means the clock on the wall in
Warsaw. A code goes through its table: an unmapped one is refused, never guessed (D10).
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time
from typing import Protocol
from zoneinfo import ZoneInfo

from adapter.mapping.code_table import CodeTable

WARSAW = ZoneInfo("Europe/Warsaw")
_OID = re.compile(r"[0-2](\.(0|[1-9][0-9]*))+")
_DATE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(Z|[+-][0-9]{2}:[0-9]{2})?")
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}

Encode = Callable[[object, date], str]
"""(value, Warsaw day) -> text; raises ValueError or BadInput."""
Decode = Callable[[str, date], object]
"""(text, Warsaw day) -> value; raises ValueError or Rejected."""


class CodeTables(Protocol):
    """Where the table of a ``code`` row is found (``mapping.tables.Tables`` is one)."""

    def __getitem__(self, name: str) -> CodeTable: ...

    def __contains__(self, name: object) -> bool: ...


def _encode_text(value: object, on: date) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("a text that is not empty is needed")
    return value


def _encode_int(value: object, on: date) -> str:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError("a whole number is needed")  # noqa: TRY004  # one kind of problem for all types
    return str(int(value))


def _encode_bool(value: object, on: date) -> str:
    return "true" if value else "false"


def _encode_not_bool(value: object, on: date) -> str:
    return "false" if value else "true"


def _encode_instant(value: object, on: date) -> str:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise ValueError("an instant with a zone is needed")
    return (value if value.tzinfo is UTC else value.astimezone(UTC)).isoformat().removesuffix("+00:00") + "Z"


def _wall_clock(value: object) -> datetime:
    """An instant as the clock on the wall in Warsaw shows it; refused in the hour that it shows twice."""
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise ValueError("an instant with a zone is needed")
    local = value.astimezone(WARSAW)
    if local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset():
        raise ValueError("a local time in the hour when the clocks change")
    return local.replace(tzinfo=None)


def _encode_warsaw(value: object, on: date) -> str:
    return _wall_clock(value).isoformat()


def _encode_local_date(value: object, on: date) -> str:
    return _wall_clock(value).date().isoformat()


def _encode_local_time(value: object, on: date) -> str:
    return _wall_clock(value).time().isoformat()


def _encode_date(value: object, on: date) -> str:
    if not isinstance(value, date) or isinstance(value, datetime):
        raise ValueError("a day is needed")  # noqa: TRY004  # one kind of problem for all types
    return value.isoformat()


def _encode_base64(value: object, on: date) -> str:
    if not isinstance(value, bytes):
        raise ValueError("bytes are needed")  # noqa: TRY004  # one kind of problem for all types
    return base64.b64encode(value).decode("ascii")


def _encode_oid(value: object, on: date) -> str:
    if not isinstance(value, str) or not _OID.fullmatch(value):
        raise ValueError("an OID is needed")
    return value


def _decode_text(text: str, on: date) -> str:
    return text


def _decode_int(text: str, on: date) -> int:
    return int(text)


def _decode_bool(text: str, on: date) -> bool:
    try:
        return _BOOLEANS[text.strip()]
    except KeyError:
        raise ValueError("neither true nor false") from None


def _decode_not_bool(text: str, on: date) -> bool:
    return not _decode_bool(text, on)


def _decode_instant(text: str, on: date) -> datetime:
    value = datetime.fromisoformat(text.strip())
    if value.tzinfo is UTC:
        return value
    if value.tzinfo is None:
        raise ValueError("an instant without a zone")
    return _utc(value)


def _utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError:  # the first and the last day of Python's calendar, elsewhere in the world
        raise ValueError("an instant that no calendar holds") from None


def _decode_warsaw(text: str, on: date) -> datetime:
    return _instant_of(datetime.fromisoformat(text.strip()))


def _instant_of(value: datetime) -> datetime:
    if value.tzinfo is not None:
        raise ValueError("a local time with a zone")
    early, late = value.replace(tzinfo=WARSAW, fold=0), value.replace(tzinfo=WARSAW, fold=1)
    if early.utcoffset() != late.utcoffset():
        raise ValueError("a local time in the hour when the clocks change")
    return _utc(early)


def _decode_local_time(text: str, on: date) -> time:
    value = time.fromisoformat(text.strip())
    if value.tzinfo is not None:
        raise ValueError("a local time with a zone")
    return value


def joined(day: date, hour: time) -> datetime:
    """The instant of a local date and a local time in Warsaw.

    Raises:
        ValueError: the clock shows that time twice or not at all that day.
    """
    return _instant_of(datetime.combine(day, hour))


def _decode_date(text: str, on: date) -> date:
    match = _DATE.fullmatch(text.strip())
    if match is None:
        raise ValueError("not a day")
    return date.fromisoformat(match.group(1))


def _decode_base64(text: str, on: date) -> bytes:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except binascii.Error as problem:
        raise ValueError("not base64") from problem


def _decode_oid(text: str, on: date) -> str:
    if not _OID.fullmatch(text.strip()):
        raise ValueError("not an OID")
    return text.strip()


def _encode_empty(value: object, on: date) -> str:
    raise ValueError("an empty element holds no value")


def _decode_empty(text: str, on: date) -> bool:
    return True


_ENCODERS: dict[str, Encode] = {
    "text": _encode_text,
    "oid-extension": _encode_text,
    "oid-root": _encode_oid,
    "int": _encode_int,
    "bool": _encode_bool,
    "not-bool": _encode_not_bool,
    "instant": _encode_instant,
    "warsaw-local": _encode_warsaw,
    "local-date": _encode_local_date,
    "local-time": _encode_local_time,
    "date": _encode_date,
    "base64": _encode_base64,
    "empty": _encode_empty,
}
_PLAIN = frozenset(
    {
        _encode_int,
        _encode_bool,
        _encode_not_bool,
        _encode_instant,
        _encode_warsaw,
        _encode_date,
        _encode_base64,
        _encode_oid,
        _encode_local_date,
        _encode_local_time,
    }
)
_DECODERS: dict[str, Decode] = {
    "text": _decode_text,
    "oid-extension": _decode_text,
    "oid-root": _decode_oid,
    "int": _decode_int,
    "bool": _decode_bool,
    "not-bool": _decode_not_bool,
    "instant": _decode_instant,
    "warsaw-local": _decode_warsaw,
    "local-date": _decode_date,
    "local-time": _decode_local_time,
    "date": _decode_date,
    "base64": _decode_base64,
    "empty": _decode_empty,
}
FITTING_KINDS: dict[str, frozenset[str]] = {
    "text": frozenset({"text", "number"}),
    "oid-extension": frozenset({"text", "number"}),
    "oid-root": frozenset({"text"}),
    "int": frozenset({"number", "text"}),
    "bool": frozenset({"bool"}),
    "not-bool": frozenset({"bool"}),
    "instant": frozenset({"instant"}),
    "warsaw-local": frozenset({"instant"}),
    "local-date": frozenset({"date"}),
    "local-time": frozenset({"time"}),
    "date": frozenset({"date"}),
    "base64": frozenset({"base64"}),
    "code": frozenset({"text", "number"}),
    "empty": frozenset({"", "text"}),
}
"""Type of a row -> kinds of elements (``structure.Node.kind``) it can stand for."""
AS_TEXT = frozenset({"instant", "warsaw-local", "local-date", "local-time", "date", "base64"})
"""Types that a contract may leave to a plain text: what they mean is then agreed elsewhere."""


def encoder(type_name: str, table: CodeTable | None) -> Encode:
    """The writer of a type; a ``code`` needs its table. Each code is looked up once a day."""
    if type_name == "code" and table is not None:
        codes = table
        remembered: dict[tuple[str, date], str] = {}

        def encode(value: object, on: date) -> str:
            key = (str(value), on)
            found = remembered.get(key)
            if found is None:
                found = codes.to_national(*key)
                if len(remembered) >= REMEMBERED_CODES_MAX:
                    remembered.clear()
                remembered[key] = found
            return found

        return encode
    return _ENCODERS[type_name]


def texts_at_once(encode: Encode, values: Sequence[object]) -> Sequence[str] | None:
    """What a writer of texts or of instants makes of a column; None when each value must be looked at.

    Texts that are not empty stand for themselves; instants are in UTC.
    """
    if encode is _encode_text and set(map(type, values)) == {str} and "" not in values:
        return values  # type: ignore[return-value]  # every one of them is a str
    if encode is _encode_instant and set(map(type, values)) == {datetime}:
        instants: Sequence[datetime] = values  # type: ignore[assignment]  # every one of them is a datetime
        if all(each.tzinfo is UTC for each in instants):
            return [each.isoformat()[:-UTC_SUFFIX_CHARACTERS] + "Z" for each in instants]
    return None


def texts_of_few(encode: Encode, values: Sequence[object], on: date) -> list[str] | None:
    """What a writer makes of a column of texts or whole numbers that repeat, each made once; None: there are many.

    Only values of one type: True and 1 are one key and two values.

    Raises:
        ValueError: one of them does not fit.
    """
    if set(map(type, values)) not in ({str}, {int}):
        return None
    different = set(values)
    if len(different) * REPEATED_MIN > len(values):
        return None
    known = {value: encode(value, on) for value in different}
    return list(map(known.__getitem__, values))


REPEATED_MIN = 8
"""How often values of a column stand there on average before it pays to write each once."""
UTC_SUFFIX_CHARACTERS = len("+00:00")


def writes_plain(encode: Encode) -> bool:
    """Whether what a writer writes never needs escaping in XML."""
    return encode in _PLAIN


def is_plain_text(decode: Decode) -> bool:
    """Whether a reader hands the text on as it is."""
    return decode is _decode_text


def is_instant(decode: Decode) -> bool:
    """Whether a reader reads an instant in ISO 8601."""
    return decode is _decode_instant


def decoder(type_name: str, table: CodeTable | None) -> Decode:
    """The reader of a type; a ``code`` needs its table. Codes of one reply are looked up once."""
    if type_name == "code" and table is not None:
        codes = table
        remembered: dict[tuple[str, date], str] = {}

        def decode(text: str, on: date) -> str:
            key = (text, on)
            found = remembered.get(key)
            if found is None:
                found = codes.from_national(text.strip(), on)
                if len(remembered) >= REMEMBERED_CODES_MAX:
                    remembered.clear()
                remembered[key] = found
            return found

        return decode
    return _DECODERS[type_name]


REMEMBERED_CODES_MAX = 1000
"""Known codes that one reader keeps at hand (they are few; a day's change makes new ones)."""
