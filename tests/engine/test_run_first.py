"""First contact: who is made, who is recognised, and who has to wait for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from run_world import LINES, MATCH, World, person

from engine.errors import StoppedError
from engine.run.session.sync_pass import Accepted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from engine.record import Side


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Two empty systems and a spec from shop to desk."""
    with World(tmp_path) as world:
        yield world


@pytest.mark.parametrize("sync", ["shop.people -> desk.clients", "desk.clients <- shop.people"])
def test_everybody_is_made_once_with_the_mapped_fields(tmp_path: Path, sync: str) -> None:
    """Either arrow does the same; the reversed one only names the sides the other way round."""
    mirrored = sync.startswith("desk")
    target: Side = "left" if mirrored else "right"
    lines = [" <- ".join(reversed(line.split(" -> "))) for line in LINES] if mirrored else LINES
    with World(
        tmp_path, sync=sync, lines=lines, module="match: [ label = name ]" if mirrored else MATCH
    ) as world:
        for name in ("Ann", "Bob", "Cy"):
            world.shop.put("people", person(name))
        report = world.run()
        assert report.modules["people"].created[target] == 3
        assert world.clients("label", "mail", "town") == [
            (name, f"{name}@example.org", "Pune") for name in ("Ann", "Bob", "Cy")
        ]
        world.settled()
        world.shop.edit("people", "2", city="Goa")
        assert world.run().modules["people"].updated[target] == 1
        assert [one.values for one in world.watch.operations] == [{"town": "Goa"}]
        assert world.shop.rows("people")[1]["city"] == "Goa"


def test_a_record_that_is_recognised_is_linked_and_its_blanks_are_filled(world: World) -> None:
    """`link`, the default: nothing that a person wrote on the target is touched without a person's yes."""
    world.shop.put("people", person("Ann", mail=None))
    world.shop.put("people", person("Bob"))
    world.desk.put("clients", {"label": "Ann", "mail": "own@example.org", "town": None, "worth": "10.00"})
    world.desk.put("clients", {"label": "Bob", "mail": "other@example.org", "town": "Pune", "worth": "10.00"})
    counts = world.run().modules["people"]
    assert (counts.updated["right"], counts.conflicts, counts.created["right"]) == (1, 1, 0)
    assert world.clients("label", "mail", "town") == [
        ("Ann", "own@example.org", "Pune"),
        ("Bob", "other@example.org", "Pune"),
    ]
    assert len(world.links()) == 2
    (held,) = world.held().values()
    assert held.code == "conflict"
    assert "`mail -> mail`" in held.message
    world.settled()


def test_a_conflict_ends_when_the_source_comes_to_agree(world: World) -> None:
    world.shop.put("people", person("Ann", mail="one@example.org"))
    world.desk.put("clients", {"label": "Ann", "mail": "two@example.org", "town": "Pune", "worth": "10.00"})
    assert world.run().outcome == "held"
    world.shop.edit("people", "1", mail="two@example.org")
    report = world.run()
    assert (report.outcome, report.wrote, world.held()) == ("done", 0, {})


def test_the_rest_of_a_record_in_conflict_goes_on(world: World) -> None:
    world.shop.put("people", person("Ann", mail="one@example.org"))
    world.desk.put("clients", {"label": "Ann", "mail": "two@example.org", "town": "Pune", "worth": "10.00"})
    world.run()
    world.shop.edit("people", "1", city="Goa")
    counts = world.run().modules["people"]
    assert counts.conflicts == 1
    assert world.clients("mail", "town") == [("two@example.org", "Goa")]
    assert world.held()["1"].code == "conflict"
    world.settled()


def test_overwrite_lets_the_source_win_and_keeps_what_is_lost(tmp_path: Path) -> None:
    with World(tmp_path, module=[MATCH, "duplicates: overwrite"]) as world:
        world.shop.put("people", person("Ann", mail=None))
        world.desk.put("clients", {"label": "Ann", "mail": "own@example.org", "town": "Goa", "worth": None})
        assert world.run().modules["people"].updated["right"] == 1
        assert world.clients("mail", "town") == [("own@example.org", "Pune")]
        assert [(one.field, one.value, one.winner, one.side) for one in world.losers()] == [
            ("town", "Goa", "Pune", "right")
        ]
        world.settled()


def test_skip_leaves_both_alone_for_good(tmp_path: Path) -> None:
    with World(tmp_path, module=[MATCH, "duplicates: skip"]) as world:
        world.shop.put("people", person("Ann"))
        world.desk.put("clients", {"label": "Ann", "town": "Goa"})
        for city in ("Pune", "Agra"):
            world.shop.edit("people", "1", city=city)
            counts = world.run().modules["people"]
            assert (counts.skipped, counts.created["right"]) == (1, 0)
        assert world.clients("label", "town") == [("Ann", "Goa")]
        assert world.links() == []


def test_clone_makes_a_second_record_and_the_first_never_comes_back(tmp_path: Path) -> None:
    with World(tmp_path, module=[MATCH, "duplicates: clone"]) as world:
        world.shop.put("people", person("Ann"))
        world.desk.put("clients", {"label": "Ann", "town": "Goa"})
        assert world.run().modules["people"].created["right"] == 1
        assert world.clients("label", "town") == [("Ann", "Goa"), ("Ann", "Pune")]
        world.settled()
        world.shop.put("people", person("Ann", city="Agra"))
        assert world.run().modules["people"].created["right"] == 0
        assert world.held()["2"].code == "already-linked"


def test_several_candidates_hold_the_record_and_name_them(world: World) -> None:
    world.shop.put("people", person("Ann"))
    world.shop.put("people", person("Bob"))
    first = world.desk.put("clients", {"label": "Ann"})
    second = world.desk.put("clients", {"label": "Ann"})
    counts = world.run().modules["people"]
    assert (counts.held, counts.created["right"]) == (1, 1)
    held = world.held()["1"]
    assert held.code == "ambiguous"
    assert first in held.message
    assert second in held.message


