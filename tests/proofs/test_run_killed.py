"""A process of the command line is killed at random moments, and run again until it gets through."""

from __future__ import annotations

import csv
import json
import random
import re
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from patience import LONGEST_S
from sandbox_visitor import visit

from engine.ledger import open_ledger

if TYPE_CHECKING:
    from pathlib import Path

PEOPLE = 500

TO_TABLE = """
spec: 1
name: moves
systems:
  old: { connector: sql, with: { url: "sqlite:///old.db" } }
  new: { connector: sql, with: { url: "sqlite:///new.db" } }
modules:
  people:
    sync: old.people -> new.clients
    match: [ name = label ]
    fields: [ name -> label, city -> town ]
"""
TO_BOOKS = """
spec: 1
name: moves
systems:
  list:
    connector: files
    with: { folder: ".", streams: { people: { id: id, fields: { name: text, city: text } } } }
  books: { connector: zoho-books, with: { organization: "${env:NONE}", credentials: "${env:NONE}" } }
modules:
  people:
    sync: list.people -> books.contacts
    match: [ name = contact_name ]
    fields:
      - name -> contact_name
      - city -> billing_address.city
      - { to: right.contact_type, const: customer, on: create }
"""


def names() -> list[str]:
    return [f"Person {number:03}" for number in range(PEOPLE)]


def make_table(folder: Path) -> list[str]:
    """A spec from table to table; every tenth of its records is on the other side already."""
    (folder / "spec.yaml").write_text(TO_TABLE, encoding="utf-8")
    with closing(sqlite3.connect(folder / "old.db")) as old, old:
        old.execute("CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT, city TEXT)")
        old.executemany("INSERT INTO people (name, city) VALUES (?, 'Pune')", [(name,) for name in names()])
    with closing(sqlite3.connect(folder / "new.db")) as new, new:
        new.execute("CREATE TABLE clients (number INTEGER PRIMARY KEY, label TEXT, town TEXT)")
        new.executemany("INSERT INTO clients (label) VALUES (?)", [(name,) for name in names()[::10]])
    with begin(folder, []) as running:
        _, errors = running.communicate(timeout=LONGEST_S)
    assert running.returncode == 6, errors
    code = re.search(r"--accept (\w+)", errors)
    assert code is not None, errors
    return ["--accept", code[1]]


def table(folder: Path) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(folder / "new.db")) as new:
        return new.execute("SELECT label, town FROM clients ORDER BY 1, 2").fetchall()


def make_books(folder: Path) -> list[str]:
    """A spec from a CSV file to the sandbox, which dies with the process and keeps its records."""
    (folder / "spec.yaml").write_text(TO_BOOKS, encoding="utf-8")
    with (folder / "people.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "name", "city"])
        rows.writerows([number, name, "Pune"] for number, name in enumerate(names()))
    return ["--sandbox"]


def books(folder: Path) -> list[tuple[Any, ...]]:
    with visit(folder / ".engine") as visitor:
        found = visitor.records("books", "contacts")
    ours = [row for row in found if row["contact_name"].startswith("Person ")]
    return sorted((row["contact_name"], row["billing_address"]["city"]) for row in ours)


def begin(folder: Path, more: list[str]) -> subprocess.Popen[str]:
    """A run that has got as far as its first word."""
    words = [
        sys.executable,
        "-m",
        "engine",
        "run",
        str(folder / "spec.yaml"),
        "--folder",
        str(folder / ".engine"),
    ]
    running = subprocess.Popen(
        [*words, "--format", "json", *more], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert running.stderr is not None
    told = running.stderr.readline()
    assert told.startswith("run "), told + running.stderr.read()
    return running


@pytest.mark.parametrize(
    ("make", "look", "longest_s"),
    [(make_table, table, 0.25), (make_books, books, 2.5)],
    ids=["table", "books"],
)
def test_a_run_that_is_killed_again_and_again_ends_like_one_that_was_left_alone(
    tmp_path: Path, make: Any, look: Any, longest_s: float, request: pytest.FixtureRequest
) -> None:
    more = make(tmp_path)
    chance = random.Random(20260301)
    kills = 0
    for _ in range(30 if request.config.getoption("--long") else 3):
        with begin(tmp_path, more) as running:
            time.sleep(chance.uniform(0, longest_s))
            running.kill()
        kills += running.returncode == -9
    assert kills > 0
    with begin(tmp_path, more) as running:
        told, errors = running.communicate(timeout=LONGEST_S)
    assert running.returncode == 0, errors
    counts = json.loads(told)["modules"]["people"]
    assert counts["read"]["left"] == PEOPLE
    assert look(tmp_path) == [(name, "Pune") for name in names()]
    with open_ledger(tmp_path / ".engine" / "ledger.sqlite", readonly=True) as ledger:
        links = ledger.links_table("moves", "people")
        assert ledger.pending_intents("moves") == []
        assert next(run.outcome for run in ledger.runs()) == "done"
    assert len(set(links["left_id"].to_pylist())) == len(set(links["right_id"].to_pylist())) == PEOPLE
    with begin(tmp_path, more) as running:
        told, _ = running.communicate(timeout=LONGEST_S)
    counts = json.loads(told)["modules"]["people"]
    assert (counts["unchanged"], counts["created"]["right"], counts["updated"]["right"]) == (PEOPLE, 0, 0)
