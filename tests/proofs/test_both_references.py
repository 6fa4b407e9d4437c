"""Records that refer to records of other modules: ids are translated through links, and roots are waited for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from run_world import World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SPEC = """\
spec: 1
name: {name}
systems:
  shop:
    connector: memory
    with:
      store: {shop}
      streams:
        firms: {{ fields: {{ title: text required, town: text }} }}
        people: {{ fields: {{ name: text, mail: text, firm: id refers=firms, boss: id refers=firms }} }}
        notes: {{ fields: {{ words: text, about: id refers=people }} }}
  desk:
    connector: memory
    with:
      store: {desk}
      streams:
        accounts: {{ fields: {{ label: text required, place: text required }} }}
        clients: {{ fields: {{ label: text, mail: text, account: id refers=accounts, chief: id refers=accounts }} }}
        memos: {{ fields: {{ text: text, client: id refers=clients }} }}
modules:
  notes:
    sync: shop.notes <-> desk.memos
    conflicts: shop
    under: {{ about: people, as: client }}
    match: [ words = text ]
    fields: [ words <-> text ]
  people:
    sync: shop.people <-> desk.clients
    conflicts: shop
    under: {{ firm: firms, as: account }}
    match: [ name = label ]
    fields:
      - name <-> label
      - mail <-> mail
      - {{ map: boss <-> chief, refers: firms }}
  firms:
    sync: shop.firms <-> desk.accounts
    conflicts: shop
    match: [ title = label ]
    fields: [ title <-> label, town <-> place ]
"""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path) as world:
        world.file.write_text(
            SPEC.format(name=world.name, shop=world.stores["shop"], desk=world.stores["desk"]),
            encoding="utf-8",
        )
        yield world


def firm(world: World, title: str, **more: Any) -> str:
    """A firm in the shop."""
    return str(world.shop.put("firms", {"title": title, "town": "Pune", **more}))


def rows(world: World, stream: str, *names: str) -> list[tuple[Any, ...]]:
    """Rows of the desk."""
    return sorted(tuple(row.get(name) for name in names) for row in world.desk.rows(stream))


def test_everything_comes_over_in_one_run_with_its_own_ids(world: World) -> None:
    """Modules run after those they refer to, however they are written; each id is the one of its own side."""
    world.desk.put("accounts", {"label": "Elsewhere", "place": "Rome"})
    first, second = firm(world, "Acme"), firm(world, "Bolt")
    ann = world.shop.put("people", {"name": "Ann", "mail": None, "firm": first, "boss": second})
    world.shop.put("notes", {"words": "Call her", "about": ann})
    world.run()
    accounts = {row["label"]: row["id"] for row in world.desk.rows("accounts")}
    assert accounts["Acme"] != first
    assert rows(world, "clients", "label", "account", "chief") == [
        ("Ann", accounts["Acme"], accounts["Bolt"])
    ]
    client = world.desk.rows("clients")[0]["id"]
    assert rows(world, "memos", "text", "client") == [("Call her", client)]
    world.settled()


def test_what_stands_behind_a_record_that_is_held_names_the_root_and_comes_by_itself(world: World) -> None:
    """The root cause is told once; mended, it brings along the whole chain in one run, without another edit."""
    sick = firm(world, "Sick", town=None)  # accounts need a place
    ann = world.shop.put("people", {"name": "Ann", "firm": sick})
    note = world.shop.put("notes", {"words": "Call her", "about": ann})
    world.run()
    held = world.held_by_module()
    assert held["firms", sick].code == "missing-value"
    assert held["people", ann].code == "blocked"
    assert "firms Sick" in held["people", ann].message
    assert "`place` must have a value" in held["people", ann].message
    assert "firms Sick" in held["notes", note].message, "the root, not the link in between"
    assert world.desk.rows("clients") == world.desk.rows("memos") == []
    world.settled()
    world.shop.edit("firms", sick, town="Goa")
    world.run()
    assert [row["text"] for row in world.desk.rows("memos")] == ["Call her"]
    assert world.held_by_module() == {}
    world.settled()


def test_a_reference_without_a_link_changes_nothing_and_is_filled_in_later(world: World) -> None:
    """An id that has no counterpart yet is unknown: never a null on the other side, and never forgotten."""
    acme, sick = firm(world, "Acme"), firm(world, "Sick", town=None)
    world.shop.put("people", {"name": "Ann", "firm": acme, "boss": sick})
    world.run()
    assert rows(world, "clients", "label", "chief") == [("Ann", None)]
    world.settled()
    world.wait(hours=3)
    world.shop.edit("firms", sick, town="Goa")
    world.run()
    chief = next(row["id"] for row in world.desk.rows("accounts") if row["label"] == "Sick")
    assert rows(world, "clients", "label", "chief") == [("Ann", chief)]
    world.settled()


def test_an_edit_of_a_reference_travels_back_translated(world: World) -> None:
    acme, bolt = firm(world, "Acme"), firm(world, "Bolt")
    world.shop.put("people", {"name": "Ann", "firm": acme, "boss": acme})
    world.run()
    accounts = {row["label"]: row["id"] for row in world.desk.rows("accounts")}
    client = world.desk.rows("clients")[0]["id"]
    world.wait(minutes=10)
    world.desk.edit("clients", client, chief=accounts["Bolt"])
    world.run()
    assert world.shop.rows("people")[0]["boss"] == bolt
    world.wait(minutes=10)
    world.desk.edit("clients", client, chief=None)
    world.run()
    assert world.shop.rows("people")[0]["boss"] is None
    world.settled()


def test_a_newcomer_of_either_side_is_made_below_its_own_parent(world: World) -> None:
    """Two people of one name under two firms are two people: a record is recognised below its parent only."""
    acme, bolt = firm(world, "Acme"), firm(world, "Bolt")
    world.shop.put("people", {"name": "Ann", "firm": acme})
    world.run()
    accounts = {row["label"]: row["id"] for row in world.desk.rows("accounts")}
    world.wait(minutes=10)
    world.desk.put("clients", {"label": "Ann", "account": accounts["Bolt"]})
    world.run()
    assert sorted((row["name"], row["firm"]) for row in world.shop.rows("people")) == [
        ("Ann", acme),
        ("Ann", bolt),
    ]
    world.settled()


def test_what_was_skipped_for_its_parent_comes_once_the_parent_is_there(world: World) -> None:
    """Skipped is quiet, not forgotten: nobody touches the person, and still it follows its firm."""
    text = world.file.read_text(encoding="utf-8")
    world.file.write_text(text.replace("as: account }", "as: account, else: skip }"), encoding="utf-8")
    sick = firm(world, "Sick", town=None)
    world.shop.put("people", {"name": "Ann", "firm": sick})
    assert world.run().modules["people"].skipped == 1
    world.wait(hours=3)
    world.shop.put("people", {"name": "Bob", "firm": firm(world, "Acme")})
    world.run()
    world.wait(hours=3)
    world.shop.edit("firms", sick, town="Goa")
    world.run()
    assert rows(world, "clients", "label") == [("Ann",), ("Bob",)]
    world.settled()
