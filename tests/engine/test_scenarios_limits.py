"""What a system's limits of calls do to a run: over HTTP, against the sandbox with the limits that Books publishes."""

from __future__ import annotations

import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result
from engine_child import sandbox_at
from sandbox_visitor import Visitor, visit

from engine.cli import engine
from engine.run.session.run_request import RunRequest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SPEC = """
spec: 1
name: moves
systems:
  list: { connector: sql, with: { url: "sqlite:///old.db" } }
  books: { connector: zoho-books, with: { organization: "${env:NONE}", credentials: "${env:NONE}" } }
modules:
  people:
    sync: list.people -> books.contacts
    match: [ name = contact_name ]
    fields:
      - name -> contact_name
      - { to: right.contact_type, const: customer, on: create }
"""
PEOPLE = 130
NAMES = [f"Person {number:03}" for number in range(PEOPLE)]


class SharedClock:
    """Whoever waits lets the vendor's time pass, too, and that of the engine; nobody really waits."""

    def __init__(self, visitor: Visitor) -> None:
        self._visitor, self.waited = visitor, 0.0

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.time(), UTC)

    def time(self) -> float:
        return time.time() + self.waited

    def sleep(self, seconds: float) -> None:
        self.waited += seconds
        self._visitor.command("clock", advance_s=seconds)


@pytest.fixture
def vendor(tmp_path: Path) -> Iterator[Visitor]:
    """Books with a hundred calls a minute, and a table of people who are not there yet."""
    with visit(tmp_path / "vendor", limits="published") as visitor:
        with closing(sqlite3.connect(tmp_path / "old.db")) as old, old:
            old.execute("CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT)")
            old.executemany("INSERT INTO people (name) VALUES (?)", [(name,) for name in NAMES])
        (tmp_path / "moves.yaml").write_text(SPEC, encoding="utf-8")
        yield visitor


def one_thread(**_more: object) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=1)


@pytest.fixture
def clock(vendor: Visitor, monkeypatch: pytest.MonkeyPatch) -> SharedClock:
    """The time of the vendor, of connectors and of the engine."""
    clock = SharedClock(vendor)
    monkeypatch.setattr("engine.run.session.systems.time", clock)
    # Threads that move one clock on would count each other's waits, so one thread does the work of all.
    monkeypatch.setattr("engine.connectors.http.write.write_batches.ThreadPoolExecutor", one_thread)
    defaults = RunRequest.__init__.__kwdefaults__ or {}
    monkeypatch.setitem(defaults, "now", clock.now)
    return clock


def run(folder: Path, visitor: Visitor) -> Result:
    words = ["run", str(folder / "moves.yaml"), "--sandbox", "--folder", str(folder / ".engine")]
    with sandbox_at(visitor.running.connect()):
        return CliRunner().invoke(engine, words)


def history(folder: Path) -> Result:
    words = ["history", str(folder / "moves.yaml"), "--folder", str(folder / ".engine")]
    return CliRunner().invoke(engine, words)


def people(visitor: Visitor) -> list[str]:
    found = [row["contact_name"] for row in visitor.records("books", "contacts")]
    return sorted(name for name in found if name.startswith("Person "))


def calls(visitor: Visitor) -> list[tuple[float, str, int]]:
    """(moment, method, status) of every call of Books."""
    found = visitor.command("calls")["calls"]
    return [(one["at"], one["method"], one["status"]) for one in found if one["path"].startswith("/books/")]


@pytest.mark.usefixtures("clock")
def test_the_limit_of_a_minute_and_a_wish_to_wait_are_kept_and_everybody_is_made_once(
    tmp_path: Path, vendor: Visitor
) -> None:
    vendor.command(
        "faults", match={"method": "post", "path": "/contacts"}, fault="status-429", retry_after=30
    )
    first = run(tmp_path, vendor)
    assert first.exit_code == 0, first.output
    assert people(vendor) == NAMES
    made = calls(vendor)
    ((refused, _, _),) = [
        one for one in made if one[2] == 429
    ]  # the vendor, who counts, refuses nothing else
    assert min(at for at, _, _ in made if at > refused) - refused >= 30
    assert made[-1][0] - made[0][0] >= 60
    posts = [status for _, method, status in made if method == "POST"]
    assert sorted(posts) == [201] * PEOPLE + [429]
    vendor.http.delete("/_sandbox/calls")
    assert run(tmp_path, vendor).exit_code == 0
    assert {method for _, method, _ in calls(vendor)} <= {"GET"}


def test_a_day_that_is_spent_ends_the_run_and_the_next_days_bring_the_rest(
    tmp_path: Path, vendor: Visitor, clock: SharedClock
) -> None:
    throttle = vendor.running.site.throttle
    throttle.limits = replace(throttle.limits, books_per_day=60)
    first = run(tmp_path, vendor)
    assert (first.exit_code, "Traceback" in first.output) == (5, False)
    assert "day" in first.stderr
    told = history(tmp_path).output
    assert ("parked" in told, "requests that can be made in a day" in told) == (True, True)
    there = people(vendor)
    assert run(tmp_path, vendor).exit_code == 5
    assert people(vendor) == there, "the same day nothing more is made"
    counts = [len(there)]
    while len(counts) < 5 and counts[-1] < PEOPLE:
        clock.sleep(25 * 3600)
        code = run(tmp_path, vendor).exit_code
        counts.append(len(people(vendor)))
        assert code == (0 if counts[-1] == PEOPLE else 5)
    assert 0 < counts[0] < counts[1] < counts[2] == PEOPLE
    assert people(vendor) == NAMES
    assert [status for _, method, status in calls(vendor) if method == "POST"].count(201) == PEOPLE
