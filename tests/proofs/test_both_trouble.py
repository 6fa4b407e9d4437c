"""Both ways with systems that trim, lag, refuse and keep silent, and with people who decide late."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from both_world import Both, End, client, ends, keeps, lagging, silent
from run_world import Watched, person

from engine.record import Receipt

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from engine.connectors.port import Batch, ReadRequest
    from engine.record import Outcome

#: What a system may make of what it is sent, by the desk's field.
FORMS: dict[str, Callable[[Any], Any]] = {
    "label": lambda text: text[:8].strip(),
    "mail": str.lower,
    "town": lambda text: f" {text.title()} ",
    "worth": lambda number: f"{float(number):.1f}",
}


@pytest.mark.parametrize("tells", [True, False])
def test_a_system_that_keeps_less_than_it_is_sent_is_quiet_and_its_form_does_not_come_back(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    tells: bool,  # noqa: FBT001 - a case
) -> None:
    """Cut, re-cased, trimmed and rounded; whether or not the answer to a write shows what became of it."""
    with Both(tmp_path) as world:
        keeps(monkeypatch, world.desk, **FORMS)
        world.watch.answered = (lambda receipt: receipt) if tells else silent
        world.shop.put("people", person("Annabelle-Sue", mail="ANN@example.org", city="GOA", amount="10.26"))
        typed = world.people("name", "mail", "city", "amount")
        world.run()
        world.settled()
        assert world.people("name", "mail", "city", "amount") == typed
        world.shop.edit("people", "1", mail="Ann.B@example.org", amount="11.74")
        world.run()
        world.settled()
        assert world.people("name", "mail", "city") == [("Annabelle-Sue", "Ann.B@example.org", "GOA")]
        world.desk.edit("clients", "1", town="Agra")
        world.run()
        assert world.people("name", "city", "amount") == [("Annabelle-Sue", "Agra", "11.74")]
        world.settled()
        assert world.lost() == []


@pytest.mark.parametrize(("side", "tells"), [("shop", True), ("desk", False)])
def test_a_listing_that_lags_takes_nothing_back(tmp_path: Path, side: str, tells: bool) -> None:  # noqa: FBT001 - a case
    """What we wrote ourselves is shown older than we know it: it is asked for by its id instead."""
    with Both(tmp_path) as world:
        world.watch.answered = (lambda receipt: receipt) if tells else silent
        world.linked("Ann")
        mine, its = ends(world, side)
        world.run()
        old = {row["id"]: row for row in mine.store.rows(mine.stream)}
        its.edit("1", "Goa")
        world.run()
        world.watch.shown = lagging(mine.stream, old)
        for _ in range(2):
            world.run()
            assert (mine.value("1"), its.value("1")) == ("Goa", "Goa")
            assert world.watch.operations == []
        its.edit("1", "Agra")
        world.run()
        assert (mine.value("1"), its.value("1")) == ("Agra", "Agra")
        world.watch.shown = lambda _request, record: record
        world.settled()
        assert world.lost() == []


@pytest.mark.parametrize("whole", [False, True])
def test_an_edit_during_the_run_survives_and_goes_over_with_the_next(tmp_path: Path, whole: bool) -> None:  # noqa: FBT001 - a case
    """Somebody types on the target between our look at it and our write: the target says so, and nothing is lost."""
    with Both(tmp_path) as world:
        world.linked("Ann")
        world.shop.edit("people", "1", city="Goa")
        once = iter([None])

        def somebody(_stream: str, _batch: Batch) -> None:
            for _ in once:
                world.desk.edit("clients", "1", mail="typed@example.org")

        world.watch.before_write = somebody
        world.run()
        assert {row.code for row in world.held().values()} == {"changed-meanwhile"}
        assert world.both("mail") == ("Ann@example.org", "typed@example.org")
        world.wait(minutes=5)
        world.run(whole=whole)
        assert world.both("mail") == ("typed@example.org", "typed@example.org")
        assert world.both("city") == ("Goa", "Goa")
        assert world.held() == {}
        world.settled()


@pytest.mark.parametrize("side", ["shop", "desk"])
def test_what_was_typed_between_the_listing_and_our_look_is_not_overwritten(
    tmp_path: Path, side: str
) -> None:
    """Each side is read again right before it is written."""
    with Both(tmp_path) as world:
        world.linked("Ann")
        mine, its = ends(world, side)
        its.edit("1", "Goa")
        once = iter([None])

        def somebody(request: ReadRequest) -> None:
            if request.ids is not None:
                for _ in once:
                    mine.store.edit(mine.stream, "1", mail="typed@example.org")

        world.watch.before_read = somebody
        world.run()
        world.run()
        assert world.both("mail") == ("typed@example.org", "typed@example.org")
        assert world.both("city") == ("Goa", "Goa")
        world.settled()
        assert world.lost() == []


def refusing(world: Both, stream: str, outcome: Outcome) -> None:
    """The next batch of writes to a stream is answered with this word instead, and not applied."""
    once, real = iter([None]), Watched.write

    def write(self: Watched, to: str, batch: Batch) -> list[Receipt]:
        for _ in once if to == stream else ():
            return [
                Receipt(op=one.op, outcome=outcome, code="no", message="Not like this.")
                for one in batch.operations()
            ]
        return real(self, to, batch)

    world.enter(pytest.MonkeyPatch.context()).setattr(Watched, "write", write)


@pytest.mark.parametrize("side", ["shop", "desk"])
def test_a_refused_change_is_held_and_tried_again_once_somebody_corrects_it(
    tmp_path: Path, side: str
) -> None:
    with Both(tmp_path) as world:
        world.linked("Ann", "Bob")
        mine, its = ends(world, side)
        refusing(world, its.stream, "refused")
        mine.edit("1", "Bad")
        world.run()
        mine.edit("2", "Goa")
        world.run()
        (row,) = world.held().values()
        assert (row.code, row.temporary) == ("refused", False)
        assert (mine.value("1"), its.value("1"), its.value("2")) == ("Bad", "Pune", "Goa")
        world.wait(hours=20)
        world.settled()
        mine.edit("1", "Good")
        world.run()
        assert (its.value("1"), world.held()) == ("Good", {})
        world.settled()


@pytest.mark.parametrize("refused", ["shop", "desk"])
def test_where_one_side_of_a_pair_refuses_a_value_both_arrive_once_it_is_corrected(
    tmp_path: Path, refused: str
) -> None:
    with Both(tmp_path) as world:
        world.linked("Ann")
        no, yes = ends(world, refused)
        refusing(world, no.stream, "refused")
        no.edit("1", "Typed")
        yes.store.edit(yes.stream, "1", mail="bad@example.org")
        world.run()
        assert {row.code for row in world.held().values()} == {"refused"}
        assert yes.value("1") == "Typed", "what one side refuses keeps nothing else back"
        world.wait(hours=1)
        yes.store.edit(yes.stream, "1", mail="good@example.org")
        world.run()
        assert (no.value("1"), yes.value("1")) == ("Typed", "Typed")
        assert world.both("mail") == ("good@example.org", "good@example.org")
        assert world.held() == {}
        world.settled()


@pytest.mark.parametrize("refused", ["shop", "desk"])
def test_where_one_side_of_a_pair_refuses_the_other_side_s_change_still_arrives(
    tmp_path: Path, refused: str
) -> None:
    with Both(tmp_path) as world:
        world.linked("Ann")
        no, yes = ends(world, refused)
        refusing(world, no.stream, "retry")
        no.edit("1", "Typed")
        yes.store.edit(yes.stream, "1", mail="typed@example.org")
        world.run()
        world.wait(minutes=10)
        world.run()
        world.wait(minutes=10)
        world.run()
        assert (no.value("1"), yes.value("1")) == ("Typed", "Typed")
        assert world.both("mail") == ("typed@example.org", "typed@example.org")
        assert world.held() == {}
        world.settled()
        assert world.lost() == []


@pytest.mark.parametrize("side", ["shop", "desk"])
def test_a_refused_newcomer_is_held_on_its_own_side_and_made_once_it_is_corrected(
    tmp_path: Path, side: str
) -> None:
    with Both(tmp_path) as world:
        world.linked("Ann")
        mine, its = ends(world, side)
        refusing(world, its.stream, "refused")
        new = mine.store.put(mine.stream, person("Bob") if side == "shop" else client("Bob"))
        world.run()
        assert list(world.held()) == [new]
        world.settled()
        mine.edit(new, "Goa")
        world.run()
        assert (len(its.ids), world.held()) == (2, {})
        world.settled()


def asked(tmp_path: Path) -> Both:
    """Ann's town differs since both sides changed it, and a person is asked."""
    world = Both(tmp_path, conflicts="hold")
    world.__enter__()
    world.linked("Ann")
    world.shop.edit("people", "1", city="Goa", mail="new@example.org")
    world.desk.edit("clients", "1", town="Agra")
    world.run()
    return world


