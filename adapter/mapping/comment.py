"""A comment to P1: how long it must and may be."""

from __future__ import annotations

from adapter.domain.referral import COMMENT_CHARACTERS_MAX, COMMENT_CHARACTERS_MIN
from adapter.errors import BadInput

COMMENT_LENGTH = "COMMENT_LENGTH"


def checked_comment(comment: str) -> str:
    """A comment as it may go out, stripped.

    Raises:
        BadInput: it is shorter than P1 takes (a commercial wrapper asks for 5 characters; p1.md 3.1), or longer.
    """
    text = comment.strip()
    if not COMMENT_CHARACTERS_MIN <= len(text) <= COMMENT_CHARACTERS_MAX:
        limits = f"{COMMENT_CHARACTERS_MIN} to {COMMENT_CHARACTERS_MAX}"
        raise BadInput(f"the comment has {limits} characters", field="comment", code=COMMENT_LENGTH)
    return text


def optional_comment(comment: str) -> str | None:
    """A comment that may be left out.

    Raises:
        BadInput: it is there, and too short or too long.
    """
    return checked_comment(comment) if comment.strip() else None
