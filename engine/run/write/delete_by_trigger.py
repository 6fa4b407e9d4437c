"""Take: what a trigger deletes, right after a look at each record, and remembered so that it is done once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.run.decide.trigger import sift, takes
from engine.run.read.counterparts import pairs
from engine.run.session.batches import batch_size, portions
from engine.run.session.held import report_held
from engine.run.write.delete import delete_batch
from engine.run.write.remember import leave_alone
from engine.run.write.settle import unclear_settlement
from engine.run.write.update import portion_size

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.run.session.ledger_writer import LedgerWriter
    from engine.run.session.pair import Pair
    from engine.run.session.sync_pass import SyncPass


def push_taken(
    sync: SyncPass, writer: LedgerWriter, wanted: Callable[[Pair], bool] = lambda _pair: True
) -> None:
    """Delete the counterparts of `paired`, where a trigger says so; of these only those that are wanted."""
    for first, last in portions(sync, "paired", portion_size(sync)) if takes(sync) else ():
        found, missed = sift(sync, pairs(sync, first, last))
        leave_alone(sync, writer, missed)
        _hold_unreadable(sync, writer, [pair for pair in found if not pair.clear])
        doomed = [pair for pair in found if pair.clear and wanted(pair)]
        for start in range(0, len(doomed), batch_size(sync)):
            delete_batch(sync, writer, doomed[start : start + batch_size(sync)])
            sync.check_stop()


def _hold_unreadable(sync: SyncPass, writer: LedgerWriter, unclear: Sequence[Pair]) -> None:
    settlement = unclear_settlement(sync, unclear)
    if settlement is not None:
        sync.ledger.settle(writer.renew(), None, settlement)
        report_held(sync, settlement.held)
        sync.counts.held += len(settlement.held)
