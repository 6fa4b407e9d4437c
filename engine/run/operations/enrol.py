"""Enrol: one record takes part in a module because a person says so, or is taken out of it again.

The word is stored before anything is made: a run that is killed in between, or that the other side refuses for now,
is finished by the next one. Reading, journal, writing and settling are those of every run.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from engine.errors import UserError
from engine.ledger import Enrolment, ModuleState
from engine.run.operations.offers import Offer, offers_of
from engine.run.pair.match import match
from engine.run.pair.sort import held_records, sort
from engine.run.read.counterparts import fetch
from engine.run.read.enrolled import enrolments, show_enrolled
from engine.run.read.waits import show_references
from engine.run.session.pair import LIVE
from engine.run.session.tables import STAGED
from engine.run.sync.execute import execute
from engine.run.sync.opened import looking, remembered
from engine.run.sync.ordered import Ordered, OrderPreview, read_alone
from engine.run.sync.pipeline import work_off
from engine.run.sync.writing import Writing
from engine.run.write.mark import mark_enrolled
from engine.run.write.withdrawn import take_out

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.plan import Plan
    from engine.record import Side
    from engine.run.session.report import ChangeLine, RunReport
    from engine.run.session.run_request import RunRequest
    from engine.run.session.sync_pass import SyncPass
    from engine.run.sync.look import Looked


def offered(plan: Plan, request: RunRequest, side: Side, record: str) -> tuple[Offer, ...]:
    """The places that the record may be put in. Raises UserError where it cannot be enrolled; nothing is written."""
    with looking(plan, request) as one:
        sync = _from(one.passes(plan.modules[0]), side)
        _look(sync, record=record, place={})
        return offers_of(sync)


def foresee_enrolment(
    plan: Plan, request: RunRequest, side: Side, record: str, place: Mapping[str, str]
) -> tuple[ChangeLine, ...]:
    """What would be written. Raises as `offered`."""
    with looking(plan, request) as one:
        mode = OrderPreview(side=side, order=partial(_look, record=record, place=place))
        work_off(one.passes(plan.modules[0]), mode)
        return tuple(mode.lines)


def enrol(
    plan: Plan, request: RunRequest, side: Side, record: str, place: Mapping[str, str]
) -> tuple[RunReport, str | None]:
    """Enrol it; answers the report and the id of its counterpart, None where that cannot be made yet."""
    order = partial(_look, record=record, place=place)
    mode = _Enrol(side=side, order=order, record=record, place=place)
    return execute(plan, request, mode), mode.target


def withdraw(plan: Plan, request: RunRequest, side: Side, record: str) -> tuple[RunReport, str | None]:
    """Take it out again; answers the report and the id of its former counterpart, which may be deleted now."""
    mode = _Withdraw(side=side, record=record)
    return execute(plan, request, mode), mode.target


def counterpart(plan: Plan, request: RunRequest, side: Side, record: str) -> str | None:
    """Its present counterpart. Raises UserError for a record that does not take part."""
    with remembered(request) as ledger:
        name = plan.modules[0].name
        links = ledger.links_table(plan.name, name, pa.array([record], pa.string()), side)
        known = {(one.side, one.record_id) for one in ledger.enrolments(plan.name, name)}
        found = next(iter(links.to_pylist()), None)
        if found is None and (side, record) not in known:
            place = plan.modules[0].side(side).name
            raise UserError(
                f"{place}:{record} is not enrolled in `{name}`.", remedy="There is nothing to undo."
            )
        return str(found["right_id" if side == "left" else "left_id"]) if found else None


def _from(passes: Sequence[SyncPass], side: Side) -> SyncPass:
    return next(sync for sync in passes if sync.source_side == side)


def _enrolment(sync: SyncPass, record: str, place: Mapping[str, str]) -> Enrolment:
    return Enrolment(
        module=sync.module.name, side=sync.source_side, record_id=record, place=place, at=sync.clock.text()
    )


@dataclass(slots=True, kw_only=True)
class _Enrol(Ordered):
    """A record takes part from now on."""

    record: str
    place: Mapping[str, str]
    target: str | None = None  #: its counterpart, once it is there

    def admit(
        self, passes: Sequence[SyncPass], state: ModuleState, looked: Mapping[Side, Looked]
    ) -> ModuleState:
        """Store the word before anything is made."""
        for side in looked:
            sync = _from(passes, side)
            one = _enrolment(sync, self.record, self.place)
            if _links(sync, self.record):
                self.writer.ledger.withdraw(self.writer.renew(), one)  # its link leads to nothing any more
            self.writer.ledger.enrol(self.writer.renew(), one)
        return state

    def end(self, passes: Sequence[SyncPass], state: ModuleState, looked: Mapping[Side, Looked]) -> None:
        """Mark it, now that it is linked."""
        del state
        for side in looked:
            sync = _from(passes, side)
            mark_enrolled(sync, self.permit)
            self.target = _linked_to(sync, self.record)


@dataclass(slots=True, kw_only=True)
class _Withdraw(Writing):
    """A record takes part no longer; where deletions are carried over, its counterpart is deleted."""

    side: Side
    record: str
    target: str | None = None  #: its former counterpart

    def admit(
        self, passes: Sequence[SyncPass], state: ModuleState, looked: Mapping[Side, Looked]
    ) -> ModuleState:
        """Store the word, then carry it out: a run that finds it half done does the rest."""
        del looked
        sync = _from(passes, self.side)
        self.target, one = _linked_to(sync, self.record), _enrolment(sync, self.record, {})
        self.writer.ledger.mark(self.writer.renew(), replace(one, state="leaving"))
        take_out(sync, self.permit, one)
        return state


def _look(sync: SyncPass, *, record: str, place: Mapping[str, str]) -> None:
    """Leave the record in `absent` or `paired`. Raises UserError where it takes part already, or cannot."""
    show_references(sync)
    target = _linked_to(sync, record)
    if target is not None:
        raise UserError(
            f"{sync.source.name}:{record} is enrolled already: it is {sync.target.name}:{target}.",
            remedy=f"`engine do SPEC {sync.module.name}.withdraw` takes it out again.",
        )
    _refuse_beyond(sync, record)
    _refuse_unconfirmed(sync, record)
    read_alone(sync, record)
    _refuse_unfit(sync, record)
    one = Enrolment(module=sync.module.name, side=sync.source_side, record_id=record, place=place, at="")
    show_enrolled(sync, [one])
    match(sync, ModuleState(integration=sync.integration, module=sync.module.name), 1)
    sort(sync)
    lacking = next(iter(held_records(sync)), None)
    if lacking is not None:
        raise UserError(f"{sync.source.name}:{record}: {lacking.message}", remedy=lacking.remedy)


def _refuse_beyond(sync: SyncPass, record: str) -> None:
    """Raises UserError where as many are enrolled as may be."""
    most = sync.module.enrol.at_most if sync.module.enrol else None
    others = [one for one in enrolments(sync) if one.record_id != record]
    if most is not None and len(others) >= most:
        raise UserError(
            f"`{sync.module.name}` takes {most:,} records at most, and {len(others):,} are enrolled.",
            remedy=f"Take one out first: engine do SPEC {sync.module.name}.withdraw --record {sync.source.name}:ID",
        )


def _refuse_unconfirmed(sync: SyncPass, record: str) -> None:
    """Raises UserError for a record that an earlier order has sent, of which nobody knows yet whether it arrived."""
    held = sync.ledger.held_row(sync.integration, sync.module.name, sync.source_side, record)
    if held is not None and held.code == "unconfirmed":
        raise UserError(f"{sync.source.name}:{record}: {held.message}", remedy=held.remedy)


def _refuse_unfit(sync: SyncPass, record: str) -> None:
    """Raises UserError for a record that is not there, is outside the view, or fails a check."""
    name = f"{sync.source.name}:{record}"
    rows = sync.columns.rows(f"SELECT in_view, trouble, lacks FROM {STAGED}")
    if not rows:
        raise UserError(f"{sync.source.system} has no record {name}.", remedy="Look up its id there.")
    in_view, trouble, lacks = rows[0]
    if not in_view:
        raise UserError(f"{name} is outside the view of `{sync.module.name}`, so it cannot be enrolled.")
    if trouble is not None or lacks is not None:
        found = sync.source.troubles[lacks if trouble is None else trouble]
        raise UserError(f"{name}: {found.message}", remedy=_now(found.remedy))


def _now(remedy: str | None) -> str | None:
    """Nothing comes over by itself that has not been enrolled."""
    return remedy.replace("It is synced automatically once", "It can be enrolled once") if remedy else None


def _linked_to(sync: SyncPass, record: str) -> str | None:
    """The id of its counterpart, if it has one that is still there."""
    found = [str(row[f"{sync.target.side}_id"]) for row in _links(sync, record) if row["state"] in LIVE]
    return found[0] if found and fetch(sync, found) else None


def _links(sync: SyncPass, record: str) -> list[dict[str, Any]]:
    """The link of a record, in whatever state, if it has one."""
    ids = pa.array([record], pa.string())
    links = sync.ledger.links_table(sync.integration, sync.module.name, ids, sync.source_side)
    return list(links.to_pylist())
