"""Write back: what only a new record itself says, such as its number, goes to its source in the same run."""

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


def write_back(
    passes: Sequence[SyncPass], again: Callable[[Aim], Sequence[SyncPass]], writer: LedgerWriter
) -> None:
    """Work once more on the records that were made and say something new; `again` gives the passes over them."""
    made = {
        one.target.name: frozenset(one.learned.to_write_back) for one in passes if one.learned.to_write_back
    }
    if made:
        further, mode = again(Aim(records=made)), Run()
        mode.writer = writer
        work_off(further, mode)
        _add(passes[0].counts, further[0].counts)


def _add(counts: Counts, more: Counts) -> None:
    """What was written; the records themselves have been counted already."""
    for side, number in more.updated.items():
        counts.updated[side] += number
    counts.held += more.held
    counts.conflicts += more.conflicts
