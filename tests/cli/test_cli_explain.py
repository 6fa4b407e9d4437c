"""`engine explain` from the command line: why a record is not there, within a minute."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlite_world import SqliteWorld

if TYPE_CHECKING:
    from pathlib import Path

SPEC = """\
spec: 1
name: chain
systems:
  shop: { connector: sql, with: { url: "sqlite:///shop.sqlite" } }
  desk: { connector: sql, with: { url: "sqlite:///desk.sqlite" } }
modules:
  firms:
    sync: shop.firms -> desk.clients
    match: [ name = label ]
    needs: [ { check: "name <> 'Bad'", else: "Its name is not good." } ]
    fields: [ name -> label ]
  persons:
    sync: shop.persons -> desk.contacts
    match: [ name = label ]
    fields:
      - name -> label
      - { map: firm -> client, refers: firms, required: true }
"""


def chain(folder: Path) -> SqliteWorld:
    """Two firms and a person in each; one of the firms is held."""
    (folder / "shop.yaml").write_text(SPEC, encoding="utf-8")
    world = SqliteWorld(folder=folder)
    for name, columns in (("firms", "name TEXT"), ("persons", "name TEXT, firm TEXT")):
        world.rows(f"CREATE TABLE {name} (id INTEGER PRIMARY KEY, {columns})", "shop")
    for name, columns in (("clients", "label TEXT"), ("contacts", "label TEXT, client TEXT")):
        world.rows(f"CREATE TABLE {name} (id INTEGER PRIMARY KEY, {columns})")
    world.rows("INSERT INTO firms (name) VALUES ('Good'), ('Bad')", "shop")
    world.rows("INSERT INTO persons (name, firm) VALUES ('Ann', '1'), ('Bob', '2')", "shop")
    return world


def test_a_record_that_waits_names_the_root_of_it_and_what_resolves_that(tmp_path: Path) -> None:
    world = chain(tmp_path)
    assert world.call("run", world.spec).exit_code == 4
    bob = world.call("explain", world.spec, "shop.persons:2").stdout
    assert bob.startswith("shop.persons:2  Bob\n\nIn persons, on the left (")
    assert "  waits for shop.firms:2 Bad in firms: Its name is not good.\n" in bob
    assert '  match     `name = label`, here "Bob"\n' in bob
    assert (
        "  next      It is synced automatically once what it waits for has a link. Until then: A run holds it"
        in bob
    )
    firm = world.asked("explain", world.spec, "shop.firms:2")["modules"][0]
    assert (firm["held"]["code"], firm["link"]) == ("not-allowed", None)
    assert "content_hash" not in firm["held"]
    world.rows("UPDATE firms SET name = 'Better' WHERE id = 2", "shop")
    assert world.call("run", world.spec).exit_code == 0
    assert "in step" in world.call("explain", world.spec, "shop.persons:2").stdout


def test_offline_it_needs_no_system(tmp_path: Path) -> None:
    world = chain(tmp_path)
    world.call("run", world.spec)
    (tmp_path / "shop.sqlite").unlink()
    (tmp_path / "desk.sqlite").unlink()
    told = world.call("explain", world.spec, "desk.clients:1", "--offline")
    assert told.exit_code == 0, told.output
    assert "  link      shop.firms:1: in step\n" in told.stdout
    assert "next" not in told.stdout


def test_a_wrong_name_is_answered_with_the_right_ones(tmp_path: Path) -> None:
    world = chain(tmp_path)
    assert "Nothing has run yet here" in world.call("explain", world.spec, "shop.firms:1").stderr
    world.call("run", world.spec)
    wrong = world.call("explain", world.spec, "shop.firm:1")
    assert wrong.exit_code == 1
    assert "Did you mean `shop.firms`?" in wrong.stderr
