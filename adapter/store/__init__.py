"""PostgreSQL behind the use cases: one transaction at a time."""
