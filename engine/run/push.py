"""Push: journal a batch, write it, settle it. The only place that writes to a system."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import simplejson

from engine.connectors.port import AllApplied, Batch
from engine.errors import EngineError
from engine.event import BatchSettled, RecordHeld
from engine.ledger import HeldRow, Intent, RecordKey, Settlement
from engine.record import Kind, Receipt
from engine.run.compare import Decided, Pair, decide, pairs, portions
from engine.run.held import as_held
from engine.run.receipts import accepted_snapshots, held_of, ids_of
from engine.run.settle import changed_links, conflict_of, losers_of, new_links, quiet_settlement, vanished

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from engine.plan import FieldPlan
    from engine.run.work import Pen, Work

#: Writes that one intent covers at most: small enough to stop soon, large enough for a bulk target.
BULK, SINGLE = 50_000, 25
#: Pairs that are looked at together.
CHUNK = 5_000
#: How long an unknown outcome may still turn up on the target.
SETTLE = timedelta(seconds=60)


def push_creates(work: Work, pen: Pen) -> None:
    """Make the records of `absent` on the target, batch by batch."""
    for first, last in portions(work, "absent", _size(work)):
        _create_batch(work, pen, work.columns.table(creates_sql(work, first, last)))
        work.heed_stop()


def push_pairs(work: Work, pen: Pen) -> None:
    """Bring the records of `paired` in step, chunk by chunk, each decided right before it is written."""
    size = CHUNK if work.target.can.bulk else max(SINGLE, work.target.can.batch_size, work.target.can.by_ids)
    for first_place, last_place in portions(work, "paired", size):
        decided = list(decide(work, _present(work, pen, first_place, last_place)))
        _note_quiet(work, pen, [one for one in decided if not one.writes])
        writing = [one for one in decided if one.writes]
        for first in range(0, len(writing), _size(work)):
            _update_batch(work, pen, writing[first : first + _size(work)])
            work.heed_stop()


def _present(work: Work, pen: Pen, first: int, last: int) -> list[Pair]:
    """Pairs whose counterpart exists and can be read; the others are settled here."""
    found = pairs(work, first, last)
    gone = [pair for pair in found if pair.other is None]
    murky = [pair for pair in found if pair.other is not None and pair.other_trouble is not None]
    settlement = quiet_settlement(work, gone=gone, murky=murky)
    if settlement:
        work.ledger.settle(pen.keep(), None, settlement)
        _tell(work, settlement.held)
    lost = len(vanished(gone))
    work.counts.skipped += len(gone) - lost
    work.counts.held += len(murky) + lost
    return [pair for pair in found if pair.other is not None and pair.other_trouble is None]


def _size(work: Work) -> int:
    can = work.target.can
    return BULK if can.bulk else max(SINGLE, can.batch_size)


def creates_sql(work: Work, first: int, last: int) -> str:
    """What is sent for the records of `absent` between two places, beside what is remembered of them."""
    target = work.target.side
    lines = [line for line in work.module.fields if target in line.writes]
    within = f"place BETWEEN {first} AND {last}"
    keys = "".join(f"w.k{index} AS _k{index}, " for index in range(len(work.module.keys)))
    columns = ", ".join(f'{line.writes[target].sql} AS "{line.writes[target].to}"' for line in lines)
    return (
        "SELECT 'create/' || w.id AS _op, NULL::VARCHAR AS _id, NULL::VARCHAR AS _version, "
        f"w.id AS _source, w.hash AS _hash, w.version AS _seen, w.label AS _label, {work.module.snapshot} AS _base, "
        f"{keys}{columns} FROM work AS w SEMI JOIN (FROM absent WHERE {within}) AS a ON a.place = w.rowid "
        f"WHERE {within.replace('place', 'w.rowid')} ORDER BY w.rowid"
    )


def _sent(rows: pa.Table) -> pa.Table:
    """The columns that the target gets; the others are what we remember."""
    meta = {"_op", "_id", "_version", "_set"}
    return rows.select([name for name in rows.column_names if name in meta or not name.startswith("_")])


def _create_batch(work: Work, pen: Pen, rows: pa.Table) -> None:
    intent = _intend(work, pen, "create", rows)
    answer = _write(work, Batch(kind="create", table=_sent(rows)))
    if answer.whole is not None:
        settlement = Settlement(
            run=work.run,
            module=work.module.name,
            links=new_links(work, rows, answer.whole.ids, answer.whole.versions),
            released=_sources(work, rows),
        )
        _settle(work, pen, intent, settlement, applied=rows.num_rows, kind="create")
    else:
        _settle_receipts(work, pen, intent, rows, answer.by_op)
    answer.go_on()


def _sources(work: Work, rows: pa.Table) -> tuple[RecordKey, ...]:
    """Records that may have been held and no longer are; none are listed where nothing is held."""
    held = {row[0] for row in work.columns.rows("SELECT record_id FROM held")}
    if not held:
        return ()
    return tuple((work.source.side, one) for one in rows["_source"].to_pylist() if one in held)


def _settle_receipts(work: Work, pen: Pen, intent: int, rows: pa.Table, by_op: Mapping[str, Receipt]) -> None:
    """Settle a batch of creates whose writes were answered one by one."""
    ops = rows["_op"].to_pylist()
    applied = [by_op[op].outcome == "applied" for op in ops]
    done = rows.filter(pa.array(applied))
    held = tuple(held_of(work, row, by_op[row["_op"]]) for row in _refused(rows, applied))
    links = None
    if done.num_rows:
        ids, versions = ids_of([by_op[op] for op in done["_op"].to_pylist()])
        links = new_links(work, done, ids, versions, accepted_snapshots(work, by_op, done["_op"].to_pylist()))
    unknown = any(receipt.outcome == "unknown" for receipt in by_op.values())
    settlement = Settlement(
        run=work.run,
        module=work.module.name,
        links=links,
        held=held,
        released=_sources(work, done),
        intent_state="uncertain" if unknown else "done",
        not_before=work.clock.text_in(SETTLE) if unknown else None,
    )
    _settle(work, pen, intent, settlement, applied=done.num_rows, kind="create")


def _refused(rows: pa.Table, applied: Sequence[bool]) -> list[dict[str, Any]]:
    shown = rows.select(["_op", "_source", "_hash", "_label"])
    refused: list[dict[str, Any]] = shown.filter(pa.array([not one for one in applied])).to_pylist()
    return refused


def _update_batch(work: Work, pen: Pen, decided: Sequence[Decided]) -> None:
    rows = update_rows(work, decided)
    intent = _intend(work, pen, "update", rows, before=_before(decided))
    answer = _write(work, Batch(kind="update", table=_sent(rows)))
    by_op = answer.by_op
    done = [one for one in decided if by_op[_op(one)].outcome == "applied"]
    rest = [(one, by_op[_op(one)]) for one in decided if by_op[_op(one)].outcome != "applied"]
    held = tuple(
        held_of(work, {"_source": one.pair.id, "_hash": one.pair.content, "_label": one.pair.label}, receipt)
        for one, receipt in rest
    )
    links, changes = changed_links(work, done, by_op)
    conflicts = tuple(conflict_of(work, one) for one in done if one.decision.conflicts)
    settlement = Settlement(
        run=work.run,
        module=work.module.name,
        links=links,
        changes=changes,
        held=held + conflicts,
        released=tuple((work.source.side, one.pair.id) for one in done if not one.decision.conflicts),
        losers=losers_of(work, done),
        intent_state="uncertain" if any(one.outcome == "unknown" for one in by_op.values()) else "done",
    )
    work.counts.conflicts += len(conflicts)
    work.counts.held -= len(conflicts)
    _settle(work, pen, intent, settlement, applied=len(done) - len(conflicts), kind="update")
    answer.go_on()


def _op(one: Decided) -> str:
    return f"update/{one.pair.other_id}"


def update_rows(work: Work, decided: Sequence[Decided]) -> pa.Table:
    """What is sent for every decided pair: only the fields that change."""
    target = work.target.side
    names = {line.key: line.writes[target].to for line in work.module.compared if target in line.writes}
    chosen = pa.table(
        {
            "_op": pa.array([_op(one) for one in decided], pa.string()),
            "_id": pa.array([one.pair.other_id for one in decided], pa.string()),
            "_version": pa.array([one.pair.other_version for one in decided], pa.string()),
            "_set": pa.array([[names[key] for key in one.writes] for one in decided], pa.list_(pa.string())),
            "_source": pa.array([one.pair.id for one in decided], pa.string()),
            "nr": pa.array(range(len(decided)), pa.int64()),
        }
    )
    needed = {key for one in decided for key in one.writes}
    columns = ", ".join(_write_column(line, work) for line in work.module.compared if line.key in needed)
    work.columns.show("decided", chosen)
    rows = work.columns.table(
        f"SELECT d._op, d._id, d._version, d._set, d._source, {columns} "
        "FROM decided AS d JOIN work AS w ON w.id = d._source ORDER BY d.nr"
    )
    work.columns.hide("decided")
    return rows


def _write_column(line: FieldPlan, work: Work) -> str:
    write = line.writes[work.target.side]
    return f'{write.sql} AS "{write.to}"'


def _note_quiet(work: Work, pen: Pen, quiet: Sequence[Decided]) -> None:
    """Pairs that need no write: remember that they are in step, or that they wait for a person."""
    if not quiet:
        return
    links, changes = changed_links(work, quiet, {})
    conflicts = tuple(conflict_of(work, one) for one in quiet if one.decision.conflicts)
    settlement = Settlement(
        run=work.run,
        module=work.module.name,
        links=links,
        changes=changes,
        held=conflicts,
        released=tuple((work.source.side, one.pair.id) for one in quiet if not one.decision.conflicts),
    )
    work.ledger.settle(pen.keep(), None, settlement)
    _tell(work, conflicts)
    work.counts.conflicts += len(conflicts)
    work.counts.unchanged += len(quiet) - len(conflicts)


def _before(decided: Sequence[Decided]) -> pa.Table:
    """What the records held right before they are written, so that a person can find and restore it."""
    return pa.table(
        {
            "_op": pa.array([_op(one) for one in decided], pa.string()),
            "before": pa.array([simplejson.dumps(one.pair.other) for one in decided], pa.string()),
        }
    )


def _intend(work: Work, pen: Pen, kind: Kind, rows: pa.Table, before: pa.Table | None = None) -> int:
    intent = Intent(
        run=work.run,
        module=work.module.name,
        side=work.target.side,
        kind=kind,
        created=work.clock.text(),
        payload=rows,
        count=rows.num_rows,
        before=before,
    )
    return work.ledger.intend(pen.keep(), intent)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a system said to a batch."""

    by_op: Mapping[str, Receipt]  #: one receipt a write; empty where `whole` says it all
    whole: AllApplied | None  #: everything was applied at once; None = see `by_op`
    stop: EngineError | None  #: after this batch nothing further can work; None = go on

    def go_on(self) -> None:
        """After settling: raise what ended the writing, if anything did."""
        if self.stop is not None:
            raise self.stop


