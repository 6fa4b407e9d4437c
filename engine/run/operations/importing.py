"""Importing: links that an older integration has left in a field become links of a module."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.ledger import AlreadyLinked, LinkRow
from engine.record import other
from engine.run.operations.stage_progress import Doing, StepDone, StepSeen
from engine.run.read.chosen import present

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.plan.lifecycle import StepPlan
    from engine.record import Side
    from engine.run.read.chosen import One, Room

#: Why records are left alone that a migration does not move.
LEFT_BEHIND = "the older integration has it, and it was not moved to this one"


def importable(room: Room, step: StepPlan, found: Sequence[One]) -> StepSeen:
    """Of the records that the older integration has linked, those that move, and those that do not.

    Raises AlreadyLinked where one of them has another link.
    """
    moving = [one for one in found if one.chosen]
    there = present(room, step.other, [one.other or "" for one in moving]) if step.other else set()
    records = tuple(one for one in moving if one.other in there)
    _refuse_clashes(room, [_link(step, one) for one in records])
    return StepSeen(
        step=step,
        records=records,
        left=tuple(one for one in found if not one.chosen),
        lost=tuple(one for one in moving if one.other not in there),
    )


def _refuse_clashes(room: Room, rows: Sequence[LinkRow]) -> None:
    """Raises AlreadyLinked naming every link that is in the way of another one."""
    ends: dict[tuple[Side, str], LinkRow] = {}
    for module in {row.module for row in rows}:
        known = room.ledger.links_table(room.plan.name, module, columns=("left_id", "right_id", "state"))
        for one in known.to_pylist():
            _take(ends, LinkRow(module=module, **one))
    clashes = []
    for row in rows:
        met = [ends.get(("left", row.left_id)), ends.get(("right", row.right_id))]
        clashes += [
            (row, one)
            for one in dict.fromkeys(met)
            if one is not None and (one.left_id, one.right_id) != (row.left_id, row.right_id)
        ]
        _take(ends, row)
    if clashes:
        raise AlreadyLinked(clashes)


def _take(ends: dict[tuple[Side, str], LinkRow], row: LinkRow) -> None:
    ends.setdefault(("left", row.left_id), row)
    ends.setdefault(("right", row.right_id), row)


def take_over(doing: Doing, seen: StepSeen) -> StepDone:
    """Link what the older integration has linked; what it does not move is left alone on both sides."""
    step, ledger = seen.step, doing.room.ledger
    side, module = step.side or "right", step.module or ""
    rows = [_link(step, one) for one in seen.records]
    new = ledger.add_links(doing.lease(), rows, {module: step.source or "left"})
    aside = [(side, one.id) for one in seen.left] + [(other(side), one.other or "") for one in seen.left]
    ledger.skip_records(doing.lease(), module, aside, LEFT_BEHIND)
    return StepDone(step=step, records=len(new), refused=tuple(_unlinked(seen)))


def _link(step: StepPlan, one: One) -> LinkRow:
    mine, its = one.id, one.other or ""
    left, right = (mine, its) if step.side == "left" else (its, mine)
    return LinkRow(module=step.module or "", left_id=left, right_id=right)


def _unlinked(seen: StepSeen) -> Iterator[tuple[str, str]]:
    where = seen.step.other
    for one in seen.lost:
        there = f"{where.system}.{where.stream}" if where else "the other system"
        yield f"{one.label} ({one.id})", f"{there} has no record {one.other}, so it is not linked."
