"""Take: what a trigger deletes, right after a look at each record, and remembered so that it is done once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.run.decide.compare import pairs, portions
from engine.run.decide.trigger import leave_alone, sift, takes
from engine.run.write.delete import delete_batch
from engine.run.write.settle import unclear_settlement
from engine.run.write.update import portion_size
from engine.run.write.write import batch_size, tell

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.run.decide.compare import Pair
    from engine.run.session.sync_pass import Pen, Work


def push_taken(work: Work, pen: Pen, wanted: Callable[[Pair], bool] = lambda _pair: True) -> None:
    """Delete the counterparts of `paired`, where a trigger says so; of these only those that are wanted."""
    for first, last in portions(work, "paired", portion_size(work)) if takes(work) else ():
        found, missed = sift(work, pairs(work, first, last))
        leave_alone(work, pen, missed)
        _hold_unreadable(work, pen, [pair for pair in found if not pair.clear])
        doomed = [pair for pair in found if pair.clear and wanted(pair)]
        for start in range(0, len(doomed), batch_size(work)):
            delete_batch(work, pen, doomed[start : start + batch_size(work)])
            work.heed_stop()


def _hold_unreadable(work: Work, pen: Pen, unclear: Sequence[Pair]) -> None:
    settlement = unclear_settlement(work, unclear)
    if settlement is not None:
        work.ledger.settle(pen.keep(), None, settlement)
        tell(work, settlement.held)
        work.counts.held += len(settlement.held)
