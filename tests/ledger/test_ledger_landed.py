"""A ledger that an earlier version wrote opens, loses nothing, and is gone on with."""

from __future__ import annotations

import json
import lzma
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from places import CASES

from engine.cli import engine
from engine.ledger import open_ledger

if TYPE_CHECKING:
    from pathlib import Path

KEPT = CASES / "ledgers"
HELD = 4  #: the exit code of a run that has left records behind


@dataclass(frozen=True, kw_only=True)
class Landed:
    """The systems and the ledger of that version, in a folder of their own."""

    folder: Path

    @property
    def ledger(self) -> Path:
        return self.folder / ".engine" / "ledger.sqlite"

    def engine(self, command: str, *words: str, expect: int = 0) -> Any:
        """A command about the spec, with its answer as JSON."""
        line = [*command.split(), str(self.folder / "spec.yaml"), *words, "--format", "json"]
        ended = CliRunner().invoke(engine, [*line, "--folder", str(self.ledger.parent)])
        assert ended.exit_code == expect, ended.output
        return json.loads(ended.stdout)

    def run(self) -> dict[str, Any]:
        """A run; answers what it wrote, by module and side, without what it did not touch."""
        report = self.engine("run", expect=HELD)
        return {
            f"{kind} {module}": sides
            for module, counts in report["modules"].items()
            for kind in ("created", "updated", "deleted")
            if any((sides := counts[kind]).values())
        }

    def ask(self, system: str, statement: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.folder / f"{system}.sqlite")) as connection, connection:
            return connection.execute(statement).fetchall()

    def edit(self, system: str, what: str) -> None:
        """Somebody changes a record, now."""
        now = "changed = strftime('%Y-%m-%dT%H:%M:%SZ', 'now')"
        self.ask(system, f"UPDATE {what.replace(' WHERE', f', {now} WHERE')}")


@pytest.fixture
def landed(tmp_path: Path) -> Landed:
    """A copy of what that version left."""
    for name in ("spec.yaml", "towns.csv"):
        shutil.copy(KEPT / name, tmp_path)
    for system in ("shop", "desk"):
        with closing(sqlite3.connect(tmp_path / f"{system}.sqlite")) as connection:
            connection.executescript((KEPT / f"{system}.sql").read_text(encoding="utf-8"))
    made = Landed(folder=tmp_path)
    made.ledger.parent.mkdir()
    made.ledger.write_bytes(lzma.decompress((KEPT / "ledger.sqlite.xz").read_bytes()))
    return made


def test_what_an_earlier_version_remembered_is_known(landed: Landed) -> None:
    landed.run()
    with open_ledger(landed.ledger, readonly=True) as ledger:
        links = {name: ledger.links_table("landed", name) for name in ("towns", "people", "jobs", "won")}
        assert {name: table.num_rows for name, table in links.items()} == {
            "towns": 2,
            "people": 4,
            "jobs": 1,
            "won": 1,
        }
        assert {(one.record_id, one.code) for one in ledger.held_rows("landed")} == {
            ("3", "unmapped-value"),
            ("2", "conflict"),
        }
        assert [(one.left, one.right) for one in ledger.conflicts("landed")] == [("Delhi", "Mumbai")]
        assert [one.value for one in ledger.losers("landed")] == ["Paint once"]
        assert [one.record_id for one in ledger.enrolments("landed", "jobs")] == ["1"]


def test_the_intent_that_a_killed_run_of_it_left_open_is_settled_and_nothing_is_sent_again(
    landed: Landed,
) -> None:
    with open_ledger(landed.ledger) as ledger:
        assert len(ledger.pending_intents("landed")) == 1
    assert landed.run() == {}
    with open_ledger(landed.ledger, readonly=True) as ledger:
        assert ledger.pending_intents("landed") == []
        pairs = ledger.links_table("landed", "people")
    assert ("5", "4", "active") in zip(
        *(pairs[name].to_pylist() for name in ("left_id", "right_id", "state")), strict=True
    )
    assert landed.ask("desk", "SELECT label FROM clients ORDER BY id") == [
        ("Ann",),
        ("Eve",),
        ("Bob",),
        ("Fay",),
    ]
    assert landed.run() == {}


def test_what_people_do_from_then_on_goes_over_and_only_that(landed: Landed) -> None:
    landed.run()
    landed.edit("shop", "people SET city = 'Bruges' WHERE name = 'Ann'")
    landed.edit("desk", "clients SET town = 'Cochin' WHERE label = 'Fay'")
    landed.edit("desk", "jobs SET label = 'Paint again' WHERE id = 1")
    landed.edit("desk", "jobs SET label = 'Sand again' WHERE id = 2")
    landed.edit("shop", "deals SET stage = 'won' WHERE name = 'Door'")
    assert landed.run() == {
        "updated people": {"left": 1, "right": 1},
        "updated jobs": {"left": 1, "right": 0},
        "created won": {"left": 0, "right": 1},
    }
    assert landed.ask("shop", "SELECT title FROM tasks") == [("Paint again",)]
    assert landed.ask("desk", "SELECT title, deal FROM invoices") == [("Deck", "1"), ("Door", "2")]
    assert landed.run() == {}


def test_what_was_held_and_what_was_in_conflict_is_resolved_as_ever(landed: Landed) -> None:
    landed.run()
    landed.engine("conflicts resolve", "1", "--take", "left")
    landed.edit("shop", "people SET rank = 'gold' WHERE name = 'Cy'")
    landed.engine("run")
    assert landed.ask(
        "desk", "SELECT town, grade FROM clients WHERE label IN ('Bob', 'Cy') ORDER BY label"
    ) == [
        ("Delhi", "B"),
        ("Goa", "A"),
    ]
