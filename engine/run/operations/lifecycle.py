"""Lifecycle: connect, disable, enable, delete, migrate: looked at first, then carried out step by step.

A stage that has begun is remembered before its first step, and is over only after its last one. Killed in between
and ordered again, it goes on to the same end; until then nothing else of the integration runs.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from engine.errors import UserError
from engine.ledger import RunRow, open_ledger
from engine.record import Counts
from engine.run.operations.completion import note_done
from engine.run.operations.preview import remembered
from engine.run.operations.stage_progress import Doing, StepDone, StepSeen
from engine.run.operations.states import BEGUN, DONE, refuse_out_of_turn
from engine.run.operations.steps import carry_out, link_count, look_ahead
from engine.run.read.chosen import Room
from engine.run.read.one_record_streams import read_fields
from engine.run.read.requirements import demand, requirement_reads
from engine.run.session.history import holder, outcome_of, run_id, sentence_of
from engine.run.session.ledger_writer import Clock, LedgerWriter
from engine.run.sync.execute import LEASE_S, columns, systems_of
from engine.run.sync.mail import send_mails
from engine.run.sync.standing import both, connecting, disclosed, heed_accounts, moved, pin_reads, pins_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from engine.ledger.standing import Pin, Standing
    from engine.ledger.store import Ledger
    from engine.plan import Plan
    from engine.plan.lifecycle import StagePlan, StepPlan
    from engine.run.session.run_request import RunRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a person orders."""

    stage: StagePlan
    choice: str | None = None  #: one of the stage's choices; None = there are none
    by: str | None = None  #: the mail address of who orders it; None = not given

    @property
    def steps(self) -> tuple[StepPlan, ...]:
        """What is to be done."""
        chosen = (self.stage.choices or {}).get(self.choice or "", ())
        return (*self.stage.steps, *chosen)

    @property
    def asks(self) -> bool:
        """Whether the systems must be asked; where not, it works even if nobody answers there."""
        if self.stage.stage in ("connect", "enable"):
            return True
        return bool(self.stage.checks) or any(step.chosen is not None for step in self.steps)


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """What a stage would do now."""

    order: Order
    standing: Standing
    steps: tuple[StepSeen, ...]
    accounts: Mapping[str, Pin]  #: as the systems tell them; empty = they were not asked
    moved: tuple[str, ...] = ()  #: sentences about accounts that are others now
    links: int = 0  #: that are forgotten because an account is another one


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """A stage that is over."""

    run: str  #: under which it is in the history
    order: Order
    standing: Standing
    steps: tuple[StepDone, ...]


def foresee(plan: Plan, request: RunRequest, order: Order) -> Foreseen:
    """What would be done. Raises UserError or LockedError where the stage has no place now."""
    with remembered(request) as ledger, _room(plan, request, order, ledger) as room:
        standing = ledger.standing(plan.name)
        refuse_out_of_turn(plan, order.stage, standing, order.choice)
        now = _asked(order, room)
        gone = _moved(order, room, standing, now)
        return Foreseen(
            order=order,
            standing=standing,
            steps=tuple(look_ahead(room, step) for step in order.steps),
            accounts=now,
            moved=gone,
            links=link_count(room, None) if gone else 0,
        )


@contextmanager
def _room(plan: Plan, request: RunRequest, order: Order, ledger: Ledger) -> Iterator[Room]:
    """Systems and tables, as far as the stage needs them."""
    request.folder.mkdir(parents=True, exist_ok=True)
    wanted = plan if order.asks else replace(plan, systems={})
    with systems_of(wanted, request) as systems, columns(request) as session:
        yield Room(plan=plan, ledger=ledger, systems=systems, columns=session)


def _asked(order: Order, room: Room) -> dict[str, Pin]:
    """The accounts as the systems tell them. Raises UserError where a check of the stage does not hold."""
    if not order.asks:
        return {}
    plan = room.plan
    checks = (*order.stage.checks, *(plan.requirements if order.stage.stage == "connect" else ()))
    told = read_fields([*pin_reads(plan), *requirement_reads(checks)], room.systems)
    demand(checks, told, room.columns)
    return pins_of(plan, told)


def _moved(order: Order, room: Room, standing: Standing, now: Mapping[str, Pin]) -> tuple[str, ...]:
    """What is said of accounts that are others now. Raises UserError where the stage does not allow it."""
    if order.stage.stage == "connect" and standing.state == "deleted":
        return ()
    wrong = moved(standing, now)
    if order.stage.stage != "enable":
        heed_accounts(room.plan, standing, now)
    pinned = [name for name in wrong if name in order.stage.pins]
    if pinned:
        sentences = " ".join(both(name, standing, now) for name in pinned)
        raise UserError(
            f"{sentences} It can be enabled only with the account that it was connected to ({order.stage.place}).",
            remedy=f"Name the former account again. For another one: engine delete {room.plan.file}, "
            f"then engine connect {room.plan.file}",
        )
    return tuple(both(name, standing, now) for name in wrong)


