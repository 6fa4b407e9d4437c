"""`at-most`: so many records get a constant and the rest something else, whoever made the others and whatever dies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from run_world import LINES, World, person

from engine.cli import engine
from engine.record import Receipt

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAMES = ("Ada", "Ben", "Cyd", "Dan", "Eva")


def line(amount: object, rest: str = "else: false, on: create") -> str:
    return f"{{ to: right.live, const: true, at-most: {amount}, {rest} }}"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Five people, batches of two, and room for three."""
    with World(tmp_path, lines=(*LINES, line(3)), batch=2) as made:
        for name in NAMES:
            made.shop.put("people", person(name))
        yield made


def live(world: World) -> list[str]:
    """The clients that hold the constant, by name."""
    return sorted(row["label"] for row in world.desk.rows("clients") if row.get("live") is True)


def test_the_first_records_get_the_constant_and_the_rest_get_the_other_word(world: World) -> None:
    world.run()
    assert world.clients("label", "live") == [
        ("Ada", True),
        ("Ben", True),
        ("Cyd", True),
        ("Dan", False),
        ("Eva", False),
    ]
    world.settled()


def test_what_people_made_in_the_target_counts(world: World) -> None:
    for number in range(2):
        world.desk.put("clients", {"label": f"Old {number}", "live": True})
    world.desk.put("clients", {"label": "Older", "live": False})
    world.run()
    assert live(world) == ["Ada", "Old 0", "Old 1"]


def test_whoever_comes_later_gets_what_has_become_free_and_nobody_is_changed_afterwards(world: World) -> None:
    world.run()
    ben = next(row["id"] for row in world.desk.rows("clients") if row["label"] == "Ben")
    world.desk.edit("clients", ben, live=False)
    world.shop.put("people", person("Fay"))
    world.shop.put("people", person("Gus"))
    world.run()
    assert live(world) == ["Ada", "Cyd", "Fay"]
    world.settled()


def test_a_record_that_was_there_already_is_linked_and_keeps_what_it_has(world: World) -> None:
    world.desk.put("clients", {"label": "Ada", "mail": "Ada@example.org", "town": "Pune", "worth": "10.00"})
    world.run()
    assert live(world) == ["Ben", "Cyd", "Dan"]


def test_a_preview_says_who_gets_what(world: World) -> None:
    told = {
        line_.label: field.after
        for line_ in world.preview().lines
        for field in line_.fields
        if field.field == "live"
    }
    assert told == {"Ada": "true", "Ben": "true", "Cyd": "true", "Dan": "false", "Eva": "false"}


def test_a_run_that_is_killed_anywhere_and_run_again_never_gives_more(world: World) -> None:
    restore = world.remember()
    steps = world.doomed()
    assert steps > 10
    for step in world.watch.told:
        restore()
        world.doomed(step)
        world.wait(minutes=5)
        world.run()
        assert live(world) == ["Ada", "Ben", "Cyd"], f"killed before step {step}"
        assert len(world.desk.rows("clients")) == len(NAMES), f"killed before step {step}"


def test_what_was_sent_and_may_still_turn_up_counts(world: World) -> None:
    """Two writes are never answered; before they can be looked up for good, somebody new must not get their room."""
    world.watch.answered = lambda receipt: Receipt(op=receipt.op, outcome="unknown")
    world.run()
    hidden = world.desk.streams["clients"]
    world.desk.streams["clients"] = {}
    world.watch.answered = lambda receipt: receipt
    world.shop.put("people", person("Fay"))
    world.run()
    world.desk.streams["clients"] |= {f"late {key}": row for key, row in hidden.items()}
    assert len(live(world)) == 3


def test_a_refused_record_keeps_its_room_until_the_next_run(world: World) -> None:
    def refused(receipt: Receipt) -> Receipt:
        if receipt.op != "create/1":
            return receipt
        world.desk.delete("clients", receipt.id or "")
        return Receipt(op=receipt.op, outcome="refused", code="no", message="Not this one.")

    world.watch.answered = refused
    world.run()
    assert live(world) == ["Ben", "Cyd"]
    world.watch.answered = lambda receipt: receipt
    world.shop.edit("people", "1", city="Goa")
    world.run()
    assert live(world) == ["Ada", "Ben", "Cyd"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (line(3, "on: create"), "`at-most` needs an `else`"),
        (line(3, "else: false"), "the line needs `on: create`"),
        (line(3, "else: perhaps, on: create"), "neither `true` nor `false`"),
        (line('"shop.people.amount"'), "shop.people.amount"),
        ("{ to: right.live, const: true, else: false }", "the line has no `at-most`"),
        ("{ map: note -> memo, at-most: 3 }", "at-most"),
    ],
)
def test_what_makes_no_sense_is_told(world: World, words: str, told: str) -> None:
    world.say(lines=(*LINES, words))
    result = CliRunner().invoke(engine, ["validate", str(world.file)])
    assert result.exit_code == 1, result.output
    assert told in result.output
