"""A real HTTP server on loopback whose answers a test writes; it remembers every request it got."""

from __future__ import annotations

import json
import threading
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pyarrow as pa

from engine.connectors.port import Batch, Page, ReadRequest, Surroundings
from engine.connectors.zoho import BOOKS, CRM, PROJECTS
from engine.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from engine.connectors.http.connector import HttpConnector
    from engine.connectors.http.kind import HttpType
    from engine.event import Event
    from engine.record import Kind, Receipt

SECRET = {
    "client_id": "1000.CLIENT",
    "client_secret": "canary-client+secret/77",
    "refresh_token": "1000.canary&refresh=token",
}
TOKEN = "1000.canary-access-token"


@dataclass(frozen=True)
class Request:
    """What the server was asked."""

    method: str
    path: str
    query: dict[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def form(self) -> dict[str, list[str]]:
        return parse_qs(self.body.decode())


@dataclass(frozen=True)
class HttpAnswer:
    """What the server says. `cut` sends so many bytes of the body and hangs up; None = all."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int | None = None

    @property
    def raw(self) -> bytes:
        if self.body is None:
            return b""
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


class Scripted:
    """The script: `answer` is asked for every request but those for tokens, which `token` answers."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.tokens = 0
        self.answer: Callable[[Request], HttpAnswer] = lambda _: HttpAnswer(404)
        self.token: Callable[[], HttpAnswer] = self._fresh_token
        self.url = ""

    def _fresh_token(self) -> HttpAnswer:
        self.tokens += 1
        return HttpAnswer(body={"access_token": f"{TOKEN}.{self.tokens}", "expires_in": 3600})

    def take(self, request: Request) -> HttpAnswer:
        if request.path.endswith("/token"):
            return self.token()
        self.requests.append(request)
        return self.answer(request)

    def play(self, *answers: HttpAnswer) -> None:
        """Give these answers one after the other; the last one stays."""
        waiting = list(answers)
        self.answer = lambda _: waiting.pop(0) if len(waiting) > 1 else waiting[0]


@contextmanager
def serving() -> Iterator[Scripted]:
    """The server, running."""
    script = Scripted()

    class Ask(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body in one packet: two would wait for each other

        def take(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            answer = script.take(
                Request(
                    method=self.command,
                    path=parts.path,
                    query=dict(parse_qsl(parts.query, keep_blank_values=True)),
                    headers={name.lower(): value for name, value in self.headers.items()},
                    body=body,
                )
            )
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            bodiless = answer.status in (204, 304)
            if not bodiless:
                self.send_header("content-length", str(len(answer.raw)))
            self.end_headers()
            self.wfile.write(b"" if bodiless else answer.raw[: answer.cut])
            self.close_connection = self.close_connection or answer.cut is not None

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = take  # noqa: N815  the names that http.server looks for

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Ask)
    server.daemon_threads = True
    script.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield script
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Clock:
    """A clock that moves only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1_795_000_000.0
        self.slept: list[float] = []
        self.on_sleep: Callable[[], None] = lambda: None
        self._lock = threading.Lock()

    def time(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.on_sleep()
        with self._lock:
            self.slept.append(seconds)
            self.now += seconds


@dataclass
class Bench:
    """A connector on a scripted server, with a clock of its own."""

    script: Scripted
    clock: Clock
    folder: Path
    events: list[Event]

    def open(self, type_: HttpType, **settings: Any) -> HttpConnector:
        """A connector of that type; loopback is allowed as for the sandbox."""
        around = Surroundings(
            folder=self.folder,
            clock=self.clock.time,
            sleep=self.clock.sleep,
            sandbox=True,
            emit=self.events.append,
        )
        hosts = {"host": self.script.url, "accounts_host": self.script.url}
        tenants = {BOOKS.name: {"organization": "20000000001"}, PROJECTS.name: {"portal": "30000000001"}}
        tenant = tenants.get(type_.name, {})
        return type_.open({"credentials": SECRET, **hosts, **tenant, **settings}, around)

    @contextmanager
    def crm(self, **settings: Any) -> Iterator[HttpConnector]:
        with closing(self.open(CRM, **settings)) as connector:
            yield connector

    @contextmanager
    def books(self, **settings: Any) -> Iterator[HttpConnector]:
        with closing(self.open(BOOKS, **settings)) as connector:
            yield connector


@contextmanager
def bench(folder: Path) -> Iterator[Bench]:
    with serving() as script:
        yield Bench(script=script, clock=Clock(), folder=folder, events=[])


def batch(kind: Kind, *rows: dict[str, Any], unique: str | None = None) -> Batch:
    """A batch; a row may carry `_id` and `_version`, every other key is a field."""
    names = list(dict.fromkeys(name for row in rows for name in row if not name.startswith("_")))
    columns: dict[str, Any] = {"_op": [f"op{n}" for n in range(len(rows))]}
    for meta in ("_id", "_version"):
        columns[meta] = pa.array([row.get(meta) for row in rows], pa.string())
    columns["_set"] = [[name for name in row if not name.startswith("_")] for row in rows]
    for name in names:
        columns[name] = [row.get(name) for row in rows]
    return Batch(kind=kind, table=pa.table(columns), unique=unique)


def read(connector: HttpConnector, stream: str, *fields: str, **request: Any) -> list[Page]:
    return list(connector.read(ReadRequest(stream=stream, fields=fields, **request)))


def ids(pages: list[Page], key: str = "id") -> list[str]:
    return [row[key] for page in pages for row in page.records or ()]


def break_off(connector: HttpConnector, stream: str, part: Batch) -> tuple[list[Receipt], EngineError]:
    """The receipts that came before the error that ends a batch, and that error."""
    got: list[Receipt] = []
    try:
        for receipt in connector.write(stream, part):
            got.append(receipt)  # noqa: PERF402  the list must hold what came before the error
    except EngineError as error:
        return got, error
    raise AssertionError("nothing ended the batch")


def write(connector: HttpConnector, stream: str, part: Batch) -> list[Receipt]:
    return list(connector.write(stream, part))
