"""Recorded: one run in the history, from its lease to its last line, whatever it does in between."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from engine.ledger import RunOutcome, RunRow, open_ledger
from engine.run.session.history import holder, outcome_of, run_id, sentence_of
from engine.run.session.ledger_writer import Clock, LedgerWriter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.plan import Plan
    from engine.record import Counts
    from engine.run.session.run_request import RunRequest

LEASE_S = 180.0


@dataclass(slots=True, kw_only=True)
class RunRecord:
    """What a run has counted so far, so that one that ends early still leaves its counts."""

    run: str
    writer: LedgerWriter
    started: float = field(default_factory=time.monotonic)
    counts: dict[str, Counts] = field(default_factory=dict)  #: by module, or by step
    calls: dict[str, int] = field(default_factory=dict)  #: requests by system
    outcome: RunOutcome = "done"

    @property
    def seconds(self) -> float:
        """Since it began."""
        return time.monotonic() - self.started


@contextmanager
def leased(plan: Plan, request: RunRequest) -> Iterator[LedgerWriter]:
    """The lease of the integration, and the right to write that comes with it. Raises LockedError while a run is on."""
    request.folder.mkdir(parents=True, exist_ok=True)
    clock = Clock(now=request.now)
    with open_ledger(request.ledger_url) as ledger:
        lease = ledger.take_lease(plan.name, holder(), clock.text(), LEASE_S)
        writer = LedgerWriter(ledger=ledger, lease=lease, clock=clock, ttl_s=LEASE_S)
        try:
            yield writer
        finally:
            ledger.release(writer.lease)


@contextmanager
def recorded(plan: Plan, writer: LedgerWriter) -> Iterator[RunRecord]:
    """A run that the history shows, with its outcome and what it has counted however it ends."""
    record = RunRecord(run=run_id(writer.clock), writer=writer)
    row = RunRow(
        id=record.run,
        integration=plan.name,
        started=writer.clock.text(),
        spec_file=plan.file,
        plan_fingerprint=plan.fingerprint,
    )
    writer.ledger.start_run(writer.renew(), row)
    try:
        yield record
    except BaseException as error:
        _end(record, outcome_of(error), sentence_of(error))
        raise
    _end(record, record.outcome, None)


def _end(record: RunRecord, outcome: RunOutcome, error: str | None) -> None:
    writer = record.writer
    writer.ledger.end_run(
        writer.renew(),
        record.run,
        outcome=outcome,
        ended=writer.clock.text(),
        seconds=round(record.seconds, 3),
        counts={name: counts.as_json() for name, counts in record.counts.items()},
        calls=record.calls,
        error=error,
    )
