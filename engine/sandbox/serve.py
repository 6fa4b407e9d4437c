"""Serve the sandbox: in a thread for one command or a test, or in the foreground for `engine sandbox`."""

from __future__ import annotations

import socket
import threading
import time
from typing import TYPE_CHECKING, Any, Self

import uvicorn

from engine.errors import TemporaryError, UserError
from engine.sandbox.app import make_app
from engine.sandbox.company.move_in import fill
from engine.sandbox.control import connections
from engine.sandbox.server.clock import Clock
from engine.sandbox.server.site import CompanyName, Site
from engine.sandbox.server.store import Store
from engine.sandbox.server.throttle import LIMITS, LimitsName, Throttle

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import TracebackType

#: How long a start and a stop may take.
PATIENCE_S = 10
LOOPBACK = "127.0.0.1"


class Running:
    """A sandbox that answers. Leaving the `with` block stops it; its file stays."""

    def __init__(self, site: Site, listener: socket.socket) -> None:
        self.site = site
        self.port: int = listener.getsockname()[1]
        self.url = f"http://{LOOPBACK}:{self.port}"
        self._listener = listener
        self._server = _make_server(site)
        self._thread = threading.Thread(target=self._run, name="sandbox", daemon=True)

    def _run(self) -> None:
        self._server.run(sockets=[self._listener])

    def start(self) -> None:
        """Begin to answer. Raises TemporaryError if that does not happen soon."""
        self._thread.start()
        deadline = time.monotonic() + PATIENCE_S
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                self.stop()
                raise TemporaryError("The sandbox did not start.", remedy="Try again.")
            time.sleep(0.002)

    def connect(self) -> dict[str, dict[str, Any]]:
        """By connector, the settings that a client needs."""
        return connections(self.url, self.site)

    def stop(self) -> None:
        """Stop answering and close the file. May be called twice."""
        self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join(PATIENCE_S)
        self._listener.close()
        self.site.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def open_site(
    folder: Path, *, company: CompanyName, limits: LimitsName, clock: Callable[[], float] = time.time
) -> Site:
    """The sandbox of a folder, its company moved in. Raises UserError for a file that cannot be used."""
    folder.mkdir(parents=True, exist_ok=True)
    store = Store(folder / f"sandbox-{company}.sqlite")
    site = Site(
        store=store,
        clock=Clock(clock),
        throttle=Throttle(LIMITS[limits]),
        company=company,
        move_in=lambda empty: fill(empty, company),
    )
    with store.transaction():
        if store.create_tables():
            site.settle()
    site.clock.offset_s = float(store.setting("clock/offset_s") or 0)
    return site


def start(
    folder: Path,
    *,
    company: CompanyName = "clean",
    port: int = 0,
    limits: LimitsName = "roomy",
    clock: Callable[[], float] = time.time,
) -> Running:
    """Serve the sandbox of `folder` on loopback in a thread; port 0 = any free one.

    The file `sandbox-<company>.sqlite` is made and filled if it does not exist.
    Raises UserError if the port is taken.
    """
    site = open_site(folder, company=company, limits=limits, clock=clock)
    try:
        running = Running(site, _listen(port))
    except UserError:
        site.store.close()
        raise
    running.start()
    return running


def serve_forever(
    folder: Path,
    *,
    company: CompanyName = "clean",
    port: int = 0,
    limits: LimitsName = "roomy",
    ready: Callable[[Running], None] = lambda _: None,
) -> None:
    """Serve until Ctrl-C; `ready` is called once, when the sandbox answers."""
    with start(folder, company=company, port=port, limits=limits) as running:
        ready(running)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            return


def _listen(port: int) -> socket.socket:
    # With the protocol named, asyncio switches off Nagle's delay: 1 ms an answer instead of 40.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((LOOPBACK, port))
        listener.listen(512)
    except (OSError, OverflowError) as error:
        listener.close()
        raise UserError(
            f"Port {port} of {LOOPBACK} cannot be used: {error}.",
            remedy="Choose another port, or 0 for any free one.",
        ) from error
    return listener


def _make_server(site: Site) -> uvicorn.Server:
    config = uvicorn.Config(
        make_app(site),
        loop="asyncio",
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="critical",
        access_log=False,
        timeout_graceful_shutdown=1,
    )
    return uvicorn.Server(config)
