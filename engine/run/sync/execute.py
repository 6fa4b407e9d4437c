"""Execute: one run of one plan: its checks, then module by module, then what people are told."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from engine.event import Noted, RunStarted
from engine.run.read.one_record_streams import read_fields
from engine.run.read.requirements import check_requirements, requirement_reads
from engine.run.session.aim import modules_of
from engine.run.session.held import as_held
from engine.run.session.report import HeldRecord, RunReport
from engine.run.sync.mail import send_mails
from engine.run.sync.opened import Opened, opened, refuse_unbuilt
from engine.run.sync.pipeline import work_off
from engine.run.sync.recorded import RunRecord, leased, recorded
from engine.run.sync.resolve import resolve
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
from engine.run.sync.write_back import write_back
from engine.run.sync.writing import Run, Writing
from engine.run.write.recover import close_orders
from engine.run.write.remember import put_to_sleep

if TYPE_CHECKING:
    from engine.ledger.store import Ledger
    from engine.plan import ModulePlan, Plan
    from engine.run.session.ledger_writer import LedgerWriter
    from engine.run.session.run_request import RunRequest


def execute(plan: Plan, request: RunRequest, mode: Writing | None = None) -> RunReport:
    """Work off every module of the plan in a mode (None: as an ordinary run), and report what became of each record.

    Raises UserError, TemporaryError, StoppedError or LockedError; what was settled before stays settled, and
    the history says how the run ended.
    """
    refuse_unbuilt(plan)
    with leased(plan, request) as writer:
        refuse_at_rest(plan, writer.ledger.standing(plan.name))
        with recorded(plan, writer) as record:
            _announce(plan, request, record)
            _modules(plan, request, record, mode or Run())
            held = held_now(writer.ledger, plan.name)
            record.outcome = "held" if held else "done"
        return RunReport(
            run=record.run,
            integration=plan.name,
            outcome="held" if held else "done",
            seconds=record.seconds,
            modules=record.counts,
            held=held,
            calls=record.calls,
        )


def _announce(plan: Plan, request: RunRequest, record: RunRecord) -> None:
    for sentence in _told_before(plan, record.writer.ledger):
        request.listen(Noted(message=sentence))
    names = tuple(one.name for one in modules_of(plan, request.aim))
    request.listen(RunStarted(run=record.run, integration=plan.name, modules=names))


def _modules(plan: Plan, request: RunRequest, record: RunRecord, mode: Writing) -> None:
    writer = mode.writer = record.writer
    with opened(plan, request, writer.ledger, writer=writer, run=record.run) as one:
        try:
            _check(one, writer)
            close_orders(plan, writer, record.run)
            put_to_sleep(plan.asleep, plan.name, writer)
            modules = modules_of(plan, request.aim)
            for module in modules:
                _module(one, module, record, mode)
                send_mails(plan, request, writer)
            resolve(plan.name, modules, one.passes, writer, record.counts)
        finally:
            record.calls.update({name: connector.calls for name, connector in one.systems.items()})


def _module(one: Opened, module: ModulePlan, record: RunRecord, mode: Writing) -> None:
    passes = one.passes(module)
    record.counts[module.name] = passes[0].counts
    work_off(passes, mode)
    write_back(passes, partial(one.passes, module), record.writer)


def _check(one: Opened, writer: LedgerWriter) -> None:
    """Nothing runs against other accounts than before, nor where a requirement does not hold."""
    plan = one.plan
    standing, prints = writer.ledger.standing(plan.name), settings_prints(plan, one.request.world())
    reads = pin_reads(plan, known_systems(plan, standing, prints))
    told = read_fields([*reads, *requirement_reads(plan.requirements)], one.systems)
    now = pins_of(plan, told)
    heed_accounts(plan, standing, now)
    check_requirements(plan, one.systems, one.session, told)
    remember_standing(plan, writer, standing, now, prints)


def held_now(ledger: Ledger, integration: str) -> tuple[HeldRecord, ...]:
    """Every record of the integration that is held."""
    return tuple(HeldRecord(module=row.module, held=as_held(row)) for row in ledger.held_rows(integration))


def _told_before(plan: Plan, ledger: Ledger) -> list[str]:
    """What is chosen anew, and what connecting shows: told once, and again where the spec says something else of it."""
    standing = ledger.standing(plan.name)
    changed = chosen_otherwise(plan, standing)
    told = [one.partition(": ") for one in plan.discloses]
    if standing.agreed.get("discloses") == disclosed(plan):
        told = []
    sentences = [f"Connecting shows to {system}: {what}" for system, _, what in told]
    return [*([changed] if changed else []), *sentences, *undone(plan, standing)]
