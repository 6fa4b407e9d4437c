"""Two SQLite files, a spec between them and a ledger: what tests of the command line share."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from click.testing import CliRunner

from engine.cli import engine

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

SPEC = """\
spec: 1
name: shop-desk
systems:
  shop: {{ connector: sql, with: {{ url: "sqlite:///shop.sqlite" }} }}
  desk: {{ connector: sql, with: {{ url: "sqlite:///desk.sqlite" }} }}
modules:
  people:
    sync: shop.people {arrow} desk.clients
    match: [ name = label ]
{more}
    fields:
      - name {arrow} label
      - city {arrow} town
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SqliteWorld:
    """A folder with both files, the spec and the engine's own folder."""

    folder: Path

    @property
    def spec(self) -> str:
        """The spec, as it is named on the command line."""
        return str(self.folder / "shop.yaml")

    def call(self, command: str, *words: str) -> Result:
        """One command of the engine."""
        place = ("--folder", str(self.folder / ".engine"))
        return CliRunner().invoke(engine, [command, *words, *place])

    def asked(self, command: str, *words: str, code: int = 0) -> Any:
        """The same, with its answer as JSON."""
        result = self.call(command, *words, "--format", "json")
        assert result.exit_code == code, result.output
        return json.loads(result.stdout)

    def rows(self, sql: str, file: str = "desk") -> list[tuple[Any, ...]]:
        """Run a statement on one of the two files."""
        connection = sqlite3.connect(self.folder / f"{file}.sqlite")
        try:
            with connection:
                return connection.execute(sql).fetchall()
        finally:
            connection.close()

    def towns(self) -> list[tuple[Any, ...]]:
        """The desk's records, sorted."""
        return self.rows("SELECT label, town FROM clients ORDER BY label, town")


def sqlite_world(folder: Path, *, arrow: str = "->", more: str = "duplicates: overwrite") -> SqliteWorld:
    """Three people in the shop, one of whom the desk has already."""
    spec = SPEC.format(arrow=arrow, more="".join(f"    {line}\n" for line in more.split("\n")).rstrip("\n"))
    (folder / "shop.yaml").write_text(spec, encoding="utf-8")
    world = SqliteWorld(folder=folder)
    world.rows("CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT, city TEXT)", "shop")
    world.rows("CREATE TABLE clients (id INTEGER PRIMARY KEY, label TEXT, town TEXT)")
    world.rows(
        "INSERT INTO people (name, city) VALUES ('Ann', 'Gent'), ('Bob', 'Pune'), ('Cy', 'Goa')", "shop"
    )
    world.rows("INSERT INTO clients (label, town) VALUES ('Ann', 'Typed')")
    return world
