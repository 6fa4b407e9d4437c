"""What people say between two runs is what the next run does, and no more than that."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from run_world import MATCH, World, person

from engine.cli import engine
from engine.ledger import open_ledger

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BOTH_WAYS = "shop.people <-> desk.clients"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Both ways, nothing is made on the other side, and a person decides."""
    lines = ("name <-> label", "mail <-> mail", "city <-> town")
    with World(
        tmp_path, sync=BOTH_WAYS, module=[MATCH, "conflicts: hold", "creates: none"], lines=lines
    ) as made:
        yield made


def say(world: World, *words: str) -> Any:
    """What somebody types; answers with what is printed."""
    group, command, *rest = words
    told = CliRunner().invoke(
        engine, [group, command, str(world.file), *rest, "--folder", str(world.folder), "--format", "json"]
    )
    assert told.exit_code == 0, told.output
    return json.loads(told.stdout)


def asked_for(world: World) -> list[str]:
    """Ids that the last run asked for one by one."""
    return [record for request in world.watch.requests for record in request.ids or ()]


def test_records_linked_by_hand_are_brought_in_step_by_the_next_run_and_then_left_in_peace(
    world: World,
) -> None:
    """Neither record has changed since it was read, so nothing but the link tells the run to look."""
    world.shop.put("people", person("Ada", mail="a@x.com", city="Pune"))
    world.desk.put("clients", {"label": "Lovelace", "mail": "a@x.com", "town": None})
    world.run()
    world.wait(hours=1)
    world.run()
    assert world.links() == []
    say(world, "links", "add", "people", "1", "1")
    world.run()
    assert world.clients("label", "mail", "town") == [("Lovelace", "a@x.com", "Pune")]
    (conflict,) = say(world, "conflicts", "list")["conflicts"]
    assert (conflict["left"], conflict["right"], conflict["contact"]) == ("Ada", "Lovelace", True)
    say(world, "conflicts", "resolve", "--all", "--take", "desk")
    world.run()
    assert [row["name"] for row in world.shop.rows("people")] == ["Lovelace"]
    assert say(world, "conflicts", "list")["conflicts"] == []
    world.wait(hours=1)
    world.settled()
    assert asked_for(world) == []
    with open_ledger(world.ledger) as ledger:
        assert ledger.waits(world.name, "people") == []


def in_conflict(world: World) -> None:
    """A linked pair whose town was changed on both sides."""
    world.shop.put("people", person("Ada"))
    world.desk.put("clients", {"label": "Ada", "mail": person("Ada")["mail"], "town": person("Ada")["city"]})
    world.run()
    world.wait(hours=1)
    edit(world, "shop", city="Oslo")
    edit(world, "desk", town="Rome")
    world.run()


def edit(world: World, system: str, **values: Any) -> None:
    """Somebody changes record 1 of a system."""
    store, stream = (world.shop, "people") if system == "shop" else (world.desk, "clients")
    store.put(stream, {**next(iter(store.rows(stream))), **values})


def test_a_decision_is_applied_to_the_values_it_was_made_for(world: World) -> None:
    in_conflict(world)
    (conflict,) = say(world, "conflicts", "list")["conflicts"]
    say(world, "conflicts", "resolve", str(conflict["number"]), "--take", "shop")
    world.run()
    assert world.clients("town") == [("Oslo",)]
    assert [(one.side, one.value) for one in world.losers()] == [("right", "Rome")]
    world.settled()


def test_a_decision_about_values_that_have_changed_since_is_no_decision(world: World) -> None:
    in_conflict(world)
    (conflict,) = say(world, "conflicts", "list")["conflicts"]
    say(world, "conflicts", "resolve", str(conflict["number"]), "--take", "shop")
    edit(world, "desk", town="Bern")
    world.run()
    assert world.clients("town") == [("Bern",)]
    (anew,) = say(world, "conflicts", "list")["conflicts"]
    assert (anew["number"] > conflict["number"], anew["right"], anew["take"]) == (True, "Bern", None)


def test_a_pair_that_was_parted_for_good_is_not_met_again(world: World) -> None:
    world.shop.put("people", person("Ada"))
    world.desk.put("clients", {"label": "Ada"})
    world.run()
    assert world.links() == [("1", "1", "active")]
    say(world, "links", "remove", "people", "1", "--yes", "--leave-alone")
    edit(world, "shop", city="Oslo")
    edit(world, "desk", town="Rome")
    world.run(whole=True)
    assert (world.links(), world.clients("town")) == ([], [("Rome",)])
