"""Statements whose rows are wanted as the driver has them.

SQLAlchemy describes the columns of each plain statement anew and wraps its cursor, as much work again as to send it
and to hear the answer. With :data:`AS_THEY_ARE` it still begins the transaction, tells whoever listens and names the
errors, and gives the driver's cursor.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine
from sqlalchemy.dialects.postgresql.psycopg import PGExecutionContext_psycopg

AS_THEY_ARE = {"pomost_driver_rows": True}
"""The execution option of a statement that gives the driver's cursor. Whoever asks closes it."""


class _Context(PGExecutionContext_psycopg):
    """What SQLAlchemy keeps of one statement."""

    def _setup_result_proxy(self) -> Any:
        if "pomost_driver_rows" in self.execution_options:
            return self.cursor
        return super()._setup_result_proxy()  # type: ignore[no-untyped-call]  # SQLAlchemy's own has no annotations


def give_driver_rows(engine: Engine) -> None:
    """Let statements of an engine on psycopg ask for :data:`AS_THEY_ARE`."""
    engine.dialect.execution_ctx_cls = _Context
