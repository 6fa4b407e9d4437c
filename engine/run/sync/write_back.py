"""Write back: what a target makes of a write, such as a number, a default or a total, goes back in the same run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.run.session.aim import Aim
from engine.run.sync.pipeline import work_off
from engine.run.sync.writing import Run

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.record import Counts
    from engine.run.session.ledger_writer import LedgerWriter
    from engine.run.session.sync_pass import SyncPass


#: A target that answers every write with news of its own is left to the next run.
ROUNDS = 5


def write_back(
    passes: Sequence[SyncPass], again: Callable[[Aim], Sequence[SyncPass]], writer: LedgerWriter
) -> None:
    """Work once more on the records that say something new, as long as there are any; `again` gives the passes."""
    counts, further = passes[0].counts, passes
    for _ in range(ROUNDS):
        new = {
            one.target.name: frozenset(one.learned.to_write_back)
            for one in further
            if one.learned.to_write_back
        }
        if not new:
            return
        further = again(Aim(records=new))
        work_off_again(further, writer, counts)


def work_off_again(passes: Sequence[SyncPass], writer: LedgerWriter, counts: Counts) -> None:
    """Work off records that this run has had in hand already, and add what is written to its counts."""
    mode = Run()
    mode.writer = writer
    work_off(passes, mode)
    _add(counts, passes[0].counts)


def _add(counts: Counts, more: Counts) -> None:
    """What was written; the records themselves have been counted already."""
    for side, number in more.updated.items():
        counts.updated[side] += number
    counts.held += more.held
    counts.conflicts += more.conflicts
