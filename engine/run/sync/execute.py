"""Execute: one run of one plan, from the lease to the last line of the history."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from engine.errors import NotBuiltError
from engine.event import Noted, RunStarted
from engine.ledger import RunOutcome, RunRow, open_ledger
from engine.record import SIDES, Counts
from engine.run.read.computed_fields import compile_computed
from engine.run.read.one_record_streams import read_fields
from engine.run.read.requirements import check_requirements, requirement_reads
from engine.run.session.aim import modules_of, only_of
from engine.run.session.columns import Session
from engine.run.session.held import as_held
from engine.run.session.history import holder, outcome_of, run_id, sentence_of
from engine.run.session.ledger_writer import Clock, LedgerWriter
from engine.run.session.report import HeldRecord, RunReport
from engine.run.session.spill import leave, spill_folder
from engine.run.session.sync_pass import SyncPass
from engine.run.session.systems import close_systems, open_systems
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
from engine.run.write.remember import put_to_sleep

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from engine.connectors.port import Connector
    from engine.ledger.store import Ledger
    from engine.plan import ModulePlan, Plan
    from engine.run.session.run_request import RunRequest

LEASE_S = 180.0

#: What is done with the passes of one module.
Task: TypeAlias = "Callable[[Sequence[SyncPass], LedgerWriter], None]"


def refuse_unbuilt(plan: Plan) -> None:
    """Raises NotBuiltError naming every construct of the plan that this version checks but cannot run."""
    if not plan.not_built:
        return
    lines = "".join(f"\n  {one.place}: {one.what}" for one in plan.not_built)
    raise NotBuiltError(
        f"`{plan.name}` asks for what this version cannot run yet; nothing was read or written:{lines}",
        remedy="Switch these off by their options (--set), or remove them from the spec.",
    )


def execute(plan: Plan, request: RunRequest, task: Task = run_module) -> RunReport:
    """Run every module of the plan and report what became of each record; `task`: what is done with a module.

    Raises UserError, TemporaryError, StoppedError or LockedError; what was settled before stays settled, and
    the history says how the run ended.
    """
    refuse_unbuilt(plan)
    request.folder.mkdir(parents=True, exist_ok=True)
    clock, started = Clock(now=request.now), time.monotonic()
    with open_ledger(request.ledger_url) as ledger:
        lease = ledger.take_lease(plan.name, holder(), clock.text(), LEASE_S)
        writer = LedgerWriter(ledger=ledger, lease=lease, clock=clock, ttl_s=LEASE_S)
        try:
            refuse_at_rest(plan, ledger.standing(plan.name))
            return _leased(plan, request, writer, started, task)
        finally:
            ledger.release(writer.lease)


def _leased(plan: Plan, request: RunRequest, writer: LedgerWriter, started: float, task: Task) -> RunReport:
    run = run_id(writer.clock)
    writer.ledger.start_run(
        writer.renew(),
        RunRow(
            id=run,
            integration=plan.name,
            started=writer.clock.text(),
            spec_file=plan.file,
            plan_fingerprint=plan.fingerprint,
        ),
    )
    for sentence in _told_before(plan, writer.ledger):
        request.listen(Noted(message=sentence))
    names = tuple(one.name for one in modules_of(plan, request.aim))
    request.listen(RunStarted(run=run, integration=plan.name, modules=names))
    journal = Journal(run=run, counts={}, calls={})
    try:
        _modules(plan, request, writer, journal, task)
    except BaseException as error:
        _end(writer, journal, started, outcome_of(error), sentence_of(error))
        raise
    held = held_now(writer.ledger, plan.name)
    _end(writer, journal, started, "held" if held else "done", None)
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


def _modules(plan: Plan, request: RunRequest, writer: LedgerWriter, journal: Journal, task: Task) -> None:
    with systems_of(plan, request) as systems, columns(request) as session:
        try:
            _check(plan, request, systems, session, writer)
            put_to_sleep(plan.asleep, plan.name, writer)
            for module in modules_of(plan, request.aim):
                make = partial(
                    passes_of,
                    plan=plan,
                    module=module,
                    session=session,
                    systems=systems,
                    ledger=writer.ledger,
                    writer=writer,
                    run=journal.run,
                )
                _module(make, request, writer, journal, task)
                send_mails(plan, request, writer)
        finally:
            journal.calls.update({name: connector.calls for name, connector in systems.items()})


def _module(
    make: Callable[..., tuple[SyncPass, ...]],
    request: RunRequest,
    writer: LedgerWriter,
    journal: Journal,
    task: Task,
) -> None:
    passes = make(request=request)
    journal.counts[passes[0].module.name] = passes[0].counts
    task(passes, writer)
    carry_news(passes, lambda aim: make(request=replace(request, aim=aim)), writer)


def _check(
    plan: Plan, request: RunRequest, systems: Mapping[str, Connector], session: Session, writer: LedgerWriter
) -> None:
    """Nothing runs against other accounts than before, nor where a requirement does not hold."""
    standing, prints = writer.ledger.standing(plan.name), settings_prints(plan, request.world())
    reads = pin_reads(plan, known_systems(plan, standing, prints))
    told = read_fields([*reads, *requirement_reads(plan.requirements)], systems)
    now = pins_of(plan, told)
    heed_accounts(plan, standing, now)
    check_requirements(plan, systems, session, told)
    remember_standing(plan, writer, standing, now, prints)


@contextmanager
def systems_of(plan: Plan, request: RunRequest) -> Iterator[dict[str, Connector]]:
    """Every system of the plan, open."""
    systems = open_systems(plan, request.world())
    try:
        yield systems
    finally:
        close_systems(systems)


@contextmanager
def columns(request: RunRequest) -> Iterator[Session]:
    """A session for one run."""
    session = Session(request.now().date(), spill_folder(request.folder))
    try:
        yield session
    finally:
        session.close()
        leave(request.folder)


def passes_of(
    *,
    plan: Plan,
    module: ModulePlan,
    request: RunRequest,
    session: Session,
    systems: Mapping[str, Connector],
    ledger: Ledger,
    writer: LedgerWriter | None,
    run: str,
) -> tuple[SyncPass, ...]:
    """The passes over one module, in their order; without a pen nothing can be written."""
    first = SyncPass(
        run=run,
        integration=plan.name,
        module=module,
        source_side=module.sources[0],
        tables={side: session.of_pass(side) for side in module.sources},
        systems=systems,
        ledger=ledger,
        writer=writer,
        clock=Clock(now=request.now),
        listen=request.listen,
        stop=request.stop,
        computed={side: compile_computed(module.side(side).slow) for side in SIDES},
        accepted=request.accepted,
        whole=request.whole,
        aim=request.aim,
        named=only_of(plan, module, request.aim, ledger),
    )
    return (first, first.reverse) if first.both_ways else (first,)


def held_now(ledger: Ledger, integration: str) -> tuple[HeldRecord, ...]:
    """Every record of the integration that is held."""
    return tuple(HeldRecord(module=row.module, held=as_held(row)) for row in ledger.held_rows(integration))


def _end(
    writer: LedgerWriter, journal: Journal, started: float, outcome: RunOutcome, error: str | None
) -> None:
    writer.ledger.end_run(
        writer.renew(),
        journal.run,
        outcome=outcome,
        ended=writer.clock.text(),
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
