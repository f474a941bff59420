"""The package for people: the print-ready page ``report.html`` and the letter ``message.eml``.

The page's layout is ``report_page.html``; every word in it comes from the catalogues, Polish with English
beside it. The letter is Polish and unsent: a mail program opens it as a draft, a person sends it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path

from adapter import __version__
from adapter.services.page import page
from adapter.services.report_package import RECIPIENT, Package, digest, local
from adapter.services.report_rows import ReportRow
from adapter.services.report_text import ENGLISH, POLISH, Texts, texts

TEMPLATE = Path(__file__).resolve().parent / "report_page.html"
ATTACHED_TYPES = {
    ".csv": ("text", "csv"),
    ".html": ("text", "html"),
    ".json": ("application", "json"),
    ".xlsx": ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}


def as_page(package: Package) -> bytes:
    """One self-contained HTML page: no script, nothing fetched, A4 when printed."""
    return page(
        TEMPLATE,
        pl=texts(POLISH),
        en=texts(ENGLISH),
        package=package,
        cards=[(row, story(row)) for row in package.rows],
        titles={row.kind.value: (row.title_pl, row.title_en) for row in package.rows},
        local=local,
        digest=digest(package),
        recipient=RECIPIENT,
        software=f"Pomost {__version__}",
    ).encode()


def story(row: ReportRow) -> list[tuple[datetime, str, str]]:
    """What happened on the slot, in order of time: (when, key of the text, id or code)."""
    events = [
        (row.block_asked_at, "event.asked", row.block_message_id),
        (row.block_answered_at, "event.answered", row.block_result_code),
        (row.block_proven_at, "event.proven", ""),
        *((visit.saved_at, "event.saved", visit.id) for visit in row.visits),
        (row.listing_fetched_at, "event.listed", ""),
    ]
    known = [(at, key, what) for at, key, what in events if at is not None]
    return sorted(known, key=lambda event: event[0])


def as_letter(package: Package, attached: Mapping[str, bytes]) -> bytes:
    """The draft to CeZ with the files attached, as a mail program opens it (RFC 5322, CRLF)."""
    polish = texts(POLISH)
    letter = EmailMessage(policy=SMTP)
    letter["To"] = RECIPIENT
    letter["Subject"] = polish("letter.subject", day=package.day.isoformat(), rows=len(package.rows))
    letter["Date"] = format_datetime(package.made_at)
    letter["X-Unsent"] = "1"
    letter["MIME-Version"] = "1.0"
    letter.set_content(_body(package, polish), subtype="plain", charset="utf-8", cte="quoted-printable")
    for name, content in attached.items():
        kind, subtype = ATTACHED_TYPES[Path(name).suffix]
        letter.add_attachment(content, maintype=kind, subtype=subtype, filename=name, cte="base64")
    if attached:
        letter.set_boundary(f"=_pomost_{digest(package)[:32]}")
    return letter.as_bytes()


def _body(package: Package, polish: Texts) -> str:
    lines = [polish("letter.greeting"), ""]
    if package.rows:
        lines += [polish("letter.request", day=package.day.isoformat()), ""]
        lines += [_line(number, row, polish) for number, row in enumerate(package.rows, start=1)]
        lines += ["", polish("letter.evidence")]
    else:
        lines += [polish("letter.nothing", day=package.day.isoformat())]
    lines += [
        "",
        polish("letter.privacy"),
        "",
        polish("letter.facility", facility=package.facility, provider=", ".join(package.provider_numbers) or "-"),
        polish("letter.digest", digest=digest(package)),
        polish("letter.software", software=f"Pomost {__version__}"),
        "",
    ]
    return "\n".join(lines)


def _line(number: int, row: ReportRow, polish: Texts) -> str:
    return polish(
        "letter.row",
        number=number,
        title=row.title_pl,
        slot=row.cer_slot_id,
        visits=", ".join(visit.id for visit in row.visits) or "-",
        saved=", ".join(local(visit.saved_at) or "?" for visit in row.visits) or "-",
        starts=local(row.term_starts),
    )
