"""References to what the same run makes are filled in by that run: within one stream, and round a ring of modules."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from database_pair import COUNTED, KINDS, database_pair

from engine.run.sync import execute

if TYPE_CHECKING:
    from pathlib import Path

    from database_pair import DatabasePair

PEOPLE = """\
  people:
    sync: {left}.people {arrow} {right}.people
    conflicts: home
    match: [ name = name ]
    fields: [ name {arrow} name, {{ map: boss {arrow} boss, refers: people }} ]
"""
RING = """\
  teams:
    sync: {left}.teams {arrow} {right}.teams
    conflicts: home
    match: [ name = name ]
    fields: [ name {arrow} name, {{ map: boss {arrow} boss, refers: people{boss} }} ]
  people:
    sync: {left}.people {arrow} {right}.people
    conflicts: home
    match: [ name = name ]
    fields:
      - name {arrow} name
      - {{ map: team {arrow} team, refers: teams{team} }}
      - {{ map: boss {arrow} boss, refers: people }}
"""
#: (left, arrow, right); the records begin at home
WAYS = [("home", "->", "away"), ("home", "<->", "away"), ("away", "<-", "home"), ("away", "<->", "home")]
BOSSES = "SELECT a.name, b.name FROM people a JOIN people b ON b.id = a.boss ORDER BY a.name"


def spec(pair: DatabasePair, text: str, way: tuple[str, str, str], **more: str) -> None:
    left, arrow, right = way
    told = text.format(left=left, arrow=arrow, right=right, **more)
    if arrow != "<->":
        told = told.replace("    conflicts: home\n", "")
    ids = "{ people: { fields: { boss: id, team: id } }, teams: { fields: { boss: id } } }"
    pair.spec(told, home=ids, away=ids)


def tables(pair: DatabasePair) -> None:
    pair.home("CREATE TABLE people (id TEXT PRIMARY KEY, name TEXT, boss TEXT, team TEXT)")
    pair.home("CREATE TABLE teams (id TEXT PRIMARY KEY, name TEXT, boss TEXT)")
    counted = COUNTED[pair.kind]
    pair.away(f"CREATE TABLE people (id {counted}, name VARCHAR(50), boss BIGINT, team BIGINT)")
    pair.away(f"CREATE TABLE teams (id {counted}, name VARCHAR(50), boss BIGINT)")
    pair.home(
        "INSERT INTO people VALUES ('P1', 'Ann', 'P2', 'T1'), ('P2', 'Bob', 'P3', 'T1'), ('P3', 'Cy', NULL, 'T2')"
    )
    pair.home("INSERT INTO teams VALUES ('T1', 'Roofs', 'P2'), ('T2', 'Walls', 'P3')")


@pytest.mark.parametrize("way", WAYS, ids=" ".join)
@pytest.mark.parametrize("kind", list(KINDS))
def test_a_reference_within_one_stream_is_filled_in_by_the_run_that_makes_both(
    tmp_path: Path, kind: str, way: tuple[str, str, str]
) -> None:
    with database_pair(tmp_path, kind) as pair:
        spec(pair, PEOPLE, way)
        tables(pair)
        pair.run()
        assert pair.away(BOSSES) == [("Ann", "Bob"), ("Bob", "Cy")]
        assert pair.writes() == 0
        assert pair.writes("--full") == 0


@pytest.mark.parametrize("needed", ["boss", "team", "neither"])
@pytest.mark.parametrize("way", WAYS, ids=" ".join)
def test_a_ring_of_modules_is_filled_in_by_one_run(
    tmp_path: Path, way: tuple[str, str, str], needed: str
) -> None:
    """Where one of the two references must not be empty, the other one waits."""
    with database_pair(tmp_path, "sqlite") as pair:
        required = {name: ", required: true" if name == needed else "" for name in ("boss", "team")}
        spec(pair, RING, way, **required)
        tables(pair)
        pair.run()
        assert ring(pair) == RIGHT
        assert pair.writes() == 0
        assert pair.writes("--full") == 0


RIGHT = ([("Roofs", "Bob"), ("Walls", "Cy")], [("Ann", "Roofs"), ("Bob", "Roofs"), ("Cy", "Walls")])


def ring(pair: DatabasePair) -> tuple[list[tuple[str, ...]], list[tuple[str, ...]]]:
    """(each team with its boss, each person with the team) away."""
    teams = "SELECT t.name, p.name FROM teams t JOIN people p ON p.id = t.boss ORDER BY t.name"
    people = "SELECT p.name, t.name FROM people p JOIN teams t ON t.id = p.team ORDER BY p.name"
    return pair.away(teams), pair.away(people)


def test_a_run_that_ends_before_it_fills_them_in_is_finished_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database_pair(tmp_path, "sqlite") as pair:
        spec(pair, RING, WAYS[0], boss="", team="")
        tables(pair)
        with monkeypatch.context() as killed:
            killed.setattr(execute, "resolve", dying)
            assert pair.call("run").exit_code != 0
        assert ring(pair)[0] == []
        pair.run()
        assert ring(pair) == RIGHT
        assert pair.away(BOSSES) == [("Ann", "Bob"), ("Bob", "Cy")]
        assert pair.writes() == 0


def dying(*_: object) -> None:
    """The run is interrupted where it would fill in what was open."""
    raise KeyboardInterrupt


def test_a_record_that_is_linked_later_fills_what_waits_for_it_in_that_run(tmp_path: Path) -> None:
    with database_pair(tmp_path, "sqlite") as pair:
        spec(pair, RING, WAYS[1], boss="", team="")
        tables(pair)
        pair.home("DELETE FROM people WHERE id = 'P3'")
        pair.run()
        assert ring(pair)[0] == [("Roofs", "Bob")]
        pair.home("INSERT INTO people VALUES ('P3', 'Cy', NULL, 'T2')")
        pair.run()
        assert ring(pair) == RIGHT
        assert pair.writes() == 0


def test_an_open_reference_of_a_record_that_is_held_holds_nobody_up(tmp_path: Path) -> None:
    """The ring ends although something in it can never be resolved."""
    with database_pair(tmp_path, "sqlite") as pair:
        spec(pair, RING, WAYS[1], boss=", required: true", team="")
        tables(pair)
        pair.home("UPDATE teams SET boss = 'nobody' WHERE id = 'T2'")
        pair.run(code=4)
        assert ring(pair) == ([("Roofs", "Bob")], [("Ann", "Roofs"), ("Bob", "Roofs")])
        pair.home("UPDATE teams SET boss = 'P3' WHERE id = 'T2'")
        pair.run()
        assert ring(pair) == RIGHT
