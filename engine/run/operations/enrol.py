"""Enrol: one record takes part in a module because a person says so, or is taken out of it again.

The word is stored before anything is made: a run that is killed in between, or that the other side refuses for now,
is finished by the next one. Reading, journal, writing and settling are those of every run.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from engine.errors import UserError
from engine.event import ModuleStarted
from engine.ledger import Enrolment, ModuleState
from engine.run.decide.compare import fetch
from engine.run.operations.by_hand import changes_of, read_alone
from engine.run.operations.offers import Offer, offers_of
from engine.run.operations.preview import lines_of, remembered
from engine.run.pair.match import match
from engine.run.pair.sort import held_records, sort
from engine.run.read.enrolled import enrolments, show_enrolled
from engine.run.read.requirements import check_requirements
from engine.run.read.waits import LIVE, show_references
from engine.run.sync.execute import columns, execute, passes_of, systems_of
from engine.run.sync.look import TABLES
from engine.run.write.create import push_creates
from engine.run.write.mark import mark_enrolled, unmark
from engine.run.write.recover import recover
from engine.run.write.update import push_pairs
from engine.run.write.withdrawn import take_out

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from engine.plan import Plan
    from engine.record import Side
    from engine.run.session.report import ChangeLine, RunReport
    from engine.run.session.sync_pass import Pen, Work
    from engine.run.sync.execute import Call


def offered(plan: Plan, call: Call, side: Side, record: str) -> tuple[Offer, ...]:
    """The places that the record may be put in. Raises UserError where it cannot be enrolled; nothing is written."""
    with _alone(plan, call, side) as work:
        _look(work, record, {})
        return offers_of(work)


def foresee_enrolment(
    plan: Plan, call: Call, side: Side, record: str, place: Mapping[str, str]
) -> tuple[ChangeLine, ...]:
    """What would be written. Raises as `offered`."""
    with _alone(plan, call, side) as work:
        _look(work, record, place)
        return tuple(line for change in changes_of(work) for line in lines_of(change))


def enrol(
    plan: Plan, call: Call, side: Side, record: str, place: Mapping[str, str]
) -> tuple[RunReport, str | None]:
    """Enrol it; answers the report and the id of its counterpart, None where that cannot be made yet."""
    order = _Order(side=side, record=record, place=place)
    report = execute(plan, call, order.enrol)
    return report, order.target


def withdraw(plan: Plan, call: Call, side: Side, record: str) -> tuple[RunReport, str | None]:
    """Take it out again; answers the report and the id of its former counterpart, which may be deleted now."""
    order = _Order(side=side, record=record, place={})
    report = execute(plan, call, order.withdraw)
    return report, order.target


def counterpart(plan: Plan, call: Call, side: Side, record: str) -> str | None:
    """Its present counterpart. Raises UserError for a record that does not take part."""
    with remembered(call) as ledger:
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


@contextmanager
def _alone(plan: Plan, call: Call, side: Side) -> Iterator[Work]:
    """The pass over the module from that side, which can write nothing."""
    call.folder.mkdir(parents=True, exist_ok=True)
    with remembered(call) as ledger, systems_of(plan, call) as systems, columns(call) as session:
        check_requirements(plan, systems, session)
        works = passes_of(
            plan=plan,
            module=plan.modules[0],
            call=call,
            session=session,
            systems=systems,
            ledger=ledger,
            pen=None,
            run="preview",
        )
        yield _from(works, side)


def _from(works: Sequence[Work], side: Side) -> Work:
    return next(work for work in works if work.source_side == side)


@dataclass(slots=True, kw_only=True)
class _Order:
    """What a person has asked for, while it is done."""

    side: Side
    record: str
    place: Mapping[str, str]
    target: str | None = field(default=None)

    def enrol(self, works: Sequence[Work], pen: Pen) -> None:
        """Store the word, then make the record."""
        work = self._begin(works, pen)
        one = self._enrolment(work)
        _look(work, self.record, self.place)
        if _links(work, self.record):
            pen.ledger.withdraw(pen.keep(), one)  # its link leads to nothing any more
        pen.ledger.enrol(pen.keep(), one)
        push_creates(work, pen)
        push_pairs(work, pen)
        mark_enrolled(work, pen)
        self.target = _linked_to(work, self.record)
        work.columns.drop(*TABLES)

    def withdraw(self, works: Sequence[Work], pen: Pen) -> None:
        """Forget that it takes part; where deletions are carried over, delete its counterpart."""
        work = self._begin(works, pen)
        self.target, one = _linked_to(work, self.record), self._enrolment(work)
        unmark(work, pen, one)
        if work.module.deletes == "propagate" and self.target is not None:
            pen.ledger.mark(pen.keep(), replace(one, state="leaving"))
            take_out(work, pen)
        else:
            pen.ledger.withdraw(pen.keep(), one)
        work.columns.drop(*TABLES)

    def _begin(self, works: Sequence[Work], pen: Pen) -> Work:
        works[0].listen(ModuleStarted(module=works[0].module.name))
        show_references(works[0])
        for one in works:
            recover(one, pen)
        return _from(works, self.side)

    def _enrolment(self, work: Work) -> Enrolment:
        return Enrolment(
            module=work.module.name,
            side=self.side,
            record_id=self.record,
            place=self.place,
            at=work.clock.text(),
        )


def _look(work: Work, record: str, place: Mapping[str, str]) -> None:
    """Leave the record in `absent` or `paired`. Raises UserError where it takes part already, or cannot."""
    show_references(work)
    target = _linked_to(work, record)
    if target is not None:
        raise UserError(
            f"{work.source.name}:{record} is enrolled already: it is {work.target.name}:{target}.",
            remedy=f"`engine do SPEC {work.module.name}.withdraw` takes it out again.",
        )
    _refuse_beyond(work, record)
    _refuse_unconfirmed(work, record)
    read_alone(work, record)
    _refuse_unfit(work, record)
    one = Enrolment(module=work.module.name, side=work.source_side, record_id=record, place=place, at="")
    show_enrolled(work, [one])
    match(work, ModuleState(integration=work.integration, module=work.module.name), 1)
    sort(work)
    lacking = next(iter(held_records(work)), None)
    if lacking is not None:
        raise UserError(f"{work.source.name}:{record}: {lacking.message}", remedy=lacking.remedy)


def _refuse_beyond(work: Work, record: str) -> None:
    """Raises UserError where as many are enrolled as may be."""
    most = work.module.enrol.at_most if work.module.enrol else None
    others = [one for one in enrolments(work) if one.record_id != record]
    if most is not None and len(others) >= most:
        raise UserError(
            f"`{work.module.name}` takes {most:,} records at most, and {len(others):,} are enrolled.",
            remedy=f"Take one out first: engine do SPEC {work.module.name}.withdraw --record {work.source.name}:ID",
        )


def _refuse_unconfirmed(work: Work, record: str) -> None:
    """Raises UserError for a record that an earlier order has sent, of which nobody knows yet whether it arrived."""
    held = work.ledger.held_row(work.integration, work.module.name, work.source_side, record)
    if held is not None and held.code == "unconfirmed":
        raise UserError(f"{work.source.name}:{record}: {held.message}", remedy=held.remedy)


def _refuse_unfit(work: Work, record: str) -> None:
    """Raises UserError for a record that is not there, is outside the view, or fails a check."""
    name = f"{work.source.name}:{record}"
    rows = work.columns.rows("SELECT in_view, trouble, lacks FROM work")
    if not rows:
        raise UserError(f"{work.source.system} has no record {name}.", remedy="Look its id up there.")
    in_view, trouble, lacks = rows[0]
    if not in_view:
        raise UserError(f"{name} is outside the view of `{work.module.name}`, so it cannot be enrolled.")
    if trouble is not None or lacks is not None:
        found = work.source.troubles[lacks if trouble is None else trouble]
        raise UserError(f"{name}: {found.message}", remedy=_now(found.remedy))


def _now(remedy: str | None) -> str | None:
    """Nothing comes over by itself that has not been enrolled."""
    return remedy.replace("It comes over by itself once", "It can be enrolled once") if remedy else None


def _linked_to(work: Work, record: str) -> str | None:
    """The id of its counterpart, if it has one that is still there."""
    found = [str(row[f"{work.target.side}_id"]) for row in _links(work, record) if row["state"] in LIVE]
    return found[0] if found and fetch(work, found) else None


def _links(work: Work, record: str) -> list[dict[str, Any]]:
    """The link of a record, in whatever state, if it has one."""
    ids = pa.array([record], pa.string())
    links = work.ledger.links_table(work.integration, work.module.name, ids, work.source_side)
    return list(links.to_pylist())