def test_two_newcomers_that_look_like_one_record_are_both_held(world: World) -> None:
    world.shop.put("people", person("Ann"))
    world.shop.put("people", person("Ann", city="Goa"))
    world.desk.put("clients", {"label": "Ann"})
    assert world.run().modules["people"].held == 2
    assert {row.code for row in world.held().values()} == {"ambiguous"}
    assert len(world.clients()) == 1


def test_a_newcomer_whose_counterpart_is_taken_is_held(world: World) -> None:
    world.shop.put("people", person("Ann"))
    world.run()
    world.shop.put("people", person("Ann", city="Goa"))
    assert world.run().modules["people"].held == 1
    assert world.held()["2"].code == "already-linked"
    assert len(world.clients()) == 1


def test_keys_are_tried_in_order_and_the_first_that_finds_anybody_decides(tmp_path: Path) -> None:
    with World(tmp_path, module="match: [ mail = mail, name = label ]") as world:
        world.shop.put("people", person("Ann", mail="a@example.org"))
        world.shop.put("people", person("Bob", mail="b@example.org"))
        by_mail = world.desk.put("clients", {"label": "Somebody", "mail": "a@example.org"})
        world.desk.put("clients", {"label": "Ann", "mail": "else@example.org"})
        by_name = world.desk.put("clients", {"label": "Bob", "mail": None})
        world.run()
        assert [link[:2] for link in world.links()] == [("1", by_mail), ("2", by_name)]


def test_empty_keys_recognise_nobody(tmp_path: Path) -> None:
    with World(tmp_path, module="match: [ mail = mail ]") as world:
        for name, mail in (("Ann", None), ("Bob", ""), ("Cy", "  ")):
            world.shop.put("people", person(name, mail=mail))
            world.desk.put("clients", {"label": f"Old {name}", "mail": mail})
        assert world.run().modules["people"].created["right"] == 3
        assert len(world.clients()) == 6
        world.settled()


def test_a_key_of_two_fields_needs_both(tmp_path: Path) -> None:
    with World(tmp_path, module="match: [ name = label AND city = town ]") as world:
        world.shop.put("people", person("Ann"))
        world.desk.put("clients", {"label": "Ann", "town": "Goa", "mail": "x"})
        there = world.desk.put("clients", {"label": "Ann", "town": "Pune", "mail": None, "worth": None})
        world.run()
        assert [link[:2] for link in world.links()] == [("1", there)]


def test_a_later_newcomer_finds_records_that_were_there_all_the_time(world: World) -> None:
    """The target is read by a window later; whom it knew before is remembered, with or without a link."""
    world.desk.put("clients", {"label": "Zed"})
    bob = world.desk.put("clients", {"label": "Bob", "mail": None, "town": None, "worth": None})
    for hour, name in enumerate(("Ann", "Bea", "Bob", "Ann")):
        world.wait(hours=1)
        world.shop.put("people", person(name))
        counts = world.run().modules["people"]
        assert counts.read["right"] == (2, 3, 2, 2)[hour], "only what changed since the last look is read"
    assert [name for (name,) in world.clients("label")] == ["Ann", "Bea", "Bob", "Zed"]
    assert ("3", bob, "active") in world.links()
    assert world.held()["4"].code == "already-linked"


def test_a_remembered_record_that_was_renamed_meanwhile_is_not_taken_for_the_old_one(world: World) -> None:
    old = world.desk.put("clients", {"label": "Bob", "mail": None, "town": None, "worth": None})
    world.shop.put("people", person("Ann"))
    world.run()
    world.wait(hours=1)
    world.desk.edit("clients", old, label="Robert")
    world.shop.put("people", person("Bob"))
    assert world.run().modules["people"].created["right"] == 1
    assert world.clients("label") == [("Ann",), ("Bob",), ("Robert",)]


def test_a_newcomer_is_made_if_the_record_it_equals_was_deleted_meanwhile(world: World) -> None:
    world.shop.put("people", person("Ann"))
    old = world.desk.put("clients", {"label": "Bob"})
    world.run()
    world.wait(hours=1)
    world.desk.delete("clients", old)
    world.shop.put("people", person("Bob"))
    assert world.run().modules["people"].created["right"] == 1
    assert world.clients("label") == [("Ann",), ("Bob",)]
    world.settled()


def test_two_specs_in_one_ledger_do_not_mix(tmp_path: Path) -> None:
    with World(tmp_path, name="one") as one, World(tmp_path, name="two") as two:
        for world, name in ((one, "Ann"), (two, "Bob")):
            world.shop.put("people", person(name))
        # The patches of the second world are the outer ones now, so both are watched by it.
        assert one.run().wrote == two.run().wrote == 1
        assert (one.clients("label"), two.clients("label")) == ([("Ann",)], [("Bob",)])
        assert one.links() == two.links() == [("1", "1", "active")]
        assert one.ledger == two.ledger
        one.shop.edit("people", "1", city="Goa")
        assert (two.run().wrote, one.run().wrote) == (0, 1)


def test_a_filled_target_in_which_nobody_is_found_stops_until_a_person_agrees(world: World) -> None:
    world.shop.put("people", person("Ann"))
    world.desk.put("clients", {"label": "Bob", "mail": None, "town": None, "worth": None})
    with pytest.raises(StoppedError, match="this run makes 1"):
        world.run(accepted=Accepted())
    assert world.clients("label") == [("Bob",)]
    world.run()
    assert world.clients("label") == [("Ann",), ("Bob",)]
    world.settled()
