"""What happens after the first contact: changes, drift, deletions, views, and how little is read."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from run_world import MATCH, World, person

from engine.errors import TemporaryError
from engine.ledger import open_ledger
from engine.run.session.sync_pass import StopAskedError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from engine.connectors.port import ReadRequest


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Three people who have come over, an hour ago."""
    with World(tmp_path) as world:
        for name in ("Ann", "Bob", "Cy"):
            world.shop.put("people", person(name))
        world.run()
        world.wait(hours=1)
        yield world


def test_a_change_writes_the_changed_fields_only(world: World) -> None:
    world.shop.edit("people", "1", city="Goa", amount="12.5", note="nobody maps this")
    counts = world.run().modules["people"]
    assert counts.updated["right"] == 1
    assert [(one.kind, sorted(one.values)) for one in world.watch.operations] == [
        ("update", ["town", "worth"])
    ]
    world.settled()


def test_what_is_cleared_on_the_source_is_cleared_on_the_target(world: World) -> None:
    world.shop.edit("people", "1", city=None)
    world.run()
    assert world.clients("label", "town")[0] == ("Ann", None)
    world.settled()


def test_a_second_run_writes_nothing_anywhere(world: World) -> None:
    before = world.desk.rows("clients"), world.links()
    world.settled()
    assert (world.desk.rows("clients"), world.links()) == before


def test_an_edit_that_maps_to_nothing_and_a_change_that_was_taken_back_write_nothing(world: World) -> None:
    world.shop.edit("people", "1", note="x")
    world.shop.edit("people", "2", city="Goa")
    world.shop.edit("people", "2", city="Pune")
    counts = world.run().modules["people"]
    assert (counts.unchanged, world.watch.operations) == (counts.read["left"], [])


def test_both_sides_changed_to_the_same_value_writes_nothing(world: World) -> None:
    world.shop.edit("people", "1", city="Goa")
    world.desk.edit("clients", "1", town="Goa")
    assert world.run().wrote == 0
    assert world.losers() == []
    world.settled()


def test_drift_stays_until_the_source_changes_and_then_what_is_lost_is_kept(world: World) -> None:
    world.desk.edit("clients", "1", town="Goa", mail="drifted@example.org")
    world.settled()
    assert world.clients("town")[0] == ("Goa",)
    world.shop.edit("people", "1", city="Agra")
    world.run()
    assert [one.values for one in world.watch.operations] == [{"town": "Agra"}]
    (loser,) = world.losers()
    assert (loser.field, loser.value, loser.winner, loser.record_id) == ("town", "Goa", "Agra", "1")
    assert ("Ann", "drifted@example.org") in world.clients("label", "mail")
    world.settled()


def test_what_is_lost_is_durable_before_it_is_overwritten(world: World) -> None:
    """Intent and loser first: at the moment of the write the journal already tells what is about to be sent."""
    seen: list[tuple[str, int]] = []

    def look(_stream: str, batch: Any) -> None:
        with open_ledger(world.ledger, readonly=True) as ledger:
            (intent,) = ledger.pending_intents(world.name)
        assert intent.payload is not None
        assert intent.payload["_op"].to_pylist() == batch.table["_op"].to_pylist()
        seen.append((intent.kind, intent.count))

    world.watch.before_write = look
    world.shop.put("people", person("Dee"))
    world.shop.edit("people", "1", city="Agra")
    world.run()
    assert seen == [("create", 1), ("update", 1)]


def test_a_record_that_a_person_deleted_on_the_target_is_not_made_again(world: World) -> None:
    world.desk.delete("clients", "2")
    world.settled()
    world.shop.edit("people", "2", city="Goa")
    counts = world.run().modules["people"]
    assert (counts.skipped, world.watch.operations) == (1, [])
    assert ("2", "2", "gone-right") in world.links()
    world.shop.edit("people", "2", city="Agra")
    assert world.run().wrote == 0
    assert [name for (name,) in world.clients("label")] == ["Ann", "Cy"]
    assert world.held() == {}


def test_a_record_deleted_on_the_source_stays_on_the_target(world: World) -> None:
    world.shop.delete("people", "2")
    world.settled()
    assert len(world.clients()) == 3


def test_a_record_deleted_on_the_target_right_before_the_write_is_not_made_again(world: World) -> None:
    world.watch.before_write = lambda _stream, batch: (
        world.desk.delete("clients", "1") if batch.kind == "update" else None
    )
    world.shop.edit("people", "1", city="Goa")
    assert world.run().modules["people"].held == 1
    world.watch.before_write = lambda _stream, _batch: None
    world.wait(hours=1)
    world.run()
    world.settled()
    assert [name for (name,) in world.clients("label")] == ["Bob", "Cy"]
    assert world.held() == {}, "what became of it is known, so it is no longer held"


