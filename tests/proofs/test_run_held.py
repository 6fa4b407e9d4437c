"""Held records: why, until when, and that nobody else waits for them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from run_world import MATCH, World, person

from engine.record import Receipt

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from engine.connectors.port import ReadRequest

RANKS = "{ map: rank -> grade, values: { gold: a, silver: b } }"
LINES = ("name -> label", "mail -> mail", "amount -> worth", RANKS)


def unreadable(world: World) -> None:
    world.shop.put("people", person("Odd", amount="many", rank="gold"))


def unmapped(world: World) -> None:
    world.shop.put("people", person("Odd", rank="bronze"))


def nameless(world: World) -> None:
    world.shop.put("people", person(None, mail="odd@example.org", rank="gold"))


def broken_text(world: World) -> None:
    world.shop.put("people", person("Odd\ud800", mail=None, rank="gold"))


HELD: dict[Callable[[World], None], tuple[str, dict[str, Any]]] = {
    unreadable: ("unreadable", {"amount": "7"}),
    unmapped: ("unmapped-value", {"rank": "silver"}),
    nameless: ("missing-value", {"name": "Odd"}),
    broken_text: ("unreadable", {"name": "Odd"}),
}


@pytest.mark.parametrize("make", HELD, ids=lambda make: make.__name__)
def test_a_record_that_cannot_go_is_held_until_it_is_corrected_and_the_others_go_on(
    tmp_path: Path, make: Callable[[World], None]
) -> None:
    code, correction = HELD[make]
    with World(tmp_path, lines=LINES) as world:
        make(world)
        world.shop.put("people", person("Ann", rank="gold"))
        report = world.run()
        counts = report.modules["people"]
        assert (report.outcome, counts.held, counts.created["right"]) == ("held", 1, 1)
        held = world.held()["1"]
        assert (held.code, held.attempts, held.temporary) == (code, 1, False)
        assert held.message.endswith(".")
        assert held.remedy
        world.wait(hours=1)
        report = world.run()
        assert (report.outcome, world.watch.operations) == ("held", [])
        assert world.held()["1"].attempts == 1, "it was not tried merely because a run started"
        world.shop.edit("people", "1", **correction)
        assert world.run().modules["people"].created["right"] == 1
        assert world.held() == {}
        world.settled()


def test_a_changed_spec_tries_what_is_held_again(tmp_path: Path) -> None:
    with World(tmp_path, lines=LINES) as world:
        unmapped(world)
        world.run()
        world.wait(hours=1)
        world.say(lines=(*LINES[:-1], "{ map: rank -> grade, values: { gold: a, bronze: c } }"))
        assert world.run().modules["people"].created["right"] == 1
        assert world.clients("grade") == [("c",)]
        assert world.held() == {}


def test_a_linked_record_that_cannot_go_any_more_keeps_its_link_and_loses_nothing(tmp_path: Path) -> None:
    with World(tmp_path, lines=LINES) as world:
        world.shop.put("people", person("Ann", rank="gold"))
        world.run()
        world.shop.edit("people", "1", rank="bronze", mail="new@example.org")
        assert world.run().modules["people"].held == 1
        assert world.clients("mail", "grade") == [("Ann@example.org", "a")]
        world.shop.edit("people", "1", rank="silver")
        assert world.run().modules["people"].updated["right"] == 1
        assert world.clients("mail", "grade") == [("new@example.org", "b")]


def test_a_counterpart_that_cannot_be_read_is_not_overwritten(tmp_path: Path) -> None:
    with World(tmp_path) as world:
        world.shop.put("people", person("Ann"))
        world.run()
        world.desk.edit("clients", "1", worth="a lot")
        world.shop.edit("people", "1", amount="11")
        assert world.run().modules["people"].held == 1
        held = world.held()["1"]
        assert (held.code, "desk.clients:1" in held.message) == ("unreadable", True)
        assert world.clients("worth") == [("a lot",)]
        world.desk.edit("clients", "1", worth="12")
        world.wait(hours=1)
        world.run()
        assert world.clients("worth")[0][0] == 11


def refusing(code: str, outcome: Any, calls: list[str]) -> Callable[[Receipt], Receipt]:
    """A system that says of every write that it did not take it."""

    def answer(receipt: Receipt) -> Receipt:
        calls.append(receipt.op)
        return Receipt(op=receipt.op, outcome=outcome, code=code, message="Not now, or never.")

    return answer


def test_a_record_that_the_target_refuses_is_held_with_its_words(tmp_path: Path) -> None:
    """The system itself refuses here: somebody has that mail address already."""
    with World(tmp_path, lines=("name -> label", "mail -> mail")) as world:
        for name in ("Ann", "Bob", "Cy"):
            world.shop.put("people", person(name, mail="a@example.org" if name != "Cy" else "c@example.org"))
        text = world.file.read_text(encoding="utf-8")
        world.file.write_text(
            text.replace("required, mail: text", "required, mail: text unique"), encoding="utf-8"
        )
        counts = world.run().modules["people"]
        assert (counts.created["right"], counts.held) == (2, 1)
        held = world.held()["2"]
        assert held.code == "refused"
        assert "`mail`" in held.message
        world.wait(hours=20)
        world.run()
        assert world.watch.operations == [], "not retried merely because a run started"
        world.shop.edit("people", "2", mail="b@example.org")
        assert world.run().modules["people"].created["right"] == 1


@pytest.mark.parametrize("kind", ["create", "update"])
@pytest.mark.parametrize("again", ["with --full", "after a day"])
def test_what_was_refused_is_retried_although_nothing_changed_here(
    tmp_path: Path, kind: str, again: str
) -> None:
    """What a system demands may change without a sign: a rule is lifted, a field made optional."""
    calls: list[str] = []
    with World(tmp_path) as world:
        if kind == "update":
            world.shop.put("people", person("Ann"))
            world.run()
            world.shop.edit("people", "1", city="Goa")
        else:
            world.shop.put("people", person("Ann", city="Goa"))
        before = {row["id"]: row for row in world.desk.rows("clients")}
        world.watch.answered = refusing("rule", "refused", calls)
        assert world.run().outcome == "held"
        world.desk.streams["clients"] = dict(before)  # what was refused is not there
        world.wait(hours=1)
        world.run()
        assert len(calls) == 1, "not retried merely because a run started"
        world.watch.answered = lambda receipt: receipt
        world.wait(days=1 if again == "after a day" else 0)
        assert world.run(whole=again == "with --full").outcome == "done"
        assert (world.clients("town"), world.held()) == ([("Goa",)], {})
        world.settled()


def test_temporary_trouble_is_tried_again_by_back_off_and_not_at_every_run(tmp_path: Path) -> None:
    calls: list[str] = []
    with World(tmp_path) as world:
        world.shop.put("people", person("Ann"))
        world.run()
        world.shop.edit("people", "1", city="Goa")
        real = world.desk.rows("clients")
        world.watch.answered = refusing("busy", "retry", calls)
        for minutes, tries in ((0, 1), (0.5, 1), (1, 2), (1, 2), (1, 3), (3, 3), (1, 4)):
            world.wait(minutes=minutes)
            world.run()
            world.desk.streams["clients"] = {
                row["id"]: row for row in real
            }  # what was not applied is not there
            assert len(calls) == tries
        assert world.held()["1"].attempts == 4
        world.watch.answered = lambda receipt: receipt
        world.wait(days=1)
        assert world.run().modules["people"].updated["right"] == 1
        assert world.held() == {}
        world.settled()


def test_what_left_the_view_or_was_deleted_is_no_longer_held(tmp_path: Path) -> None:
    with World(tmp_path, lines=LINES, module=[MATCH, "view: { shop: \"mail <> 'x'\" }"]) as world:
        unmapped(world)
        unmapped(world)
        world.shop.put("people", person("Ann", rank="gold"))
        assert world.run().outcome == "held"
        world.shop.edit("people", "1", mail="x")
        world.shop.delete("people", "2")
        world.say(lines=LINES, module=[MATCH, "view: { shop: \"mail <> 'x' AND mail <> 'y'\" }"])
        report = world.run()
        assert (report.outcome, world.held()) == ("done", {})


@pytest.mark.parametrize("resolved", ["on the target", "on the source"])
def test_a_doubt_that_is_resolved_elsewhere_ends_by_itself(tmp_path: Path, resolved: str) -> None:
    """Merging the duplicates does not touch the record that waits for it."""
    with World(tmp_path) as world:
        world.shop.put("people", person("Ann"))
        if resolved == "on the target":
            world.desk.put("clients", {"label": "Ann", "mail": None, "town": None, "worth": None})
        else:
            world.shop.put("people", person("Ann"))
        extra = world.desk.put("clients", {"label": "Ann", "mail": None, "town": None, "worth": None})
        assert world.run().modules["people"].held == (1 if resolved == "on the target" else 2)
        world.settled()
        if resolved == "on the target":
            world.desk.delete("clients", extra)
        else:
            world.shop.edit("people", "2", name="Ann the second")
        world.wait(days=1)
        world.run()
        assert world.held() == {}
        assert ("Ann", "Pune") in world.clients("label", "town")
        world.settled()


def test_a_conflict_that_a_person_resolves_on_the_target_ends_by_itself(tmp_path: Path) -> None:
    with World(tmp_path) as world:
        world.shop.put("people", person("Ann"))
        world.desk.put("clients", {"label": "Ann", "mail": "other", "town": "Pune", "worth": "10"})
        assert world.run().modules["people"].conflicts == 1
        world.desk.edit("clients", "1", mail="Ann@example.org")
        world.wait(days=1)
        assert world.run().outcome == "done"
        assert world.held() == {}


@pytest.mark.parametrize("arrived", [True, False])
def test_a_write_nobody_confirmed_is_looked_for_and_never_sent_blindly(tmp_path: Path, arrived: bool) -> None:  # noqa: FBT001  # a parameter
    """Long after the cursor has passed it, too: adopted if it is there, made if it is not."""
    with World(tmp_path) as world:
        world.watch.answered = lambda receipt: (
            replace(receipt, outcome="unknown", id=None, version=None, accepted=None)
            if receipt.op == "create/1"
            else receipt
        )
        world.shop.put("people", person("Ann"))
        world.shop.put("people", person("Bob"))
        assert world.run().modules["people"].held == 1
        assert world.held()["1"].code == "unconfirmed"
        world.watch.answered = lambda receipt: receipt
        there = next(row["id"] for row in world.desk.rows("clients") if row["label"] == "Ann")
        gone = None if arrived else world.desk.streams["clients"].pop(there)
        world.run()
        assert world.watch.operations == []
        assert (world.held() == {}) == arrived
        world.wait(hours=1)
        world.run()
        assert len(world.watch.operations) == (0 if arrived else 1)
        assert (gone is None) == arrived
        assert world.clients("label") == [("Ann",), ("Bob",)]
        assert len(world.links()) == 2
        assert world.held() == {}
        world.settled()


def test_what_was_refused_beside_an_unconfirmed_write_stays_refused(tmp_path: Path) -> None:
    with World(tmp_path, lines=("name -> label", "mail -> mail")) as world:
        for name in ("Ann", "Robert"):
            world.shop.put("people", person(name))
        world.watch.answered = lambda receipt: replace(
            receipt, outcome="refused" if receipt.op.endswith("/2") else "unknown", id=None, accepted=None
        )
        world.run()
        assert {key: row.code for key, row in world.held().items()} == {"1": "unconfirmed", "2": "refused"}
        world.watch.answered = lambda receipt: receipt
        world.desk.streams["clients"].clear()
        world.run()
        assert {key: row.code for key, row in world.held().items()} == {"1": "unconfirmed", "2": "refused"}
        world.wait(hours=1)
        world.run()
        assert [one.op for one in world.watch.operations] == ["create/1"]
        assert {key: row.code for key, row in world.held().items()} == {"2": "refused"}


def test_an_update_nobody_confirmed_is_read_again_and_found_equal_or_not(tmp_path: Path) -> None:
    with World(tmp_path) as world:
        world.shop.put("people", person("Ann"))
        world.run()
        world.shop.edit("people", "1", city="Goa")
        world.desk.edit("clients", "1", town="Typed")
        world.watch.answered = lambda receipt: replace(
            receipt, outcome="unknown", version=None, accepted=None
        )
        assert world.run().modules["people"].held == 1
        assert world.held()["1"].code == "unconfirmed-change"
        world.watch.answered = lambda receipt: receipt
        world.wait(hours=1)
        world.run()
        assert (world.watch.operations, world.held()) == ([], {})
        assert world.clients("town") == [("Goa",)]
        assert [one.value for one in world.losers()] == ["Typed"]


def test_asking_for_a_held_record_by_its_id_does_not_move_the_cursor(tmp_path: Path) -> None:
    """It may show a time far after changes that the window, read before, did not show yet."""
    with World(tmp_path) as world:
        for name in ("Ann", "Bob"):
            world.shop.put("people", person(name))
        world.run()
        world.watch.answered = refusing("busy", "retry", [])
        world.shop.edit("people", "2", city="Goa")
        world.run()
        world.watch.answered = lambda receipt: receipt
        world.wait(hours=1)

        def meanwhile(request: ReadRequest) -> None:
            if request.stream == "people" and request.ids is not None:
                world.shop.edit("people", "1", city="Agra")
                world.wait(minutes=10)
                world.shop.edit("people", "2", city="Delhi")

        world.watch.before_read = meanwhile
        world.run()
        world.watch.before_read = lambda _request: None
        world.run()
        assert world.clients("label", "town") == [("Ann", "Agra"), ("Bob", "Delhi")]
