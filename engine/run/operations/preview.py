"""Preview: what a run would do, record by record, and what it would cost; nothing is written anywhere."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from engine.connectors.read_port import Answering, Metered, ReadRequest
from engine.run.session.aim import modules_of
from engine.run.session.changes import Header, Saving
from engine.run.session.ledger_writer import Clock
from engine.run.session.report import Changeset, SystemForecast
from engine.run.sync.opened import looking, remembered
from engine.run.sync.pipeline import work_off
from engine.run.sync.previewing import Preview

if TYPE_CHECKING:
    from pathlib import Path

    from engine.connectors.read_port import Budget, Forecast, Reader
    from engine.plan import Plan
    from engine.record import Kind
    from engine.run.session.run_request import RunRequest


def save(plan: Plan, request: RunRequest, file: Path, *, limit: int = 20) -> Changeset:
    """The same as `preview`, and every single change in a file, for a run to do exactly that."""
    with Saving(file) as saving:
        changeset = preview(plan, request, limit=limit, saving=saving)
        saving.finish(_header(plan, request, saving))
    return changeset


def _header(plan: Plan, request: RunRequest, saving: Saving) -> Header:
    with remembered(request) as ledger:
        last = ledger.last_run(plan.name)
    return Header(
        integration=plan.name,
        plan=plan.fingerprint,
        spec=plan.file,
        made=Clock(now=request.now).text(),
        stand_ins=tuple(sorted(request.overrides)),
        whole=request.whole,
        last_run=last.id if last else None,
        changes=saving.changes,
        counts=saving.counts,
    )


def preview(plan: Plan, request: RunRequest, *, limit: int = 20, saving: Saving | None = None) -> Changeset:
    """Read both sides and decide everything; show the first `limit` records of each module."""
    started, mode = time.monotonic(), Preview(limit=limit, saving=saving)
    with looking(plan, request) as one:
        for module in modules_of(plan, request.aim):
            work_off(one.passes(module), mode)
        mode.resolve()
        forecast = tuple(_forecast(name, system, mode) for name, system in one.systems.items())
    return Changeset(
        integration=plan.name,
        modules=mode.counts,
        lines=tuple(mode.lines),
        held=tuple(mode.held),
        forecast=forecast,
        seconds=time.monotonic() - started,
        asks=tuple(mode.asks),
        notes=tuple(mode.notes),
    )


def _forecast(name: str, connector: Reader, mode: Preview) -> SystemForecast:
    """What the run would cost: the reads that the preview has just made, and the writes it has counted.

    A run reads what the preview read; pairs are read again right before they are written, which the preview did too.
    """
    metered = connector if isinstance(connector, Metered) else None
    writes, credits_, methods = 0, 0, [] if metered is None else list(metered.ways)
    for (system, stream, kind), by_module in sorted(mode.writes.items()):
        records = sum(by_module.values())
        if system != name or not records:
            continue
        told = connector.forecast_write(stream, kind, records)
        back = _read_back(connector, mode, (system, stream, kind), records)
        writes += told.calls + (back.calls if back else 0)
        credits_ += (told.credits or 0) + ((back.credits or 0) if back else 0)
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


def _read_back(
    connector: Reader, mode: Preview, write: tuple[str, str, Kind], records: int
) -> Forecast | None:
    """What it costs to ask for records after they were written; None where nobody asks."""
    _, stream, kind = write
    if write not in mode.read_back or not isinstance(connector, Answering) or connector.shows(stream, kind):
        return None
    ids = tuple(str(number) for number in range(records))
    request = ReadRequest(stream=stream, fields=mode.read_back[write], ids=ids)
    return connector.forecast_read(request, records)


def _seconds(calls: int, budget: Budget) -> float | None:
    if budget.per_minute is None:
        return None
    return round(calls * 60 / budget.per_minute, 1)
