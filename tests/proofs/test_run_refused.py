"""Bad input, from the command line: said in a sentence with what to do, and nothing half-written."""

from __future__ import annotations

import json
import resource
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any

import engine_child
import pytest
from click.testing import CliRunner, Result
from engine_child import sandbox_at
from patience import LONGEST_S
from sandbox_visitor import Visitor, visit

from engine.cli import engine
from engine.ledger import open_ledger

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TO_BOOKS = """
spec: 1
name: moves
systems:
  list: {{ connector: sql, with: {{ url: "sqlite:///old.db" }} }}
  books: {{ connector: zoho-books, with: {{ organization: "${{env:NONE}}", credentials: "${{env:NONE}}" }} }}
modules:
  people:
    sync: list.people {arrow} books.contacts
    match: [ name = contact_name ]
    conflicts: list
    fields:
      - name {arrow} contact_name
      - {{ to: right.contact_type, const: customer, on: create }}
"""


@pytest.fixture(scope="module")
def visitor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitor]:
    """A sandbox that lives on its own, as a vendor does."""
    with visit(tmp_path_factory.mktemp("vendor")) as visitor:
        yield visitor


class PatientClock:
    """Waiting takes no time: the clock that connectors see is moved on instead."""

    def __init__(self) -> None:
        self.waited = 0.0

    def time(self) -> float:
        return time.time() + self.waited

    def sleep(self, seconds: float) -> None:
        self.waited += seconds


