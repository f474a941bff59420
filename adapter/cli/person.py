"""Who runs a command: the account of the process on this machine, and its role in the settings.

The account is the one that the operating system runs the process as; no variable of the environment can say
otherwise. People who share an account cannot be told apart: give each engineer an account of his own.
"""

from __future__ import annotations

import getpass
import importlib.util
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from adapter.services.clearance import Person
    from adapter.settings import Settings


def account() -> str:
    """The account's name."""
    if importlib.util.find_spec("pwd") is None:
        return getpass.getuser()
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container's user without a name
        return f"uid-{os.getuid()}"


def person(settings: Settings) -> Person:
    """The person at the keyboard."""
    from adapter.services.clearance import Person, Role

    name = account()
    role = settings.roles.get(name)
    return Person(name, Role(role) if role is not None else None)