def _write(work: Work, batch: Batch) -> Answer:
    """Send a batch and gather its receipts; a write without one may or may not have been applied."""
    answer = work.connector(work.target).write(work.target.stream, batch)
    ops: list[str] = batch.table["_op"].to_pylist()
    if isinstance(answer, AllApplied):
        by_op = _all_applied(ops, answer) if batch.kind != "create" else {}
        return Answer(by_op=by_op, whole=answer, stop=None)
    receipts: dict[str, Receipt] = {}
    stop: EngineError | None = None
    try:
        for receipt in answer:
            receipts[receipt.op] = receipt
    except EngineError as error:
        if not receipts:
            raise  # nothing is known of the batch: its intent stays open, and the next run looks
        stop = error
    silent = {op: Receipt(op=op, outcome="unknown") for op in ops if op not in receipts}
    return Answer(by_op={**receipts, **silent}, whole=None, stop=stop)


def _all_applied(ops: Sequence[str], answer: AllApplied) -> dict[str, Receipt]:
    versions = answer.versions.to_pylist() if answer.versions is not None else [None] * len(answer.ids)
    return {
        op: Receipt(op=op, outcome="applied", id=record, version=version)
        for op, record, version in zip(ops, answer.ids.to_pylist(), versions, strict=True)
    }


def _settle(work: Work, pen: Pen, intent: int, settlement: Settlement, *, applied: int, kind: Kind) -> None:
    work.ledger.settle(pen.keep(), intent, settlement)
    tally = work.counts.created if kind == "create" else work.counts.updated
    tally[work.target.side] += applied
    work.counts.held += len(settlement.held)
    _tell(work, settlement.held)
    work.listen(
        BatchSettled(
            module=work.module.name, side=work.target.side, writes=applied, held=len(settlement.held)
        )
    )


def _tell(work: Work, held: Iterator[HeldRow] | Sequence[HeldRow]) -> None:
    for row in held:
        work.listen(RecordHeld(module=work.module.name, held=as_held(row)))
