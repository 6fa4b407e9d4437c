"""Preview: what a run would do, record by record, and what it would cost; nothing is written anywhere."""

from __future__ import annotations

import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engine.connectors.port import Metered
from engine.ledger import ledger_exists, open_ledger
from engine.ledger.model import LEDGER_FILE
from engine.record import SIDES
from engine.run.decide.expected_changes import creates, delete_change, pair_changes
from engine.run.decide.guard import refused_creates
from engine.run.decide.refusals import refusals
from engine.run.decide.trigger import sift, takes
from engine.run.decide.yielding import yielded
from engine.run.pair.sort import held_records
from engine.run.read.counterparts import pairs
from engine.run.read.referenced_records import read_referenced_anew
from engine.run.read.requirements import check_requirements
from engine.run.read.waits import name_roots, new_waits
from engine.run.session.aim import modules_of
from engine.run.session.batches import portions
from engine.run.session.changes import Change, Header, Saving
from engine.run.session.held import as_held
from engine.run.session.ledger_writer import Clock
from engine.run.session.report import Ask, ChangeLine, Changeset, FieldChange, HeldRecord, SystemForecast
from engine.run.sync.execute import columns, passes_of, refuse_unbuilt, systems_of
from engine.run.sync.limits import stops_of
from engine.run.sync.look import look
from engine.run.write.delete import sifted
from engine.run.write.update import CHUNK, judge, portion_size

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.connectors.port import Budget, Connector
    from engine.ledger.store import Ledger
    from engine.plan import Plan
    from engine.record import Counts, Kind, Side
    from engine.run.decide.refusals import Refused
    from engine.run.read.absent_or_deleted import Departed
    from engine.run.session.pair import Decided, Pair
    from engine.run.session.run_request import RunRequest
    from engine.run.session.sync_pass import SyncPass
    from engine.run.sync.limits import Stop


@dataclass(slots=True, kw_only=True)
class Gathered:
    """What the modules have shown so far."""

    counts: dict[str, Counts]
    lines: list[ChangeLine]
    held: list[HeldRecord]
    writes: dict[tuple[str, str, Kind], dict[str, int]]  #: (system, stream, kind) -> {module: records}
    asks: list[Ask]
    notes: list[str]  #: whole sentences
    saving: Saving | None  #: where every change goes; None = only the first lines are wanted

    def take(self, change: Change, room: int) -> int:
        """Keep a change, and show it while there is room; answers how many lines it took."""
        if self.saving is not None:
            self.saving.add(change)
        shown = lines_of(change)[: max(room, 0)]
        self.lines += shown
        return len(shown)


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
    refuse_unbuilt(plan)
    request.folder.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    gathered = Gathered(counts={}, lines=[], held=[], writes={}, asks=[], notes=[], saving=saving)
    with remembered(request) as ledger, systems_of(plan, request) as systems, columns(request) as session:
        check_requirements(plan, systems, session)
        for module in modules_of(plan, request.aim):
            passes = passes_of(
                plan=plan,
                module=module,
                request=request,
                session=session,
                systems=systems,
                ledger=ledger,
                writer=None,
                run="preview",
            )
            gathered.counts[module.name] = passes[0].counts
            _module(passes, gathered, limit)
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
def remembered(request: RunRequest) -> Iterator[Ledger]:
    """The ledger to look at; where nothing has run yet, an empty one that is thrown away."""
    if ledger_exists(request.ledger_url):
        with open_ledger(request.ledger_url, readonly=True) as ledger:
            yield ledger
        return
    with tempfile.TemporaryDirectory() as folder, open_ledger(Path(folder) / LEDGER_FILE) as ledger:
        yield ledger


def _module(passes: Sequence[SyncPass], gathered: Gathered, limit: int) -> None:
    sync = passes[0]
    if sync.module.trigger is not None and sync.module.trigger.becomes is None:
        return  # it acts only when a person asks
    state = sync.ledger.module_state(sync.integration, sync.module.name)
    looked = look(passes, state)
    _asks(sync, gathered, stops_of(passes, state, looked))
    room = limit
    for one in passes:
        room = _pass(one, gathered, room, looked[one.source_side].departed)
        gathered.notes += [f"{sync.module.name}: {sentence}" for sentence in yielded(one)]


def _asks(sync: SyncPass, gathered: Gathered, stops: Sequence[Stop]) -> None:
    """Note what a run will ask first; what was agreed to already it only mentions."""
    name = sync.module.name
    for stop in stops:
        if stop.code in sync.accepted:
            gathered.notes.append(f"{name}: {stop.what} A run does not ask: that is accepted.")
            continue
        gathered.asks.append(
            Ask(module=name, code=stop.code, what=stop.what, remedy=stop.remedy, details=stop.details)
        )


