"""Links are of certain records: another place, table, id column or side is never met with them unasked."""

from __future__ import annotations

import re
import shutil
import sqlite3
from typing import TYPE_CHECKING

import pytest
from sqlite_world import SPEC, SqliteWorld

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MORE = "    conflicts: shop"
LEFT, RIGHT = [(1, "Ann", "Pune"), (2, "Bob", "Agra")], [(7, "Bob", "Agra"), (8, "Ann", "Pune")]


def another_file(world: SqliteWorld, text: str) -> str:
    make(
        world.folder / "other.sqlite", "clients", ("label", "town"), [(8, "Zoe", "Rome"), (7, "Yan", "Oslo")]
    )
    return text.replace("sqlite:///desk.sqlite", "sqlite:///other.sqlite")


def another_table(world: SqliteWorld, text: str) -> str:
    make(world.folder / "desk.sqlite", "others", ("label", "town"), [(8, "Zoe", "Rome"), (7, "Yan", "Oslo")])
    return text.replace("desk.clients", "desk.others")


def another_id_column(_world: SqliteWorld, text: str) -> str:
    return text.replace('desk.sqlite"', 'desk.sqlite", streams: { clients: { id: label } }')


def sides_exchanged(_world: SqliteWorld, text: str) -> str:
    text = text.replace("shop.people <-> desk.clients", "desk.clients <-> shop.people")
    text = text.replace("name = label", "label = name").replace("name <-> label", "label <-> name")
    return text.replace("city <-> town", "town <-> city")


CHANGES = [another_file, another_table, another_id_column, sides_exchanged]


def make(file: Path, table: str, columns: tuple[str, str], rows: list[tuple[int, str, str]]) -> None:
    with sqlite3.connect(file) as database:
        database.execute(
            f"CREATE TABLE {table} (id INTEGER PRIMARY KEY, {columns[0]} TEXT, {columns[1]} TEXT)"
        )
        database.executemany(f"INSERT INTO {table} VALUES (?, ?, ?)", rows)
    database.close()


@pytest.fixture
def world(tmp_path: Path) -> SqliteWorld:
    """Two people whom both sides know, linked, with crossed ids."""
    world = SqliteWorld(folder=tmp_path)
    make(tmp_path / "shop.sqlite", "people", ("name", "city"), LEFT)
    make(tmp_path / "desk.sqlite", "clients", ("label", "town"), RIGHT)
    (tmp_path / "shop.yaml").write_text(SPEC.format(arrow="<->", more=MORE), encoding="utf-8")
    code = re.findall(r"--accept (\w+)", world.call("run", world.spec).output)[0]
    assert world.call("run", world.spec, "--accept", code).exit_code == 0
    return world


def every_row(world: SqliteWorld) -> dict[str, list[tuple[object, ...]]]:
    found: dict[str, list[tuple[object, ...]]] = {}
    for file in sorted(world.folder.glob("*.sqlite")):
        with sqlite3.connect(file) as database:
            for (table,) in database.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table'"
            ).fetchall():
                found[f"{file.name} {table}"] = database.execute(
                    f"SELECT * FROM {table} ORDER BY id"
                ).fetchall()
        database.close()
    return found


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
@pytest.mark.parametrize("how", ["run", "run --full", "run --module", "fetch", "preview", "undo"])
def test_links_that_were_made_for_other_records_stop_before_anything_is_read_or_written(
    world: SqliteWorld, change: Callable[[SqliteWorld, str], str], how: str
) -> None:
    spec = world.folder / "shop.yaml"
    spec.write_text(change(world, spec.read_text(encoding="utf-8")), encoding="utf-8")
    before = every_row(world)
    words = {
        "run": ("run", world.spec),
        "run --full": ("run", world.spec, "--full"),
        "run --module": ("run", world.spec, "--module", "people"),
        "fetch": ("fetch", world.spec, "shop.people:1", "--yes"),
        "preview": ("preview", world.spec),
        "undo": ("undo", world.asked("history")["runs"][0]["id"], "--apply"),
    }[how]
    result = world.call(*words)
    assert result.exit_code == 6, result.output
    assert "Its links were made for other records of" in result.output
    assert ("--accept" in result.output) == (how != "undo")
    assert every_row(world) == before


def test_a_person_may_begin_afresh_and_then_every_record_keeps_its_own_values(world: SqliteWorld) -> None:
    spec = world.folder / "shop.yaml"
    spec.write_text(another_file(world, spec.read_text(encoding="utf-8")), encoding="utf-8")
    codes = re.findall(r"--accept (\w+)", world.call("run", world.spec).output)
    asked = world.call("run", world.spec, "--accept", codes[0])
    assert "none of one side is found on the other" in asked.output
    codes = re.findall(r"--accept (\w+)", asked.output)
    result = world.call("run", world.spec, *(word for code in set(codes) for word in ("--accept", code)))
    assert result.exit_code == 0, result.output
    people = sorted(world.rows("SELECT name, city FROM people", file="shop"))
    assert people == [("Ann", "Pune"), ("Bob", "Agra"), ("Yan", "Oslo"), ("Zoe", "Rome")]
    assert sorted(world.rows("SELECT label, town FROM clients", file="other")) == people


def test_a_person_may_say_that_the_same_records_have_moved_and_the_links_stay(world: SqliteWorld) -> None:
    spec = world.folder / "shop.yaml"
    shutil.move(world.folder / "desk.sqlite", world.folder / "moved.sqlite")
    spec.write_text(spec.read_text(encoding="utf-8").replace("desk.sqlite", "moved.sqlite"), encoding="utf-8")
    codes = re.findall(r"--accept (\w+)", world.call("run", world.spec).output)
    world.rows("UPDATE people SET city = 'Goa' WHERE id = 1", file="shop")
    assert world.call("run", world.spec, "--accept", codes[1]).exit_code == 0
    assert world.rows("SELECT town FROM clients WHERE id = 8", file="moved") == [("Goa",)]
    assert world.call("run", world.spec).exit_code == 0, "said once, it is not asked again"


def test_another_table_cannot_be_the_same_records_so_only_a_fresh_start_is_offered(
    world: SqliteWorld,
) -> None:
    spec = world.folder / "shop.yaml"
    spec.write_text(another_table(world, spec.read_text(encoding="utf-8")), encoding="utf-8")
    assert len(set(re.findall(r"--accept (\w+)", world.call("run", world.spec).output))) == 1


def test_a_table_that_the_first_run_makes_has_the_same_records_in_the_second(tmp_path: Path) -> None:
    """Its id is known only once it is there; that is no other table."""
    world = SqliteWorld(folder=tmp_path)
    make(tmp_path / "shop.sqlite", "people", ("name", "city"), LEFT)
    text = SPEC.format(arrow="->", more="").replace('desk.sqlite"', 'desk.sqlite", create: true')
    (tmp_path / "shop.yaml").write_text(text, encoding="utf-8")
    for _ in range(3):
        assert world.call("run", world.spec).exit_code == 0
    assert world.towns() == [("Ann", "Pune"), ("Bob", "Agra")]
