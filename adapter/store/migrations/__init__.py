"""Alembic migrations; run by :mod:`adapter.store.schema`, no alembic.ini needed."""
