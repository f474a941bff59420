"""Use cases on a real store."""

from __future__ import annotations

from store_fixtures import database, database_url, held_clock, postgres, store

__all__ = ["database", "database_url", "held_clock", "postgres", "store"]
