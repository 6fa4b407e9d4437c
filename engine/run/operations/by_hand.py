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
from engine.run.decide.expected_changes import creates, delete_change, pair_changes
from engine.run.decide.trigger import meet_made, sift, takes
from engine.run.operations.preview import lines_of, remembered
from engine.run.pair.match import match
from engine.run.pair.quota import ration
from engine.run.pair.sort import held_records, sort
from engine.run.read.counterparts import pairs
from engine.run.read.pull import Reading, pull
from engine.run.read.referenced_records import read_referenced
from engine.run.read.requirements import check_requirements
from engine.run.read.situation import count_situations, drop_repeats, stage_page
from engine.run.read.waits import show_references
from engine.run.session.batches import portions
from engine.run.session.held import as_held
from engine.run.session.pair import LIVE
from engine.run.session.tables import STAGED, TABLES
from engine.run.sync.execute import columns, execute, passes_of, systems_of
from engine.run.write.create import push_creates
from engine.run.write.delete_by_trigger import push_taken
from engine.run.write.recover import recover
from engine.run.write.remember import make_room
from engine.run.write.update import judge, push_pairs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.ledger.store import Ledger
    from engine.plan import ModulePlan, Plan
    from engine.run.session.changes import Change
    from engine.run.session.ledger_writer import LedgerWriter
    from engine.run.session.report import ChangeLine, RunReport
    from engine.run.session.run_request import RunRequest
    from engine.run.session.sync_pass import SyncPass


def foresee(plan: Plan, request: RunRequest, record: str) -> tuple[ChangeLine, ...]:
    """What would be written. Raises UserError where nothing can be done for the record, or was done before."""
    request.folder.mkdir(parents=True, exist_ok=True)
    with remembered(request) as ledger, systems_of(plan, request) as systems, columns(request) as session:
        check_requirements(plan, systems, session)
        (sync,) = passes_of(
            plan=plan,
            module=plan.modules[0],
            request=request,
            session=session,
            systems=systems,
            ledger=ledger,
            writer=None,
            run="preview",
        )
        _look(sync, record)
        return tuple(line for change in changes_of(sync) for line in lines_of(change))


def act(plan: Plan, request: RunRequest, record: str) -> tuple[RunReport, str | None]:
    """Do it; answers the report and the id of the record that was made or changed. Raises as `foresee`."""
    order = _Order(record=record)
    report = execute(plan, request, order.module)
    return report, order.target


@dataclass(slots=True, kw_only=True)
class _Order:
    """What a person has asked for, while it is done."""

    record: str
    target: str | None = field(default=None)

    def module(self, passes: Sequence[SyncPass], writer: LedgerWriter) -> None:
        """The one pass over the trigger."""
        (sync,) = passes
        sync.listen(ModuleStarted(module=sync.module.name))
        show_references(sync)
        recover(sync, writer)
        _look(sync, self.record)
        make_room(sync, writer)
        push_creates(sync, writer)
        push_pairs(sync, writer)
        push_taken(sync, writer)
        self.target = _done(sync.ledger, sync.integration, sync.module, self.record)
        if self.target is not None:
            self._release(sync, writer)
        sync.columns.drop(*TABLES)

    def _release(self, sync: SyncPass, writer: LedgerWriter) -> None:
        """It is neither held nor skipped any more."""
        key = (sync.source_side, self.record)
        settlement = Settlement(run=sync.run, module=sync.module.name, released=(key,), unskipped=(key,))
        sync.ledger.settle(writer.renew(), None, settlement)


def _look(sync: SyncPass, record: str) -> None:
    """Leave the record in `absent` or `paired`, as if nothing were known of it. Raises UserError with the reason."""
    before = _done(sync.ledger, sync.integration, sync.module, record)
    trigger = sync.module.trigger
    if before is not None and not (trigger and trigger.again):
        raise _done_before(sync, record, before)
    show_references(sync)
    read_alone(sync, record)
    refuse_lacking(sync, record)
    match(sync, ModuleState(integration=sync.integration, module=sync.module.name), 1)
    meet_made(sync)
    sort(sync)
    ration(sync)
    lacking = next(iter(held_records(sync)), None)
    if lacking is not None:
        held = as_held(lacking)
        raise UserError(f"{sync.source.name}:{record}: {held.message}", remedy=held.remedy)
    if trigger and trigger.of and not sync.columns.one("SELECT count(*) FROM paired"):
        name = f"{sync.source.name}:{record}"
        raise UserError(f"`{trigger.of}` has made nothing of {name}, so there is nothing to {trigger.act}.")


