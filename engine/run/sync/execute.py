"""Execute: one run of one plan, from the lease to the last line of the history."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from engine.errors import NotBuiltError
from engine.event import Listener, Noted, RunStarted, ignore
from engine.ledger import RunOutcome, RunRow, open_ledger
from engine.ledger.model import LEDGER_FILE
from engine.record import SIDES, Counts
from engine.run.decide.trigger import put_to_sleep
from engine.run.read.requirements import check_requirements, requirement_reads
from engine.run.read.single import read_told
from engine.run.read.slow import compile_slow
from engine.run.session.aim import Aim, modules_of, only_of
from engine.run.session.columns import Columns
from engine.run.session.held import as_held
from engine.run.session.history import holder, outcome_of, run_id, sentence_of
from engine.run.session.report import HeldRecord, RunReport
from engine.run.session.spill import leave, spill_folder
from engine.run.session.sync_pass import Accepted, Clock, Pen, Work
from engine.run.session.systems import World, close_systems, environment, open_systems
from engine.run.sync.mail import send_mails
from engine.run.sync.module import run_module
from engine.run.sync.standing import (
    chosen_otherwise,
    disclosed,
    heed_accounts,
    known_systems,
    pin_reads,
    pins_of,
    refuse_at_rest,
    remember_standing,
    settings_prints,
    undone,
)
from engine.run.sync.write_back import carry_news

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from engine.connectors.port import Connector
    from engine.ledger.store import Ledger
    from engine.plan import ModulePlan, Plan

LEASE_S = 180.0

#: What is done with the passes of one module.
Task: TypeAlias = "Callable[[Sequence[Work], Pen], None]"


def utc_now() -> datetime:
    """The time of this machine."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """How somebody asks for a run or a preview."""

    folder: Path  #: where the ledger, tokens and the sandbox live; created if it is missing
    overrides: Mapping[str, Mapping[str, Any]]  #: system -> settings that replace those of the spec
    ledger: str | None = None  #: URL or path; None = a file in the folder
    accepted: Accepted = field(default_factory=Accepted)  #: what a person has agreed to
    whole: bool = False  #: True = read everything again, whatever the cursors say
    aim: Aim | None = None  #: what it is about; None = everything
    listen: Listener = ignore
    stop: Callable[[], bool] = lambda: False
    now: Callable[[], datetime] = utc_now

    @property
    def ledger_url(self) -> str:
        """Where the ledger is."""
        return self.ledger or str(self.folder / LEDGER_FILE)

    def world(self) -> World:
        """What connectors may use."""
        return World(
            folder=self.folder, environment=environment(), overrides=self.overrides, listen=self.listen
        )


def refuse_unbuilt(plan: Plan) -> None:
    """Raises NotBuiltError naming every construct of the plan that this version checks but cannot run."""
    if not plan.not_built:
        return
    lines = "".join(f"\n  {one.place}: {one.what}" for one in plan.not_built)
    raise NotBuiltError(
        f"`{plan.name}` asks for what this version cannot run yet; nothing was read or written:{lines}",
        remedy="Switch these off by their options (--set), or remove them from the spec.",
    )


def execute(plan: Plan, call: Call, task: Task = run_module) -> RunReport:
    """Run every module of the plan and report what became of each record; `task`: what is done with a module.

    Raises UserError, TemporaryError, StoppedError or LockedError; what was settled before stays settled, and
    the history says how the run ended.
    """
    refuse_unbuilt(plan)
    call.folder.mkdir(parents=True, exist_ok=True)
    clock, started = Clock(now=call.now), time.monotonic()
    with open_ledger(call.ledger_url) as ledger:
        lease = ledger.take_lease(plan.name, holder(), clock.text(), LEASE_S)
        pen = Pen(ledger=ledger, lease=lease, clock=clock, ttl_s=LEASE_S)
        try:
            refuse_at_rest(plan, ledger.standing(plan.name))
            return _leased(plan, call, pen, started, task)
        finally:
            ledger.release(pen.lease)


def _leased(plan: Plan, call: Call, pen: Pen, started: float, task: Task) -> RunReport:
    run = run_id(pen.clock)
    pen.ledger.start_run(
        pen.keep(),
        RunRow(
            id=run,
            integration=plan.name,
            started=pen.clock.text(),
            spec_file=plan.file,
            plan_fingerprint=plan.fingerprint,
        ),
    )
    for sentence in _told_before(plan, pen.ledger):
        call.listen(Noted(message=sentence))
    names = tuple(one.name for one in modules_of(plan, call.aim))
    call.listen(RunStarted(run=run, integration=plan.name, modules=names))
    journal = Journal(run=run, counts={}, calls={})
    try:
        _modules(plan, call, pen, journal, task)
    except BaseException as error:
        _end(pen, journal, started, outcome_of(error), sentence_of(error))
        raise
    held = held_now(pen.ledger, plan.name)
    _end(pen, journal, started, "held" if held else "done", None)
    return RunReport(
        run=run,
        integration=plan.name,
        outcome="held" if held else "done",
        seconds=time.monotonic() - started,
        modules=journal.counts,
        held=held,
        calls=journal.calls,
    )


@dataclass(slots=True, kw_only=True)
class Journal:
    """What has been counted so far, so that a run that ends early still leaves its counts."""

    run: str
    counts: dict[str, Counts]
    calls: dict[str, int]


def _modules(plan: Plan, call: Call, pen: Pen, journal: Journal, task: Task) -> None:
    with systems_of(plan, call) as systems, columns(call) as session:
        try:
            _check(plan, call, systems, session, pen)
            put_to_sleep(plan.asleep, plan.name, pen)
            for module in modules_of(plan, call.aim):
                passes = partial(
                    passes_of,
                    plan=plan,
                    module=module,
                    session=session,
                    systems=systems,
                    ledger=pen.ledger,
                    pen=pen,
                    run=journal.run,
                )
                _module(passes, call, pen, journal, task)
                send_mails(plan, call, pen)
        finally:
            journal.calls.update({name: connector.calls for name, connector in systems.items()})


def _module(
    passes: Callable[..., tuple[Work, ...]], call: Call, pen: Pen, journal: Journal, task: Task
) -> None:
    works = passes(call=call)
    journal.counts[works[0].module.name] = works[0].counts
    task(works, pen)
    carry_news(works, lambda aim: passes(call=replace(call, aim=aim)), pen)


def _check(plan: Plan, call: Call, systems: Mapping[str, Connector], session: Columns, pen: Pen) -> None:
    """Nothing runs against other accounts than before, nor where a requirement does not hold."""
    standing, prints = pen.ledger.standing(plan.name), settings_prints(plan, call.world())
    reads = pin_reads(plan, known_systems(plan, standing, prints))
    told = read_told([*reads, *requirement_reads(plan.requirements)], systems)
    now = pins_of(plan, told)
    heed_accounts(plan, standing, now)
    check_requirements(plan, systems, session, told)
    remember_standing(plan, pen, standing, now, prints)


@contextmanager
def systems_of(plan: Plan, call: Call) -> Iterator[dict[str, Connector]]:
    """Every system of the plan, open."""
    systems = open_systems(plan, call.world())
    try:
        yield systems
    finally:
        close_systems(systems)


@contextmanager
def columns(call: Call) -> Iterator[Columns]:
    """A session for one run."""
    session = Columns(call.now().date(), spill_folder(call.folder))
    try:
        yield session
    finally:
        session.close()
        leave(call.folder)


def passes_of(
    *,
    plan: Plan,
    module: ModulePlan,
    call: Call,
    session: Columns,
    systems: Mapping[str, Connector],
    ledger: Ledger,
    pen: Pen | None,
    run: str,
) -> tuple[Work, ...]:
    """The passes over one module, in their order; without a pen nothing can be written."""
    counts, slow = Counts(), {side: compile_slow(module.side(side).slow) for side in SIDES}
    only = only_of(plan, module, call.aim, ledger)
    works = tuple(
        Work(
            run=run,
            integration=plan.name,
            module=module,
            source_side=side,
            session=session,
            systems=systems,
            ledger=ledger,
            pen=pen,
            clock=Clock(now=call.now),
            listen=call.listen,
            stop=call.stop,
            slow=slow,
            accepted=call.accepted,
            whole=call.whole,
            aim=call.aim,
            only=only[side] if only is not None else None,
            counts=counts,
        )
        for side in module.sources
    )
    if len(works) > 1:
        works[0].reverse, works[1].reverse = works[1], works[0]
    return works


def held_now(ledger: Ledger, integration: str) -> tuple[HeldRecord, ...]:
    """Every record of the integration that is held."""
    return tuple(HeldRecord(module=row.module, held=as_held(row)) for row in ledger.held_rows(integration))


def _end(pen: Pen, journal: Journal, started: float, outcome: RunOutcome, error: str | None) -> None:
    pen.ledger.end_run(
        pen.keep(),
        journal.run,
        outcome=outcome,
        ended=pen.clock.text(),
        seconds=round(time.monotonic() - started, 3),
        counts={name: counts.as_json() for name, counts in journal.counts.items()},
        calls=journal.calls,
        error=error,
    )


def _told_before(plan: Plan, ledger: Ledger) -> list[str]:
    """What is chosen anew, and what connecting shows: told once, and again where the spec says something else of it."""
    standing = ledger.standing(plan.name)
    changed = chosen_otherwise(plan, standing)
    told = [one.partition(": ") for one in plan.discloses]
    if standing.agreed.get("discloses") == disclosed(plan):
        told = []
    sentences = [f"Connecting shows to {system}: {what}" for system, _, what in told]
    return [*([changed] if changed else []), *sentences, *undone(plan, standing)]
