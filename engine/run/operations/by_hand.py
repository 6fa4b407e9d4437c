"""By hand: one trigger for one record, because a person asks for it: looked at first, then done.

The condition of the trigger does not count, what it needs does. Reading, journal, writing and settling are those of
every run; no cursor moves, and nothing but that record is looked at.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyarrow as pa

from engine.connectors.port import ReadRequest
from engine.errors import UserError
from engine.event import ModuleStarted
from engine.ledger import ModuleState, Settlement
from engine.run.decide.compare import pairs, portions
from engine.run.decide.expected_changes import creates, delete_change, pair_changes
from engine.run.decide.trigger import make_room, meet_made, sift, takes
from engine.run.operations.preview import lines_of, remembered
from engine.run.pair.match import match
from engine.run.pair.quota import ration
from engine.run.pair.sort import held_records, sort
from engine.run.read.pull import Reading, pull
from engine.run.read.requirements import check_requirements
from engine.run.read.situation import count_situations, drop_repeats, take_in
from engine.run.read.waits import LIVE, show_references
from engine.run.read.walk import walk
from engine.run.session.held import as_held
from engine.run.sync.execute import columns, execute, passes_of, systems_of
from engine.run.sync.look import TABLES
from engine.run.write.create import push_creates
from engine.run.write.delete_by_trigger import push_taken
from engine.run.write.recover import recover
from engine.run.write.update import judge, push_pairs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.ledger.store import Ledger
    from engine.plan import ModulePlan, Plan
    from engine.run.session.changes import Change
    from engine.run.session.report import ChangeLine, RunReport
    from engine.run.session.sync_pass import Pen, Work
    from engine.run.sync.execute import Call


def foresee(plan: Plan, call: Call, record: str) -> tuple[ChangeLine, ...]:
    """What would be written. Raises UserError where nothing can be done for the record, or was done before."""
    call.folder.mkdir(parents=True, exist_ok=True)
    with remembered(call) as ledger, systems_of(plan, call) as systems, columns(call) as session:
        check_requirements(plan, systems, session)
        (work,) = passes_of(
            plan=plan,
            module=plan.modules[0],
            call=call,
            session=session,
            systems=systems,
            ledger=ledger,
            pen=None,
            run="preview",
        )
        _look(work, record)
        return tuple(line for change in changes_of(work) for line in lines_of(change))


def act(plan: Plan, call: Call, record: str) -> tuple[RunReport, str | None]:
    """Do it; answers the report and the id of the record that was made or changed. Raises as `foresee`."""
    order = _Order(record=record)
    report = execute(plan, call, order.module)
    return report, order.target


@dataclass(slots=True, kw_only=True)
class _Order:
    """What a person has asked for, while it is done."""

    record: str
    target: str | None = field(default=None)

    def module(self, works: Sequence[Work], pen: Pen) -> None:
        """The one pass over the trigger."""
        (work,) = works
        work.listen(ModuleStarted(module=work.module.name))
        show_references(work)
        recover(work, pen)
        _look(work, self.record)
        make_room(work, pen)
        push_creates(work, pen)
        push_pairs(work, pen)
        push_taken(work, pen)
        self.target = _done(work.ledger, work.integration, work.module, self.record)
        if self.target is not None:
            self._release(work, pen)
        work.columns.drop(*TABLES)

    def _release(self, work: Work, pen: Pen) -> None:
        """It is neither held nor skipped any more."""
        key = (work.source_side, self.record)
        settlement = Settlement(run=work.run, module=work.module.name, released=(key,), unskipped=(key,))
        work.ledger.settle(pen.keep(), None, settlement)


def _look(work: Work, record: str) -> None:
    """Leave the record in `absent` or `paired`, as if nothing were known of it. Raises UserError with the reason."""
    before = _done(work.ledger, work.integration, work.module, record)
    trigger = work.module.trigger
    if before is not None and not (trigger and trigger.again):
        raise _done_before(work, record, before)
    show_references(work)
    read_alone(work, record)
    refuse_lacking(work, record)
    match(work, ModuleState(integration=work.integration, module=work.module.name), 1)
    meet_made(work)
    sort(work)
    ration(work)
    lacking = next(iter(held_records(work)), None)
    if lacking is not None:
        held = as_held(lacking)
        raise UserError(f"{work.source.name}:{record}: {held.message}", remedy=held.remedy)
    if trigger and trigger.of and not work.columns.one("SELECT count(*) FROM paired"):
        name = f"{work.source.name}:{record}"
        raise UserError(f"`{trigger.of}` has made nothing of {name}, so there is nothing to {trigger.act}.")


def read_alone(work: Work, record: str) -> None:
    """The record alone in the table `work`, beside empty memories; its link, if any, in `anew`."""
    work.columns.drop("work", "seen", "ids", "keyed")
    nobody = work.ledger.links_table(
        work.integration, work.module.name, pa.array([], pa.string()), work.source_side
    )
    work.columns.keep("links", nobody)
    held = "record_id VARCHAR, content_hash BLOB, waits BOOLEAN, code VARCHAR"
    work.columns.run(f"CREATE OR REPLACE TABLE held ({held})")
    work.columns.run("CREATE OR REPLACE TABLE skips (record_id VARCHAR, other_id VARCHAR)")
    reading, side = Reading(), work.source
    request = ReadRequest(stream=side.stream, fields=side.reads, ids=(record,))
    functions = work.slow[side.side]
    for page in pull(work.connector(side), side, request, functions, reading, lambda _page: None):
        walk(work, side, page)
        take_in(work, page, "links")
    drop_repeats(work)
    work.counts.read[work.source_side] += reading.records
    own = work.ledger.links_table(
        work.integration, work.module.name, pa.array([record], pa.string()), work.source_side
    )
    work.columns.keep("anew", pa.table({"id": own["left_id"], "link_id": own["link_id"]}))
    work.found = count_situations(work)


def refuse_lacking(work: Work, record: str) -> None:
    """Raises UserError for a record that is not there, or does not meet what is asked of it."""
    name = f"{work.source.name}:{record}"
    rows = work.columns.rows("SELECT trouble FROM work")
    if not rows:
        raise UserError(f"{work.source.system} has no record {name}.", remedy="Look its id up there.")
    if rows[0][0] is not None:
        trouble = work.source.troubles[rows[0][0]]
        raise UserError(f"{name}: {trouble.message}", remedy=trouble.remedy)


def changes_of(work: Work) -> list[Change]:
    """What would be written for the record that was looked at."""
    made = [change for places in portions(work, "absent", 1) for change in creates(work, *places)]
    for first, last in portions(work, "paired", 1):
        found, missed = sift(work, pairs(work, first, last))
        if missed:
            pair, why = missed[0]
            raise UserError(f"{work.target.name}:{pair.other_id} is left alone: {why}.")
        if takes(work):
            made += [delete_change(work, pair) for pair in found]
        else:
            made += [one for one in pair_changes(work, judge(work, found).decided) if one]
    return made


def _done(ledger: Ledger, integration: str, module: ModulePlan, record: str) -> str | None:
    """What the trigger has made of the record, or done with; None = it has not acted on it."""
    links = ledger.links_table(integration, module.name, pa.array([record], pa.string()), "left")
    found = [row for row in links.to_pylist() if row["state"] in (*LIVE, "gone-right")]
    return str(found[0]["right_id"]) if found else None


def _done_before(work: Work, record: str, target: str) -> UserError:
    run = work.ledger.run_of_link(work.integration, work.module.name, record)
    when = f" by run {run.id} ({run.started})" if run is not None else ""
    verb = {"create": "made", "change": "changed", "delete": "deleted"}
    act = verb[work.module.trigger.act] if work.module.trigger else "made"
    return UserError(
        f"`{work.module.name}` was done for {work.source.name}:{record} already{when}: "
        f"it has {act} {work.target.name}:{target}.",
        remedy="Once a record is all that it does; `again: each-time` in the spec would allow more.",
    )
