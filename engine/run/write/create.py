"""Push: make on the target what is only on the source, batch by batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from engine.ledger import RecordKey, Settlement
from engine.run.decide.compare import portions
from engine.run.pair.quota import given
from engine.run.read.enrolled import placed
from engine.run.write.after import made
from engine.run.write.receipts import held_of, ids_of
from engine.run.write.settle import associating, new_links
from engine.run.write.write import SETTLE, Answer, batch_size, settle, write

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.run.session.sync_pass import Pen, Work


def push_creates(work: Work, pen: Pen) -> None:
    """Make the records of `absent` on the target."""
    for first, last in portions(work, "absent", batch_size(work)):
        _create_batch(work, pen, work.columns.table(creates_sql(work, first, last)))
        work.heed_stop()


def creates_sql(work: Work, first: int, last: int) -> str:
    """What is sent for the records of `absent` between two places, beside what is remembered of them."""
    target = work.target.side
    lines = work.module.making(target)
    within = f"place BETWEEN {first} AND {last}"
    keys = "".join(f"w.k{index} AS _k{index}, " for index in range(len(work.module.keys)))
    columns = ", ".join(f'{given(line, target)} AS "{line.writes[target].to}"' for line in lines)
    columns += "".join(f', {sql} AS "{name}"' for name, sql in placed(work).items())
    return (
        "SELECT 'create/' || w.id AS _op, NULL::VARCHAR AS _id, NULL::VARCHAR AS _version, "
        f"w.id AS _source, w.hash AS _hash, w.version AS _seen, w.label AS _label, {work.module.snapshot} AS _base, "
        f"{keys}{columns} FROM work AS w SEMI JOIN (FROM absent WHERE {within}) AS a ON a.place = w.rowid "
        f"WHERE {within.replace('place', 'w.rowid')} ORDER BY w.rowid"
    )


def _create_batch(work: Work, pen: Pen, rows: pa.Table) -> None:
    answer = write(work, pen, "create", rows)
    if answer.whole is not None:
        ids, versions = answer.whole.ids, answer.whole.versions
        settlement = Settlement(
            run=work.run,
            module=work.module.name,
            links=new_links(work, rows, ids, versions, made(work, rows, ids, versions, {})),
            associating=associating(work),
            released=_sources(work, rows),
        )
        settle(work, pen, answer, settlement, applied=rows.num_rows, kind="create")
    else:
        _settle_receipts(work, pen, answer, rows)
    answer.go_on()


def _sources(work: Work, rows: pa.Table) -> tuple[RecordKey, ...]:
    """Records that may have been held and no longer are; none are listed where nothing is held."""
    held = {row[0] for row in work.columns.rows("SELECT record_id FROM held")}
    if not held:
        return ()
    return tuple((work.source.side, one) for one in rows["_source"].to_pylist() if one in held)


def _settle_receipts(work: Work, pen: Pen, answer: Answer, rows: pa.Table) -> None:
    """Settle a batch of creates whose writes were answered one by one."""
    by_op = answer.by_op
    applied = [by_op[op].outcome == "applied" for op in rows["_op"].to_pylist()]
    done = rows.filter(pa.array(applied))
    held = tuple(held_of(work, row, by_op[row["_op"]]) for row in _refused(rows, applied))
    links = None
    if done.num_rows:
        ids, versions = ids_of([by_op[op] for op in done["_op"].to_pylist()])
        links = new_links(work, done, ids, versions, made(work, done, ids, versions, by_op))
    settlement = Settlement(
        run=work.run,
        module=work.module.name,
        links=links,
        associating=associating(work),
        held=held,
        released=_sources(work, done),
        intent_state="uncertain" if answer.unknown else "done",
        not_before=work.clock.text_in(SETTLE) if answer.unknown else None,
    )
    settle(work, pen, answer, settlement, applied=done.num_rows, kind="create")
    work.counts.held += len(held)


def _refused(rows: pa.Table, applied: Sequence[bool]) -> list[dict[str, Any]]:
    shown = rows.select(["_op", "_source", "_hash", "_label"])
    refused: list[dict[str, Any]] = shown.filter(pa.array([not one for one in applied])).to_pylist()
    return refused
