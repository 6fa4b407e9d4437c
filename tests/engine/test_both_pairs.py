"""`pairs`: a module that uses another one's links instead of looking for matches of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from linked_world import LinkedWorld, people

from engine.compiler import check_file

if TYPE_CHECKING:
    from pathlib import Path

#: The desk tells the shop the town of everybody whom `people` has linked.
TOWNS = """\
  towns:
    sync: shop.people <- desk.clients
    pairs: {keeper}
    fields: [ coin <- town ]
"""


def test_pairs_of_another_module_are_used_as_they_are(tmp_path: Path) -> None:
    """Whoever has a link there is kept in step here, also once the link comes later; nobody else is touched or made."""
    with LinkedWorld(tmp_path, TOWNS.format(keeper="people"), people()) as world:
        world.person("Ann", coin="old")
        world.desk.put("clients", {"label": "Ann", "town": "Pune"})
        world.desk.put("clients", {"label": "Bob", "town": "Goa"})
        world.run()
        world.settled()
        assert [(row["name"], row["coin"]) for row in world.shop.rows("people")] == [("Ann", "Pune")]
        world.wait(hours=3)
        world.person("Bob", coin=None)
        world.run()
        assert [(row["name"], row.get("coin")) for row in world.shop.rows("people")] == [
            ("Ann", "Pune"),
            ("Bob", "Goa"),
        ]
        world.settled()
        world.wait(minutes=10)
        ann = next(row for row in world.desk.rows("clients") if row["label"] == "Ann")
        world.desk.edit("clients", ann["id"], town="Rome")
        world.run()
        assert world.shop.rows("people")[0]["coin"] == "Rome"
        world.settled()


def test_two_of_one_name_are_told_apart_by_their_links(tmp_path: Path) -> None:
    """No match key is asked: the pair is whatever the other module, or a person, has made of it."""
    with LinkedWorld(tmp_path, TOWNS.format(keeper="people"), people()) as world:
        world.person("Ann", coin=None)
        world.run()
        world.desk.put("clients", {"label": "Ann", "town": "Nowhere"})
        client = next(row for row in world.desk.rows("clients") if row.get("town") is None)
        world.wait(minutes=10)
        world.desk.edit("clients", client["id"], town="Pune")
        world.run()
        assert [row["coin"] for row in world.shop.rows("people")] == ["Pune"]
        world.settled()


def test_pairs_of_a_module_between_other_streams_are_a_finding(tmp_path: Path) -> None:
    notes = "  notes:\n    sync: shop.notes -> desk.memos\n    match: [ words = text ]\n    fields: [ words -> text ]\n"
    with LinkedWorld(tmp_path, TOWNS.format(keeper="notes"), notes) as world:
        assert "reference-does-not-fit" in [one.code for one in check_file(str(world.file))]
