"""News: what only a new record itself says, such as its number or its total, goes back within the same run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.run.session.aim import Aim
from engine.run.sync.module import run_module

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.record import Counts
    from engine.run.session.ledger_writer import LedgerWriter
    from engine.run.session.sync_pass import SyncPass


def carry_news(
    passes: Sequence[SyncPass], again: Callable[[Aim], Sequence[SyncPass]], writer: LedgerWriter
) -> None:
    """Look once more at the records that were made with something to say; `again` gives the passes over them."""
    said = {
        one.target.name: frozenset(one.learned.to_write_back) for one in passes if one.learned.to_write_back
    }
    if said:
        further = again(Aim(records=said))
        run_module(further, writer)
        _add(passes[0].counts, further[0].counts)


def _add(counts: Counts, more: Counts) -> None:
    """What was written; the records themselves have been counted already."""
    for side, number in more.updated.items():
        counts.updated[side] += number
    counts.held += more.held
    counts.conflicts += more.conflicts
