"""Steps: what a stage of the lifecycle does to systems and ledger; each may be ended anywhere and done again."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from engine.errors import TemporaryError
from engine.ledger import Settlement
from engine.run.operations.importing import importable, take_over
from engine.run.operations.stage_progress import Doing, StepDone, StepSeen
from engine.run.read.chosen import read_chosen
from engine.run.session.sync_pass import heed_stop
from engine.run.write.door import Target, send
from engine.run.write.permit import Permit

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from engine.plan.lifecycle import Chosen, Keeping, StepPlan
    from engine.record import Kind
    from engine.run.read.chosen import One, Room


def look_ahead(room: Room, step: StepPlan) -> StepSeen:
    """What the step would do now."""
    if step.chosen is None:
        return StepSeen(step=step, links=link_count(room, step.module))
    found = read_chosen(room, step.chosen)
    if step.act != "import":
        return StepSeen(step=step, records=tuple(one for one in found if one.chosen))
    return importable(room, step, [one for one in found if one.other is not None])


def link_count(room: Room, module: str | None) -> int:
    """Links of a module; None = of all."""
    known = [one.state.module for one in room.ledger.status(room.plan.name)]
    names = known if module is None else [module]
    return sum(room.ledger.links_table(room.plan.name, name, columns=("link_id",)).num_rows for name in names)


def carry_out(doing: Doing, step: StepPlan, agreed: Collection[str] | None) -> StepDone:
    """Do the step, for the records that a person has agreed to (None = whatever it is about now).

    Raises StopAskedError, before any of its batches, if a person has asked for it.
    """
    heed_stop(doing.stop)
    if step.act in ("delete", "set"):
        return _write_all(doing, step, agreed)
    if step.act == "import":
        return take_over(doing, look_ahead(doing.room, step))
    links = link_count(doing.room, step.module)
    doing.room.ledger.forget(doing.lease(), None if step.module is None else [step.module])
    return StepDone(step=step, records=links)


def _write_all(doing: Doing, step: StepPlan, agreed: Collection[str] | None) -> StepDone:
    """Write to every record that it is about, in batches that are journalled first."""
    if step.chosen is None:
        raise AssertionError(step)
    found = read_chosen(doing.room, step.chosen)
    _recover(doing, step, step.chosen, {one.id for one in found})
    meant = [one for one in found if one.chosen and (agreed is None or one.id in agreed)]
    done, refused = 0, []
    for first in range(0, len(meant), step.chosen.batch_size):
        heed_stop(doing.stop)
        some = meant[first : first + step.chosen.batch_size]
        written, said = _batch(doing, step, step.chosen, some)
        done += written
        refused += said
    if step.act == "delete":
        modules = [one.module for one in step.chosen.kept if not one.trigger]
        doing.room.ledger.start_anew(doing.lease(), modules)  # what was deleted may come over again one day
    return StepDone(step=step, records=done, refused=tuple(refused))


def _recover(doing: Doing, step: StepPlan, chosen: Chosen, there: Collection[str]) -> None:
    """Settle what an earlier attempt has sent: what is gone loses its links, the rest is looked at again."""
    for intent in doing.room.ledger.pending_intents(doing.room.plan.name):
        if intent.module == step.key:
            sent = intent.payload["_id"].to_pylist() if intent.payload is not None else []
            gone = [record for record in sent if record not in there]
            _settle(doing, step, chosen, intent.id, gone if step.act == "delete" else [])


def _batch(
    doing: Doing, step: StepPlan, chosen: Chosen, some: Sequence[One]
) -> tuple[int, list[tuple[str, str]]]:
    """(records written, what was refused). Raises TemporaryError where it is not known."""
    kind: Kind = "delete" if step.act == "delete" else "update"
    target = Target(
        connector=doing.room.connector(chosen),
        stream=chosen.stream,
        side="right",
        run=doing.run,
        module=step.key,
    )
    answer = send(target, Permit(writer=doing.writer, module=step.key), kind, _rows(step, kind, some))
    said = {one.id: answer.by_op[f"{kind}/{one.id}"] for one in some}
    done = [record for record, receipt in said.items() if receipt.outcome in ("applied", "gone")]
    if any(receipt.outcome in ("unknown", "retry") for receipt in said.values()):
        raise TemporaryError(
            f"It is not known whether {chosen.system} has done all of: {step.text}.",
            remedy="Order it again: it checks what was done and continues from there.",
        )
    _settle(doing, step, chosen, answer.intent, done if kind == "delete" else [])
    _count(doing, step, kind, len(done))
    refused = [
        (record, receipt.message or "The system refused it.")
        for record, receipt in said.items()
        if record not in done
    ]
    names = {one.id: one.label for one in some}
    return len(done), [(f"{names[record]} ({record})", words) for record, words in refused]


def _rows(step: StepPlan, kind: Kind, some: Sequence[One]) -> pa.Table:
    columns: dict[str, Any] = {
        "_op": pa.array([f"{kind}/{one.id}" for one in some], pa.string()),
        "_id": pa.array([one.id for one in some], pa.string()),
        "_version": pa.array([one.version for one in some], pa.string()),
    }
    if step.to:
        columns["_set"] = pa.array([list(step.to)] * len(some), pa.list_(pa.string()))
        columns |= {name: _column(value, len(some)) for name, value in step.to.items()}
    return pa.table(columns)


def _column(value: Any, rows: int) -> pa.Array:
    """A constant for each row; a number with a point is exact."""
    if value is None:
        return pa.nulls(rows, pa.string())
    return pa.array([Decimal(str(value)) if isinstance(value, float) else value] * rows)


def _settle(doing: Doing, step: StepPlan, chosen: Chosen, number: int, gone: Sequence[str]) -> None:
    """Forget the links of what is gone, so that nothing follows on the other side; then the batch is over."""
    ledger = doing.room.ledger
    for kept in chosen.kept if gone else ():
        for settlement in _forgetting(doing, kept, gone):
            ledger.settle(doing.lease(), None, settlement)
    ledger.settle(doing.lease(), number, Settlement(run=doing.run, module=step.key))


def _forgetting(doing: Doing, kept: Keeping, gone: Sequence[str]) -> Iterator[Settlement]:
    ids = pa.array(list(gone), pa.string())
    links = doing.room.ledger.links_table(
        doing.room.plan.name, kept.module, ids, kept.side, columns=("link_id", "left_id", "right_id")
    )
    if links.num_rows:
        ends = [("left", record) for record in links["left_id"].to_pylist()]
        ends += [("right", record) for record in links["right_id"].to_pylist()]
        yield Settlement(
            run=doing.run,
            module=kept.module,
            dropped=tuple(links["link_id"].to_pylist()),
            released=tuple(ends),  # type: ignore[arg-type]  # sides
            unwaits=tuple(ends),  # type: ignore[arg-type]  # sides
        )


def _count(doing: Doing, step: StepPlan, kind: Kind, records: int) -> None:
    counts = doing.counts[step.key]
    of = counts.deleted if kind == "delete" else counts.updated
    of["right"] += records
