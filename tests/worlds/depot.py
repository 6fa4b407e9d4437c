"""Depot, the fictitious product of docs/connectors.md: its API as that page tells it, over real HTTP."""

from __future__ import annotations

import datetime as dt
import threading
from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from http_scripted import HttpAnswer, Request, serving

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from engine.testing import Fault

KEY = "d-4711-secret"
START = dt.datetime(2026, 11, 20, tzinfo=dt.UTC)
METHODS = {"read": "GET", "create": "POST", "update": "PATCH", "delete": "DELETE"}


def refusal(status: int, code: str, text: str) -> HttpAnswer:
    return HttpAnswer(status, {"error": {"code": code, "text": text}})


GONE = refusal(404, "NOT_FOUND", "There is no such customer.")
TAKEN = refusal(409, "NAME_TAKEN", "The name is taken.")
WRONG = refusal(422, "TOO_LONG", "The city is too long.")
DENIED = refusal(401, "NO_KEY", "The key is not known.")


class Depot:
    """What Depot holds, and how it answers."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.held: dict[str, dict[str, Any]] = {}
        self.faults: deque[tuple[Fault, str]] = (
            deque()
        )  #: faults still to come, each with the method it meets
        self._given = 0
        self._clock = START
        self._lock = threading.Lock()

    def put(self, id_: str, values: Mapping[str, Any]) -> HttpAnswer:
        self._clock += dt.timedelta(seconds=1)
        blank = {"name": None, "city": None, "status": "open", "delivery": {"note": None}}
        known = {**blank, **self.held.get(id_, {}), **values}
        self.held[id_] = {**known, "id": id_, "changed": self._clock.isoformat().replace("+00:00", "Z")}
        return HttpAnswer(200, {"customer": self.held[id_]})

    def add(self, values: Mapping[str, Any]) -> str:
        self._given += 1
        self.put(f"c{self._given}", values)
        return f"c{self._given}"

    def strike(self, fault: Fault, what: str, times: int) -> None:
        self.faults.extend([(fault, METHODS[what])] * times)

    def answer(self, request: Request) -> HttpAnswer:
        with self._lock:
            fault = self.faults[0][0] if self.faults and self.faults[0][1] == request.method else None
            if fault is None:
                return self._answered(request)
            self.faults.popleft()
            if fault in ("broken-after", "torn"):
                done = self._answered(request)
                return (
                    HttpAnswer(500, {})
                    if fault == "broken-after"
                    else HttpAnswer(done.status, done.body, cut=9)
                )
            if fault == "busy":
                return HttpAnswer(429, {}, {"Retry-After": "0"})
            return HttpAnswer(502, b"<h1>Bad gateway</h1>") if fault == "page" else HttpAnswer(503, {})

    def _answered(self, request: Request) -> HttpAnswer:
        if request.headers.get("authorization") != f"Bearer {KEY}":
            return DENIED
        if request.path == "/v1/me":
            return HttpAnswer(body={"account": {"id": 7, "name": "Depot North"}})
        if request.path == "/v1/customers":
            return self._create(request.json) if request.method == "POST" else self._list(request.query)
        return self._one(request, *request.path.split("/")[3:])

    def _create(self, values: dict[str, Any]) -> HttpAnswer:
        refused = self._refused(None, values)
        return refused or HttpAnswer(201, {"customer": self.held[self.add(values)]})

    def _refused(self, id_: str | None, values: dict[str, Any]) -> HttpAnswer | None:
        others = [row["name"] for other, row in self.held.items() if other != id_]
        if values.get("name") in others:
            return TAKEN
        return WRONG if len(values.get("city") or "") > 100 else None

    def _one(self, request: Request, id_: str, action: str | None = None) -> HttpAnswer:
        if id_ not in self.held:
            return GONE
        if action is not None:
            return self.put(id_, {"status": {"block": "blocked", "unblock": "open"}[action]})
        if request.method == "PATCH":
            return self._refused(id_, request.json) or self.put(id_, request.json)
        return HttpAnswer(
            body={"customer": self.held.pop(id_) if request.method == "DELETE" else self.held[id_]}
        )

    def _list(self, query: dict[str, str]) -> HttpAnswer:
        since = dt.datetime.fromisoformat(query.get("changed_from", START.isoformat()))
        rows = [row for row in self.held.values() if dt.datetime.fromisoformat(row["changed"]) >= since]
        short = [{key: value for key, value in row.items() if key != "delivery"} for row in rows]
        size = int(query["per_page"])
        first = (int(query["page"]) - 1) * size
        return HttpAnswer(body={"customers": short[first : first + size], "more": first + size < len(rows)})


@contextmanager
def depot() -> Iterator[Depot]:
    """Depot, running and empty."""
    with serving() as script:
        made = Depot(script.url)
        script.answer = made.answer
        yield made
