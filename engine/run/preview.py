"""Preview: what a run would do, record by record, and what it would cost; nothing is written anywhere."""

from __future__ import annotations

import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.connectors.port import Metered
from engine.ledger import ledger_exists, open_ledger
from engine.ledger.model import LEDGER_FILE
from engine.record import SIDES
from engine.run.align import judge, portion_size
from engine.run.compare import Decided, pairs, portions
from engine.run.execute import Call, columns, passes_of, refuse_unbuilt, systems_of
from engine.run.held import as_held
from engine.run.limits import stops_of
from engine.run.look import look
from engine.run.push import creates_sql
from engine.run.remove import sifted
from engine.run.report import Ask, ChangeLine, Changeset, FieldChange, HeldRecord, SystemForecast
from engine.run.requirements import check_requirements
from engine.run.sort import held_records
from engine.run.waits import name_roots, new_waits

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.connectors.port import Budget, Connector
    from engine.ledger.store import Ledger
    from engine.plan import Plan
    from engine.record import Counts, Kind, Side
    from engine.run.limits import Stop
    from engine.run.remove import Departed
    from engine.run.work import Work


@dataclass(slots=True, kw_only=True)
class Gathered:
    """What the modules have shown so far."""

    counts: dict[str, Counts]
    lines: list[ChangeLine]
    held: list[HeldRecord]
    writes: dict[tuple[str, str, Kind], dict[str, int]]  #: (system, stream, kind) -> {module: records}
    asks: list[Ask]
    notes: list[str]  #: whole sentences


def preview(plan: Plan, call: Call, *, limit: int = 20) -> Changeset:
    """Read both sides and decide everything; show the first `limit` records of each module."""
    refuse_unbuilt(plan)
    call.folder.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    gathered = Gathered(counts={}, lines=[], held=[], writes={}, asks=[], notes=[])
    with _memory(call) as ledger, systems_of(plan, call) as systems, columns(call) as session:
        check_requirements(plan, systems, session)
        for module in plan.modules:
            works = passes_of(
                plan=plan,
                module=module,
                call=call,
                session=session,
                systems=systems,
                ledger=ledger,
                pen=None,
                run="preview",
            )
            gathered.counts[module.name] = works[0].counts
            _module(works, gathered, limit)
        forecast = tuple(_forecast(name, one, gathered) for name, one in systems.items())
    return Changeset(
        integration=plan.name,
        modules=gathered.counts,
        lines=tuple(gathered.lines),
        held=tuple(gathered.held),
        forecast=forecast,
        seconds=time.monotonic() - started,
        asks=tuple(gathered.asks),
        notes=tuple(gathered.notes),
    )


@contextmanager
def _memory(call: Call) -> Iterator[Ledger]:
    """The ledger to look at; where nothing has run yet, an empty one that is thrown away."""
    if ledger_exists(call.ledger_url):
        with open_ledger(call.ledger_url, readonly=True) as ledger:
            yield ledger
        return
    with tempfile.TemporaryDirectory() as folder, open_ledger(Path(folder) / LEDGER_FILE) as ledger:
        yield ledger


def _module(works: Sequence[Work], gathered: Gathered, limit: int) -> None:
    work = works[0]
    state = work.ledger.module_state(work.integration, work.module.name)
    looked = look(works, state)
    _asks(work, gathered, stops_of(works, state, looked))
    room = limit
    for one in works:
        room = _pass(one, gathered, room, looked[one.source_side].departed)


def _asks(work: Work, gathered: Gathered, stops: Sequence[Stop]) -> None:
    """Note what a run will ask first; what was agreed to already it only mentions."""
    name = work.module.name
    for stop in stops:
        if stop.code in work.accepted:
            gathered.notes.append(f"{name}: {stop.what} A run does not ask: that is accepted.")
            continue
        gathered.asks.append(
            Ask(module=name, code=stop.code, what=stop.what, remedy=stop.remedy, details=stop.details)
        )


def _pass(work: Work, gathered: Gathered, room: int, lost: Departed) -> int:
    """Everything that one pass would do; answers how many more lines there is room for."""
    waits, _ = new_waits(work)
    held = [as_held(row) for row in name_roots(work, tuple(held_records(work)), waits)]
    work.counts.held += len(held)
    gathered.held += [HeldRecord(module=work.module.name, held=one) for one in held]
    room = _creates(work, gathered, room)
    room = _updates(work, gathered, room)
    return _deletes(work, gathered, room, lost)


