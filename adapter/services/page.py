"""A page from a template beside the module that fills it: everything escaped, an unknown name is an error."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape


def page(template: Path, **values: object) -> str:
    """The text of ``template`` with ``values`` in it.

    Raises:
        jinja2.UndefinedError: the template asks for a value that was not given.
    """
    environment = Environment(
        loader=FileSystemLoader(template.parent),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(template.name).render(**values)
