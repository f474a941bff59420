"""The rules of the law, one small cited function each (docs/law.md)."""
