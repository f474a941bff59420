"""The web face. So far it says only whether the program is alive and ready; it shows no data."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask, Response, jsonify

from adapter import __version__
from adapter.errors import AdapterError

Ready = Callable[[], None]
"""Returns when the program can work, raises one of the four kinds when it cannot."""


def create_app(ready: Ready) -> Flask:
    """The Flask application. ``/health/live``: the process answers. ``/health/ready``: it can work."""
    app = Flask("pomost")

    @app.get("/health/live")
    def live() -> Response:
        return jsonify(status="alive", version=__version__)

    @app.get("/health/ready")
    def is_ready() -> tuple[Response, int]:
        try:
            ready()
        except AdapterError as error:
            return jsonify(status="not ready", code=error.code), 503
        return jsonify(status="ready", version=__version__), 200

    return app
