"""By hand: one trigger for one record, because a person asks for it: looked at first, then done.

The condition of the trigger does not count, what it needs does. Reading, journal, writing and settling are those of
every run; no cursor moves, and nothing but that record is looked at.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import pyarrow as pa

from engine.errors import UserError
from engine.ledger import ModuleState, Settlement
from engine.run.pair.match import match, match_made
from engine.run.pair.sort import held_records, sort
from engine.run.read.waits import show_references
from engine.run.session.held import as_held
from engine.run.session.pair import LIVE
from engine.run.session.tables import STAGED
from engine.run.sync.execute import execute
from engine.run.sync.opened import looking
from engine.run.sync.ordered import Ordered, OrderPreview, read_alone
from engine.run.sync.pipeline import work_off
from engine.run.write.remember import make_room

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.ledger.store import Ledger
    from engine.plan import ModulePlan, Plan
    from engine.record import Side
    from engine.run.session.report import ChangeLine, RunReport
    from engine.run.session.run_request import RunRequest
    from engine.run.session.sync_pass import SyncPass
    from engine.run.sync.look import Looked


def foresee(plan: Plan, request: RunRequest, record: str) -> tuple[ChangeLine, ...]:
    """What would be written. Raises UserError where nothing can be done for the record, or was done before."""
    with looking(plan, request) as one:
        mode = OrderPreview(order=partial(_look, record=record))
        work_off(one.passes(plan.modules[0]), mode)
        return tuple(mode.lines)


def act(plan: Plan, request: RunRequest, record: str) -> tuple[RunReport, str | None]:
    """Do it; answers the report and the id of the record that was made or changed. Raises as `foresee`."""
    mode = _ByHand(order=partial(_look, record=record), record=record)
    return execute(plan, request, mode), mode.target


@dataclass(slots=True, kw_only=True)
class _ByHand(Ordered):
    """A trigger that a person starts for one record."""

    record: str
    target: str | None = None  #: the record that was made or changed

    def admit(
        self, passes: Sequence[SyncPass], state: ModuleState, looked: Mapping[Side, Looked]
    ) -> ModuleState:
        """An earlier occurrence makes room for this one."""
        del looked
        make_room(passes[0], self.writer)
        return state

    def end(self, passes: Sequence[SyncPass], state: ModuleState, looked: Mapping[Side, Looked]) -> None:
        """What was done is neither held nor skipped any more."""
        del state, looked
        (sync,) = passes
        self.target = _done(sync.ledger, sync.integration, sync.module, self.record)
        if self.target is not None:
            key = (sync.source_side, self.record)
            settlement = Settlement(run=sync.run, module=sync.module.name, released=(key,), unskipped=(key,))
            sync.ledger.settle(self.writer.renew(), None, settlement)


def _look(sync: SyncPass, *, record: str) -> None:
    """Leave the record in `absent` or `paired`, as if nothing were known of it. Raises UserError with the reason."""
    before = _done(sync.ledger, sync.integration, sync.module, record)
    trigger = sync.module.trigger
    if before is not None and not (trigger and trigger.again):
        raise _done_before(sync, record, before)
    show_references(sync)
    read_alone(sync, record)
    refuse_lacking(sync, record)
    match(sync, ModuleState(integration=sync.integration, module=sync.module.name), 1)
    match_made(sync)
    sort(sync)
    lacking = next(iter(held_records(sync)), None)
    if lacking is not None:
        held = as_held(lacking)
        raise UserError(f"{sync.source.name}:{record}: {held.message}", remedy=held.remedy)
    if trigger and trigger.of and not sync.columns.one("SELECT count(*) FROM paired"):
        name = f"{sync.source.name}:{record}"
        raise UserError(f"`{trigger.of}` has made nothing of {name}, so there is nothing to {trigger.act}.")


def refuse_lacking(sync: SyncPass, record: str) -> None:
    """Raises UserError for a record that is not there, or does not meet what is asked of it."""
    name = f"{sync.source.name}:{record}"
    rows = sync.columns.rows(f"SELECT trouble FROM {STAGED}")
    if not rows:
        raise UserError(f"{sync.source.system} has no record {name}.", remedy="Look up its id there.")
    if rows[0][0] is not None:
        trouble = sync.source.troubles[rows[0][0]]
        raise UserError(f"{name}: {trouble.message}", remedy=trouble.remedy)


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
