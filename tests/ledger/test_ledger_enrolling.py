"""Which records take part because a person said so: kept, changed and forgotten wholly, in either database."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from test_ledger_waiting import NOW

from engine.errors import LockedError
from engine.ledger import Enrolment, HeldRow, LinkRow, Settlement, open_ledger

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.ledger import Lease
    from engine.ledger.store import Ledger

DIG = Enrolment(module="m", side="right", record_id="T1", place={"What.id": "A1"}, at=NOW)
FILL = replace(DIG, record_id="T2", place={})


@pytest.fixture
def ledger(place: str) -> Iterator[Ledger]:
    with open_ledger(place) as opened:
        yield opened


@pytest.fixture
def lease(ledger: Ledger) -> Lease:
    return ledger.take_lease("i", "a test", NOW, 60)


def held(record: str) -> HeldRow:
    return HeldRow(
        integration="i",
        module="m",
        side="right",
        record_id=record,
        code="x",
        message="No.",
        since=NOW,
        run="r",
    )


def test_what_is_enrolled_is_kept_with_its_place_and_by_module(ledger: Ledger, lease: Lease) -> None:
    for one in (DIG, FILL, replace(DIG, module="other")):
        ledger.enrol(lease, one)
    ledger.enrol(lease, replace(DIG, place={"What.id": "Ä 2"}, state="marked"))
    assert ledger.enrolments("i", "m") == [replace(DIG, place={"What.id": "Ä 2"}, state="marked"), FILL]
    assert [one.module for one in ledger.enrolments("i")] == ["m", "other", "m"]
    assert ledger.enrolments("j") == []


def test_enrolling_forgets_a_link_that_leads_nowhere_and_keeps_one_that_is_alive(
    ledger: Ledger, lease: Lease
) -> None:
    rows = [
        LinkRow(module="m", left_id="L1", right_id="T1", state="gone-left"),
        LinkRow(module="m", left_id="L2", right_id="T2"),
    ]
    ledger.add_links(lease, rows, {"m": "right"})
    ledger.skip_records(lease, "m", [("right", "T1"), ("right", "T3")], "x")
    for one in (DIG, FILL):
        ledger.enrol(lease, one)
    assert ledger.links_table("i", "m")["right_id"].to_pylist() == ["T2"]
    assert ledger.skips_table("i", "m")["record_id"].to_pylist() == ["T3"]


def test_taking_out_forgets_the_link_and_what_is_held_of_that_record_alone(
    ledger: Ledger, lease: Lease
) -> None:
    ledger.add_links(
        lease, [LinkRow(module="m", left_id=f"L{nr}", right_id=f"T{nr}") for nr in (1, 2)], {"m": "right"}
    )
    ledger.settle(lease, None, Settlement(run="r", module="m", held=(held("T1"), held("T2"))))
    for one in (DIG, FILL):
        ledger.enrol(lease, one)
    ledger.withdraw(lease, DIG)
    assert ledger.enrolments("i", "m") == [FILL]
    assert ledger.links_table("i", "m", pa.array(["T1", "T2"]), "right")["right_id"].to_pylist() == ["T2"]
    assert [row.record_id for row in ledger.held_rows("i")] == ["T2"]
    assert [one.record_id for one in ledger.waits("i", "m")] == ["T2"]
    ledger.withdraw(lease, DIG)  # nothing is left of it, and that is no error


def test_nobody_enrols_under_a_lease_that_was_lost(ledger: Ledger, lease: Lease) -> None:
    ledger.release(lease)
    ledger.take_lease("i", "another", NOW, 60)
    with pytest.raises(LockedError):
        ledger.enrol(lease, DIG)
    assert ledger.enrolments("i") == []
