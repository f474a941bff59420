"""Texts of reports and letters in Polish and English, from the gettext catalogues in ``adapter/locale/``.

The catalogues are kept as ``.po`` files, which people can read and edit, and compiled in memory when first
asked for: no build step, no ``msgfmt``, the same in a checkout and in a wheel. A key without a text is an
error, never an English key in a Polish letter.
"""

from __future__ import annotations

from functools import cache
from gettext import GNUTranslations
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po

from adapter.errors import Misconfigured

LOCALE = Path(__file__).resolve().parent.parent / "locale"
DOMAIN = "pomost"
POLISH, ENGLISH = "pl", "en"


class Texts:
    """The texts of one language, by key."""

    def __init__(
        self, language: str, translations: GNUTranslations, keys: frozenset[str], domain: str = DOMAIN
    ) -> None:
        self.language = language
        self.domain = domain
        self.keys = keys
        self._translations = translations

    def __call__(self, key: str, **values: object) -> str:
        """The text of ``key``, with ``%(name)s`` filled from ``values``.

        Raises:
            Misconfigured: the catalogue has no text for the key.
        """
        if key not in self.keys:
            raise Misconfigured(
                f"the {self.language} catalogue has no text for '{key}'",
                setting=str(catalogue(self.language, self.domain)),
                code="TEXT_MISSING",
            )
        text = self._translations.gettext(key)
        return text % values if values else text

    def has(self, key: str) -> bool:
        """Whether there is a text for the key."""
        return key in self.keys

    def word(self, code: str) -> str:
        """A code of ours in this language (``word.<code>``); any other text as it is."""
        return self(f"word.{code}") if self.has(f"word.{code}") else code


def catalogue(language: str, domain: str = DOMAIN) -> Path:
    """The ``.po`` file of a language: ``pomost`` for reports, ``letters`` for letters to patients."""
    return LOCALE / language / "LC_MESSAGES" / f"{domain}.po"


@cache
def texts(language: str, domain: str = DOMAIN) -> Texts:
    """The texts of ``pl`` or ``en``; of reports, or of another ``domain``.

    Raises:
        Misconfigured: there is no such catalogue, or it cannot be read.
    """
    path = catalogue(language, domain)
    try:
        with path.open("rb") as source:
            read = read_po(source, locale=language, abort_invalid=True)
    except (OSError, PoFileError, UnicodeDecodeError) as error:
        raise Misconfigured(
            f"the text catalogue {path} cannot be read", setting=str(path), code="TEXTS_BROKEN"
        ) from error
    compiled = BytesIO()
    write_mo(compiled, read)
    compiled.seek(0)
    keys = frozenset(str(message.id) for message in read if message.id and message.string)
    return Texts(language, GNUTranslations(compiled), keys, domain)
