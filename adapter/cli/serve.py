"""``pomost serve`` and ``pomost work``: the program as a service."""

from __future__ import annotations

import threading

import click


@click.command(epilog="Example: pomost serve --port 8080")
@click.option("--host", help="Address to listen on (default: the setting, 127.0.0.1).")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on (default: the setting, 8080).")
@click.option("--web-only", is_flag=True, help="Without a worker (the Procfile's web process).")
def serve(host: str | None, port: int | None, web_only: bool) -> None:
    """Run web and worker in one process until stopped."""
    import waitress

    from adapter.bootstrap import open_adapter
    from adapter.web.app import create_app
    from adapter.worker.app import run_worker, worker_app

    with open_adapter() as adapter:
        settings = adapter.settings
        address, number = host or settings.host, settings.port if port is None else port
        server = waitress.create_server(create_app(adapter.require_ready), host=address, port=number, threads=8)
        click.echo(f"pomost listens on http://{address}:{server.effective_port}", err=True)
        if web_only:
            server.run()
            return
        web = threading.Thread(target=server.run, name="web", daemon=True)
        web.start()
        click.echo(f"pomost works for {', '.join(adapter.facilities) or 'no facility yet'}", err=True)
        run_worker(worker_app(adapter), concurrency=settings.worker_concurrency)
        server.close()


@click.command(epilog="Example: pomost work")
@click.option("--once", is_flag=True, help="Do what waits, then stop.")
def work(once: bool) -> None:
    """Run a worker only; start as many as wanted on as many machines."""
    from adapter.bootstrap import open_adapter
    from adapter.worker.app import run_worker, worker_app

    with open_adapter() as adapter:
        click.echo(f"pomost works for {', '.join(adapter.facilities) or 'no facility yet'}", err=True)
        run_worker(worker_app(adapter), concurrency=adapter.settings.worker_concurrency, once=once)
