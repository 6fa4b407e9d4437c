"""Records of a database exchange values that must be unique, in one transaction, on every kind of database."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from database_servers import Server, mariadb, postgres, sqlite
from open_connectors import close_all

from engine.testing import batch, receipts

__all__ = ["close_all"]  # the fixture is used by being here

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KINDS = {"sqlite": sqlite, "postgres": postgres, "mariadb": mariadb}
#: The table, and three records of it.
TABLES = {
    "text": ("v varchar(9), w int, UNIQUE (v)", "('a', 1), ('b', 1), ('c', 1)"),
    "filled text": ("v varchar(9) NOT NULL, w int, UNIQUE (v)", "('a', 1), ('b', 1), ('c', 1)"),
    "filled number": ("v int NOT NULL DEFAULT 0, w int, UNIQUE (v)", "(1, 1), (2, 1), (3, 1)"),
    "two columns": ("w int NOT NULL, v varchar(9) NOT NULL, UNIQUE (w, v)", "(1, 'a'), (1, 'b'), (1, 'c')"),
    "an index": ("v varchar(9), w int", "('a', 1), ('b', 1), ('c', 1)"),
    "a date": ("v date, w int, UNIQUE (v)", "('2026-01-01', 1), ('2026-01-02', 1), ('2026-01-03', 1)"),
}


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    with KINDS[request.param](tmp_path) as one:
        yield one


def _made(database: Server, name: str) -> list[str]:
    """The table with its records; their values in order."""
    columns, rows = TABLES[name]
    database.make(f"CREATE TABLE t (id int PRIMARY KEY, {columns})")
    if name == "an index":
        database.make("CREATE UNIQUE INDEX u ON t (v)")
    names = "w, v" if columns.startswith("w") else "v, w"
    for number, row in enumerate(rows.split("), ("), start=1):
        database.make(f"INSERT INTO t (id, {names}) VALUES ({number}, {row.strip('()')})")
    return _held(database)


def _held(database: Server) -> list[str]:
    return [str(row[0]) for row in database.ask("SELECT v FROM t ORDER BY id")]


def _rows(values: list[str]) -> list[dict[str, Any]]:
    return [{"_id": str(nr), "_set": ["v"], "v": value} for nr, value in enumerate(values, start=1)]


@pytest.mark.parametrize("round_", [False, True], ids=["two", "three in a circle"])
@pytest.mark.parametrize("name", TABLES)
def test_values_that_must_be_unique_are_exchanged(database: Server, name: str, *, round_: bool) -> None:
    one, two, three = _made(database, name)
    wanted = [two, three, one] if round_ else [two, one, three]
    connector = database.open()
    exchange = replace(batch("update", _rows(wanted)), exchange=True)
    done = receipts(connector.write("t", exchange), 3)
    assert [receipt.outcome for receipt in done] == ["applied"] * 3
    assert _held(database) == wanted


def test_an_exchange_that_is_refused_leaves_every_record_as_it_was(database: Server) -> None:
    before = _made(database, "filled text")
    wanted = [before[1], before[0], before[0]]
    exchange = replace(batch("update", _rows(wanted)), exchange=True)
    outcomes = {receipt.outcome for receipt in receipts(database.open().write("t", exchange), 3)}
    assert "refused" in outcomes
    held = _held(database)
    assert len(set(held)) == 3
    assert {*held} == {*before}