def test_an_edit_on_the_target_right_before_the_write_is_seen_and_decided_anew(world: World) -> None:
    """The system answers `stale`; the next run reads both again, and nothing typed is lost silently."""
    edits = iter([{"town": "Typed"}])
    world.watch.before_write = lambda _stream, _batch: (
        world.desk.edit("clients", "1", **edit) if (edit := next(edits, None)) else None
    )
    world.shop.edit("people", "1", city="Goa")
    counts = world.run().modules["people"]
    assert (counts.held, counts.updated["right"]) == (1, 0)
    world.wait(hours=1)
    world.run()
    assert world.clients("town")[0] == ("Goa",)
    assert [one.value for one in world.losers()] == ["Typed"]
    world.settled()


def test_what_leaves_the_view_stays_as_it_is_and_what_comes_back_is_in_step_again(tmp_path: Path) -> None:
    with World(tmp_path, module=[MATCH, "view: { shop: \"rank = 'a'\" }"]) as world:
        world.shop.put("people", person("Ann", rank="a"))
        world.shop.put("people", person("Bob", rank="b"))
        world.shop.put("people", person("Cy", rank=None))
        counts = world.run().modules["people"]
        assert (counts.created["right"], counts.skipped) == (1, 2)
        world.shop.edit("people", "1", rank="z")
        counts = world.run().modules["people"]
        assert (counts.skipped, counts.unchanged) == (counts.read["left"], 0), "it left, nothing else changed"
        world.shop.edit("people", "1", city="Goa")
        counts = world.run().modules["people"]
        assert (counts.skipped, world.watch.operations) == (counts.read["left"], [])
        assert world.clients("label", "town") == [("Ann", "Pune")]
        assert world.links() == [("1", "1", "active")]
        world.shop.edit("people", "1", rank="a")
        world.shop.edit("people", "2", rank="a")
        counts = world.run().modules["people"]
        assert (counts.updated["right"], counts.created["right"]) == (1, 1)
        assert world.clients("label", "town") == [("Ann", "Goa"), ("Bob", "Pune")]
        world.settled()


def test_a_twin_that_the_view_of_the_target_hides_is_met_and_not_made_again(tmp_path: Path) -> None:
    with World(tmp_path, module=[MATCH, "view: { desk: \"grade = 'customer'\" }"]) as world:
        world.desk.put("clients", {"label": "Ann", "grade": "vendor"})
        world.shop.put("people", person("Ann"))
        assert world.run().modules["people"].created["right"] == 0
        assert world.held()["1"].code == "twin-outside-view"
        assert len(world.clients()) == 1


def test_a_view_may_ask_for_the_date_of_the_run(tmp_path: Path) -> None:
    with World(tmp_path, module=[MATCH, 'view: { shop: "since <= today()" }']) as world:
        world.shop.put("people", person("Ann", since="2026-03-01"))
        world.shop.put("people", person("Bob", since="2026-03-02"))
        assert world.run().modules["people"].created["right"] == 1
        world.settled()
        assert world.watch.delivered["people"] == 2
        world.wait(days=1)
        assert world.run().modules["people"].created["right"] == 1, "the day alone makes the difference"
        world.settled()


def test_later_runs_read_only_the_window(world: World) -> None:
    world.run()
    assert world.watch.delivered == {"people": 3}, "the last seen time, less the overlap, is inclusive"
    world.shop.edit("people", "2", city="Goa")
    world.run()
    world.wait(hours=1)
    world.run()
    assert world.watch.delivered == {"people": 1}


def test_a_burst_is_read_again_once_and_then_let_be(world: World) -> None:
    """Once the overlap has passed and nothing later shows, whatever was late has come to light: no overlap any more."""
    for number in range(20):
        world.shop.put("people", person(f"New {number}"))
    world.run()
    world.wait(seconds=30)
    world.run()
    assert world.watch.delivered["people"] >= 20
    world.wait(hours=1)
    world.run()
    assert world.watch.delivered["people"] >= 20, "what may have been late is looked for once"
    world.run()
    assert world.watch.delivered["people"] == 1
    world.shop.edit("people", "1", city="Goa")
    assert world.run().modules["people"].updated["right"] == 1
    world.settled()


def test_what_becomes_visible_late_is_not_missed(world: World) -> None:
    """A commit may show up after the cursor has passed its time, by less than the overlap."""
    world.shop.edit("people", "1", city="Goa")
    world.run()
    late = world.now - timedelta(seconds=90)
    rows = world.shop.streams["people"]
    world.shop.put("people", person("Late"))
    newest = max(rows, key=int)
    rows[newest]["modified"] = late.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    rows["2"] |= {"city": "Agra", "modified": late.strftime("%Y-%m-%dT%H:%M:%S.%fZ")}
    counts = world.run().modules["people"]
    assert (counts.created["right"], counts.updated["right"]) == (1, 1)
    world.settled()


def test_records_of_one_moment_are_all_seen(world: World) -> None:
    world.shop.edit("people", "3", city="Goa")
    world.run()
    stamp = world.shop.streams["people"]["3"]["modified"]
    for identity in ("1", "2"):
        world.shop.streams["people"][identity] |= {"city": "Agra", "modified": stamp}
    assert world.run().modules["people"].updated["right"] == 2


