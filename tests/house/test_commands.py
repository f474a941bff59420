"""Every command explains itself with an example, is in the documents, and every documented command exists."""

from __future__ import annotations

import importlib
import re
import shlex
from collections.abc import Iterator

import click
import click.testing
import pytest
from house.tree import files, name, sources, text

from adapter.cli.main import COMMANDS, cli

GUIDES = ("README.md", "docs/operations/")
LINE = re.compile(r"^\s*(?:\$ )?(?:\.venv/bin/)?(pomost [^#`\n]*)", re.MULTILINE)
INLINE = re.compile(r"`(?:\.venv/bin/)?(pomost [^`\n]+)`")
SPOKEN = re.compile(r"\bpomost ([a-z]+) ([a-z-]+)")
PLACEHOLDER = re.compile(r"^[A-Z.\[|]|^\.\.\.$|^<")


def commands() -> Iterator[tuple[str, click.Command]]:
    """(``pomost a b``, command) of every command and group, to the last leaf."""

    def below(words: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
        yield words, command
        if isinstance(command, click.Group):
            for word in command.list_commands(click.Context(command)):
                inner = command.get_command(click.Context(command), word)
                assert inner is not None
                yield from below(f"{words} {word}", inner)

    for word, (place, _) in COMMANDS.items():
        module, _, attribute = place.partition(":")
        yield from below(f"pomost {word}", getattr(importlib.import_module(module), attribute))


@pytest.mark.parametrize("word", sorted(COMMANDS))
def test_every_command_can_be_imported(word: str) -> None:
    module, _, attribute = COMMANDS[word][0].partition(":")
    assert isinstance(getattr(importlib.import_module(module), attribute), click.Command)


def test_every_command_shows_an_example_of_itself() -> None:
    def shown(words: str, command: click.Command) -> str:
        return " ".join(command.get_help(click.Context(command, info_name=words)).split())

    assert not [
        words
        for words, command in commands()
        if not re.search(rf"Example: [^:]*?{re.escape(words)}\b", shown(words, command))
    ]


def test_every_option_says_what_it_does() -> None:
    silent = [
        f"{words} {option.opts[0]}"
        for words, command in commands()
        for option in command.params
        if isinstance(option, click.Option) and not option.help
    ]
    assert not silent


def paragraphs() -> list[str]:
    """Lines of tables and paragraphs of the guides."""
    guides = "\n".join(text(name(path)) for path in files() if path.suffix == ".md" and name(path).startswith(GUIDES))
    return guides.split("\n")


def test_every_command_and_option_is_in_the_guides() -> None:
    """An option is explained on a line that also names its command."""
    absent = []
    for words, command in commands():
        about = [line for line in paragraphs() if re.search(rf"{re.escape(words)}\b", line)]
        if not about:
            absent.append(words)
        absent += [
            f"{words} {option.opts[0]}"
            for option in command.params
            if isinstance(option, click.Option)
            and not any(re.search(rf"(?<!\S)`?{re.escape(given)}\b", line) for given in option.opts for line in about)
        ]
    assert not absent


def documented() -> list[tuple[str, str]]:
    """(document, command line) of every command line in the documents: in a code block, or in a sentence."""
    found = []
    for path in files():
        if path.suffix == ".md":
            content = path.read_text("utf-8")
            for block in re.findall(r"^```\w*\n(.*?)^```", content, re.MULTILINE | re.DOTALL):
                found += [(name(path), line.strip()) for line in LINE.findall(block.replace("\\\n", " "))]
            found += [(name(path), line) for line in INLINE.findall(content)]
    return found


def wrong_in(line: str) -> str:
    """What in a command line this program does not know; empty when it knows all of it."""
    command: click.Command = cli
    for word in shlex.split(line)[1:]:
        if word.startswith("-"):
            known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
            if word.partition("=")[0] not in known | {"--help", "-h", "--version"}:
                return word
        elif isinstance(command, click.Group):
            inner = command.get_command(click.Context(command), word)
            if inner is None:
                return "" if PLACEHOLDER.match(word) else word
            command = inner
    return ""


def test_every_documented_command_line_is_known() -> None:
    assert documented()
    assert not [f"{document}: {line} ({wrong})" for document, line in documented() if (wrong := wrong_in(line))]


def test_every_command_that_the_program_speaks_of_is_known() -> None:
    """Messages, helps and docstrings tell people what to type next; ``pomost tasks`` is followed by one of its own."""
    groups = {words: command for words, command in commands() if isinstance(command, click.Group)}
    every = {words for words, _ in commands()}
    spoken = [
        (name(path), f"pomost {first}", f"pomost {first} {second}")
        for path in sources()
        for first, second in SPOKEN.findall(path.read_text("utf-8"))
    ]
    assert len([group for _, group, _ in spoken if group in groups]) > 20
    assert not [(path, words) for path, group, words in spoken if group in groups and words not in every]


def test_help_names_every_command() -> None:
    shown = click.testing.CliRunner().invoke(cli, ["--help"]).output
    assert all(re.search(rf"^  {word}\b", shown, re.MULTILINE) for word in COMMANDS)