def test_a_conflict_is_kept_with_both_values_and_the_base_and_the_other_fields_go_on(tmp_path: Path) -> None:
    world = asked(tmp_path)
    try:
        (one,) = world.conflicts()
        assert (one.left, one.right, one.base_left, one.base_right) == ("Goa", "Agra", "Pune", "Pune")
        assert (one.left_id, one.right_id, one.contact, one.line) == ("1", "1", False, "city <-> town")
        assert world.both("mail") == ("new@example.org", "new@example.org")
        assert world.both("city") == ("Goa", "Agra")
        world.settled()
        world.shop.edit("people", "1", amount="12")
        world.run()
        assert [again.number for again in world.conflicts()] == [one.number], "asked once, with one number"
    finally:
        world.__exit__(None, None, None)


@pytest.mark.parametrize(("take", "value", "lost"), [("left", "Goa", "Agra"), ("right", "Agra", "Goa")])
def test_a_decision_is_carried_out_once_and_a_later_edit_is_an_edit(
    tmp_path: Path, take: Any, value: str, lost: str
) -> None:
    world = asked(tmp_path)
    try:
        world.decide(take)
        world.run()
        assert world.both("city") == (value, value)
        assert [one[2] for one in world.lost()] == [lost]
        assert (world.conflicts(), world.held()) == ([], {})
        world.settled()
        world.shop.edit("people", "1", city=lost)
        world.run()
        assert world.both("city") == (lost, lost)
        world.settled()
    finally:
        world.__exit__(None, None, None)