def read_alone(sync: SyncPass, record: str) -> None:
    """The record alone in the table `staged`, beside empty memories; its link, if any, in `anew`."""
    sync.columns.drop(STAGED, "seen", "ids", "keyed")
    nobody = sync.ledger.links_table(
        sync.integration, sync.module.name, pa.array([], pa.string()), sync.source_side
    )
    sync.columns.keep("links", nobody)
    held = "record_id VARCHAR, content_hash BLOB, waits BOOLEAN, code VARCHAR"
    sync.columns.run(f"CREATE OR REPLACE TABLE held ({held})")
    sync.columns.run("CREATE OR REPLACE TABLE skips (record_id VARCHAR, other_id VARCHAR)")
    reading, side = Reading(), sync.source
    request = ReadRequest(stream=side.stream, fields=side.reads, ids=(record,))
    functions = sync.computed[side.side]
    for page in pull(sync.connector(side), side, request, functions, reading, lambda _page: None):
        read_referenced(sync, side, page)
        stage_page(sync, page, "links")
    drop_repeats(sync)
    sync.counts.read[sync.source_side] += reading.records
    own = sync.ledger.links_table(
        sync.integration, sync.module.name, pa.array([record], pa.string()), sync.source_side
    )
    sync.columns.keep("anew", pa.table({"id": own["left_id"], "link_id": own["link_id"]}))
    sync.learned.found = count_situations(sync)


def refuse_lacking(sync: SyncPass, record: str) -> None:
    """Raises UserError for a record that is not there, or does not meet what is asked of it."""
    name = f"{sync.source.name}:{record}"
    rows = sync.columns.rows(f"SELECT trouble FROM {STAGED}")
    if not rows:
        raise UserError(f"{sync.source.system} has no record {name}.", remedy="Look its id up there.")
    if rows[0][0] is not None:
        trouble = sync.source.troubles[rows[0][0]]
        raise UserError(f"{name}: {trouble.message}", remedy=trouble.remedy)


def changes_of(sync: SyncPass) -> list[Change]:
    """What would be written for the record that was looked at."""
    made = [change for places in portions(sync, "absent", 1) for change in creates(sync, *places)]
    for first, last in portions(sync, "paired", 1):
        found, missed = sift(sync, pairs(sync, first, last))
        if missed:
            pair, why = missed[0]
            raise UserError(f"{sync.target.name}:{pair.other_id} is left alone: {why}.")
        if takes(sync):
            made += [delete_change(sync, pair) for pair in found]
        else:
            made += [one for one in pair_changes(sync, judge(sync, found).decided) if one]
    return made


def _done(ledger: Ledger, integration: str, module: ModulePlan, record: str) -> str | None:
    """What the trigger has made of the record, or done with; None = it has not acted on it."""
    links = ledger.links_table(integration, module.name, pa.array([record], pa.string()), "left")
    found = [row for row in links.to_pylist() if row["state"] in (*LIVE, "gone-right")]
    return str(found[0]["right_id"]) if found else None


def _done_before(sync: SyncPass, record: str, target: str) -> UserError:
    run = sync.ledger.run_of_link(sync.integration, sync.module.name, record)
    when = f" by run {run.id} ({run.started})" if run is not None else ""
    verb = {"create": "made", "change": "changed", "delete": "deleted"}
    act = verb[sync.module.trigger.act] if sync.module.trigger else "made"
    return UserError(
        f"`{sync.module.name}` was done for {sync.source.name}:{record} already{when}: "
        f"it has {act} {sync.target.name}:{target}.",
        remedy="Once a record is all that it does; `again: each-time` in the spec would allow more.",
    )
