"""Two records of a database exchange a unique value: in both directions, and killed on the way."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

SPEC = """\
spec: 1
name: s
systems:
  a: { connector: sql, with: { url: "sqlite:///a.db" } }
  b: { connector: sql, with: { url: "sqlite:///b.db" } }
modules:
  people:
    sync: a.people <-> b.clients
    match: [ code = ref ]
    conflicts: LOSER
    limits: { updates: none, conflicts: none }
    fields: [ code <-> ref, note <-> remark ]
"""
#: Ends the process at its nth statement that changes a row of `clients`, inside the transaction.
KILLED = """\
import os, signal, sys
from engine.connectors.sql.sqlite import session
from engine.cli import main
many, left = session.SqliteSession.run_many, [int(sys.argv.pop(1))]
def run_many(self, sql, rows):
    if "clients" in sql:
        left[0] -= 1
        if left[0] < 0:
            os.kill(os.getpid(), signal.SIGKILL)
    return many(self, sql, rows)
session.SqliteSession.run_many = run_many
main()
"""


def _ask(folder: Path, file: str, *statements: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(folder / file)
    with connection:
        answers = [connection.execute(sql).fetchall() for sql in statements]
    connection.close()
    return answers[-1]


def _run(folder: Path, dies: int | None = None) -> int:
    words = ["-m", "engine"] if dies is None else ["-c", KILLED, str(dies)]
    done = subprocess.run(
        [sys.executable, *words, "run", "s.yaml"],
        cwd=folder,
        env={**os.environ},
        capture_output=True,
        check=False,
    )
    return done.returncode


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    _ask(tmp_path, "a.db", "CREATE TABLE people (id integer PRIMARY KEY, code text, note text UNIQUE)")
    _ask(tmp_path, "b.db", "CREATE TABLE clients (id integer PRIMARY KEY, ref text, remark text UNIQUE)")
    _ask(tmp_path, "a.db", "INSERT INTO people VALUES (1, 'C1', 'A'), (2, 'C2', 'B'), (3, 'C3', 'C')")
    return tmp_path


@pytest.mark.parametrize("loser", ["a", "b"])
@pytest.mark.parametrize("dies", [None, 0, 1, 2, 3, 4])
def test_an_exchange_arrives_wherever_the_run_dies(folder: Path, loser: str, dies: int | None) -> None:
    (folder / "s.yaml").write_text(SPEC.replace("LOSER", loser), encoding="utf-8")
    assert _run(folder) == 0
    _ask(folder, "a.db", "UPDATE people SET note = note || '!'", "UPDATE people SET note = 'B' WHERE id = 1",
         "UPDATE people SET note = 'A' WHERE id = 2", "UPDATE people SET note = 'C' WHERE id = 3")  # fmt: skip
    if dies is not None:
        assert _run(folder, dies) in (-signal.SIGKILL, 0)
        shown = {row[0] for row in _ask(folder, "b.db", "SELECT remark FROM clients")}
        assert shown == {"A", "B", "C"}
    assert _run(folder) == 0
    wanted = [("C1", "B"), ("C2", "A"), ("C3", "C")]
    assert _ask(folder, "a.db", "SELECT code, note FROM people ORDER BY id") == wanted
    assert _ask(folder, "b.db", "SELECT ref, remark FROM clients ORDER BY ref") == wanted


def test_an_exchange_of_three_comes_back_from_the_other_side(folder: Path) -> None:
    (folder / "s.yaml").write_text(SPEC.replace("LOSER", "a"), encoding="utf-8")
    assert _run(folder) == 0
    _ask(folder, "b.db", "UPDATE clients SET remark = remark || '!'")
    _ask(
        folder,
        "b.db",
        "UPDATE clients SET remark = CASE remark WHEN 'A!' THEN 'B' WHEN 'B!' THEN 'C' ELSE 'A' END",
    )
    assert _run(folder) == 0
    assert _ask(folder, "a.db", "SELECT code, note FROM people ORDER BY id") == [
        ("C1", "B"),
        ("C2", "C"),
        ("C3", "A"),
    ]