def carry(plan: Plan, request: RunRequest, foreseen: Foreseen) -> Carried:
    """Do it, for the records that were foreseen. Raises what `foresee` raises, and LockedError while a run is on."""
    request.folder.mkdir(parents=True, exist_ok=True)
    clock = Clock(now=request.now)
    with open_ledger(request.ledger_url) as ledger:
        lease = ledger.take_lease(plan.name, holder(), clock.text(), LEASE_S)
        writer = LedgerWriter(ledger=ledger, lease=lease, clock=clock, ttl_s=LEASE_S)
        try:
            return _leased(plan, request, foreseen, writer)
        finally:
            ledger.release(writer.lease)


def _leased(plan: Plan, request: RunRequest, foreseen: Foreseen, writer: LedgerWriter) -> Carried:
    order, ledger = foreseen.order, writer.ledger
    before = ledger.standing(plan.name)
    refuse_out_of_turn(plan, order.stage, before, order.choice)
    begun = _begin(order, before, writer)
    run, started = _start(plan, writer), time.monotonic()
    counts = {step.key: Counts() for step in order.steps if step.chosen is not None}
    calls: dict[str, int] = {}
    try:
        with _room(plan, request, order, ledger) as room:
            doing = Doing(room=room, writer=writer, run=run, counts=counts)
            try:
                done = _steps(doing, foreseen)
            finally:
                calls |= {name: connector.calls for name, connector in room.systems.items()}
    except BaseException as error:
        _end(writer, run, started, counts, calls, error)
        raise
    after = _finish(plan, foreseen, begun, done, run, writer)
    _end(writer, run, started, counts, calls, None)
    send_mails(plan, request, writer)
    return Carried(run=run, order=order, standing=after, steps=done)


def _begin(order: Order, before: Standing, writer: LedgerWriter) -> Standing:
    """Remember that the stage has begun, so that it is finished and nothing else runs."""
    state = BEGUN[order.stage.stage]
    if before.state == state:
        return before if order.by is None else replace(before, by=order.by)
    agreed = {**before.agreed, **({"choice": order.choice} if order.choice else {})}
    begun = replace(before, state=state, since=writer.clock.text(), agreed=agreed, by=order.by)
    writer.ledger.stand(writer.renew(), begun)
    return begun


def _steps(doing: Doing, foreseen: Foreseen) -> tuple[StepDone, ...]:
    if foreseen.moved:
        doing.room.ledger.forget(doing.lease())  # links of one account mean nothing in another
    return tuple(carry_out(doing, seen.step, {one.id for one in seen.records}) for seen in foreseen.steps)


def _finish(
    plan: Plan, foreseen: Foreseen, begun: Standing, done: Sequence[StepDone], run: str, writer: LedgerWriter
) -> Standing:
    """Tell whoever is to be told, then remember where the integration stands now."""
    stage = foreseen.order.stage
    note_done(plan, foreseen.order, begun, done, run, writer)
    after = replace(
        _agreed(plan, foreseen, begun, writer), state=DONE[stage.stage], since=writer.clock.text()
    )
    writer.ledger.stand(writer.renew(), after)
    return after


def _agreed(plan: Plan, foreseen: Foreseen, begun: Standing, writer: LedgerWriter) -> Standing:
    """What is remembered beside the state: accounts, choices, and what was agreed to."""
    agreed = {name: word for name, word in begun.agreed.items() if name != "choice"}
    stage = foreseen.order.stage.stage
    if stage == "delete":
        return replace(begun, pins={}, options=None, agreed={})
    if stage == "connect":
        agreed |= {"discloses": disclosed(plan), "connected": connecting(plan) or ""}
        return replace(begun, pins=foreseen.accounts, options=plan.options, agreed=agreed)
    if stage == "migrate":
        agreed |= {"migrated": writer.clock.text()}
    pins = {**begun.pins, **foreseen.accounts} if stage == "enable" else begun.pins
    return replace(begun, pins=pins, agreed=agreed)


def _start(plan: Plan, writer: LedgerWriter) -> str:
    run = run_id(writer.clock)
    row = RunRow(
        id=run,
        integration=plan.name,
        started=writer.clock.text(),
        spec_file=plan.file,
        plan_fingerprint=plan.fingerprint,
    )
    writer.ledger.start_run(writer.renew(), row)
    return run


def _end(
    writer: LedgerWriter,
    run: str,
    started: float,
    counts: Mapping[str, Counts],
    calls: Mapping[str, int],
    error: BaseException | None,
) -> None:
    writer.ledger.end_run(
        writer.renew(),
        run,
        outcome=outcome_of(error) if error is not None else "done",
        ended=writer.clock.text(),
        seconds=round(time.monotonic() - started, 3),
        counts={name: one.as_json() for name, one in counts.items()},
        calls=calls,
        error=sentence_of(error) if error is not None else None,
    )
