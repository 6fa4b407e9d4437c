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
from engine.run.decide.compare import pairs, portions
from engine.run.decide.expected_changes import creates, delete_change, pair_changes
from engine.run.decide.guard import refused_creates
from engine.run.decide.refusals import refusals
from engine.run.decide.trigger import sift, takes
from engine.run.decide.yielding import yielded
from engine.run.pair.sort import held_records
from engine.run.read.requirements import check_requirements
from engine.run.read.waits import name_roots, new_waits
from engine.run.session.aim import modules_of
from engine.run.session.changes import Change, Header, Saving
from engine.run.session.held import as_held
from engine.run.session.report import Ask, ChangeLine, Changeset, FieldChange, HeldRecord, SystemForecast
from engine.run.session.sync_pass import Clock
from engine.run.sync.execute import Call, columns, passes_of, refuse_unbuilt, systems_of
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
    from engine.run.decide.compare import Decided, Pair
    from engine.run.decide.refusals import Refused
    from engine.run.session.sync_pass import Work
    from engine.run.sync.limits import Stop
    from engine.run.write.delete import Departed


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


def save(plan: Plan, call: Call, file: Path, *, limit: int = 20) -> Changeset:
    """The same as `preview`, and every single change in a file, for a run to do exactly that."""
    with Saving(file) as saving:
        changeset = preview(plan, call, limit=limit, saving=saving)
        saving.finish(_header(plan, call, saving))
    return changeset


def _header(plan: Plan, call: Call, saving: Saving) -> Header:
    with remembered(call) as ledger:
        last = ledger.last_run(plan.name)
    return Header(
        integration=plan.name,
        plan=plan.fingerprint,
        spec=plan.file,
        made=Clock(now=call.now).text(),
        stand_ins=tuple(sorted(call.overrides)),
        whole=call.whole,
        last_run=last.id if last else None,
        changes=saving.changes,
        counts=saving.counts,
    )


def preview(plan: Plan, call: Call, *, limit: int = 20, saving: Saving | None = None) -> Changeset:
    """Read both sides and decide everything; show the first `limit` records of each module."""
    refuse_unbuilt(plan)
    call.folder.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    gathered = Gathered(counts={}, lines=[], held=[], writes={}, asks=[], notes=[], saving=saving)
    with remembered(call) as ledger, systems_of(plan, call) as systems, columns(call) as session:
        check_requirements(plan, systems, session)
        for module in modules_of(plan, call.aim):
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
def remembered(call: Call) -> Iterator[Ledger]:
    """The ledger to look at; where nothing has run yet, an empty one that is thrown away."""
    if ledger_exists(call.ledger_url):
        with open_ledger(call.ledger_url, readonly=True) as ledger:
            yield ledger
        return
    with tempfile.TemporaryDirectory() as folder, open_ledger(Path(folder) / LEDGER_FILE) as ledger:
        yield ledger


def _module(works: Sequence[Work], gathered: Gathered, limit: int) -> None:
    work = works[0]
    if work.module.trigger is not None and work.module.trigger.becomes is None:
        return  # it acts only when a person asks
    state = work.ledger.module_state(work.integration, work.module.name)
    looked = look(works, state)
    _asks(work, gathered, stops_of(works, state, looked))
    room = limit
    for one in works:
        room = _pass(one, gathered, room, looked[one.source_side].departed)
        gathered.notes += [f"{work.module.name}: {sentence}" for sentence in yielded(one)]


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
    refused = refused_creates(work)
    _refused(work, gathered, refused)
    work.counts.held += len({one.notice.record_id for one in refused})
    room = _creates(work, gathered, room)
    room = _updates(work, gathered, room)
    return _deletes(work, gathered, room, lost)


def _refused(work: Work, gathered: Gathered, found: Sequence[Refused]) -> None:
    """Note what guards would hold; what they would put back is among the changes."""
    held = {(one.held.side, one.held.record_id): one.held for one in found if one.held is not None}
    gathered.held += [HeldRecord(module=work.module.name, held=as_held(row)) for row in held.values()]


def _creates(work: Work, gathered: Gathered, room: int) -> int:
    """Note the records that would be made; answers how many more lines there is room for."""
    total = int(work.columns.one("SELECT count(*) FROM absent")) if work.moving else 0
    work.counts.created[work.target.side] += total
    _count(work, gathered, work.target.side, "create", total)
    several = portions(work, "absent", CHUNK if gathered.saving else max(room, 1))
    for places in several if gathered.saving else several[: room > 0]:
        for change in creates(work, *places):
            room -= gathered.take(change, room)
    return room


def _updates(work: Work, gathered: Gathered, room: int) -> int:
    counts = work.counts
    for first, last in portions(work, "paired", portion_size(work)):
        found, missed = sift(work, pairs(work, first, last))
        counts.skipped += len(missed)
        if takes(work):
            room = _taken(work, gathered, room, found)
            continue
        judged = judge(work, found)
        gone = [pair for pair in judged.unclear if pair.other is not None and pair.other.trouble is not None]
        counts.held += len(gone)
        counts.skipped += len(judged.unclear) - len(gone) + len(judged.lost)
        _refused(work, gathered, refusals(work, judged.decided))
        for one in judged.decided:
            _decided(work, gathered, one)
        for change in pair_changes(work, judged.decided) if gathered.saving or room > 0 else ():
            room -= gathered.take(change, room) if change else 0
    return room


def _taken(work: Work, gathered: Gathered, room: int, found: Sequence[Pair]) -> int:
    """Note what a trigger would delete; what cannot be read is held."""
    doomed = [pair for pair in found if pair.clear]
    work.counts.held += len(found) - len(doomed)
    return _doomed(work, gathered, room, doomed)


def _decided(work: Work, gathered: Gathered, one: Decided) -> None:
    """Count one decision as the run would."""
    counts, written = work.counts, [side for side in SIDES if one.writes(side)]
    counts.conflicts += bool(one.decision.conflicts)
    counts.held += bool(one.refusals) and not (written or one.decision.conflicts)
    counts.unchanged += not (written or one.decision.conflicts or one.refusals)
    for side in written:
        counts.updated[side] += not (one.decision.conflicts and side == written[0])
        _count(work, gathered, side, "update", 1)


def _deletes(work: Work, gathered: Gathered, room: int, lost: Departed) -> int:
    return _doomed(work, gathered, room, sifted(work, lost.gone))


def _doomed(work: Work, gathered: Gathered, room: int, doomed: Sequence[Pair]) -> int:
    side = work.target.side
    work.counts.deleted[side] += len(doomed)
    _count(work, gathered, side, "delete", len(doomed))
    for pair in doomed:
        room -= gathered.take(delete_change(work, pair), room)
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


def _count(work: Work, gathered: Gathered, side: Side, kind: Kind, records: int) -> None:
    """Note writes for the forecast."""
    plan = work.module.side(side)
    by_module = gathered.writes.setdefault((plan.system, plan.stream, kind), {})
    by_module[work.module.name] = by_module.get(work.module.name, 0) + records


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
