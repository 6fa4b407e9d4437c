"""Withdrawn: records that a person took out of a module lose their mark, and their counterparts may be deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from engine.event import Noted
from engine.run.read.counterparts import fetch
from engine.run.read.enrolled import leaving
from engine.run.session.pair import LIVE, Pair, Shown
from engine.run.write.delete import delete_pairs, sifted
from engine.run.write.mark import unmark

if TYPE_CHECKING:
    from engine.ledger import Enrolment
    from engine.run.session.sync_pass import SyncPass
    from engine.run.write.permit import Permit


def take_out(sync: SyncPass, permit: Permit, ordered: Enrolment | None = None) -> None:
    """Forget what is leaving, once its mark is off and its counterpart deleted, where deletions are carried over.

    A deletion that is refused is tried by the next run. A counterpart that somebody has edited stays, except that of
    the record that a person takes out right now.
    """
    several = leaving(sync) if ordered is None else [ordered]
    for one in several:
        unmark(sync, permit, one)
        pair = _pair(sync, one) if sync.module.deletes == "propagate" else None
        if pair is not None and ordered is None and not sifted(sync, [pair]):
            words = (
                f"{sync.target.name}:{pair.other_id} was edited after its deletion was ordered, and stays."
            )
            sync.listen(Noted(module=sync.module.name, message=words))
            pair = None
        elif pair is not None:
            delete_pairs(sync, permit, [pair])
        if pair is None or _pair(sync, one) is None:
            permit.writer.ledger.withdraw(permit.writer.renew(), one)


def _pair(sync: SyncPass, one: Enrolment) -> Pair | None:
    """The record and its counterpart; None where that is gone already."""
    ids = pa.array([one.record_id], pa.string())
    links = sync.ledger.links_table(sync.integration, sync.module.name, ids, sync.source_side).to_pylist()
    row = next((row for row in links if row["state"] in LIVE), None)
    if row is None:
        return None
    record = str(row[f"{sync.target.side}_id"])
    there = fetch(sync, [record]).get(record)
    if there is None:
        return None
    mine = Shown(id=one.record_id, version=None, texts={}, content=b"", label=None)
    return Pair(link_id=row["link_id"], mine=mine, other_id=record, other=there)
