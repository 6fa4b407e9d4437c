"""Create: make on the target what only the source has, batch by batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from engine.ledger import RecordKey, Settlement
from engine.run.decide.expected_changes import creates, shown
from engine.run.decide.newcomers import creates_sql
from engine.run.session.batches import batch_size, portions
from engine.run.session.write_columns import SENT, is_remembered
from engine.run.write.after import made
from engine.run.write.door import LOOK_UP_AFTER, Answer, go_on, settle, write
from engine.run.write.judge import CHUNK, judge_newcomers
from engine.run.write.receipts import held_of, ids_of
from engine.run.write.remember import note_refusals
from engine.run.write.settle import associating, new_links

if TYPE_CHECKING:
    from collections.abc import Sequence

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
    if answer.whole is not None:
        ids, versions = answer.whole.ids, answer.whole.versions
        settlement = Settlement(
            run=sync.run,
            module=sync.module.name,
            links=new_links(sync, rows, ids, versions, made(sync, rows, ids, versions, {})),
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
    by_op = answer.by_op
    applied = [by_op[op].outcome == "applied" for op in rows["_op"].to_pylist()]
    done = rows.filter(pa.array(applied))
    held = tuple(held_of(sync, row, by_op[row["_op"]]) for row in _refused(rows, applied))
    links = None
    if done.num_rows:
        ids, versions = ids_of([by_op[op] for op in done["_op"].to_pylist()])
        links = new_links(sync, done, ids, versions, made(sync, done, ids, versions, by_op))
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