def _creates(work: Work, gathered: Gathered, limit: int) -> int:
    """Show the first records that would be made; answers how many more lines there is room for."""
    total = int(work.columns.one("SELECT count(*) FROM absent")) if work.moving else 0
    work.counts.created[work.target.side] += total
    _count(work, gathered, work.target.side, "create", total)
    first = portions(work, "absent", limit)[:1] if limit > 0 else []
    rows = [row for places in first for row in work.columns.table(creates_sql(work, *places)).to_pylist()]
    for row in rows:
        fields = tuple(
            FieldChange(field=name, before=None, after=_shown(value))
            for name, value in row.items()
            if not name.startswith("_") and value is not None
        )
        label = row["_label"] or row["_source"]
        why = f"new in {work.source.name}"
        gathered.lines.append(_line(work, "create", None, label, why, fields, work.target.side))
    return limit - len(rows)


def _shown(value: Any) -> str:
    """A value as a person compares it: decimals without the zeros that their column adds."""
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    return str(value).lower() if isinstance(value, bool) else str(value)


def _updates(work: Work, gathered: Gathered, room: int) -> int:
    counts = work.counts
    for first, last in portions(work, "paired", portion_size(work)):
        judged = judge(work, pairs(work, first, last))
        gone = [pair for pair in judged.unclear if pair.other is not None and pair.other.trouble is not None]
        counts.held += len(gone)
        counts.skipped += len(judged.unclear) - len(gone) + len(judged.lost)
        for one in judged.decided:
            room -= _decided(work, gathered, one, room)
    return room


def _decided(work: Work, gathered: Gathered, one: Decided, room: int) -> int:
    """Count one decision as the run would; show it while there is room."""
    counts, written = work.counts, [side for side in SIDES if one.writes(side)]
    counts.conflicts += bool(one.decision.conflicts)
    counts.unchanged += not (written or one.decision.conflicts)
    for side in written:
        counts.updated[side] += not (one.decision.conflicts and side == written[0])
        _count(work, gathered, side, "update", 1)
    shown = written[: max(room, 0)]
    gathered.lines += [_updated(work, one, side) for side in shown]
    return len(shown)


def _updated(work: Work, one: Decided, side: Side) -> ChangeLine:
    """What one side of a pair would get."""
    lines = {line.key: line for line in work.module.compared}
    record = one.pair.mine if side == work.source_side else one.pair.its
    sent = one.sent(side)
    fields = tuple(
        FieldChange(field=lines[key].writes[side].to, before=record.texts.get(key), after=sent[key])
        for key in one.writes(side)
    )
    label = one.pair.mine.label or one.pair.mine.id
    return _line(work, "update", record.id, label, one.decision.why, fields, side)


def _deletes(work: Work, gathered: Gathered, room: int, lost: Departed) -> int:
    doomed = sifted(work, lost.gone)
    side = work.target.side
    work.counts.deleted[side] += len(doomed)
    _count(work, gathered, side, "delete", len(doomed))
    why = f"deleted in {work.source.name}"
    for pair in doomed[: max(room, 0)]:
        label = pair.its.label or pair.other_id
        gathered.lines.append(_line(work, "delete", pair.other_id, label, why, (), side))
    return room - len(doomed)


def _count(work: Work, gathered: Gathered, side: Side, kind: Kind, records: int) -> None:
    """Note writes for the forecast."""
    plan = work.module.side(side)
    by_module = gathered.writes.setdefault((plan.system, plan.stream, kind), {})
    by_module[work.module.name] = by_module.get(work.module.name, 0) + records


def _line(
    work: Work,
    kind: Kind,
    record: str | None,
    label: str,
    why: str,
    fields: tuple[FieldChange, ...],
    side: Side,
) -> ChangeLine:
    return ChangeLine(
        module=work.module.name, side=side, kind=kind, id=record, label=label, why=why, fields=fields
    )


def _forecast(name: str, connector: Connector, gathered: Gathered) -> SystemForecast:
    """What the run would cost: the reads that the preview has just made, and the writes it has counted.

    A run reads what the preview read; pairs are read again right before they are written, which the preview did too.
    """
    metered = connector if isinstance(connector, Metered) else None
    writes, credits_, methods = 0, 0, [] if metered is None else list(metered.ways)
    for (system, stream, kind), by_module in sorted(gathered.writes.items()):
        records = sum(by_module.values())
        if system != name or not records:
            continue
        told = connector.forecast_write(stream, kind, records)
        writes += told.calls
        credits_ += told.credits or 0
        methods.append(f"{kind} {records} {stream}: {told.method}")
    budget = connector.budget()
    return SystemForecast(
        system=name,
        read_calls=connector.calls,
        write_calls=writes,
        read_credits=metered.credits if metered else None,
        write_credits=credits_ if metered and metered.credits is not None else None,
        seconds=_seconds(connector.calls + writes, budget),
        methods=tuple(methods),
    )


def _seconds(calls: int, budget: Budget) -> float | None:
    if budget.per_minute is None:
        return None
    return round(calls * 60 / budget.per_minute, 1)
