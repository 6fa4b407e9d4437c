"""Preview: what a run would do, record by record, and what it would cost; nothing is written anywhere."""

from __future__ import annotations

import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.ledger import ledger_exists, open_ledger
from engine.ledger.model import LEDGER_FILE
from engine.reconcile import Missing
from engine.run.compare import Decided, decide, pairs, portions
from engine.run.execute import Call, columns, refuse_unbuilt, systems_of, work_of
from engine.run.held import as_held
from engine.run.module import look
from engine.run.push import creates_sql
from engine.run.report import ChangeLine, Changeset, FieldChange, HeldRecord, SystemForecast
from engine.run.requirements import check_requirements
from engine.run.sort import held_records

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.connectors.port import Budget, Connector
    from engine.ledger.store import Ledger
    from engine.plan import Plan
    from engine.record import Counts
    from engine.run.work import Work

CHUNK = 1_000


@dataclass(slots=True, kw_only=True)
class Gathered:
    """What the modules have shown so far."""

    counts: dict[str, Counts]
    lines: list[ChangeLine]
    held: list[HeldRecord]
    writes: dict[str, dict[str, int]]  #: `system/stream/kind` -> {module: records}


def preview(plan: Plan, call: Call, *, limit: int = 20) -> Changeset:
    """Read both sides and decide everything; show the first `limit` records of each module."""
    refuse_unbuilt(plan)
    call.folder.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    gathered = Gathered(counts={}, lines=[], held=[], writes={})
    with _memory(call) as ledger, systems_of(plan, call) as systems, columns(call) as session:
        check_requirements(plan, systems, session)
        for module in plan.modules:
            work = work_of(
                plan=plan,
                module=module,
                call=call,
                session=session,
                systems=systems,
                ledger=ledger,
                pen=None,
                run="preview",
            )
            gathered.counts[module.name] = work.counts
            _module(work, gathered, limit)
        forecast = tuple(_forecast(name, one, gathered) for name, one in systems.items())
    return Changeset(
        integration=plan.name,
        modules=gathered.counts,
        lines=tuple(gathered.lines),
        held=tuple(gathered.held),
        forecast=forecast,
        seconds=time.monotonic() - started,
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


def _module(work: Work, gathered: Gathered, limit: int) -> None:
    state = work.ledger.module_state(work.integration, work.module.name)
    look(work, state)
    held = [as_held(row) for row in held_records(work)]
    work.counts.held += len(held)
    gathered.held += [HeldRecord(module=work.module.name, held=one) for one in held]
    room = _creates(work, gathered, limit)
    _updates(work, gathered, room)
    for kind, tally in (("create", work.counts.created), ("update", work.counts.updated)):
        key = f"{work.target.system}/{work.target.stream}/{kind}"
        gathered.writes.setdefault(key, {})[work.module.name] = tally[work.target.side]


def _creates(work: Work, gathered: Gathered, limit: int) -> int:
    """Show the first records that would be made; answers how many more lines there is room for."""
    total = int(work.columns.one("SELECT count(*) FROM absent"))
    work.counts.created[work.target.side] += total
    first = portions(work, "absent", limit)[:1] if limit else []
    rows = [row for places in first for row in work.columns.table(creates_sql(work, *places)).to_pylist()]
    for row in rows:
        fields = tuple(
            FieldChange(field=name, before=None, after=_shown(value))
            for name, value in row.items()
            if not name.startswith("_") and value is not None
        )
        label = row["_label"] or row["_source"]
        gathered.lines.append(_line(work, "create", None, label, "new on the other side", fields))
    return limit - len(rows)


def _shown(value: Any) -> str:
    """A value as a person compares it: decimals without the zeros that their column adds."""
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    return str(value).lower() if isinstance(value, bool) else str(value)


def _updates(work: Work, gathered: Gathered, room: int) -> None:
    for first, last in portions(work, "paired", CHUNK):
        found = pairs(work, first, last)
        work.counts.skipped += sum(1 for pair in found if pair.other is None)
        work.counts.held += sum(
            1 for pair in found if pair.other is not None and pair.other_trouble is not None
        )
        clear = [pair for pair in found if pair.other is not None and pair.other_trouble is None]
        for one in decide(work, clear):
            room -= _decided(work, gathered, one, room)


def _decided(work: Work, gathered: Gathered, one: Decided, room: int) -> int:
    """Count one decision as the run would; show it while there is room."""
    counts = work.counts
    if one.decision.conflicts:
        counts.conflicts += 1
    elif one.writes:
        counts.updated[work.target.side] += 1
    else:
        counts.unchanged += 1
    if not one.writes or room <= 0:
        return 0
    lines = {line.key: line for line in work.module.compared}
    fields = tuple(
        FieldChange(
            field=lines[field.key].writes[work.target.side].to,
            before=(one.pair.other or {}).get(field.key),
            after=None if isinstance(field.base_left, Missing) else field.base_left,
        )
        for field in one.decision.fields
        if field.write
    )
    label = one.pair.label or one.pair.id
    gathered.lines.append(_line(work, "update", one.pair.other_id, label, one.decision.why, fields))
    return 1


def _line(
    work: Work, kind: str, record: str | None, label: str, why: str, fields: tuple[FieldChange, ...]
) -> ChangeLine:
    return ChangeLine(
        module=work.module.name,
        side=work.target.side,
        kind="create" if kind == "create" else "update",
        id=record,
        label=label,
        why=why,
        fields=fields,
    )


def _forecast(name: str, connector: Connector, gathered: Gathered) -> SystemForecast:
    """What the run would cost: the reads that the preview has just made, and the writes it has counted.

    A run reads what the preview read; pairs are read again right before they are written, which the preview did too.
    """
    writes, methods = 0, []
    for key, by_module in sorted(gathered.writes.items()):
        system, stream, kind = key.split("/")
        records = sum(by_module.values())
        if system != name or not records:
            continue
        told = connector.forecast_write(stream, "create" if kind == "create" else "update", records)
        writes += told.calls
        methods.append(f"{kind} {records} {stream}: {told.method}")
    budget = connector.budget()
    return SystemForecast(
        system=name,
        read_calls=connector.calls,
        write_calls=writes,
        seconds=_seconds(connector.calls + writes, budget),
        methods=tuple(methods),
    )


def _seconds(calls: int, budget: Budget) -> float | None:
    if budget.per_minute is None:
        return None
    return round(calls * 60 / budget.per_minute, 1)