@pytest.fixture
def folder(tmp_path: Path, visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A spec that brings two people from a table to the sandbox."""
    monkeypatch.setattr("engine.run.session.systems.time", PatientClock())
    visitor.begin_anew()
    visitor.http.delete("/_sandbox/calls")
    with closing(sqlite3.connect(tmp_path / "old.db")) as old, old:
        old.execute("CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT)")
        old.executemany("INSERT INTO people (name) VALUES (?)", [("Person Ann",), ("Person Bob",)])
    (tmp_path / "spec.yaml").write_text(TO_BOOKS.format(arrow="->"), encoding="utf-8")
    return tmp_path


def connections(visitor: Visitor, **instead: str) -> dict[str, Any]:
    """How to reach the sandbox, with something wrong in it."""
    books = dict(visitor.running.connect()["zoho-books"])
    hosts = {name: instead.pop(name) for name in ("host", "accounts_host") if name in instead}
    return {"zoho-books": books | hosts | {"credentials": books["credentials"] | instead}}


def words_of(folder: Path) -> list[str]:
    return ["run", str(folder / "spec.yaml"), "--sandbox", "--folder", str(folder / ".engine")]


def run(folder: Path, visitor: Visitor, **instead: str) -> Result:
    with sandbox_at(connections(visitor, **instead)):
        return CliRunner().invoke(engine, words_of(folder))


def people(visitor: Visitor) -> list[str]:
    found = [row["contact_name"] for row in visitor.records("books", "contacts")]
    return sorted(name for name in found if name.startswith("Person "))


def calls(visitor: Visitor) -> list[Any]:
    return [one for one in visitor.command("calls")["calls"] if not one["path"].startswith("/_sandbox")]


def assert_said(result: Result, code: int, *words: str) -> None:
    """One sentence, what to try, the right exit code, and never a traceback or a half-told secret."""
    assert result.exit_code == code, result.output
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    assert "This is a bug" not in result.stderr
    assert "Try: " in result.stderr
    for word in words:
        assert word in result.stderr, result.stderr


def test_all_is_well_with_the_right_credentials(folder: Path, visitor: Visitor) -> None:
    """The control: what the other tests of this file break does work."""
    result = run(folder, visitor)
    assert result.exit_code == 0, result.output
    assert people(visitor) == ["Person Ann", "Person Bob"]


def test_a_wrong_spec_reads_and_writes_nothing(folder: Path, visitor: Visitor) -> None:
    text = (folder / "spec.yaml").read_text(encoding="utf-8")
    (folder / "spec.yaml").write_text(text.replace("contact_name ]", "contact_nam ]"), encoding="utf-8")
    result = run(folder, visitor)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "spec.yaml:10:" in result.stderr
    assert "did you mean `contact_name`" in result.stderr
    assert calls(visitor) == []
    assert not (folder / ".engine" / "ledger.sqlite").exists()


def test_what_this_version_cannot_run_is_refused_by_name_and_place(folder: Path, visitor: Visitor) -> None:
    guard = "guards:\n  free: { module: people, refuse: name -> contact_name, when: linked() }\n"
    with (folder / "spec.yaml").open("a", encoding="utf-8") as file:
        file.write(guard)
    result = run(folder, visitor)
    assert_said(
        result, 1, "guard `free`: a condition that looks at links", "spec.yaml:16", "nothing was read"
    )
    assert calls(visitor) == []
    assert not (folder / ".engine" / "ledger.sqlite").exists()


@pytest.mark.parametrize("name", ["client_id", "client_secret", "refresh_token"])
def test_wrong_credentials(folder: Path, visitor: Visitor, name: str) -> None:
    result = run(folder, visitor, **{name: "1000.not-the-right-one"})
    assert_said(result, 1, "books")
    assert "not-the-right-one" not in result.stderr
    assert people(visitor) == []


def test_a_host_that_cannot_be_reached(folder: Path, visitor: Visitor) -> None:
    assert_said(run(folder, visitor, host="http://127.0.0.1:9"), 5, "books")
    assert_said(run(folder, visitor, accounts_host="http://127.0.0.1:9"), 5, "books")
    assert people(visitor) == []


@pytest.mark.parametrize("fault", ["html", "status-503", "torn"])
def test_an_answer_that_is_none_while_reading(folder: Path, visitor: Visitor, fault: str) -> None:
    visitor.command("faults", fault=fault, match={"method": "GET"}, times=50)
    assert_said(run(folder, visitor), 5, "books")
    visitor.http.delete("/_sandbox/faults")
    assert people(visitor) == []
    assert run(folder, visitor).exit_code == 0
    assert people(visitor) == ["Person Ann", "Person Bob"]


def test_an_expired_token_is_renewed_and_nobody_notices(folder: Path, visitor: Visitor) -> None:
    visitor.command("faults", fault="expired-token", match={"method": "POST", "path": "/contacts"})
    assert run(folder, visitor).exit_code == 0
    assert people(visitor) == ["Person Ann", "Person Bob"]


@pytest.mark.parametrize("fault", ["status-500-after-apply", "timeout-after-apply", "torn"])
def test_a_create_that_nobody_confirmed_is_adopted_and_never_sent_twice(
    folder: Path, visitor: Visitor, fault: str
) -> None:
    match = {"method": "POST", "path": "/contacts$"}
    visitor.command("faults", fault=fault, match=match, seconds=0.2)
    first = run(folder, visitor)
    assert first.exit_code == 4, first.output
    with open_ledger(folder / ".engine" / "ledger.sqlite", readonly=True) as ledger:
        (held,) = ledger.held_rows("moves")
    assert held.code == "unconfirmed"
    assert run(folder, visitor).exit_code == 0
    assert people(visitor) == ["Person Ann", "Person Bob"]
    assert len([one for one in calls(visitor) if one["method"] == "POST" and "/contacts" in one["path"]]) == 2


def test_a_ledger_of_a_newer_version(folder: Path, visitor: Visitor) -> None:
    path = folder / ".engine" / "ledger.sqlite"
    open_ledger(path).close()
    with closing(sqlite3.connect(path)) as ledger, ledger:
        ledger.execute("UPDATE alembic_version SET version_num = '9999'")
    assert_said(run(folder, visitor), 1, "newer version")
    assert people(visitor) == []


def test_a_ledger_that_another_run_holds(folder: Path, visitor: Visitor) -> None:
    program = """
import sys
from datetime import UTC, datetime
from engine.ledger import open_ledger
ledger = open_ledger(sys.argv[1])
lease = ledger.take_lease("moves", "somebody else", datetime.now(UTC).isoformat(), 600)
print("ready", flush=True)
sys.stdin.readline()
"""
    path = folder / ".engine" / "ledger.sqlite"
    words = [sys.executable, "-c", program, str(path)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "ready\n"
        assert_said(run(folder, visitor), 7, "somebody else")
        assert people(visitor) == []
        other.communicate("go\n")
    assert run(folder, visitor).exit_code == 0, "who ended without giving it back holds nobody up"
    assert people(visitor) == ["Person Ann", "Person Bob"]


def test_a_full_disk_is_said_and_the_next_run_sets_everything_right(folder: Path, visitor: Visitor) -> None:
    """The operating system lets no file of the process grow any further in the middle of the run."""
    with closing(sqlite3.connect(folder / "old.db")) as old, old:
        long = [(f"Person {number:03} {'x' * 150}",) for number in range(98)]
        old.executemany("INSERT INTO people (name) VALUES (?)", long)
    room = 300_000
    words = [sys.executable, engine_child.__file__, json.dumps(connections(visitor)), *words_of(folder)]
    stopped = subprocess.run(
        words,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (room, room)),  # no threads here
    )
    assert (stopped.returncode, stopped.stdout) == (1, ""), stopped
    assert "Traceback" not in stopped.stderr
    assert "no room left" in stopped.stderr or "disk failed" in stopped.stderr
    made = len(people(visitor))
    assert 0 < made <= 100
    result = run(folder, visitor)
    assert result.exit_code == 0, result.output
    assert len(people(visitor)) == len(set(people(visitor))) == 100


def test_ctrl_c_finishes_the_batch_and_the_next_run_goes_on(folder: Path, visitor: Visitor) -> None:
    with closing(sqlite3.connect(folder / "old.db")) as old, old:
        old.executemany("INSERT INTO people (name) VALUES (?)", [(f"Person {n:03}",) for n in range(98)])
    visitor.command(
        "faults", fault="slow", match={"method": "POST", "path": "/contacts$"}, times=500, seconds=0.05
    )
    words = [sys.executable, engine_child.__file__, json.dumps(connections(visitor)), *words_of(folder)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        while len(people(visitor)) < 3:
            assert running.poll() is None, running.communicate()
        running.send_signal(signal.SIGINT)
        _, told = running.communicate(timeout=LONGEST_S)
    assert running.returncode == 130, told
    assert "Run the same command again to go on" in told
    made = len(people(visitor))
    assert 3 <= made < 100
    with open_ledger(folder / ".engine" / "ledger.sqlite", readonly=True) as ledger:
        assert ledger.pending_intents("moves") == []
        assert ledger.links_table("moves", "people").num_rows == made
    visitor.http.delete("/_sandbox/faults")
    assert run(folder, visitor).exit_code == 0
    assert len(people(visitor)) == len(set(people(visitor))) == 100
