"""``pomost serve`` and ``pomost work``: the program as a service."""

from __future__ import annotations

import signal
import sys
import threading
from typing import TYPE_CHECKING, Any

import click

from adapter.cli.garbage import look_for_garbage_seldom

if TYPE_CHECKING:
    from flask import Flask

    from adapter.bootstrap import Adapter


@click.command(epilog="Example: pomost serve --port 8080")
@click.option("--host", help="Address to listen on (default: the setting, 127.0.0.1).")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on (default: the setting, 8080).")
@click.option("--web-only", is_flag=True, help="Without a worker (the Procfile's web process).")
def serve(host: str | None, port: int | None, web_only: bool) -> None:
    """Run web and worker in one process until stopped (SIGTERM, Ctrl+C: running jobs may end first).

    Port 0 takes a free one; the program says which. Exit code: 0 stopped, 3 the port cannot be opened.
    """
    from adapter.bootstrap import open_adapter
    from adapter.web.app import create_app
    from adapter.worker.app import run_worker, worker_app

    with open_adapter() as adapter, look_for_garbage_seldom():
        settings = adapter.settings
        server = _listen(
            create_app(adapter.require_ready), host or settings.host, settings.port if port is None else port
        )
        try:
            if web_only:
                signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
                server.run()  # ends by KeyboardInterrupt or SystemExit
                return
            threading.Thread(target=server.run, name="web", daemon=True).start()
            _say_for_whom(adapter)
            run_worker(worker_app(adapter), concurrency=settings.worker_concurrency)
        finally:
            server.close()


def _say_for_whom(adapter: Adapter) -> None:
    """Whom the worker works for, and what would hinder it before it does."""
    from adapter.bootstrap.sessions import sessions_finding

    finding = sessions_finding(adapter.database, adapter.settings)
    if finding.state != "ok":
        click.echo(f"{finding.subject}: {finding.text}; {finding.advice}", err=True)
    click.echo(f"pomost works for {', '.join(adapter.facilities) or 'no facility yet'}", err=True)


def _listen(app: Flask, host: str, port: int) -> Any:
    """A waitress server that is bound, and says where.

    Raises:
        Misconfigured: the address is taken or is not this machine's.
    """
    import waitress

    from adapter.errors import Misconfigured

    try:
        server = waitress.create_server(app, host=host, port=port, threads=8)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "no such address"
        raise Misconfigured(f"cannot listen on {host}:{port}: {reason}", setting="POMOST_PORT") from error
    for address, number in getattr(server, "effective_listen", ((server.effective_host, server.effective_port),)):
        click.echo(f"pomost listens on http://{f'[{address}]' if ':' in address else address}:{number}", err=True)
    return server


@click.command(epilog="Example: pomost work")
@click.option("--once", is_flag=True, help="Do what waits, then stop; the timetable asks for nothing new.")
def work(once: bool) -> None:
    """Run a worker only; start as many as wanted on as many machines."""
    from adapter.bootstrap import open_adapter
    from adapter.worker.app import run_worker, worker_app

    with open_adapter() as adapter, look_for_garbage_seldom():
        _say_for_whom(adapter)
        run_worker(worker_app(adapter, periodic=not once), concurrency=adapter.settings.worker_concurrency, once=once)
