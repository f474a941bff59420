"""Where a letter goes: as text to the terminal, or as text, page or PDF into a new file that only its owner reads."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from adapter.services.letters.letter import Letter

SUFFIX = {"text": ".txt", "html": ".html", "pdf": ".pdf"}
format_option = click.option(
    "--format", "form", type=click.Choice(list(SUFFIX)), default="text", show_default=True, help="How it is written."
)
out_option = click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE|DIR",
    help="A new file (letter.pdf), or a folder that gets one named by the entry and is made if need be; text goes to "
    "the terminal when absent.",
)


def put_letter(letter: Letter, form: str, out: Path | None) -> Path | None:
    """Print a letter, or write it into a file of mode 0600; returns the file.

    ``out`` without a suffix is a folder; it is made, of mode 0700, when it is not there.

    Raises:
        BadInput: the file exists or cannot be made. Misconfigured: it cannot be written; nothing of it is left.
    """
    from adapter.errors import BadInput, Misconfigured

    content = rendered(letter, form)
    if out is None:
        click.echo(content.decode(), nl=False)
        return None
    folder = out.is_dir() or not (out.suffix or out.exists())
    target = out / f"{letter.subject}-{letter.kind}{SUFFIX[form]}" if folder else out
    try:
        if folder:
            out.mkdir(mode=0o700, exist_ok=True)
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as wrong:
        hint = "; a letter is never written over: name another file" if isinstance(wrong, FileExistsError) else ""
        raise BadInput(
            f"{target} cannot be made: {wrong.strerror}{hint}", field="--out", code="FILE_EXISTS"
        ) from wrong
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
    except OSError as wrong:
        target.unlink(missing_ok=True)
        raise Misconfigured(f"{target} cannot be written: {wrong.strerror}", setting="--out") from wrong
    return target


def needs_file(form: str, out: Path | None) -> None:
    """Refuse a page or a PDF that would go to the terminal. Raises click.UsageError."""
    if out is None and form != "text":
        raise click.UsageError(f"--format {form} needs --out")


def rendered(letter: Letter, form: str) -> bytes:
    """The letter's bytes; what lays it out is imported when it is asked for."""
    if form == "pdf":
        from adapter.services.letters.as_pdf import as_pdf

        return as_pdf(letter)
    if form == "html":
        from adapter.services.letters.as_page import as_page

        return as_page(letter).encode()
    from adapter.services.letters.as_text import as_text

    return as_text(letter).encode()
