"""Delete by trigger: right after a look at each record, and remembered so that it is done once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.run.decide.expected_changes import delete_change
from engine.run.session.batches import batch_size
from engine.run.session.held import report_held
from engine.run.write.delete import delete_pairs
from engine.run.write.settle import unclear_settlement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.run.session.pair import Pair
    from engine.run.session.sync_pass import SyncPass
    from engine.run.write.permit import Permit


def delete_by_trigger(sync: SyncPass, permit: Permit, found: Sequence[Pair]) -> None:
    """Delete the counterparts of these pairs; one that cannot be read is held."""
    _hold_unreadable(sync, permit, [pair for pair in found if not pair.clear])
    doomed = [pair for pair in found if pair.clear and permit.picks(delete_change(sync, pair))]
    for start in range(0, len(doomed), batch_size(sync)):
        delete_pairs(sync, permit, doomed[start : start + batch_size(sync)])


def _hold_unreadable(sync: SyncPass, permit: Permit, unclear: Sequence[Pair]) -> None:
    settlement = unclear_settlement(sync, unclear)
    if settlement is not None:
        sync.ledger.settle(permit.writer.renew(), None, settlement)
        report_held(sync, settlement.held)
        sync.counts.held += len(settlement.held)
