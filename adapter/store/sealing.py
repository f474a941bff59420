"""Sealing: what must hold people is encrypted before it is written, and opened after it is read.

AES-256-GCM. The associated data is the row's identity, so that a sealed value copied to another row
does not open. Keys have ids and rotate: the first seals, all open. A separate lookup key makes the
digests under which people are found; it must not change while patients are stored.

A key list is text, one key a line (or parted by spaces): ``id:base64``, 32 bytes each. The id
``lookup`` is the lookup key.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from adapter.errors import Misconfigured

KEY_BYTES = 32
NONCE_BYTES = 12
FORMAT = 1
LOOKUP = "lookup"
_ENTRY = re.compile(r"([A-Za-z0-9_-]{1,32}):([A-Za-z0-9+/_-]{43}=?)")
SETTING = "POMOST_SEALING_KEYS"
SETTING_FILE = "POMOST_SEALING_KEY_FILE"


@dataclass(frozen=True, slots=True)
class SealingSettings:
    """Where the keys are: the text itself (from the environment), or a file; text goes first."""

    keys: str | None = field(default=None, repr=False)
    file: Path | None = None


class Seal:
    """Seals and opens with one key list."""

    __slots__ = ("_ciphers", "_first", "_lookup")

    def __init__(self, keys: Mapping[str, bytes], lookup: bytes) -> None:
        """``keys``: id -> 32 bytes, the first seals."""
        self._ciphers = {name: AESGCM(key) for name, key in keys.items()}
        self._first = next(iter(keys))
        self._lookup = lookup

    @property
    def head(self) -> bytes:
        """How every value begins that the newest key sealed."""
        name = self._first.encode("ascii")
        return bytes((FORMAT, len(name))) + name

    def seal(self, plain: bytes, *identity: str) -> bytes:
        """Encrypt for the row that ``identity`` names."""
        head = self.head
        nonce = os.urandom(NONCE_BYTES)
        return head + nonce + self._ciphers[self._first].encrypt(nonce, plain, _about(head, identity))

    def open(self, sealed: bytes, *identity: str) -> bytes:
        """Decrypt.

        Raises:
            Misconfigured: its key is not configured, or it is not what was sealed for this row.
        """
        if len(sealed) < 2 or sealed[0] != FORMAT:
            raise Misconfigured("a sealed value has an unknown form; is this database newer?", setting=SETTING)
        end = 2 + sealed[1]
        name = sealed[2:end].decode("ascii", "replace")
        cipher = self._ciphers.get(name)
        if cipher is None:
            raise Misconfigured(
                f"a stored value was sealed with the key {name!r}, which is not configured", setting=SETTING
            )
        nonce, body = sealed[end : end + NONCE_BYTES], sealed[end + NONCE_BYTES :]
        try:
            return cipher.decrypt(nonce, body, _about(sealed[:end], identity))
        except InvalidTag as error:
            raise Misconfigured(
                f"a sealed value does not open with the key {name!r}: another key has this id, "
                "or the value was changed or moved",
                setting=SETTING,
            ) from error

    def seal_json(self, value: object, *identity: str) -> bytes:
        """Seal a JSON value."""
        return self.seal(orjson.dumps(value), *identity)

    def open_json(self, sealed: bytes, *identity: str) -> dict[str, object]:
        """Open a JSON object."""
        value = orjson.loads(self.open(sealed, *identity))
        if not isinstance(value, dict):
            raise TypeError("a sealed value of this kind is a JSON object")
        return value

    def digest(self, system: str, value: str) -> str:
        """Keyed digest (HMAC-SHA256, hexadecimal) of an identifier."""
        said = f"{system}\x1f{value}".encode()
        return hmac.new(self._lookup, said, hashlib.sha256).hexdigest()


def load(settings: SealingSettings, made_at: Path | None) -> Seal:
    """The seal of this installation.

    ``made_at``: where a key file may be made when nothing is configured (embedded database only);
    it is kept beside the data, readable by its owner only.

    Raises:
        Misconfigured: no keys, or they cannot be read.
    """
    if settings.keys is not None:
        return parse(settings.keys, SETTING)
    if settings.file is not None:
        return _from_file(settings.file)
    if made_at is None:
        raise Misconfigured(
            f"with DATABASE_URL a sealing key is needed: set {SETTING_FILE} to a file made by "
            "`pomost database make-key`, and keep a copy of it in a safe place",
            setting=SETTING_FILE,
        )
    try:
        _make(made_at)
    except FileExistsError:
        return _from_file(made_at)
    except OSError as error:
        raise Misconfigured(f"no key file can be made: {made_at}: {error.strerror}", setting=SETTING_FILE) from error
    return _from_file(made_at)


def _make(file: Path) -> None:
    """A key file that is whole or absent, made once whoever else tries."""
    fresh = file.with_name(f"{file.name}.{os.getpid()}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as out:
            out.write(new_keys())
            out.flush()
            os.fsync(out.fileno())
        os.link(fresh, file)
    finally:
        fresh.unlink()


def new_keys() -> str:
    """A fresh key list: one sealing key with a random id, and a lookup key."""
    lines = [f"{name}:{base64.b64encode(os.urandom(KEY_BYTES)).decode()}" for name in (secrets.token_hex(4), LOOKUP)]
    return "\n".join(lines) + "\n"


def parse(text: str, where: str) -> Seal:
    """Read a key list; ``where`` names it in errors, which never show any of it.

    Raises:
        Misconfigured: an entry is malformed or doubled, or a kind of key is missing.
    """
    keys: dict[str, bytes] = {}
    entries = [part for line in text.splitlines() for part in line.split("#")[0].replace(",", " ").split()]
    for number, entry in enumerate(entries, 1):
        found = _ENTRY.fullmatch(entry)
        if found is None:
            raise Misconfigured(f"entry {number} of {where} is not id:base64 of {KEY_BYTES} bytes", setting=where)
        name, coded = found.groups()
        try:
            key = base64.b64decode(coded.rstrip("=") + "=", altchars=b"-_" if {"-", "_"} & set(coded) else None)
        except binascii.Error as error:
            raise Misconfigured(f"entry {number} of {where} is not base64", setting=where) from error
        if name in keys:
            raise Misconfigured(f"{where} has the key id {name!r} twice", setting=where)
        keys[name] = key
    lookup = keys.pop(LOOKUP, None)
    if lookup is None or not keys:
        missing = "the lookup key" if lookup is None else "a sealing key"
        raise Misconfigured(f"{where} lacks {missing}; `pomost database make-key` makes a whole list", setting=where)
    return Seal(keys, lookup)


def _from_file(file: Path) -> Seal:
    try:
        text = file.read_text("ascii")
    except OSError as error:
        raise Misconfigured(f"the key file {file} cannot be read: {error.strerror}", setting=SETTING_FILE) from error
    except UnicodeDecodeError as error:
        raise Misconfigured(f"the key file {file} is not plain text", setting=SETTING_FILE) from error
    return parse(text, str(file))


def _about(head: bytes, identity: tuple[str, ...]) -> bytes:
    return head + "\x1f".join(identity).encode()
