"""One run per integration at a time, and no write by a run that has lost its turn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from engine.errors import LockedError
from engine.ledger import Intent, Lease, ModuleState, RunRow, Settlement, open_ledger

if TYPE_CHECKING:
    from engine.ledger.store import Ledger

START, SOON, LATE = "2026-03-01T10:00:00Z", "2026-03-01T10:00:30Z", "2026-03-01T10:05:00Z"
TTL_S = 120.0


def links(rows: int) -> pa.Table:
    ids = [str(row) for row in range(rows)]
    hashes = pa.array([b"0123456789abcdef"] * rows)
    return pa.table({"left_id": ids, "right_id": ids, "left_hash": hashes, "right_hash": hashes})


def test_a_second_run_of_the_same_integration_is_refused_and_told_who_runs(place: str) -> None:
    with open_ledger(place) as one, open_ledger(place) as two:
        one.take_lease("books", "host a, process 1", START, TTL_S)
        with pytest.raises(LockedError, match="host a, process 1"):
            two.take_lease("books", "host b", SOON, TTL_S)
        assert two.take_lease("projects", "host b", SOON, TTL_S).epoch == 1


def test_a_released_lease_is_free_at_once_and_its_number_grows(place: str) -> None:
    with open_ledger(place) as one, open_ledger(place) as two:
        one.release(one.take_lease("i", "one", START, TTL_S))
        assert two.lease("i") is None
        assert two.take_lease("i", "two", START, TTL_S).epoch == 2


def test_a_lease_whose_process_has_gone_is_taken_over_before_it_expires(place: str) -> None:
    one = open_ledger(place)
    one.take_lease("i", "one", START, TTL_S)
    one.close()
    with open_ledger(place) as two:
        assert two.take_lease("i", "two", SOON, TTL_S).epoch == 2


def test_releasing_a_lease_that_was_lost_leaves_the_next_one_of_the_same_process_alone(place: str) -> None:
    with open_ledger(place) as one, open_ledger(place) as two:
        old = one.take_lease("i", "one", START, TTL_S)
        one.take_lease("i", "one again", LATE, TTL_S)
        one.release(old)
        with pytest.raises(LockedError, match="one again"):
            two.take_lease("i", "two", LATE, TTL_S)


def test_a_renewed_lease_outlives_its_first_expiry(place: str) -> None:
    with open_ledger(place) as one, open_ledger(place) as two:
        lease = one.renew(one.take_lease("i", "one", START, TTL_S), SOON, 600)
        assert lease.expires == "2026-03-01T10:10:30Z"
        with pytest.raises(LockedError):
            two.take_lease("i", "two", LATE, TTL_S)


def stale_writes(ledger: Ledger, lease: Lease) -> None:
    """Every way to write, each of which must be refused."""
    intent = Intent(run="r", module="m", side="left", kind="create", created=LATE, payload=None, count=0)
    run = RunRow(id="r", integration="i", started=LATE, spec_file="s", plan_fingerprint="p")
    with pytest.raises(LockedError, match="lost its lease"):
        ledger.renew(lease, LATE, TTL_S)
    with pytest.raises(LockedError):
        ledger.start_run(lease, run)
    with pytest.raises(LockedError):
        ledger.end_run(lease, "r", outcome="done", ended=LATE, seconds=1, counts={}, calls={})
    with pytest.raises(LockedError):
        ledger.intend(lease, intent)
    for rows in (3, 6_000):
        with pytest.raises(LockedError):
            ledger.settle(lease, None, Settlement(run="r", module="m", links=links(rows)))
    with pytest.raises(LockedError):
        ledger.finish_module(lease, ModuleState(integration="i", module="m", left_cursor="x"))
    with pytest.raises(LockedError), ledger.bulk_load(lease):
        pytest.fail("a stale run must not take the indexes away")
    with pytest.raises(LockedError):
        ledger.tidy(lease, LATE)


def test_a_frozen_run_that_wakes_up_after_a_takeover_can_write_nothing(place: str) -> None:
    """The holder is alive but its lease expired: another run goes on, and the old one is fenced off."""
    with open_ledger(place) as one, open_ledger(place) as two:
        old = one.take_lease("i", "one", START, TTL_S)
        new = two.take_lease("i", "two", LATE, TTL_S)
        assert (old.epoch, new.epoch) == (1, 2)
        stale_writes(one, old)
        one.release(old)
        assert two.renew(new, LATE, TTL_S).holder == "two"
        assert two.links_table("i", "m").num_rows == 0
        assert (two.runs("i"), two.pending_intents("i"), two.status("i")) == ([], [], [])


def test_a_run_that_never_ended_is_shown_as_interrupted_once_another_has_begun(place: str) -> None:
    with open_ledger(place) as ledger:
        for number in (1, 2):
            lease = ledger.take_lease("i", "me", START, TTL_S)
            row = RunRow(
                id=f"run {number}", integration="i", started=START, spec_file="s", plan_fingerprint="p"
            )
            ledger.start_run(lease, row)
            ledger.release(lease)
        latest, first = ledger.runs("i")
        assert (latest.id, latest.outcome) == ("run 2", None)
        assert (first.id, first.outcome, first.ended) == ("run 1", "interrupted", None)
