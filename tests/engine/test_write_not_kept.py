"""A target that answers yes and keeps what it had did not take the write: what a person typed stays, and it is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlite_world import sqlite_world

if TYPE_CHECKING:
    from pathlib import Path

ON_UPDATE = "CREATE TRIGGER rule {} UPDATE ON {} BEGIN {}; END"
PUT_BACK = "UPDATE {0} SET {1} = old.{1} WHERE id = old.id"
#: side that does not keep the write -> (its file, table, field, and where the person types)
SIDES = {
    "right": ("desk", "clients", "town", ("shop", "people", "city")),
    "left": ("shop", "people", "city", ("desk", "clients", "town")),
}


@pytest.mark.parametrize("how", ["ignored", "put back"])
@pytest.mark.parametrize(("arrow", "side"), [("->", "right"), ("<->", "right"), ("<->", "left")])
def test_a_write_that_is_not_kept_is_held_with_both_values_and_nothing_travels_back(
    tmp_path: Path, arrow: str, side: str, how: str
) -> None:
    world = sqlite_world(tmp_path, arrow=arrow, more="" if arrow == "->" else "conflicts: shop")
    world.rows("DELETE FROM clients")
    assert world.call("run", world.spec).exit_code == 0
    file, table, field, (typed_file, typed_table, typed_field) = SIDES[side]
    body = "SELECT raise(ignore)" if how == "ignored" else PUT_BACK.format(table, field)
    world.rows(ON_UPDATE.format("BEFORE" if how == "ignored" else "AFTER", table, body), file)
    world.rows(f"UPDATE {typed_table} SET {typed_field} = 'Typed' WHERE id = 1", typed_file)
    for words in ((), (), ("--full",)):
        result = world.call("run", world.spec, *words)
        assert result.exit_code == 4, result.output
        assert world.rows(f"SELECT {typed_field} FROM {typed_table} WHERE id = 1", typed_file) == [("Typed",)]
        assert world.rows(f"SELECT {field} FROM {table} WHERE id = 1", file) == [("Gent",)]
    told = world.call("errors").output
    assert "was sent `Typed` and still shows `Gent`" in " ".join(told.split())
    world.rows("DROP TRIGGER rule", file)
    assert world.call("run", world.spec, "--full").exit_code == 0
    assert world.rows(f"SELECT {field} FROM {table} WHERE id = 1", file) == [("Typed",)]
    assert "Nothing to do" in world.call("run", world.spec).output


def test_a_known_form_of_what_was_sent_is_kept_although_it_looks_as_before(tmp_path: Path) -> None:
    """A system that trims shows the same text again; that is no refusal."""
    world = sqlite_world(tmp_path, arrow="<->", more="conflicts: shop")
    world.rows("DELETE FROM clients")
    world.call("run", world.spec)
    trim = "UPDATE clients SET town = trim(new.town) WHERE id = new.id"
    world.rows(ON_UPDATE.format("AFTER", "clients", trim))
    world.rows("UPDATE people SET city = 'Gent ' WHERE id = 1", "shop")
    assert world.call("run", world.spec).exit_code == 0
    assert "Nothing to do" in world.call("run", world.spec).output


@pytest.mark.parametrize("how", ["ignored", "put back"])
def test_an_undo_counts_nothing_as_restored_that_its_target_did_not_keep(tmp_path: Path, how: str) -> None:
    world = sqlite_world(tmp_path, arrow="<->", more="conflicts: shop")
    world.rows("DELETE FROM clients")
    world.call("run", world.spec)
    world.rows("UPDATE people SET city = 'Typed' WHERE id = 1", "shop")
    world.call("run", world.spec)
    body = "SELECT raise(ignore)" if how == "ignored" else PUT_BACK.format("clients", "town")
    world.rows(ON_UPDATE.format("BEFORE" if how == "ignored" else "AFTER", "clients", body))
    run = world.asked("history")["runs"][0]["id"]
    undone = world.asked("undo", run, "--apply")
    assert undone["writes"]["update"] == 0
    assert "did not keep it" in undone["spared"][0]["why"]
    assert world.rows("SELECT town FROM clients WHERE id = 1") == [("Typed",)]
    assert world.call("run", world.spec).exit_code == 0
    assert world.rows("SELECT city FROM people WHERE id = 1", "shop") == [("Typed",)]