def test_a_record_that_changes_while_a_long_read_goes_on_is_not_passed_by(tmp_path: Path) -> None:
    """The last page may show a time far after another record was changed that had been delivered before."""
    with World(tmp_path, page=1) as world:
        for name in ("Ann", "Bob"):
            world.shop.put("people", person(name))
        shown: list[str] = []

        def slowly(request: ReadRequest, record: dict[str, Any]) -> dict[str, Any]:
            """Pages of a stream that is listed by id, while people go on working."""
            if request.stream != "people" or request.since is not None:
                return record
            shown.append(record["id"])
            if record["id"] == "1":
                world.wait(minutes=10)
                world.shop.edit("people", "1", city="Goa")
                world.wait(minutes=10)
                world.shop.edit("people", "2", city="Agra")
                return record
            return world.shop.streams["people"]["2"]

        world.watch.shown = slowly
        world.run()
        assert shown == ["1", "2"]
        world.watch.shown = lambda _request, record: record
        world.run()
        assert world.clients("label", "town") == [("Ann", "Goa"), ("Bob", "Agra")]


def test_a_field_that_the_source_does_not_show_changes_nothing(world: World) -> None:
    def without_city(request: ReadRequest, record: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in record.items() if request.stream != "people" or name != "city"}

    world.watch.shown = without_city
    world.shop.edit("people", "1", mail="new@example.org", city="Goa")
    world.run()
    assert world.clients("mail", "town")[-1] == ("new@example.org", "Pune")
    world.watch.shown = lambda _request, record: record
    world.shop.edit("people", "1", note="shown again")
    world.run()
    assert world.clients("mail", "town")[-1] == ("new@example.org", "Goa")
    world.settled()


def test_pages_that_overlap_count_a_record_once(tmp_path: Path) -> None:
    with World(tmp_path, page=2) as world:
        for number in range(7):
            world.shop.put("people", person(f"P{number}"))
        world.watch.twice = True
        counts = world.run().modules["people"]
        assert (counts.read["left"], counts.created["right"]) == (7, 7)
        world.settled()


@pytest.mark.parametrize("ends", ["interrupted", "parked"])
def test_the_cursor_does_not_move_if_the_module_was_not_worked_off(world: World, ends: str) -> None:
    before = world.state()
    world.shop.edit("people", "1", city="Goa")
    world.shop.put("people", person("Dee"))
    if ends == "interrupted":
        with pytest.raises(StopAskedError):
            world.run(stop=lambda: any(one.kind == "create" for one in world.watch.operations))
    else:

        def fail(_stream: str, batch: Any) -> None:
            if batch.kind == "update":
                raise TemporaryError("The other end has gone.")

        world.watch.before_write = fail
        with pytest.raises(TemporaryError):
            world.run()
        world.watch.before_write = lambda _stream, _batch: None
    assert world.state() == before
    assert [name for (name,) in world.clients("label")] == ["Ann", "Bob", "Cy", "Dee"]
    counts = world.run().modules["people"]
    assert (counts.created["right"], counts.updated["right"]) == (0, 1)
    with open_ledger(world.ledger, readonly=True) as ledger:
        outcomes = [run.outcome for run in ledger.runs()]
    assert outcomes[:2] == ["done", ends]
    world.settled()


def test_a_changed_spec_reads_everything_again_and_carries_the_new_line_over(world: World) -> None:
    """A new line meets the two sides for the first time: a blank is filled, and what is overwritten is kept."""
    for identity, memo in (("1", None), ("2", "typed by hand"), ("3", "stays")):
        world.desk.edit("clients", identity, memo=memo)
    for identity, note in (("1", "first"), ("2", "second"), ("3", None)):
        world.shop.edit("people", identity, note=note)
    world.wait(hours=1)
    world.say(lines=("name -> label", "mail -> mail", "city -> town", "note -> memo"))
    assert world.run().modules["people"].read["left"] == 3
    assert [(one.id, one.values) for one in world.watch.operations] == [
        ("1", {"memo": "first"}),
        ("2", {"memo": "second"}),
    ]
    assert world.clients("label", "memo")[2] == ("Cy", "stays")
    assert [one.value for one in world.losers()] == ["typed by hand"]
    world.settled()


def test_a_newcomer_that_equals_a_linked_record_outside_the_window_is_held(world: World) -> None:
    """What was remembered of the target stays known once it is linked, also if the run was killed right after that."""
    world.desk.put("clients", {"label": "Eve", "mail": "Eve@example.org", "town": "Pune", "worth": "10.00"})
    world.wait(hours=1)
    world.desk.put("clients", {"label": "Fay"})  # the window begins here: no later read shows Eve by itself
    world.shop.put("people", person("Dee"))
    world.run()
    world.wait(hours=1)
    world.shop.put("people", person("Eve"))
    for step in range(1, 40):
        world.doomed(step)
        if len(world.links()) == 5:
            break
    world.wait(hours=1)
    world.shop.put("people", person("Eve"))
    counts = world.run().modules["people"]
    assert (counts.held, counts.created["right"]) == (1, 0)
    assert {row.code for row in world.held().values()} == {"already-linked"}
    assert len(world.clients()) == 6
