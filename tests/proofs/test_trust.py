"""`before-write: trust` spares the read of a counterpart that is in step, and decides nothing else unseen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlite_world import sqlite_world

from engine.connectors.sql.connector import SqlConnector
from engine.run.write import update

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlite_world import SqliteWorld

    from engine.connectors.port import Page, ReadRequest

WAYS = [("->", "shop"), ("<->", "shop"), ("<->", "desk")]
#: side -> its file, table, and the fields of name and town there
SIDES = {"shop": ("people", "name", "city"), "desk": ("clients", "label", "town")}


def world(folder: Path, arrow: str, policy: str = "") -> SqliteWorld:
    """Three people in step, with a third field, of a module that trusts."""
    more = "before-write: trust" + (f"\n{policy}" if policy else "")
    made = sqlite_world(folder, arrow=arrow, more=more)
    spec = folder / "shop.yaml"
    spec.write_text(spec.read_text() + f"      - {{ map: note {arrow} remark }}\n")
    made.rows("ALTER TABLE people ADD COLUMN note TEXT", "shop")
    made.rows("ALTER TABLE clients ADD COLUMN remark TEXT")
    made.rows("DELETE FROM clients")
    assert made.call("run", made.spec).exit_code == 0
    return made


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The streams that are read by ids."""
    streams: list[str] = []
    plain = SqlConnector.read

    def read(self: SqlConnector, request: ReadRequest) -> Iterator[Page]:
        if request.ids is not None:
            streams.append(request.stream)
        return plain(self, request)

    monkeypatch.setattr(SqlConnector, "read", read)
    return streams


def change(made: SqliteWorld, side: str, field: str, value: str) -> None:
    """Somebody types into a field of Ann's record: `name`, `city` or `note`."""
    table, name, city = SIDES[side]
    column = {"name": name, "city": city, "note": "note" if side == "shop" else "remark"}[field]
    made.rows(f"UPDATE {table} SET {column} = '{value}' WHERE {name} = 'Ann'", side)


def towns(made: SqliteWorld) -> tuple[object, object]:
    """Ann's town on both sides."""
    shop = made.rows("SELECT city FROM people WHERE name = 'Ann'", "shop")
    return shop[0][0], made.rows("SELECT town FROM clients WHERE label = 'Ann'")[0][0]


@pytest.mark.parametrize(("arrow", "side"), WAYS)
def test_a_counterpart_in_step_is_not_read_before_it_is_written(
    tmp_path: Path, asked: list[str], arrow: str, side: str
) -> None:
    made = world(tmp_path, arrow, "conflicts: hold" if arrow == "<->" else "")
    other = SIDES["desk" if side == "shop" else "shop"][0]
    asked.clear()
    change(made, side, "city", "Rome")
    assert made.call("run", made.spec).exit_code == 0
    assert asked.count(other) == 1, asked  # after the write, and not before it
    assert towns(made) == ("Rome", "Rome")


@pytest.mark.parametrize("full", [(), ("--full",)])
@pytest.mark.parametrize("side", ["shop", "desk"])
def test_a_conflict_that_waits_stays_whatever_else_is_edited(
    tmp_path: Path, side: str, full: tuple[str, ...]
) -> None:
    made = world(tmp_path, "<->", "conflicts: hold")
    change(made, "shop", "city", "Rome")
    change(made, "desk", "city", "Oslo")
    assert made.call("run", made.spec).exit_code == 4
    for note in ("one", "two"):
        change(made, side, "note", note)
        assert made.call("run", made.spec, *full).exit_code == 4
        assert towns(made) == ("Rome", "Oslo")
        assert made.rows("SELECT remark FROM clients WHERE label = 'Ann'") == [(note,)]
        assert made.rows("SELECT note FROM people WHERE name = 'Ann'", "shop") == [(note,)]


@pytest.mark.parametrize(("arrow", "side"), WAYS)
def test_a_record_whose_write_was_not_kept_is_read_before_it_is_tried_again(
    tmp_path: Path, asked: list[str], arrow: str, side: str
) -> None:
    """What somebody else typed meanwhile is no value to be overwritten unseen."""
    made = world(tmp_path, arrow, "conflicts: hold" if arrow == "<->" else "")
    other = "desk" if side == "shop" else "shop"
    table, _, _ = SIDES[other]
    made.rows(f"CREATE TRIGGER rule BEFORE UPDATE ON {table} BEGIN SELECT raise(ignore); END", other)
    change(made, side, "city", "Rome")
    assert made.call("run", made.spec).exit_code == 4
    made.rows("DROP TRIGGER rule", other)
    change(made, other, "city", "Oslo")
    change(made, side, "note", "more")
    asked.clear()
    made.call("run", made.spec)
    assert asked.count(table) >= 2, asked
    assert "Oslo" in towns(made) or arrow == "->"


@pytest.mark.parametrize(("arrow", "side"), WAYS)
def test_a_record_whose_write_was_interrupted_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: list[str], arrow: str, side: str
) -> None:
    made = world(tmp_path, arrow, "conflicts: hold" if arrow == "<->" else "")
    other = SIDES["desk" if side == "shop" else "shop"][0]

    def dying(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    change(made, side, "city", "Rome")
    with monkeypatch.context() as killed:
        killed.setattr(update, "settle", dying)
        assert made.call("run", made.spec).exit_code != 0
    asked.clear()
    change(made, side, "note", "more")
    assert made.call("run", made.spec).exit_code == 0
    assert asked.count(other) >= 2, asked
    assert towns(made) == ("Rome", "Rome")
