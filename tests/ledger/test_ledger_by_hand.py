"""What people change in the ledger between two runs: wholly or not at all, and never while a run is on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from test_ledger_waiting import CONFLICT, LATER, NOW, pair, settlement

from engine.errors import LockedError, UserError
from engine.ledger import AlreadyLinked, HeldRow, Lease, LinkRow, Wait, open_ledger

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.ledger.store import Ledger
    from engine.record import Side

SOURCES: dict[str, Side] = {"m": "left", "back": "right"}


@pytest.fixture(params=["ordinary", "bulk"])
def ledger(request: pytest.FixtureRequest, place: str) -> Iterator[Ledger]:
    """A new ledger, used by one of the two ways whatever the number of rows."""
    rows = 1_000_000 if request.param == "ordinary" else -1
    with pytest.MonkeyPatch.context() as patch, open_ledger(place) as opened:
        patch.setattr(opened._database, "bulk_rows", rows)
        yield opened


@pytest.fixture
def lease(ledger: Ledger) -> Lease:
    return ledger.take_lease("i", "a test", NOW, 60)


def row(left_id: str, right_id: str, module: str = "m") -> LinkRow:
    return LinkRow(module=module, left_id=left_id, right_id=right_id)


def held(side: Side, record_id: str, code: str = "ambiguous") -> HeldRow:
    return HeldRow(
        integration="i",
        module="m",
        side=side,
        record_id=record_id,
        code=code,
        message="No.",
        since=NOW,
        run="r",
    )


def known(ledger: Ledger, module: str = "m") -> set[tuple[str, str, str]]:
    rows = ledger.links_table("i", module).to_pylist()
    return {(one["left_id"], one["right_id"], one["state"]) for one in rows}


def test_a_link_made_by_hand_was_never_in_step_and_the_next_run_looks_at_its_pair(
    ledger: Ledger, lease: Lease
) -> None:
    """An ambiguous record is free at once, and a record that was left alone is so no longer."""
    skips = pa.table({"side": ["right"], "record_id": ["a"], "why": ["x"]})
    ledger.note(lease, settlement(held=(held("left", "1"), held("left", "2")), skips=skips))
    rows = [
        row("1", "a"),
        LinkRow(module="m", left_id="3", right_id="c", state="suspended"),
        row("1", "a", "back"),
    ]
    assert ledger.add_links(lease, rows, SOURCES) == rows
    (link,) = [one for one in ledger.links_table("i", "m").to_pylist() if one["left_id"] == "1"]
    assert (link["state"], link["left_hash"], link["made"]) == ("active", None, None)
    assert ledger.bases([link["link_id"]]) == {link["link_id"]: (None, None)}
    assert [one.record_id for one in ledger.held_rows("i")] == ["2"]
    assert ledger.skips_table("i", "m").num_rows == 0
    look = {"record_id": "1", "root_id": "a"}
    assert ledger.waits("i", "m") == [Wait(side="left", root_module="m", root_side="right", **look)]
    back = {"record_id": "a", "root_id": "1"}
    assert ledger.waits("i", "back") == [Wait(side="right", root_module="back", root_side="left", **back)]


def test_links_that_are_there_already_are_no_mistake(ledger: Ledger, lease: Lease) -> None:
    ledger.add_links(lease, [row("1", "a")], SOURCES)
    assert ledger.add_links(lease, [row("1", "a"), row("2", "b"), row("2", "b")], SOURCES) == [row("2", "b")]
    assert known(ledger) == {("1", "a", "active"), ("2", "b", "active")}


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        (row("1", "z"), "m 1 = z cannot be linked: m 1 = a is linked already."),
        (row("z", "a"), "m z = a cannot be linked: m 1 = a is linked already."),
        (row("x", "b"), "m x = b cannot be linked: m 2 = b is linked already."),
        (
            LinkRow(module="m", left_id="1", right_id="a", state="suspended"),
            "m 1 = a is there already and is active, not suspended.",
        ),
    ],
    ids=["left", "right", "twice in one request", "other state"],
)
def test_a_record_that_has_another_link_is_named_and_nothing_is_stored(
    ledger: Ledger, lease: Lease, wanted: LinkRow, why: str
) -> None:
    ledger.add_links(lease, [row("1", "a")], SOURCES)
    with pytest.raises(AlreadyLinked) as caught:
        ledger.add_links(lease, [row("1", "a", "other"), row("2", "b"), wanted], SOURCES)
    assert caught.value.message == why
    assert [one for one, _ in caught.value.clashes] == [wanted]
    assert known(ledger) | known(ledger, "other") == {("1", "a", "active")}


def test_a_removed_link_takes_all_along_that_hangs_on_it_and_nothing_else(
    ledger: Ledger, lease: Lease
) -> None:
    two = settlement(links=pair("1", "a"), held=(held("left", "1"), held("right", "a"), held("left", "2")))
    (link,) = ledger.note(lease, two)
    ledger.note(lease, settlement(links=pair("2", "b"), conflicts=(CONFLICT,)))
    ledger.add_links(lease, [row("3", "c")], SOURCES)
    went = ledger.remove_links(lease, "m", [("right", "a"), ("left", "1"), ("left", "3")])
    assert sorted(one.left_id for one in went) == ["1", "3"]
    assert known(ledger) == {("2", "b", "active")}
    assert (ledger.bases([link]), ledger.conflicts("i"), ledger.waits("i", "m")) == ({}, [], [])
    assert [one.record_id for one in ledger.held_rows("i")] == ["2"]
    with pytest.raises(UserError, match="m: no link of left 1"):
        ledger.remove_links(lease, "m", [("left", "2"), ("left", "1")])
    assert known(ledger) == {("2", "b", "active")}


def test_records_that_a_person_leaves_alone_are_remembered_as_skipped(ledger: Ledger, lease: Lease) -> None:
    ledger.skip_records(lease, "m", [("left", "1"), ("right", "a")], "by hand")
    found = ledger.skips_table("i", "m").sort_by("side").to_pylist()
    assert [(one["side"], one["record_id"], one["why"]) for one in found] == [
        ("left", "1", "by hand"),
        ("right", "a", "by hand"),
    ]


def test_conflicts_are_decided_by_number_all_or_none(ledger: Ledger, lease: Lease) -> None:
    ledger.note(lease, settlement(conflicts=tuple(replace(CONFLICT, key=key) for key in "abc")))
    ledger.decide(lease, {1: "left", 3: "right"})
    assert [one.take for one in ledger.conflicts("i")] == ["left", None, "right"]
    with pytest.raises(UserError, match="no conflict 4, 5 now"):
        ledger.decide(lease, {2: "left", 4: "left", 5: "right"})
    assert ledger.conflicts("i")[1].take is None


def test_nobody_changes_anything_by_hand_while_a_run_is_on(ledger: Ledger, lease: Lease) -> None:
    """The run's lease is taken over; whoever still holds the old one stores nothing."""
    with pytest.raises(LockedError):
        ledger.take_lease("i", "a person", NOW, 60)
    ledger.take_lease("i", "the next run", LATER, 60)
    for change in (
        lambda: ledger.add_links(lease, [row("1", "a")], SOURCES),
        lambda: ledger.skip_records(lease, "m", [("left", "1")], "by hand"),
        lambda: ledger.decide(lease, {}),
        lambda: ledger.remove_links(lease, "m", []),
    ):
        with pytest.raises(LockedError):
            change()
    assert (known(ledger), ledger.skips_table("i", "m").num_rows) == (set(), 0)
