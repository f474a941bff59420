"""Does a request as bound have all that its schema asks for? Elements, attributes, branches of choices."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from adapter.soap.rows import ABSENT, EQUAL, PRESENT, UNEQUAL, BindingRow
from adapter.soap.structure import Group, Node

REQUIRED_DEPTH_MAX = 32
"""Required elements are followed so deep where no row goes; a type may contain itself."""
SHOWN_BRANCHES_MAX = 6
Path = tuple[str, ...]


def unfilled(root: Node, rows: Sequence[BindingRow]) -> list[str]:
    """What the schema requires in every element that is written and no row fills, as paths.

    Of a choice one branch is enough; a choice of which none is filled is told as ``a | b``.
    """
    return list(_Filled(rows).in_element(root, ()))


def contending(root: Node, rows: Sequence[BindingRow]) -> list[tuple[BindingRow, BindingRow]]:
    """Pairs of rows that fill two branches of one choice in every message."""
    return list(_Filled(rows).contending(root.content, ()))


def covers(rows: Sequence[BindingRow]) -> bool:
    """Whether one of the rows of a place holds whatever our values are (as far as conditions can say)."""
    conditions = [row.condition for row in rows]
    if None in conditions:
        return True
    said = {(each.field, each.how, each.value) for each in conditions if each is not None}
    for field, how, value in said:
        opposite = {PRESENT: ABSENT, ABSENT: PRESENT, EQUAL: UNEQUAL, UNEQUAL: EQUAL}[how]
        if (field, opposite, value) in said:
            return True
    alike = [field for field, how, _ in said if how == EQUAL]
    return any(alike.count(field) > 1 for field in alike)


class _Filled:
    """The places that rows fill."""

    def __init__(self, rows: Sequence[BindingRow]) -> None:
        self.rows = rows
        self.paths = {row.bare_path for row in rows}

    def written(self, path: Path) -> bool:
        return any(each[: len(path)] == path for each in self.paths)

    def in_element(self, node: Node, path: Path) -> Iterator[str]:
        for attribute in node.attributes:
            if attribute.required and (*path, f"@{attribute.name}") not in self.paths:
                yield "/".join((*path, f"@{attribute.name}"))
        if not node.kind:
            yield from self.in_group(node.content, path)

    def in_group(self, group: Group, path: Path) -> Iterator[str]:
        if len(path) > REQUIRED_DEPTH_MAX or (group.least == 0 and not self.starts(group, path)):
            return
        if not group.one:
            for each in group.items:
                yield from self.in_item(each, path)
            return
        begun = [each for each in group.items if self.starts(each, path)]
        missing = [list(self.in_item(each, path)) for each in begun]
        whole = {
            name for each, lacks in zip(begun, missing, strict=True) if not lacks for name in self.names(each, path)
        }
        for each, lacks in zip(begun, missing, strict=True):
            if not whole.issuperset(self.names(each, path)):
                yield from lacks
        if not begun and group.items and not any(_may_be_nothing(each) for each in group.items):
            names = [_name(each) for each in group.items[:SHOWN_BRANCHES_MAX]]
            yield "/".join((*path, " | ".join(names)))

    def in_item(self, item: Group | Node, path: Path) -> Iterator[str]:
        if isinstance(item, Group):
            yield from self.in_group(item, path)
            return
        here = (*path, item.name)
        if not self.written(here):
            if item.own_least > 0:
                inside = [] if item.kind else list(self.in_element(item, here))
                yield from inside or ["/".join(here)]
            return
        if item.kind and here not in self.paths and item.own_least > 0:
            yield "/".join(here)
        yield from self.in_element(item, here)

    def starts(self, item: Group | Node, path: Path) -> bool:
        nodes = item.nodes() if isinstance(item, Group) else [item]
        return any(self.written((*path, node.name)) for node in nodes)

    def names(self, item: Group | Node, path: Path) -> set[str]:
        """The names of an alternative that rows go to; two branches may begin with the same element."""
        nodes = item.nodes() if isinstance(item, Group) else [item]
        return {node.name for node in nodes if self.written((*path, node.name))}

    def contending(self, group: Group, path: Path) -> Iterator[tuple[BindingRow, BindingRow]]:
        if group.one and not _repeats(group):
            always = [row for row in (self.always(each, path) for each in group.items) if row is not None]
            if len(always) > 1:
                yield always[0], always[1]
        for each in group.items:
            if isinstance(each, Group):
                yield from self.contending(each, path)
            elif not each.kind and self.written((*path, each.name)):
                yield from self.contending(each.content, (*path, each.name))

    def always(self, item: Group | Node, path: Path) -> BindingRow | None:
        """A row that fills a branch in every message."""
        nodes = list(item.nodes()) if isinstance(item, Group) else [item]
        for row in self.rows:
            if row.required and row.field and row.condition is None:
                for node in nodes:
                    here = (*path, node.name)
                    if row.bare_path[: len(here)] == here:
                        return row
        return None


def _repeats(group: Group) -> bool:
    return any(node.repeats for node in group.nodes())


def _may_be_nothing(item: Group | Node) -> bool:
    if isinstance(item, Node):
        return item.own_least == 0
    if item.least == 0 or not item.items:
        return True
    each = [_may_be_nothing(inner) for inner in item.items]
    return any(each) if item.one else all(each)


def _name(item: Group | Node) -> str:
    if isinstance(item, Node):
        return item.name
    return " + ".join(node.name for node in item.nodes())