@pytest.mark.parametrize("side", ["shop", "desk"])
def test_a_decision_about_values_that_are_no_longer_there_decides_nothing(tmp_path: Path, side: str) -> None:
    world = asked(tmp_path)
    try:
        (before,) = world.conflicts()
        world.decide("left")
        End(world, side).edit("1", "Delhi")
        world.run()
        (now,) = world.conflicts()
        assert now.number != before.number
        assert now.take is None
        assert set(world.both("city")) == {"Delhi", "Agra" if side == "shop" else "Goa"}
        assert world.lost() == []
    finally:
        world.__exit__(None, None, None)


def test_a_conflict_that_people_settle_themselves_closes(tmp_path: Path) -> None:
    world = asked(tmp_path)
    try:
        world.desk.edit("clients", "1", town="Goa")
        world.wait(hours=1)
        world.run()
        assert (world.conflicts(), world.held()) == ([], {})
        world.settled()
        assert world.lost() == []
    finally:
        world.__exit__(None, None, None)


def test_what_a_system_fills_in_by_itself_when_it_makes_a_record_comes_back_in_the_same_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A default of a field that may travel is in step after one run; an edit of it goes over."""
    with Both(tmp_path) as world:
        put = world.desk.put

        def filled(stream: str, record: dict[str, Any], **more: Any) -> str:
            return put(stream, {**record, "town": record.get("town") or "Here"}, **more)

        monkeypatch.setattr(world.desk, "put", filled)
        world.watch.answered = lambda receipt: replace(receipt, version=None)
        world.shop.put("people", person("Ann", city=None))
        world.run()
        world.settled()
        assert world.people("name", "city") == [("Ann", "Here")]
        world.wait(minutes=5)
        world.desk.edit("clients", "1", town="There")
        world.run()
        assert world.people("name", "city") == [("Ann", "There")]
        world.settled()
