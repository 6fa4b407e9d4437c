"""Held before: what the ledger knows about held and skipped records, and which of the held ones are tried again now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from engine.record import other
from engine.run.read.enrolled import due_by_enrolment
from engine.run.read.referred import due_by_reference
from engine.run.read.requested import admitted
from engine.run.read.waits import due_by_waits
from engine.run.session.demands import demands_of
from engine.run.session.held import GUARDED, REFUSALS
from engine.run.session.tables import HELD, SKIPS

if TYPE_CHECKING:
    from engine.ledger import HeldRow
    from engine.run.session.sync_pass import SyncPass

HELD_COLUMNS = pa.schema(
    [("record_id", pa.string()), ("content_hash", pa.binary()), ("waits", pa.bool_()), ("code", pa.string())]
)
SKIPS_COLUMNS = pa.schema([("record_id", pa.string()), ("other_id", pa.string())])


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldBefore:
    """Who of the source was held when the pass began, and who is read whatever a window shows."""

    waiting: frozenset[str]  #: held, and not tried again while they look the same
    due: frozenset[str]  #: to be fetched although nothing says that they changed
    requested: frozenset[str]  #: come over although no saved view shows them: somebody asked for them


def held_before(sync: SyncPass, *, whole: bool) -> HeldBefore:
    """Held is retried when the record or the plan changed, by back-off, or where everything is read again."""
    rows = _held_rows(sync)
    now, view = sync.clock.text(), sync.source.saved_view is not None
    due = {row.record_id for row in rows if _is_due(sync, row, now)} | set(due_by_waits(sync))
    requested: frozenset[str] = frozenset()
    if view or not whole:
        requested = frozenset(due_by_reference(sync) | (admitted(sync) if view else set()))
    waiting = frozenset(row.record_id for row in rows) - due
    due |= due_by_enrolment(sync) - waiting
    _show(sync, rows, waiting)
    # All that is held was read with everything else, unless it comes from outside the saved view.
    return HeldBefore(waiting=waiting, due=requested if whole else requested | due, requested=requested)


def held_beside(sync: SyncPass, only: frozenset[str]) -> HeldBefore:
    """The same for single records: those that are asked for, and those that others bring along, are tried."""
    rows = _held_rows(sync)
    requested = only | due_by_reference(sync)
    waiting = frozenset(row.record_id for row in rows) - requested
    _show(sync, rows, waiting)
    return HeldBefore(waiting=waiting, due=requested, requested=requested)


def _held_rows(sync: SyncPass) -> list[HeldRow]:
    known = sync.ledger.held_rows(sync.integration, sync.module.name)
    rows = [row for row in known if row.side == sync.source_side]
    sync.learned.attempts.update({row.record_id: row.attempts for row in rows})
    return rows


def _is_due(sync: SyncPass, row: HeldRow, now: str) -> bool:
    if row.code == "unconfirmed":
        return False  # its intent decides, by a look at the target at the start of a run
    if _is_asked_for(sync, row) or _has_changed(sync, row):
        return True
    return row.next_try <= now if row.next_try is not None else row.temporary


def _is_asked_for(sync: SyncPass, row: HeldRow) -> bool:
    """Whether a person wants it to be tried, by name, with everything else, or by a decision about its conflict."""
    if sync.aim is not None and row.record_id in sync.aim.retried.get(sync.module.name, ()):
        return True
    if row.code == "conflict":
        return any(one.take for one in sync.shared.disputed.get(row.record_id, ()))
    return sync.whole


def _has_changed(sync: SyncPass, row: HeldRow) -> bool:
    """Whether the spec, or what its system asks of records, is not what it was; a guard may look at anything."""
    if row.plan_fingerprint != sync.module.fingerprint or row.code == GUARDED:
        return True
    return row.code in REFUSALS and row.demands != demands_of(sync, other(row.side))


def _show(sync: SyncPass, held: list[HeldRow], waiting: frozenset[str]) -> None:
    """Held and skipped records as tables."""
    rows = [
        {
            "record_id": row.record_id,
            "content_hash": row.content_hash,
            "waits": row.record_id in waiting,
            "code": row.code,
        }
        for row in held
    ]
    sync.columns.keep(HELD, pa.Table.from_pylist(rows, schema=HELD_COLUMNS))
    skips = sync.ledger.skips_table(sync.integration, sync.module.name)
    mine = skips.filter(pc.equal(skips["side"], sync.source_side)).select(SKIPS_COLUMNS.names)
    sync.columns.keep(SKIPS, mine.cast(SKIPS_COLUMNS))
