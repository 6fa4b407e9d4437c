"""Delete: counterparts of records that are deleted, where the module says `deletes: propagate`.

Whoever edited the counterpart since wins over the deletion.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pyarrow as pa
import simplejson

from engine.event import Noted
from engine.ledger import Settlement
from engine.record import Receipt
from engine.run.decide.expected_changes import delete_change
from engine.run.read.counterparts import fetch
from engine.run.session.batches import batch_size
from engine.run.session.pair import Pair, left_id
from engine.run.write.door import Answer, go_on, settle, write
from engine.run.write.receipts import held_of
from engine.run.write.settle import states_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.run.read.absent_or_deleted import Departed
    from engine.run.session.sync_pass import SyncPass
    from engine.run.write.permit import Permit


def delete(sync: SyncPass, permit: Permit, lost: Departed) -> None:
    """Delete the counterparts of what is gone; remember what is only suspected."""
    edited, doomed = _sifted(sync, lost.gone)
    if permit.wanted is None:
        _note_lost(sync, permit, lost, edited)
    else:
        doomed = [pair for pair in doomed if permit.picks(delete_change(sync, pair))]
    for first in range(0, len(doomed), batch_size(sync)):
        delete_pairs(sync, permit, doomed[first : first + batch_size(sync)])


def _note_lost(sync: SyncPass, permit: Permit, lost: Departed, edited: Sequence[Pair]) -> None:
    """Remember what is suspected, what is gone on both sides, and what stays because somebody edited it."""
    note = [(link, f"missing-{sync.source_side}") for link in lost.suspected]
    note += [(pair.link_id or 0, f"gone-{sync.source_side}") for pair in edited]
    both = tuple(pair.link_id for pair in lost.gone if pair.other is None and pair.link_id is not None)
    if note or both:
        settlement = Settlement(run=sync.run, module=sync.module.name, changes=states_of(note), dropped=both)
        sync.ledger.settle(permit.writer.renew(), None, settlement)
    if edited:
        sync.listen(Noted(module=sync.module.name, message=_kept(sync, len(edited))))
    sync.counts.skip("kept, for their counterpart was edited", len(edited))


def _kept(sync: SyncPass, count: int) -> str:
    records = "record was" if count == 1 else "records were"
    return f"{count} {records} edited in {sync.target.name} after the counterpart was deleted, and stay."


def sifted(sync: SyncPass, gone: Sequence[Pair]) -> list[Pair]:
    """Of what is gone, the pairs whose counterpart is deleted."""
    return _sifted(sync, gone)[1]


def _sifted(sync: SyncPass, gone: Sequence[Pair]) -> tuple[list[Pair], list[Pair]]:
    """(edited since they were last in step, to be deleted). What waits for a decision counts as edited."""
    there = [pair for pair in gone if pair.other is not None]
    if not there:
        return [], []
    ids = pa.array([pair.link_id for pair in there], pa.int64())
    links = sync.ledger.links_table(sync.integration, sync.module.name, ids)
    known = dict(
        zip(links["link_id"].to_pylist(), links[f"{sync.target.side}_hash"].to_pylist(), strict=True)
    )
    same = [
        pair.other is not None
        and pair.other.content == known.get(pair.link_id)
        and left_id(sync, pair) not in sync.shared.disputed
        for pair in there
    ]
    return (
        [pair for pair, is_same in zip(there, same, strict=True) if not is_same],
        [pair for pair, is_same in zip(there, same, strict=True) if is_same],
    )


def delete_pairs(sync: SyncPass, permit: Permit, doomed: Sequence[Pair]) -> None:
    """Journal, delete and settle one batch. A pair without a link gets one that says that its record is gone."""
    rows = pa.table(
        {
            "_op": pa.array([f"delete/{pair.other_id}" for pair in doomed], pa.string()),
            "_id": pa.array([pair.other_id for pair in doomed], pa.string()),
            "_version": pa.array(
                [pair.other.version if pair.other else None for pair in doomed], pa.string()
            ),
            "_source": pa.array([pair.mine.id for pair in doomed], pa.string()),
        }
    )
    before = pa.table({"_op": rows["_op"], "before": pa.array(list(_images(doomed)), pa.string())})
    answer = write(sync, permit, "delete", rows, before=before)
    answer = heed_what_stays(sync, answer)
    done = [pair for pair in doomed if answer.by_op[f"delete/{pair.other_id}"].outcome in ("applied", "gone")]
    deleted = {pair.other_id for pair in done}
    failed = [pair for pair in doomed if pair.other_id not in deleted]
    held = tuple(
        held_of(
            sync,
            {
                "_source": pair.mine.id,
                "_hash": None,
                "_label": pair.other.label if pair.other else None,
            },
            answer.by_op[f"delete/{pair.other_id}"],
        )
        for pair in failed
    )
    settlement = Settlement(
        run=sync.run,
        module=sync.module.name,
        links=_ended(sync, [pair for pair in done if pair.link_id is None]),
        dropped=tuple(pair.link_id for pair in done if pair.link_id is not None),
        changes=states_of(
            [(pair.link_id, f"missing-{sync.source_side}") for pair in failed if pair.link_id is not None]
        ),
        held=held,
        released=tuple((sync.source_side, pair.mine.id) for pair in done),
        intent_state="uncertain" if answer.unknown else "done",
    )
    settle(sync, permit, answer, settlement, applied=len(done), kind="delete")
    sync.counts.held += len(held)
    go_on(sync, answer)


def heed_what_stays(sync: SyncPass, answer: Answer) -> Answer:
    """The answer, taken back for records that the target still has although it said that it deleted them."""
    said = {
        op.removeprefix("delete/"): op
        for op, one in answer.by_op.items()
        if one.outcome in ("applied", "gone")
    }
    if not sync.target.tells or not said:
        return answer
    words = "it accepted the deletion and still has the record"
    stay = {
        said[record]: Receipt(op=said[record], outcome="refused", code="not-kept", message=words)
        for record in fetch(sync, list(said), into="after")
    }
    return replace(answer, by_op={**answer.by_op, **stay})


def _ended(sync: SyncPass, done: Sequence[Pair]) -> pa.Table | None:
    """Links that remember what a trigger has deleted."""
    if not done:
        return None
    by_side = {
        sync.source_side: [(pair.mine.id, pair.mine.content) for pair in done],
        sync.target.side: [(pair.other_id, pair.its.content) for pair in done],
    }
    columns: dict[str, pa.Array] = {}
    for side, records in by_side.items():
        columns[f"{side}_id"] = pa.array([record for record, _ in records], pa.string())
        columns[f"{side}_hash"] = pa.array([content for _, content in records], pa.binary())
    state = pa.repeat(pa.scalar(f"gone-{sync.target.side}", pa.string()), len(done))
    return pa.table({**columns, "state": state})


def _images(doomed: Sequence[Pair]) -> Iterator[str]:
    for pair in doomed:
        yield simplejson.dumps(pair.other.texts if pair.other else {})
