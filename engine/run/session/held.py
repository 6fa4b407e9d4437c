"""Held: a record that cannot be synced now, and when it is retried: by back-off, or once it or the plan changed."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

from engine.catalog import HIDDEN, SHOWN
from engine.event import RecordHeld
from engine.ledger import HeldRow
from engine.record import Held, other
from engine.run.session.demands import demands_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from engine.plan import FieldPlan, Trouble
    from engine.record import Side
    from engine.run.session.sync_pass import SyncPass

#: First wait of a record whose trouble is temporary; doubled with every attempt up to the longest.
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=6)
#: Asked again by every run, for what it looks at may have changed.
GUARDED = "guarded"
#: Why a write was not applied that nothing here has to do with: the target's rules, which may change.
REFUSALS = ("refused", "not-kept")
#: Wait after such a write although the target tells of no change of its rules: not everything can be told.
REFUSED_WAIT = timedelta(days=1)


def hold(
    sync: SyncPass,
    record: str,
    label: str | None,
    content: bytes | None,
    trouble: Trouble,
    *,
    temporary: bool = False,
    side: Side | None = None,
    offending: Mapping[str, str | None] | None = None,
) -> HeldRow:
    """A record of the source (or of `side`) with its trouble.

    `content`: the hash of what it looked like; it is retried when that changes and when the plan changes; if its system
    refused it, when that demands something else, and after a day; if a guard did, by every run; and, if the trouble is
    temporary, after a wait that grows with the attempts.
    `offending`: the values that it is held for, by field.
    """
    return HeldRow(
        integration=sync.integration,
        module=sync.module.name,
        side=side or sync.source_side,
        record_id=record,
        code=trouble.code,
        message=trouble.message,
        remedy=trouble.remedy,
        label=label,
        place=trouble.place,
        temporary=temporary,
        next_try=_next_try(sync, record, trouble, temporary=temporary),
        content_hash=content,
        plan_fingerprint=sync.module.fingerprint,
        demands=demands_of(sync, other(side or sync.source_side)) if trouble.code in REFUSALS else None,
        since=sync.clock.text(),
        run=sync.run,
        offending={name: cut(value) for name, value in (offending or {}).items()},
    )


def cut(value: str | None) -> str | None:
    """A value as far as it is shown."""
    return value if value is None or len(value) <= SHOWN else f"{value[: SHOWN - 1]}…"


def offending_values(
    lines: Iterable[tuple[FieldPlan, str]], values: Mapping[str, str | None]
) -> dict[str, str | None]:
    """Values by name as they may be shown; `lines`: with the name of the value that each line gives."""
    hidden = {name for line, name in lines if line.sensitive}
    return {name: HIDDEN if name in hidden else cut(value) for name, value in values.items()}


def offending_of(told: str | None) -> dict[str, str | None]:
    """What a lens says that a record is held for."""
    found: dict[str, str | None] = json.loads(told) if told else {}
    return found


def _next_try(sync: SyncPass, record: str, trouble: Trouble, *, temporary: bool) -> str | None:
    if not temporary:
        return sync.clock.text_in(REFUSED_WAIT) if trouble.code in REFUSALS else None
    if trouble.code == GUARDED:
        return None
    doublings = min(sync.learned.attempts.get(record, 0), 10)
    return sync.clock.text_in(min(FIRST_WAIT * 2**doublings, LONGEST_WAIT))


def as_held(row: HeldRow) -> Held:
    """A kept row as the plain value that reports show."""
    return Held(
        side=row.side,
        id=row.record_id,
        code=row.code,
        message=row.message,
        remedy=row.remedy,
        temporary=row.temporary,
        label=row.label,
        place=row.place,
        offending=row.offending,
    )


def report_held(sync: SyncPass, held: Iterable[HeldRow]) -> None:
    """Say which records are held."""
    for row in held:
        sync.listen(RecordHeld(module=sync.module.name, held=as_held(row)))
