"""Create: make on the target what only the source has, batch by batch."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from engine.ledger import RecordKey, Settlement
from engine.record import Receipt
from engine.run.decide.expected_changes import creates, shown
from engine.run.decide.newcomers import creates_sql
from engine.run.session.batches import batch_size, portions
from engine.run.session.write_columns import SENT, is_remembered
from engine.run.write.after import made
from engine.run.write.door import LOOK_UP_AFTER, Answer, go_on, one_by_one, settle, write
from engine.run.write.judge import CHUNK, judge_newcomers
from engine.run.write.receipts import held_of, ids_of
from engine.run.write.remember import note_refusals
from engine.run.write.settle import associating, new_links

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.record import Outcome
    from engine.run.session.sync_pass import SyncPass
    from engine.run.write.permit import Permit


def create(sync: SyncPass, permit: Permit, *, last: bool = True) -> list[str]:
    """Make the records of `absent` that may be made; answers those that a guard is to be asked about again.

    `last`: it is not asked again in this run; what it refuses is told.
    """
    if not sync.moving:
        return []
    refused = judge_newcomers(sync)
    put_off = [] if last else [*dict.fromkeys(one.notice.record_id for one in refused)]
    if permit.wanted is not None:
        _pick(sync, permit)
    elif last:
        note_refusals(sync, permit.writer, refused)
        sync.counts.held += len({one.notice.record_id for one in refused})
    with sync.ledger.bulk_load(permit.writer.renew()):
        for places in portions(sync, "absent", batch_size(sync)):
            _create_batch(sync, permit, sync.columns.table(creates_sql(sync, *places)))
    return put_off


def _pick(sync: SyncPass, permit: Permit) -> None:
    """Leave in `absent` what the permit picks."""
    made = (change for places in portions(sync, "absent", CHUNK) for change in creates(sync, *places))
    kept = [change.left_id or change.right_id for change in made if permit.picks(change)]
    sync.columns.keep("kept", pa.table({"id": pa.array(kept, pa.string())}))
    sync.columns.run(
        "CREATE OR REPLACE TABLE absent AS SELECT * FROM absent SEMI JOIN kept USING (id) ORDER BY place"
    )
    sync.columns.drop("kept")


def _create_batch(sync: SyncPass, permit: Permit, rows: pa.Table) -> None:
    answer = write(sync, permit, "create", rows)
    whole = answer.whole
    if whole is not None:
        result = made(sync, rows, whole.ids, whole.versions, {})
        if result.lost:
            answer = one_by_one(answer, rows)
            _settle_receipts(sync, permit, answer, rows)
        else:
            settlement = Settlement(
                run=sync.run,
                module=sync.module.name,
                links=new_links(sync, rows, whole.ids, whole.versions, result.unlike),
                associating=associating(sync),
                released=_sources(sync, rows),
            )
            settle(sync, permit, answer, settlement, applied=rows.num_rows, kind="create")
    else:
        _settle_receipts(sync, permit, answer, rows)
    go_on(sync, answer)


def _sources(sync: SyncPass, rows: pa.Table) -> tuple[RecordKey, ...]:
    """Records that may have been held and no longer are; none are listed where nothing is held."""
    held = {row[0] for row in sync.columns.rows("SELECT record_id FROM held")}
    if not held:
        return ()
    return tuple((sync.source.side, one) for one in rows["_source"].to_pylist() if one in held)


def _settle_receipts(sync: SyncPass, permit: Permit, answer: Answer, rows: pa.Table) -> None:
    """Settle a batch of creates whose writes were answered one by one."""
    done, ids, versions = _applied(answer, rows)
    links = None
    if done.num_rows:
        result = made(sync, done, ids, versions, answer.by_op)
        answer = _without(sync, answer, result.lost)
        done, ids, versions = _applied(answer, rows)
        links = new_links(sync, done, ids, versions, result.unlike)
    made_now = set(done["_op"].to_pylist())
    applied = [op in made_now for op in rows["_op"].to_pylist()]
    held = tuple(held_of(sync, row, answer.by_op[row["_op"]]) for row in _refused(rows, applied))
    settlement = Settlement(
        run=sync.run,
        module=sync.module.name,
        links=links,
        associating=associating(sync),
        held=held,
        released=_sources(sync, done),
        intent_state="uncertain" if answer.unknown else "done",
        not_before=sync.clock.text_in(LOOK_UP_AFTER) if answer.unknown else None,
    )
    settle(sync, permit, answer, settlement, applied=done.num_rows, kind="create")
    sync.counts.held += len(held)


def _applied(answer: Answer, rows: pa.Table) -> tuple[pa.Table, pa.Array, pa.Array]:
    """(the rows that were applied, their ids, their versions)."""
    receipts = [answer.by_op[op] for op in rows["_op"].to_pylist()]
    done = [one.outcome == "applied" for one in receipts]
    return rows.filter(pa.array(done, pa.bool_())), *ids_of(
        [one for one in receipts if one.outcome == "applied"]
    )


def _without(sync: SyncPass, answer: Answer, lost: frozenset[str]) -> Answer:
    """The answer, taken back for records that the target does not have although it said that it made them.

    A local target has none of them for certain. Elsewhere they may still turn up, and are looked for by the next run.
    """
    outcome: Outcome = "refused" if sync.target.can.bulk else "unknown"
    words = "it accepted the record and does not have it"
    gone = {
        op: Receipt(op=op, outcome=outcome, code="not-kept", message=words)
        for op, one in answer.by_op.items()
        if one.outcome == "applied" and one.id in lost
    }
    return replace(answer, by_op={**answer.by_op, **gone})


def _refused(rows: pa.Table, applied: Sequence[bool]) -> list[dict[str, Any]]:
    """The records that were not made, each with what was sent."""
    names = [name for name in rows.column_names if name not in SENT and not is_remembered(name)]
    refused = rows.filter(pa.array([not one for one in applied])).to_pylist()
    return [
        {
            **{name: row[name] for name in ("_op", "_source", "_hash", "_label")},
            "_sent": {name: None if row[name] is None else shown(row[name]) for name in names},
        }
        for row in refused
    ]
