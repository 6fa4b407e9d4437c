"""Receipts: what a system answered, as links, held records and accepted values."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from engine.catalog import HIDDEN
from engine.connectors.read_port import Page
from engine.plan import Trouble
from engine.run.read.computed_fields import add_computed
from engine.run.read.text_columns import text_columns
from engine.run.session.held import cut, hold, offending_values

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from engine.ledger import HeldRow
    from engine.plan import FieldPlan
    from engine.record import Receipt
    from engine.run.session.sync_pass import SyncPass

#: Values that are shown of a write that was refused, and characters of its system's own words.
_MOST, _LONGEST = 5, 1_000
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
    "refused": "Correct the record, or change what its system demands; it is retried once either has changed, "
    "after a day, by `engine run --full` and by `engine retry`.",
    "unknown": "Nothing to do: the next run looks whether the record is there before it is sent again.",
    "retry": "Nothing to do: it is tried again.",
}


def ids_of(receipts: Sequence[Receipt]) -> tuple[pa.Array, pa.Array]:
    """Ids and versions after the write, in order."""
    ids = pa.array([receipt.id for receipt in receipts], pa.string())
    return ids, pa.array([receipt.version for receipt in receipts], pa.string())


def held_of(sync: SyncPass, row: Mapping[str, Any], receipt: Receipt) -> HeldRow:
    """The record behind a write that was not applied, held with the system's own words.

    `row` names it, and under `_sent` what was sent, by the target's field names.
    """
    code, words = _WORDS[receipt.outcome]
    if code == "unconfirmed" and not receipt.op.startswith("create/"):
        code = "unconfirmed-change"  # needs no look-up: the record is read again and found equal or not
    sent: Mapping[str, str | None] = row.get("_sent") or {}
    lines = _by_name(sync)
    detail = ": ".join(part for part in (receipt.code, receipt.message) if part)
    detail = _readable(detail, sent, {name for line, name in lines if line.sensitive})
    trouble = Trouble(
        code=code,
        message=f"{sync.target.system} {words}" + (f" ({detail})." if detail else "."),
        remedy=receipt.remedy or _REMEDIES.get(receipt.outcome),
        place=sync.module.place,
    )
    refused = receipt.outcome == "refused"
    return hold(
        sync,
        row["_source"],
        row["_label"],
        row["_hash"],
        trouble,
        temporary=not refused,
        offending=offending_values(lines, _meant(detail, sent)) if refused else None,
    )


def _by_name(sync: SyncPass) -> list[tuple[FieldPlan, str]]:
    """The lines that write the target, with each field that they write."""
    side = sync.target.side
    lines = [line for line in sync.module.fields if side in line.writes]
    return [(line, one.to) for line in lines for one in line.writes[side].fields]


def _meant(words: str, sent: Mapping[str, str | None]) -> Mapping[str, str | None]:
    """Of what was sent the fields that the system names, else the first of those that have a value."""
    named = {
        name: value for name, value in sent.items() if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", words)
    }
    given = [(name, value) for name, value in sent.items() if value is not None]
    return named or dict(given[:_MOST])


def _readable(words: str, sent: Mapping[str, str | None], hidden: Collection[str]) -> str:
    """A system's words without the long and the sensitive values that it repeats."""
    for name, value in sent.items():
        shown = HIDDEN if name in hidden else cut(value)
        if value and shown is not None and shown != value:
            words = words.replace(value, shown)
    return words if len(words) <= _LONGEST else f"{words[: _LONGEST - 1]}…"


def accepted_page(sync: SyncPass, told: Sequence[Receipt]) -> pa.Table:
    """The target's records as its answers show them, staged for its lens."""
    side = sync.target
    page = Page(records=[dict(receipt.accepted or {}) for receipt in told])
    return add_computed(text_columns(page, side, side.reads), page, sync.computed[side.side])
