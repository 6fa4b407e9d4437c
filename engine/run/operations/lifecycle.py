"""Lifecycle: connect, disable, enable, delete, migrate: looked at first, then carried out step by step.

A stage that has begun is remembered before its first step, and is over only after its last one. Killed in between
and ordered again, it goes on to the same end; until then nothing else of the integration runs.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from engine.errors import UserError
from engine.record import Counts
from engine.run.operations.completion import note_done
from engine.run.operations.stage_progress import Doing, Order, StepDone, StepSeen
from engine.run.operations.states import BEGUN, DONE, refuse_out_of_turn
from engine.run.operations.steps import carry_out, link_count, look_ahead
from engine.run.read.chosen import Room
from engine.run.read.one_record_streams import read_fields
from engine.run.read.requirements import demand, requirement_reads
from engine.run.sync.mail import send_mails
from engine.run.sync.opened import remembered, session_of, systems_of
from engine.run.sync.recorded import RunRecord, leased, recorded
from engine.run.sync.standing import both, connecting, disclosed, heed_accounts, moved, pin_reads, pins_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from engine.ledger.standing import Pin, Standing
    from engine.ledger.store import Ledger
    from engine.plan import Plan
    from engine.run.session.ledger_writer import LedgerWriter
    from engine.run.session.run_request import RunRequest


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
    wanted = plan if order.asks else replace(plan, systems={})
    with systems_of(wanted, request) as systems, session_of(request) as session:
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
    order = foreseen.order
    with leased(plan, request) as writer:
        before = writer.ledger.standing(plan.name)
        refuse_out_of_turn(plan, order.stage, before, order.choice)
        begun = _begin(order, before, writer)
        with recorded(plan, writer) as record:
            record.counts |= {step.key: Counts() for step in order.steps if step.chosen is not None}
            done = _carried(plan, request, foreseen, record)
            after = _finish(plan, foreseen, begun, done, record.run, writer)
        send_mails(plan, request, writer)
        return Carried(run=record.run, order=order, standing=after, steps=done)


def _carried(plan: Plan, request: RunRequest, foreseen: Foreseen, record: RunRecord) -> tuple[StepDone, ...]:
    with _room(plan, request, foreseen.order, record.writer.ledger) as room:
        doing = Doing(
            room=room, writer=record.writer, run=record.run, counts=record.counts, stop=request.stop
        )
        try:
            return _steps(doing, foreseen)
        finally:
            record.calls |= {name: connector.calls for name, connector in room.systems.items()}


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
