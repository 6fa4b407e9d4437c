"""How runs are named: warm runs of one second, on many machines, never share an id."""

from __future__ import annotations

from datetime import UTC, datetime

from engine.run.session.history import run_id
from engine.run.session.ledger_writer import Clock


def test_ten_thousand_runs_of_one_second_have_ids_of_their_own_that_sort_by_time() -> None:
    clock = Clock(now=lambda: datetime(2026, 12, 1, 8, 0, 0, tzinfo=UTC))
    later = Clock(now=lambda: datetime(2026, 12, 1, 8, 0, 1, tzinfo=UTC))
    ids = {run_id(clock) for _ in range(10_000)}
    assert len(ids) == 10_000
    assert max(ids) < run_id(later)
