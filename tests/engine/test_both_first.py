"""First contact of two systems that go both ways: nobody is doubled, and nobody is linked before a person agreed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from both_world import Both, client
from run_world import person

from engine.errors import StoppedError
from engine.run.session.sync_pass import Accepted

if TYPE_CHECKING:
    from pathlib import Path

NOTHING = Accepted()


def meeting(tmp_path: Path, *rules: str, conflicts: str = "shop") -> Both:
    """Ann and Bob stand on both sides, Bob with another town; Cy is in the shop only, Dee on the desk only."""
    world = Both(tmp_path, *rules, conflicts=conflicts)
    for name in ("Ann", "Bob", "Cy"):
        world.shop.put("people", person(name))
    world.desk.put("clients", client("Bob", town="Agra"))
    world.desk.put("clients", client("Ann", mail=None))
    world.desk.put("clients", client("Dee"))
    return world


def test_first_contact_names_the_pairs_and_only_its_own_code_lets_it_through(tmp_path: Path) -> None:
    with meeting(tmp_path) as world:
        before = world.shop.rows("people"), world.desk.rows("clients")
        with pytest.raises(StoppedError) as stopped:
            world.run(accepted=NOTHING)
        said = f"{stopped.value.message} {stopped.value.remedy}"
        assert "shop.people:1 = desk.clients:2  Ann" in said
        assert "shop.people:2 = desk.clients:1  Bob" in said
        assert "Cy" not in said
        assert (world.shop.rows("people"), world.desk.rows("clients")) == before
        assert (world.watch.operations, world.links()) == ([], [])
        code = said.rpartition("--accept ")[2].strip(" .`")
        with pytest.raises(StoppedError):
            world.run(accepted=Accepted(codes=frozenset({code[:-1] + "?"})))
        world.shop.put("people", person("Dee"))
        with pytest.raises(StoppedError):
            world.run(accepted=Accepted(codes=frozenset({code})))  # one pair more than was agreed to
        world.shop.delete("people", "4")
        world.run(accepted=Accepted(codes=frozenset({code})))
        assert world.people("name") == world.clients("label") == [("Ann",), ("Bob",), ("Cy",), ("Dee",)]
        world.shop.put("people", person("Eve"))
        world.desk.put("clients", client("Eve"))
        world.run(accepted=NOTHING)
        assert len(world.links()) == 5, "once contact is made, a pair more needs no word"


@pytest.mark.parametrize("filled", ["left", "right"])
def test_a_first_run_that_only_fills_the_other_side_needs_no_word(tmp_path: Path, filled: str) -> None:
    with Both(tmp_path) as world:
        if filled == "left":
            world.shop.put("people", person("Ann"))
        else:
            world.desk.put("clients", client("Bob"))
        assert world.run(accepted=NOTHING).wrote == 1
        world.settled()


def test_two_filled_sides_in_which_nobody_meets_stop_until_a_person_agrees(tmp_path: Path) -> None:
    with Both(tmp_path) as world:
        world.shop.put("people", person("Ann"))
        world.desk.put("clients", client("Bob"))
        with pytest.raises(StoppedError, match="none of one side is found on the other by `name = label`"):
            world.run(accepted=NOTHING)
        assert world.watch.operations == []
        assert world.run().wrote == 2
        world.settled()


def test_link_fills_blanks_both_ways_and_lets_the_policy_decide_what_differs(tmp_path: Path) -> None:
    with meeting(tmp_path) as world:
        world.shop.edit("people", "2", mail=None)
        world.run()
        assert world.clients("label", "mail", "town") == [
            ("Ann", "Ann@example.org", "Pune"),
            ("Bob", "Bob@example.org", "Pune"),
            ("Cy", "Cy@example.org", "Pune"),
            ("Dee", "Dee@example.org", "Pune"),
        ]
        assert world.people("name", "mail", "city") == world.clients("label", "mail", "town")
        assert world.lost() == [("right", "town", "Agra")]
        world.settled()


def test_link_with_hold_asks_about_what_differs_and_syncs_the_rest(tmp_path: Path) -> None:
    with meeting(tmp_path, conflicts="hold") as world:
        world.run()
        assert [(one.left_id, one.left, one.right, one.contact) for one in world.conflicts()] == [
            ("2", "Pune", "Agra", True)
        ]
        assert [row.code for row in world.held().values()] == ["conflict"]
        world.shop.edit("people", "2", amount="99")
        world.run()
        assert world.clients("label", "town")[1] == ("Bob", "Agra")
        assert world.desk.streams["clients"]["1"]["worth"] in ("99", 99)
        world.decide("right")
        world.run()
        assert world.people("name", "city")[1] == ("Bob", "Agra")
        assert (world.conflicts(), world.held()) == ([], {})
        world.settled()


def test_overwrite_takes_the_values_of_the_side_that_pushes_first(tmp_path: Path) -> None:
    with meeting(tmp_path, "duplicates: overwrite", conflicts="desk") as world:
        world.run()
        assert world.clients("label", "town")[1] == ("Bob", "Pune")
        assert [one[2] for one in world.lost()] == ["Agra"]
        world.settled()


@pytest.mark.parametrize("duplicates", ["skip", "clone"])
def test_duplicates_that_are_not_linked_never_come_back_as_a_third(tmp_path: Path, duplicates: str) -> None:
    with meeting(tmp_path, f"duplicates: {duplicates}") as world:
        world.run(accepted=NOTHING)
        world.settled()
        shop, desk = world.people("name"), world.clients("label")
        if duplicates == "skip":
            assert shop == desk == [("Ann",), ("Bob",), ("Cy",), ("Dee",)]
        else:
            assert shop == [("Ann",), ("Bob",), ("Cy",), ("Dee",)]
            assert desk == [("Ann",), ("Ann",), ("Bob",), ("Bob",), ("Cy",), ("Dee",)]
        for number in ("1", "2"):
            world.shop.edit("people", number, city="Goa")
            world.desk.edit("clients", number, town="Delhi")
        world.run()
        world.settled()
        assert len(world.people("name")) == 4
        assert world.clients("label") == desk


def test_a_link_that_a_person_made_is_used_and_asks_for_no_word(tmp_path: Path) -> None:
    with Both(tmp_path) as world:
        world.shop.put("people", person("Ann", city=None))
        world.desk.put("clients", client("Anne Smith", mail=None))
        world.link("1", "1")
        world.run(accepted=NOTHING)
        assert world.people("name", "mail", "city") == [("Ann", "Ann@example.org", "Pune")]
        assert world.clients("label", "mail", "town") == [("Ann", "Ann@example.org", "Pune")]
        assert [one[2] for one in world.lost()] == ["Anne Smith"]
        world.settled()


def test_newcomers_of_both_sides_that_are_the_same_meet_and_are_not_made_twice(tmp_path: Path) -> None:
    with Both(tmp_path, match="match: [ name ~ label ]") as world:
        world.linked("Old")
        world.shop.put("people", person("Ann"))
        world.desk.put("clients", client("ANN ", town="Goa"))
        world.run()
        assert world.links() == [("1", "1", "active"), ("2", "2", "active")]
        assert (
            world.people("name", "city")
            == world.clients("label", "town")
            == [("Ann", "Pune"), ("Old", "Pune")]
        )
        world.settled()


@pytest.mark.parametrize("crowded", ["left", "right"])
def test_whoever_cannot_be_told_apart_on_either_side_is_held_and_nobody_is_made(
    tmp_path: Path, crowded: str
) -> None:
    with Both(tmp_path) as world:
        for _ in range(2 if crowded == "left" else 1):
            world.shop.put("people", person("Ann"))
        for _ in range(2 if crowded == "right" else 1):
            world.desk.put("clients", client("Ann"))
        world.run()
        assert world.watch.operations == []
        assert {row.code for row in world.held().values()} == {"ambiguous"}
        world.settled()
        if crowded == "left":
            world.shop.edit("people", "2", name="Anton")
        else:
            world.desk.edit("clients", "2", label="Anton")
        world.wait(hours=1)
        world.run()
        assert world.people("name") == world.clients("label") == [("Ann",), ("Anton",)]
        assert world.held() == {}
        world.settled()


def test_a_newcomer_that_equals_somebody_linked_is_held_and_makes_no_third(tmp_path: Path) -> None:
    with Both(tmp_path) as world:
        world.linked("Ann")
        world.desk.put("clients", client("Ann"))
        world.run()
        assert {row.code for row in world.held().values()} == {"already-linked"}
        assert (len(world.people("name")), len(world.clients("label"))) == (1, 2)
        world.settled()


def test_what_the_lens_reads_alike_is_alike(tmp_path: Path) -> None:
    """Other ways to write the same amount or the same key differ in nothing."""
    with Both(tmp_path) as world:
        world.shop.put("people", person("Ann", amount="100"))
        world.desk.put(
            "clients", {**client("ann", worth="100.00"), "label": "Ann", "mail": "Ann@example.org"}
        )
        world.settled()
        assert len(world.links()) == 1
