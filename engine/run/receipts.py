"""Receipts: what a system answered, as links, held records and accepted values."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from engine.connectors.port import Page
from engine.ledger import HeldRow
from engine.run.slow import add_slow
from engine.run.stage import stage

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.record import Receipt
    from engine.run.work import Work

#: First wait of a record whose trouble is temporary; doubled with every attempt up to the longest.
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=6)

_WORDS = {
    "refused": ("refused", "refused the record"),
    "stale": ("changed-meanwhile", "says that the record was changed in the meantime"),
    "gone": ("gone", "no longer has the record"),
    "unknown": ("unconfirmed", "did not confirm the write; it may or may not have been applied"),
    "retry": ("try-later", "could not take the record now"),
}
_REMEDIES = {
    "stale": "Nothing to do: the next run reads it again and decides anew.",
    "gone": "Restore it there, or remove its link; it is not made again by itself.",
    "refused": "Correct the record; it is tried again by itself once it has changed.",
    "unknown": "Nothing to do: the next run looks whether the record is there before it is sent again.",
    "retry": "Nothing to do: it is tried again.",
}


def ids_of(receipts: Sequence[Receipt]) -> tuple[pa.Array, pa.Array]:
    """Ids and versions after the write, in order."""
    ids = pa.array([receipt.id for receipt in receipts], pa.string())
    return ids, pa.array([receipt.version for receipt in receipts], pa.string())


def held_of(work: Work, row: Mapping[str, Any], receipt: Receipt) -> HeldRow:
    """The record behind a write that was not applied, held with the system's own words."""
    code, words = _WORDS[receipt.outcome]
    if code == "unconfirmed" and not receipt.op.startswith("create/"):
        code = "unconfirmed-change"  # needs no look-up: the record is read again and found equal or not
    temporary = receipt.outcome != "refused"
    detail = ": ".join(part for part in (receipt.code, receipt.message) if part)
    return HeldRow(
        integration=work.integration,
        module=work.module.name,
        side=work.source.side,
        record_id=row["_source"],
        code=code,
        message=f"{work.target.system} {words}" + (f" ({detail})." if detail else "."),
        remedy=receipt.remedy or _REMEDIES.get(receipt.outcome),
        label=row["_label"],
        place=work.module.place,
        temporary=temporary,
        next_try=next_try(work, row["_source"]) if temporary else None,
        content_hash=row["_hash"],
        plan_fingerprint=work.module.fingerprint,
        since=work.clock.text(),
        run=work.run,
    )


def next_try(work: Work, record: str) -> str:
    """When a temporary trouble of a source record deserves another attempt."""
    doublings = min(work.attempts.get(record, 0), 10)
    wait: timedelta = min(FIRST_WAIT * 2**doublings, LONGEST_WAIT)
    return (work.clock.now() + wait).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def accepted_snapshots(
    work: Work, by_op: Mapping[str, Receipt], ops: Sequence[str]
) -> dict[str, tuple[str, bytes]] | None:
    """Op -> (snapshot, hash) of what the target says it now holds; None when it does not show its records.

    What a target accepts may differ from what was sent: trimmed, rounded, re-cased. Its own base must hold what
    it shows, or the difference would look like somebody's edit.
    """
    shown = {by_op[op].id: op for op in ops if by_op[op].accepted is not None}
    if not shown:
        return None
    side, functions = work.target, work.slow[work.target.side]
    page = Page(records=[dict(by_op[op].accepted or {}) for op in shown.values()])
    work.columns.show("page", add_slow(stage(page, side, side.reads), page, functions))
    rows = work.columns.rows(
        f"SELECT w.id, {work.module.snapshot}, w.hash FROM ({side.lens}) AS w WHERE w.trouble IS NULL"
    )
    work.columns.hide("page")
    return {shown[record]: (snapshot, content) for record, snapshot, content in rows if record in shown}
