"""Commands about one facility and, where people are seen, about who asks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from adapter.bootstrap import Adapter
    from adapter.services.clearance import Person
    from adapter.services.desk import Desk


which_option = click.option("--facility", metavar="F", help="Which facility; needed where there are several.")


@contextmanager
def one_facility(facility: str | None) -> Iterator[tuple[Adapter, str, Person]]:
    """The adapter, the facility that is meant, and the person at the keyboard.

    Raises:
        click.UsageError: there is no such facility, or several and none was named.
    """
    from adapter.bootstrap import open_adapter
    from adapter.cli.operate import chosen
    from adapter.cli.person import person

    with open_adapter() as adapter:
        known = chosen(adapter, facility)
        if len(known) > 1:
            raise click.UsageError(f"name one facility with --facility (known: {', '.join(known)})")
        yield adapter, known[0], person(adapter.settings)


@contextmanager
def at_desk(adapter: Adapter, facility: str) -> Iterator[Desk]:
    """A desk in one transaction, which is kept when nothing was raised."""
    from uuid import uuid4

    from adapter.services.desk import Desk

    with adapter.store.unit_of_work() as work:
        yield Desk(adapter.equipment, work, facility, str(uuid4()))
        work.commit()
