"""A finished run can be taken back, as far as nobody has changed since what it left."""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from run_world import Fate, Killed, World, mortal, person

from engine.errors import UserError
from engine.ledger import open_ledger
from engine.run.operations.undo import look_back, put_back

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from engine.connectors.port import ReadRequest
    from engine.ledger import RunRow
    from engine.run.session.report import Undone

BOTH = ("match: [ name = label ]", "conflicts: shop", "deletes: propagate")
LINES = ("name <-> label", "mail <-> mail", "city <-> town", "amount <-> worth", "since <-> memo")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Ann, Bob and Cy in step, one way; then all of them move, and one more comes."""
    with World(tmp_path) as world:
        for name in ("Ann", "Bob", "Cy"):
            world.shop.put("people", person(name))
        world.run()
        world.wait(hours=1)
        for number, city in (("1", "Goa"), ("2", "Agra"), ("3", None)):
            world.shop.edit("people", number, city=city, amount=Decimal("12.5"))
        world.shop.put("people", person("Dee"))
        yield world


def undo(world: World, run: str) -> Undone:
    world.wait(seconds=10)
    looked = looked_back(world, run)
    world.watch.operations = []
    done = put_back(world.plan(), world.call(), run)
    assert (dict(done.counts), done.spared, done.already) == (
        dict(looked.counts),
        looked.spared,
        looked.already,
    )
    return done


def worths(world: World) -> list[tuple[Any, ...]]:
    """Name, town and worth, as a number."""
    return [(label, town, Decimal(worth)) for label, town, worth in world.clients("label", "town", "worth")]


def looked_back(world: World, run: str) -> Undone:
    world.watch.operations = []
    looked = look_back(world.plan(), world.call(), run)
    assert world.watch.operations == []
    return looked


def test_a_run_is_taken_back_and_no_later_run_does_it_again(world: World) -> None:
    done = undo(world, world.run().run)
    assert done.counts == {"update": 3, "create": 0, "delete": 1}
    assert worths(world) == [
        ("Ann", "Pune", 10), ("Bob", "Pune", 10), ("Cy", "Pune", 10),
    ]  # fmt: skip
    world.settled()
    world.wait(hours=1)
    world.run(whole=True)
    assert world.watch.operations == [], "not even when everything is read again"
    assert ("4", "4", "gone-right") in world.links()


def test_it_shows_what_it_does_record_by_record_before_it_does_it(world: World) -> None:
    run = world.run().run
    looked = looked_back(world, run)
    ann, *_, dee = looked.lines
    assert (ann.kind, ann.side, ann.id, ann.label, ann.why) == (
        "update", "right", "1", "Ann", f"run {run} changed it",
    )  # fmt: skip
    assert {one.field: (one.before, one.after) for one in ann.fields} == {
        "town": ("Goa", "Pune"), "worth": ("12.5", "10"),
    }  # fmt: skip
    assert (dee.kind, dee.label, dee.why) == ("delete", "Dee", f"run {run} made it")
    assert looked.by is None
    assert len(world.clients()) == 4


def test_what_people_and_later_runs_have_changed_since_is_spared(world: World) -> None:
    world.shop.put("people", person("Fay"))
    run = world.run().run
    world.wait(hours=1)
    world.desk.edit("clients", "1", town="Typed")
    world.shop.edit("people", "2", city="Delhi")
    world.shop.edit("people", "5", city="Delhi")
    later = world.run().run
    world.desk.edit("clients", "4", mail="typed@example.org")
    done = undo(world, run)
    assert {one.label: one.why for one in done.spared} == {
        "Ann": "desk.clients:1 has been changed since.",
        "Bob": f"Run {later} has changed it since.",
        "Dee": "desk.clients:4 has been changed since.",
        "Fay": f"Run {later} has taken changes to or from it since.",
    }
    assert world.clients("label", "town") == [
        ("Ann", "Typed"), ("Bob", "Delhi"), ("Cy", "Pune"), ("Dee", "Pune"), ("Fay", "Delhi"),
    ]  # fmt: skip


def test_an_edit_of_the_source_that_no_run_has_seen_yet_still_comes_over(world: World) -> None:
    run = world.run().run
    world.wait(hours=1)
    world.shop.edit("people", "1", city="Delhi")
    world.shop.edit("people", "2", mail="new@example.org")
    undo(world, run)
    world.run()
    assert world.clients("label", "town", "mail")[:2] == [
        ("Ann", "Delhi", "Ann@example.org"), ("Bob", "Pune", "new@example.org"),
    ]  # fmt: skip
    world.settled()


def test_a_record_that_vanished_or_was_restored_by_hand_needs_nothing(world: World) -> None:
    run = world.run().run
    world.desk.delete("clients", "4")
    world.desk.delete("clients", "3")
    world.desk.edit("clients", "2", town="Pune", worth="10.00")
    done = undo(world, run)
    assert (done.counts["update"], done.counts["delete"], done.already) == (1, 0, 2)
    assert [(one.label, one.why) for one in done.spared] == [("3", "desk.clients:3 is not there any more.")]


def test_what_a_system_refuses_is_told_and_stays_in_step(world: World) -> None:
    run = world.run().run
    world.desk.put("clients", {"label": "Zoe"})
    world.watch.before_write = lambda _stream, batch: (
        world.desk.edit("clients", "1", memo="between") if batch.kind == "update" else None
    )
    done = put_back(world.plan(), world.call(), run)
    (spared,) = done.spared
    assert (spared.label, done.counts["update"]) == ("Ann", 2)
    assert spared.why.startswith("desk did not take it: `1` changed after it was read")
    world.watch.before_write = lambda _stream, _batch: None
    world.settled()
    assert world.clients("label", "town")[0] == ("Ann", "Goa")


def test_an_undo_is_a_run_that_can_be_undone(world: World) -> None:
    undone = undo(world, world.run().run)
    assert undone.by is not None
    again = undo(world, undone.by)
    assert again.counts == {"update": 3, "create": 1, "delete": 0}
    assert worths(world) == [
        ("Ann", "Goa", Decimal("12.5")), ("Bob", "Agra", Decimal("12.5")), ("Cy", None, Decimal("12.5")),
        ("Dee", "Pune", 10),
    ]  # fmt: skip
    world.settled()


def test_both_ways_each_side_gets_back_what_it_held_and_stays_so(tmp_path: Path) -> None:
    with World(tmp_path, sync="shop.people <-> desk.clients", module=BOTH, lines=LINES[:4]) as world:
        for name in ("Ann", "Bob", "Cy"):
            world.shop.put("people", person(name))
        world.run()
        world.wait(hours=1)
        world.shop.edit("people", "1", city="Goa")
        world.desk.edit("clients", "1", mail="desk@example.org")
        world.desk.put("clients", {"label": "Eve", "town": "Gent"})
        world.shop.delete("people", "3")
        world.run(whole=True)
        report = world.run(whole=True)
        assert report.modules["people"].deleted["right"] == 1
        first = [row.id for row in runs(world)][1]
        done = undo(world, first)
        assert done.counts == {"update": 2, "create": 0, "delete": 1}
        assert world.shop.rows("people")[0]["mail"] == "Ann@example.org"
        assert world.clients("label", "town", "mail")[0] == ("Ann", "Pune", "desk@example.org")
        assert [row["name"] for row in world.shop.rows("people")] == ["Ann", "Bob"]
        done = undo(world, report.run)
        assert done.counts == {"update": 0, "create": 1, "delete": 0}
        assert [name for (name,) in world.clients("label")] == ["Ann", "Bob", "Cy", "Eve"]
        world.settled()
        assert [row["name"] for row in world.shop.rows("people")] == ["Ann", "Bob"], "Cy stays deleted there"


def runs(world: World) -> list[RunRow]:
    with open_ledger(world.ledger, readonly=True) as ledger:
        return ledger.runs()


def test_a_run_that_is_none_and_one_that_has_not_ended_cannot_be_undone(world: World) -> None:
    with pytest.raises(UserError, match="`nonsense` is no run of `shop-desk`"):
        looked_back(world, "nonsense")
    world.doomed(12)
    with pytest.raises(UserError, match="has not ended"):
        looked_back(world, runs(world)[0].id)


def test_an_undo_that_is_killed_leaves_pairs_that_are_quiet_and_can_be_repeated(world: World) -> None:
    run = world.run().run
    again = world.remember()
    for step in range(1, 40, 3):
        again()
        fate = world.watch.fate = Fate(kill_at=frozenset({step}))
        world.wait(seconds=10)
        with mortal(fate), suppress(Killed):
            put_back(world.plan(), world.call(), run)
        world.watch.fate = Fate()
        if not fate.dead:
            break
        assert world.run().wrote == 0, step
        put_back(world.plan(), world.call(), run)
        assert {town for (town,) in world.clients("town")} == {"Pune"}, step
    assert step > 8


def test_what_the_system_made_of_a_value_counts_as_what_the_run_left(tmp_path: Path) -> None:
    """The desk shows mail addresses in lower case and towns cut to four characters."""

    def shown(request: ReadRequest, record: dict[str, Any]) -> dict[str, Any]:
        if request.stream != "clients":
            return record
        return {**record, "mail": str(record["mail"]).lower(), "town": str(record["town"])[:4]}

    with World(tmp_path) as world:
        world.watch.shown = shown
        world.shop.put("people", person("Ann"))
        world.run()
        world.wait(hours=1)
        world.shop.edit("people", "1", city="Brussels", mail="ANN@example.org")
        run = world.run().run
        done = undo(world, run)
        assert (done.counts["update"], done.spared) == (1, ())
        assert world.clients("mail", "town") == [("ann@example.org", "Pune")]
        world.settled()


def test_days_and_amounts_come_back_as_days_and_amounts(tmp_path: Path) -> None:
    lines = ("name <- label", "amount <- worth", '{ to: left.since, value: "cast(memo AS date)" }')
    with World(tmp_path, sync="shop.people <- desk.clients", lines=lines) as world:
        world.desk.put("clients", {"label": "Ann", "worth": "1234.56", "memo": "2026-01-31"})
        world.run()
        world.wait(hours=1)
        world.desk.edit("clients", "1", worth="0.10", memo="2026-02-28")
        done = undo(world, world.run().run)
        assert (done.counts["update"], done.spared) == (1, ())
        (ann,) = world.shop.rows("people")
        assert (Decimal(ann["amount"]), str(ann["since"])) == (Decimal("1234.56"), "2026-01-31")
        world.settled()
