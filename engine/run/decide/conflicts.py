"""Conflicts: fields that differ and that only a person may decide, as the ledger keeps them until somebody has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.ledger.model import Conflict
from engine.plan import Trouble
from engine.reconcile import Missing, Seen
from engine.record import SIDES, other
from engine.run.session.held import hold, offending_values
from engine.run.session.pair import left_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.ledger import HeldRow
    from engine.reconcile import FieldDecision
    from engine.run.session.pair import Decided
    from engine.run.session.sync_pass import SyncPass


def disputes(sync: SyncPass, decided: Sequence[Decided]) -> tuple[tuple[HeldRow, ...], tuple[Conflict, ...]]:
    """(the records held for it, every field in conflict) of pairs that a person must look at."""
    open_ = [one for one in decided if one.decision.conflicts]
    fields = tuple(
        _conflict(sync, one, line) for one in open_ for line in one.decision.fields if line.conflict
    )
    return tuple(_held(sync, one) for one in open_), fields


def agreed(sync: SyncPass, decided: Sequence[Decided]) -> tuple[str, ...]:
    """Left ids of pairs that were in conflict and are no longer.

    A field that a side did not show this time is as much in conflict as before.
    """
    quiet = ((left_id(sync, one.pair), one.pair) for one in decided if not one.decision.conflicts)
    return tuple(
        record
        for record, pair in quiet
        if record in sync.shared.disputed
        and not {one.key for one in sync.shared.disputed[record]} & (pair.mine.absent | pair.its.absent)
    )


def _conflict(sync: SyncPass, one: Decided, line: FieldDecision) -> Conflict:
    sides = {sync.source_side: one.pair.mine, other(sync.source_side): one.pair.its}
    left, right = sides["left"], sides["right"]
    bases = {side: (one.bases.get(side) or {}).get(line.key, Missing.NO_BASE) for side in sides}
    return Conflict(
        module=sync.module.name,
        left_id=left.id,
        right_id=right.id,
        key=line.key,
        line=next(plan.line for plan in sync.module.compared if plan.key == line.key),
        base_left=_text(bases["left"]),
        base_right=_text(bases["right"]),
        contact=Missing.NO_BASE in bases.values(),
        left=left.texts.get(line.key),
        right=right.texts.get(line.key),
        left_version=left.version,
        right_version=right.version,
        since=sync.clock.text(),
        run=sync.run,
    )


def _text(value: Seen) -> str | None:
    return None if value is None or isinstance(value, Missing) else str(value)


def _held(sync: SyncPass, one: Decided) -> HeldRow:
    """The pair, held once: by the record of the module's first source."""
    pair = one.pair
    keeper, side = (pair.mine, sync.source_side) if sync.first else (pair.its, sync.target.side)
    lines = {line.key: line.line for line in sync.module.compared}
    named = ", ".join(f"`{lines[key]}`" for key in one.decision.conflicts)
    counterpart = (
        f"{sync.target.name}:{pair.other_id}" if sync.first else f"{sync.source.name}:{pair.mine.id}"
    )
    trouble = Trouble(
        code="conflict",
        message=f"It conflicts with {counterpart} in {named}, and no rule decides which side wins.",
        remedy="Decide with `engine conflicts`, which shows both values, or make the two values equal yourself.",
        place=sync.module.place,
    )
    # Whoever makes them equal on the other side does not touch this record.
    return hold(
        sync,
        keeper.id,
        keeper.label,
        keeper.content,
        trouble,
        temporary=True,
        side=side,
        offending=_both_values(sync, one),
    )


def _both_values(sync: SyncPass, one: Decided) -> dict[str, str | None]:
    """What each side holds in the fields that differ, by side and the field there."""
    sides = {sync.source_side: one.pair.mine, sync.target.side: one.pair.its}
    lines = [line for line in sync.module.compared if line.key in one.decision.conflicts]
    named = [
        (line, f"{side}: {line.line}", sides[side].texts.get(line.key)) for line in lines for side in SIDES
    ]
    values = {name: value for _, name, value in named}
    return offending_values(((line, name) for line, name, _ in named), values)
