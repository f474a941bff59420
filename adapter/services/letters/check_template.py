"""N-05 asked of a hospital's own letter: text or HTML, whatever its line breaks and marks."""

from __future__ import annotations

from html.parser import HTMLParser

from adapter.domain.rules.notices import tells_of_fund
from adapter.domain.rules.verdict import Verdict
from adapter.errors import BadInput

TEMPLATE_BYTES_MAX = 1 << 20
TEMPLATE_UNREADABLE = "TEMPLATE_UNREADABLE"
HIDDEN = frozenset({"script", "style"})


def checked(content: bytes) -> Verdict:
    """Whether a letter, or its template, holds the sentence on what the Fund can tell (E-N-NOTICE if not).

    Raises:
        BadInput: it is empty, longer than 1 MiB, or no UTF-8 text.
    """
    if not content.strip() or len(content) > TEMPLATE_BYTES_MAX:
        raise BadInput("a letter has text, and at most 1 MiB", field="FILE", code=TEMPLATE_UNREADABLE)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        raise BadInput("the letter is no UTF-8 text", field="FILE", code=TEMPLATE_UNREADABLE) from wrong
    return tells_of_fund(_words(text) if "<" in text else text)


class _Words(HTMLParser):
    """What a reader of a page sees: texts outside of scripts and styles."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.seen: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look away inside of what is not shown."""
        self._hidden += tag in HIDDEN

    def handle_endtag(self, tag: str) -> None:
        """Look again."""
        self._hidden -= tag in HIDDEN and self._hidden > 0

    def handle_data(self, data: str) -> None:
        """A text."""
        if not self._hidden:
            self.seen.append(data)


def _words(text: str) -> str:
    reader = _Words()
    reader.feed(text)
    reader.close()
    return " ".join(reader.seen)
