"""DATABASE_URL: every spelling of PostgreSQL is the same, anything else is refused without being shown."""

from __future__ import annotations

import pytest

from adapter.errors import Misconfigured
from adapter.store.engine import DatabaseSettings, connect, normalised


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_spelling_of_postgresql_is_the_same(scheme: str) -> None:
    url = normalised(f" {scheme}://anna:pa%40ss@db.example:6432/pomost?sslmode=require\n")
    assert url.render_as_string(hide_password=False) == (
        "postgresql+psycopg://anna:pa%40ss@db.example:6432/pomost?sslmode=require"
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("mysql://u:hidden@h/d", "names mysql", id="another database"),
        pytest.param("sqlite:///hidden.db", "names sqlite", id="no SQLite variant"),
        pytest.param("postgresql+psycopg2://u:hidden@h/d", "names postgresql", id="another driver"),
        pytest.param("hidden", "cannot be read", id="no URL"),
        pytest.param("postgresql://u:hidden@h:port/d", "cannot be read", id="a port that is no number"),
    ],
)
def test_anything_else_is_refused_without_being_shown(text: str, said: str) -> None:
    with pytest.raises(Misconfigured, match=said) as refused:
        normalised(text)
    assert "hidden" not in refused.value.message


def test_the_job_engine_gets_a_plain_url_that_is_not_shown() -> None:
    database = connect(DatabaseSettings(url="postgres://anna:hidden@h/d"))
    assert database.url == "postgresql://anna:hidden@h/d"
    assert "hidden" not in repr(database)
    assert not database.embedded
    assert database.key_file is None
