"""The rows of a list, kept as columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, overload

Keys = tuple[str, ...]
"""Where a value stands in nested mappings."""


class _Missing:
    """The type of the value that says: this row has none."""


MISSING = _Missing()


class Grid(Sequence[dict[str, Any]]):
    """The rows of a list, kept as columns; as a sequence it gives each row as nested mappings.

    ``columns`` holds, for our field's keys, one value a row (:data:`MISSING` where the row has none);
    a column that no row has is left out.
    """

    def __init__(self, size: int, columns: Mapping[Keys, Sequence[object]]) -> None:
        self._size = size
        self.columns = columns

    def column(self, name: str, default: object = None) -> Sequence[Any]:
        """A field's value in each row, ``default`` where a row has none."""
        found = self.columns.get((name,))
        if found is None:
            return [default] * self._size
        return [default if each is MISSING else each for each in found] if MISSING in found else found

    def __len__(self) -> int:
        return self._size

    @overload
    def __getitem__(self, index: int) -> dict[str, Any]: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[dict[str, Any]]: ...
    def __getitem__(self, index: int | slice) -> dict[str, Any] | Sequence[dict[str, Any]]:
        if isinstance(index, slice):
            return [self._row(n) for n in range(*index.indices(self._size))]
        if not -self._size <= index < self._size:
            raise IndexError(index)
        return self._row(index % self._size)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return (self._row(n) for n in range(self._size))

    def _row(self, number: int) -> dict[str, Any]:
        row: dict[str, Any] = {}
        for keys, values in self.columns.items():
            value = values[number]
            if value is MISSING:
                continue
            inner = row
            for key in keys[:-1]:
                inner = inner.setdefault(key, {})
            inner[keys[-1]] = value
        return row
