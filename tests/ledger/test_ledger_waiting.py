"""What the ledger keeps of records that wait for another one, and of fields that wait for a person; both ways in."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from engine.ledger import Conflict, HeldRow, Intent, Lease, Settlement, Wait, open_ledger

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.ledger.store import Ledger

NOW, LATER = "2026-03-01T10:00:00Z", "2026-03-02T10:00:00Z"
CONFLICT = Conflict(
    module="m",
    left_id="1",
    right_id="a",
    key="name",
    line="Name <-> name",
    base_left="Acme",
    base_right=None,
    contact=False,
    left="Acme\x00Ltd",
    right=None,
    left_version=NOW,
    right_version=None,
    since=NOW,
    run="r",
    integration="i",
)


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


def settlement(**parts: object) -> Settlement:
    return replace(Settlement(run="r", module="m"), **parts)  # type: ignore[arg-type]  # named by the caller


def wait(record_id: str, root_id: str) -> Wait:
    return Wait(side="left", record_id=record_id, root_module="owners", root_side="right", root_id=root_id)


def pair(left_id: str, right_id: str, **columns: str) -> pa.Table:
    hashes = pa.array([b"0123456789abcdef"], pa.binary())
    row = {"left_id": [left_id], "right_id": [right_id], "left_hash": hashes, "right_hash": hashes}
    return pa.table({**row, **{name: [value] for name, value in columns.items()}})


def test_what_a_record_waits_for_is_replaced_as_a_whole(ledger: Ledger, lease: Lease) -> None:
    ledger.note(lease, settlement(waits=(wait("1", "a"), wait("1", "b"), wait("1", "a"), wait("2", "a"))))
    assert set(ledger.waits("i", "m")) == {wait("1", "a"), wait("1", "b"), wait("2", "a")}
    ledger.note(lease, settlement(waits=(wait("1", "c"),)))
    assert set(ledger.waits("i", "m")) == {wait("1", "c"), wait("2", "a")}
    ledger.note(lease, settlement(unwaits=(("left", "1"), ("right", "2"))))
    assert (ledger.waits("i", "m"), ledger.waits("i", "another")) == ([wait("2", "a")], [])


def test_a_conflict_with_the_same_values_keeps_its_number_its_beginning_and_what_was_decided(
    ledger: Ledger, lease: Lease, place: str
) -> None:
    phone = replace(CONFLICT, key="phone")
    ledger.note(lease, settlement(conflicts=(CONFLICT, phone)))
    assert ledger.conflicts("i") == [replace(CONFLICT, number=1), replace(phone, number=2)]
    decide(place, "number = 1")
    again = replace(CONFLICT, since=LATER, run="r2", left_version=LATER)
    ledger.note(lease, settlement(conflicts=(again, phone)))
    kept = replace(again, number=1, since=NOW, take="right")
    assert ledger.conflicts("i", "m") == [kept, replace(phone, number=2)]
    assert ledger.conflicts("i", "another") == []


@pytest.mark.parametrize("values", [{"left": "Acme"}, {"right": ""}, {"left": None}])
def test_a_conflict_with_other_values_is_another_one_that_nobody_has_decided(
    ledger: Ledger, lease: Lease, place: str, values: dict[str, str | None]
) -> None:
    """Whoever decides by number decides about the values that were shown."""
    ledger.note(lease, settlement(conflicts=(CONFLICT,)))
    decide(place, "number = 1")
    changed = replace(CONFLICT, since=LATER, **values)  # type: ignore[arg-type]  # two of its fields
    ledger.note(lease, settlement(conflicts=(changed,)))
    assert ledger.conflicts("i") == [replace(changed, number=2, since=NOW)]


def test_a_pair_has_the_conflicts_that_were_named_last_and_none_once_it_agrees(
    ledger: Ledger, lease: Lease
) -> None:
    fields = [replace(CONFLICT, key=key) for key in ("name", "phone", "fax")]
    other = replace(CONFLICT, left_id="2", right_id="b")
    ledger.note(lease, settlement(conflicts=(*fields, other)))
    ledger.note(lease, settlement(conflicts=(fields[1],)))
    assert [(one.left_id, one.key) for one in ledger.conflicts("i")] == [("1", "phone"), ("2", "name")]
    ledger.note(lease, settlement(agreed=("1", "7")))
    assert [one.left_id for one in ledger.conflicts("i")] == ["2"]
    ledger.note(lease, settlement(conflicts=(fields[0],)))
    assert [one.number for one in ledger.conflicts("i")] == [4, 5]


def test_a_dropped_link_takes_its_conflicts_along(ledger: Ledger, lease: Lease) -> None:
    (link_id,) = ledger.note(lease, settlement(links=pair("1", "a"), conflicts=(CONFLICT,)))
    other = replace(CONFLICT, left_id="2", right_id="b")
    ledger.note(lease, settlement(dropped=(link_id,), conflicts=(other,)))
    assert [one.left_id for one in ledger.conflicts("i")] == ["2"]


def test_the_links_of_a_run_say_which_record_it_made(ledger: Ledger, lease: Lease) -> None:
    ledger.note(lease, settlement(links=pair("1", "a", made="right")))
    ledger.note(lease, Settlement(run="r", module="other", links=pair("1", "a")))
    ledger.note(lease, Settlement(run="r2", module="m", links=pair("2", "b", made="left")))
    found = ledger.run_links("i", "r").sort_by("link_id").select(["module", "left_id", "made"])
    assert found.to_pylist() == [
        {"module": "m", "left_id": "1", "made": "right"},
        {"module": "other", "left_id": "1", "made": None},
    ]


def test_pairs_that_are_missing_on_a_side_still_count_and_those_that_are_gone_do_not(
    ledger: Ledger, lease: Lease
) -> None:
    states = ("active", "missing-left", "missing-right", "gone-left", "gone-right", "suspended")
    for number, state in enumerate(states):
        ledger.note(lease, settlement(links=pair(str(number), str(number), state=state)))
    assert (ledger.link_count("i", "m"), ledger.link_count("i", "another")) == (3, 0)


def test_a_held_record_is_found_by_its_side_and_id(ledger: Ledger, lease: Lease) -> None:
    held = HeldRow(
        integration="i", module="m", side="left", record_id="7", code="c", message="No.", since=NOW, run="r"
    )
    ledger.note(lease, settlement(held=(held,)))
    assert ledger.held_row("i", "m", "left", "7") == held
    assert ledger.held_row("i", "m", "right", "7") is None


def test_the_writes_of_a_run_are_told_with_what_stood_there_before(ledger: Ledger, lease: Lease) -> None:
    """What undoing needs: for an update all of it, for a create the link is enough."""
    sent, before = pa.table({"name": ["new"]}), pa.table({"name": ["old"]})
    update = Intent(
        run="r", module="m", side="right", kind="update", created=NOW, payload=sent, count=1, before=before
    )
    create = replace(update, kind="create", before=None)
    for intent in (update, create, replace(update, run="r2")):
        ledger.settle(lease, ledger.intend(lease, intent), settlement())
    stored = {"integration": "i", "epoch": lease.epoch, "state": "done"}
    assert ledger.run_intents("i", "r") == [
        replace(update, id=1, **stored),  # type: ignore[arg-type]  # three of its fields
        replace(create, id=2, payload=None, **stored),  # type: ignore[arg-type]  # as above
    ]


def decide(place: str, which: str) -> None:
    """What a person does between two runs."""
    from ledger_place import ask

    ask(place, f"UPDATE conflicts SET take = 'right' WHERE {which}")
