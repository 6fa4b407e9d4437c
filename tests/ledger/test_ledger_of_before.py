"""A ledger that an earlier version has made opens, and goes on where it ended."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner

from engine.cli import engine

#: The ledger, written out as SQL, of two runs at 07917e9 of a two-way module, and the databases as they stood after.
BEFORE = Path(__file__).parent / "made_by_07917e9"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where those runs were made."""
    (tmp_path / ".engine").mkdir()
    for name, file in (("ledger", ".engine/ledger.sqlite"), ("one", "one.sqlite"), ("two", "two.sqlite")):
        with sqlite3.connect(tmp_path / file) as made:
            made.execute("PRAGMA journal_mode=WAL")
            made.executescript((BEFORE / f"{name}.sql").read_text(encoding="utf-8"))
        made.close()
    shutil.copy(BEFORE / "people.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(engine, list(words))
    return done.exit_code, done.output


def test_the_next_run_knows_every_link_conflict_and_cursor(folder: Path) -> None:
    code, shown = call("run", "people.yaml")
    assert (code, "1 record is held" in shown) == (4, True), shown  # the field in conflict, as before
    code, shown = call("conflicts", "list", "people.yaml")
    assert (code, "1 field in conflict" in shown) == (0, True), shown
    assert call("conflicts", "resolve", "people.yaml", "1", "--take", "left")[0] == 0
    code, shown = call("run", "people.yaml")
    assert (code, "1 updated" in shown) == (0, True), shown
    with sqlite3.connect(folder / "two.sqlite") as two:
        names = [name for (name,) in two.execute("SELECT full_name FROM persons ORDER BY id")]
    two.close()
    assert names == ["Renamed 1", "Person 2", "Left 3", "Person 4", "Person 5"]
    code, shown = call("run", "people.yaml")
    assert (code, "Nothing to do: both sides are in step." in shown) == (0, True), shown


@pytest.mark.usefixtures("folder")
def test_whoever_only_looks_is_told_to_run_once() -> None:
    code, shown = call("conflicts", "list", "people.yaml")
    assert (code, "was written by an older version" in shown) == (1, True), shown