def _pass(sync: SyncPass, gathered: Gathered, room: int, lost: Departed) -> int:
    """Everything that one pass would do; answers how many more lines there is room for."""
    waits, _ = new_waits(sync)
    held = [as_held(row) for row in name_roots(sync, tuple(held_records(sync)), waits)]
    sync.counts.held += len(held)
    gathered.held += [HeldRecord(module=sync.module.name, held=one) for one in held]
    refused = refused_creates(sync, read_referenced_anew)
    _refused(sync, gathered, refused)
    sync.counts.held += len({one.notice.record_id for one in refused})
    room = _creates(sync, gathered, room)
    room = _updates(sync, gathered, room)
    return _deletes(sync, gathered, room, lost)


def _refused(sync: SyncPass, gathered: Gathered, found: Sequence[Refused]) -> None:
    """Note what guards would hold; what they would put back is among the changes."""
    held = {(one.held.side, one.held.record_id): one.held for one in found if one.held is not None}
    gathered.held += [HeldRecord(module=sync.module.name, held=as_held(row)) for row in held.values()]


def _creates(sync: SyncPass, gathered: Gathered, room: int) -> int:
    """Note the records that would be made; answers how many more lines there is room for."""
    total = int(sync.columns.one("SELECT count(*) FROM absent")) if sync.moving else 0
    sync.counts.created[sync.target.side] += total
    _count(sync, gathered, sync.target.side, "create", total)
    several = portions(sync, "absent", CHUNK if gathered.saving else max(room, 1))
    for places in several if gathered.saving else several[: room > 0]:
        for change in creates(sync, *places):
            room -= gathered.take(change, room)
    return room


def _updates(sync: SyncPass, gathered: Gathered, room: int) -> int:
    counts = sync.counts
    for first, last in portions(sync, "paired", portion_size(sync)):
        found, missed = sift(sync, pairs(sync, first, last))
        counts.skipped += len(missed)
        if takes(sync):
            room = _taken(sync, gathered, room, found)
            continue
        judged = judge(sync, found)
        gone = [pair for pair in judged.unclear if pair.other is not None and pair.other.trouble is not None]
        counts.held += len(gone)
        counts.skipped += len(judged.unclear) - len(gone) + len(judged.lost)
        _refused(sync, gathered, refusals(sync, judged.decided))
        for one in judged.decided:
            _decided(sync, gathered, one)
        for change in pair_changes(sync, judged.decided) if gathered.saving or room > 0 else ():
            room -= gathered.take(change, room) if change else 0
    return room


def _taken(sync: SyncPass, gathered: Gathered, room: int, found: Sequence[Pair]) -> int:
    """Note what a trigger would delete; what cannot be read is held."""
    doomed = [pair for pair in found if pair.clear]
    sync.counts.held += len(found) - len(doomed)
    return _doomed(sync, gathered, room, doomed)


def _decided(sync: SyncPass, gathered: Gathered, one: Decided) -> None:
    """Count one decision as the run would."""
    counts, written = sync.counts, [side for side in SIDES if one.writes(side)]
    counts.conflicts += bool(one.decision.conflicts)
    counts.held += bool(one.refusals) and not (written or one.decision.conflicts)
    counts.unchanged += not (written or one.decision.conflicts or one.refusals)
    for side in written:
        counts.updated[side] += not (one.decision.conflicts and side == written[0])
        _count(sync, gathered, side, "update", 1)


def _deletes(sync: SyncPass, gathered: Gathered, room: int, lost: Departed) -> int:
    return _doomed(sync, gathered, room, sifted(sync, lost.gone))


def _doomed(sync: SyncPass, gathered: Gathered, room: int, doomed: Sequence[Pair]) -> int:
    side = sync.target.side
    sync.counts.deleted[side] += len(doomed)
    _count(sync, gathered, side, "delete", len(doomed))
    for pair in doomed:
        room -= gathered.take(delete_change(sync, pair), room)
    return room


def lines_of(change: Change) -> list[ChangeLine]:
    """The change as a person reads it: one line a written side."""
    return [
        ChangeLine(
            module=change.module,
            side=side,
            kind=change.kind if change.kind != "link" else "update",
            id=change.left_id if side == "left" else change.right_id,
            label=change.label,
            why=change.why,
            fields=tuple(
                FieldChange(field=one.to or one.key, before=one.values.get(side), after=one.result)
                for one in change.fields
                if one.write == side and change.kind != "delete"
            ),
        )
        for side in change.writes
    ]


def _count(sync: SyncPass, gathered: Gathered, side: Side, kind: Kind, records: int) -> None:
    """Note writes for the forecast."""
    plan = sync.module.side(side)
    by_module = gathered.writes.setdefault((plan.system, plan.stream, kind), {})
    by_module[sync.module.name] = by_module.get(sync.module.name, 0) + records


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
