"""The door: the only way to write to a system. Journals a batch, sends it, and settles what came of it.

Whoever writes shows a permit. `create.py`, `update.py`, `delete.py`, `revert.py` (undo) and `mark.py` are its leaves:
each asks itself what protects its kind of write (guards, `needs`, `at-most`, the view, edits since) before it sends.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, cast

from engine.connectors.port import AllApplied, Batch, Connector
from engine.errors import EngineError
from engine.event import BatchSettled
from engine.ledger import Intent, Settlement
from engine.record import Kind, Receipt
from engine.run.session.held import report_held
from engine.run.session.write_columns import is_remembered

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa

    from engine.connectors.read_port import Reader
    from engine.record import Side
    from engine.run.session.sync_pass import SyncPass
    from engine.run.write.permit import Permit

#: How long an unknown outcome may still turn up on the target.
LOOK_UP_AFTER = timedelta(seconds=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a system said to a batch."""

    intent: int  #: under which the batch was journalled
    by_op: Mapping[str, Receipt]  #: one receipt a write; empty where `whole` says it all
    whole: AllApplied | None  #: everything was applied at once; None = see `by_op`
    stop: EngineError | None  #: after this batch nothing further can work; None = go on

    @property
    def unknown(self) -> bool:
        """Whether the outcome of a write is not known."""
        return any(receipt.outcome == "unknown" for receipt in self.by_op.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where a batch goes, and on whose account it is journalled."""

    connector: Reader
    stream: str
    side: Side  #: of the module; of a step or an association always the right one
    run: str
    module: str
    nulls: frozenset[str] = frozenset()  #: fields that a new record gets although they are null


def write(
    sync: SyncPass,
    permit: Permit,
    kind: Kind,
    rows: pa.Table,
    before: pa.Table | None = None,
    *,
    exactly: bool = False,
    exchange: bool = False,
) -> Answer:
    """Send the rows to the target of a pass; see `send`. `exactly`: new records get no default of their system."""
    side = sync.target.side
    named = (one for line in sync.module.fields if side in line.writes for one in line.writes[side].fields)
    target = Target(
        connector=sync.connector(sync.target),
        stream=sync.target.stream,
        side=sync.target.side,
        run=sync.run,
        module=sync.module.name,
        nulls=frozenset(one.to for one in named if exactly or one.sends_null),
    )
    return send(target, permit, kind, rows, before, exchange=exchange)


def send(
    target: Target,
    permit: Permit,
    kind: Kind,
    rows: pa.Table,
    before: pa.Table | None = None,
    *,
    exchange: bool = False,
) -> Answer:
    """Journal the rows, send them, and gather the receipts; a write without one may or may not have been applied.

    `exchange`: the records exchange values that must be unique, so they are best written at once.
    Columns that `write_columns` names are remembered, not sent. Raises LockedError without the right to write.
    """
    writer = permit.demand(target.module)
    intent = Intent(
        run=target.run,
        module=target.module,
        side=target.side,
        kind=kind,
        created=writer.clock.text(),
        payload=rows,
        count=rows.num_rows,
        before=before,
    )
    number = writer.ledger.intend(writer.renew(), intent)
    batch = Batch(kind=kind, table=_sent(rows), nulls=target.nulls, exchange=exchange)
    return _send(target, batch, number)


def _sent(rows: pa.Table) -> pa.Table:
    """The columns that the target gets; the others are what we remember."""
    return rows.select([name for name in rows.column_names if not is_remembered(name)])


def _send(target: Target, batch: Batch, intent: int) -> Answer:
    answer = cast("Connector", target.connector).write(target.stream, batch)
    ops: list[str] = batch.table["_op"].to_pylist()
    if isinstance(answer, AllApplied):
        by_op = _all_applied(ops, answer) if batch.kind != "create" else {}
        return Answer(intent=intent, by_op=by_op, whole=answer, stop=None)
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
    return Answer(intent=intent, by_op={**receipts, **silent}, whole=None, stop=stop)


def _all_applied(ops: Sequence[str], answer: AllApplied) -> dict[str, Receipt]:
    versions = answer.versions.to_pylist() if answer.versions is not None else [None] * len(answer.ids)
    return {
        op: Receipt(op=op, outcome="applied", id=record, version=version)
        for op, record, version in zip(ops, answer.ids.to_pylist(), versions, strict=True)
    }


def one_by_one(answer: Answer, rows: pa.Table) -> Answer:
    """The same answer with a receipt for each record, where everything was applied at once."""
    if answer.whole is None:
        return answer
    return replace(answer, by_op=_all_applied(rows["_op"].to_pylist(), answer.whole), whole=None)


def settle(
    sync: SyncPass, permit: Permit, answer: Answer, settlement: Settlement, *, applied: int, kind: Kind
) -> range:
    """Store what the batch brought about, count it and tell it; answers with the ids of new links."""
    new = sync.ledger.settle(permit.writer.renew(), answer.intent, settlement)
    counts = sync.counts
    tally = {"create": counts.created, "update": counts.updated, "delete": counts.deleted}[kind]
    tally[sync.target.side] += applied
    report_held(sync, settlement.held)
    sync.listen(
        BatchSettled(
            module=sync.module.name, side=sync.target.side, writes=applied, held=len(settlement.held)
        )
    )
    return new


def go_on(sync: SyncPass, answer: Answer) -> None:
    """After a batch was settled and counted: raise what ends the writing here, a system's trouble or a person."""
    if answer.stop is not None:
        raise answer.stop
    sync.check_stop()
