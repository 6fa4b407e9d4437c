"""What the engine itself keeps changing in a circle comes to rest: after three runs the field is left, and held."""

from __future__ import annotations

import re
import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from engine.cli import engine

if TYPE_CHECKING:
    from pathlib import Path

MODULE = """\
spec: 1
name: {name}
systems:
  {left}: {{ connector: sql, with: {{ url: "sqlite:///{left}.sqlite" }} }}
  {right}: {{ connector: sql, with: {{ url: "sqlite:///{right}.sqlite" }} }}
modules:
  notes:
    sync: {left}.notes -> {right}.notes
    match: [ id = id ]
    duplicates: overwrite
    limits: {{ updates: none }}
    fields:
      - {{ map: id -> id, on: create }}
      - {line}
      - note -> note
"""
STOPPED = 6
LONGER = "{ to: right.text, value: \"concat(text, '!')\" }"


@dataclass(frozen=True, slots=True, kw_only=True)
class Specs:
    """Specs that each look right, run one after the other with one ledger."""

    folder: Path
    names: tuple[str, ...]

    @classmethod
    def of(cls, folder: Path, *steps: tuple[str, str, str]) -> Specs:
        """A spec for each (left, right, line) with a table `notes` in every system."""
        for system in {name for left, right, _ in steps for name in (left, right)}:
            with sqlite3.connect(folder / f"{system}.sqlite") as connection:
                connection.execute("CREATE TABLE notes (id TEXT PRIMARY KEY, text TEXT, note TEXT)")
            connection.close()
        for number, (left, right, line) in enumerate(steps):
            text = MODULE.format(name=f"spec{number}", left=left, right=right, line=line)
            if any((right, left) == step[:2] for step in steps):
                text = text.replace("      - note -> note\n", "" if number else "      - note -> note\n")
            (folder / f"spec{number}.yaml").write_text(text, encoding="utf-8")
        return cls(folder=folder, names=tuple(f"spec{number}" for number in range(len(steps))))

    def sql(self, system: str, statement: str) -> list[tuple[Any, ...]]:
        """A statement on one of the systems."""
        connection = sqlite3.connect(self.folder / f"{system}.sqlite")
        with connection:
            found = connection.execute(statement).fetchall()
        connection.close()
        return found

    def run(self, *words: str) -> list[int]:
        """Each spec once; how each run ended."""
        return [self.call("run", str(self.folder / f"{name}.yaml"), *words)[0] for name in self.names]

    def call(self, *words: str) -> tuple[int, str]:
        """A command: how it ended, and what it said in one line."""
        place = ("--folder", str(self.folder / ".engine"))
        result = CliRunner().invoke(engine, [*words, *place])
        asked = re.search(r"--accept \w+", result.output) if result.exit_code == STOPPED else None
        if asked:  # a first contact is agreed to
            result = CliRunner().invoke(engine, [*words, *asked[0].split(), *place])
        assert result.exit_code in (0, 4), result.output
        return result.exit_code, " ".join(result.output.split())

    def texts(self) -> list[Any]:
        """What every system shows."""
        files = sorted(self.folder.glob("*.sqlite"))
        return [self.sql(one.stem, "SELECT * FROM notes ORDER BY id") for one in files]


RINGS = {
    "two": (("a", "b", LONGER), ("b", "a", "text -> text")),
    "three": (("a", "b", LONGER), ("b", "c", "text -> text"), ("c", "a", "text -> text")),
}


@pytest.mark.parametrize("ring", RINGS)
def test_a_value_that_goes_round_comes_to_rest_and_is_held_with_its_lines(tmp_path: Path, ring: str) -> None:
    specs = Specs.of(tmp_path, *RINGS[ring])
    specs.sql("a", "INSERT INTO notes VALUES ('1', 'x', 'n'), ('2', 'y', 'n')")
    ends = [specs.run() for _ in range(5)]
    rested = specs.texts()
    assert 4 in ends[-1], ends
    told = specs.call("errors")[1]
    assert "It goes round" in told
    assert "text -> text" in told
    for words in ((), (), ("--full",)):
        specs.run(*words)
        assert specs.texts() == rested
    specs.sql("a", "UPDATE notes SET note = 'typed' WHERE id = '1'")
    specs.run()
    assert specs.sql("b", "SELECT note FROM notes WHERE id = '1'") == [("typed",)]
    kept = [[(row[0], row[1]) for row in rows] for rows in specs.texts()]
    assert kept == [[(row[0], row[1]) for row in rows] for rows in rested]


def test_a_value_that_somebody_changes_again_is_carried_on(tmp_path: Path) -> None:
    specs = Specs.of(tmp_path, *RINGS["two"])
    specs.sql("a", "INSERT INTO notes VALUES ('1', 'x', 'n')")
    for _ in range(5):
        specs.run()
    specs.sql("a", "UPDATE notes SET text = 'typed'")
    specs.run()
    assert specs.sql("b", "SELECT text FROM notes")[0][0].startswith("typed")
    for _ in range(4):
        specs.run()
    rested = specs.texts()
    specs.run()
    assert specs.texts() == rested


def test_a_chain_that_is_fed_at_every_run_is_no_circle(tmp_path: Path) -> None:
    specs = Specs.of(tmp_path, ("a", "b", "text -> text"), ("b", "c", "text -> text"))
    specs.sql("a", "INSERT INTO notes VALUES ('1', 'x', 'n')")
    specs.run()
    for turn in range(5):
        specs.sql("a", f"UPDATE notes SET text = 'turn {turn}'")
        assert specs.run() == [0, 0]
        assert specs.sql("c", "SELECT text FROM notes") == [(f"turn {turn}",)]
