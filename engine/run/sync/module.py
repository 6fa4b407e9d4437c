"""One module of a run: recover, look, ask where it must, push, and move the cursors last."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pyarrow as pa

from engine.event import ModuleStarted, PushPlanned
from engine.ledger import ModuleState, Settlement
from engine.run.decide.guard import refused_creates
from engine.run.decide.refusals import note_refusals
from engine.run.decide.trigger import remember
from engine.run.pair.sort import cloned, held_records, no_longer_held, set_aside
from engine.run.read.assess import source_scope
from engine.run.read.called import remember_called
from engine.run.read.pull import later
from engine.run.read.waits import name_roots, new_waits, show_references
from engine.run.sync.limits import heed_limits
from engine.run.sync.look import TABLES, Looked, known_records, look, planned
from engine.run.write.create import push_creates
from engine.run.write.delete import push_deletes
from engine.run.write.delete_by_trigger import push_taken
from engine.run.write.mark import mark_enrolled
from engine.run.write.recover import recover
from engine.run.write.settle import states_of
from engine.run.write.update import push_pairs
from engine.run.write.withdrawn import take_out
from engine.run.write.write import tell

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.run.session.sync_pass import Pen, Work


def run_module(works: Sequence[Work], pen: Pen) -> None:
    """Bring one module in step, pass by pass.

    What is settled stays settled if this ends early; the cursors then stay put.
    """
    work = works[0]
    work.listen(ModuleStarted(module=work.module.name))
    show_references(work)
    for one in works:
        recover(one, pen)
        take_out(one, pen)
    if work.module.trigger is not None and work.module.trigger.becomes is None:
        return  # it acts only when a person asks
    state = work.ledger.module_state(work.integration, work.module.name)
    looked = look(works, state)
    heed_limits(works, state, looked)
    state = remember(work, pen, state)
    state = _contacted(work, pen, state)
    for one in works:
        _note(one, pen, looked[one.source_side])
    work.listen(PushPlanned(module=work.module.name, writes=sum(planned(one) for one in works)))
    for one in works:
        _push(one, pen, looked[one.source_side])
    _finish(works, pen, state, looked)


def _contacted(work: Work, pen: Pen, state: ModuleState) -> ModuleState:
    """Remember at once that the first contact was agreed to: a run that ends early is not asked again."""
    if state.contacted or work.only is not None:
        return state
    state = replace(state, contacted=True)
    work.ledger.finish_module(pen.keep(), state)
    return state


def _push(work: Work, pen: Pen, looked: Looked) -> None:
    refused = refused_creates(work)
    note_refusals(work, pen, refused)
    work.counts.held += len({one.notice.record_id for one in refused})
    with work.ledger.bulk_load(pen.keep()):
        push_creates(work, pen)
    push_pairs(work, pen)
    push_taken(work, pen)
    push_deletes(work, pen, looked.departed)
    mark_enrolled(work, pen)


def _finish(works: Sequence[Work], pen: Pen, state: ModuleState, looked: Mapping[str, Looked]) -> None:
    if works[0].only is None:
        _move_cursors(works, pen, state, looked)
    for work in works:
        work.columns.drop(*TABLES)


def _move_cursors(works: Sequence[Work], pen: Pen, state: ModuleState, looked: Mapping[str, Looked]) -> None:
    known = {side: seen for work in works for side, seen in known_records(work, looked).items()}
    for work in works:
        state = _next_state(work, state, looked[work.source_side])
    works[0].ledger.finish_module(pen.keep(), state, left=known.get("left"), right=known.get("right"))


def _note(work: Work, pen: Pen, looked: Looked) -> None:
    """Remember what needs no write: records that are held now, wait, left the view, or are left alone."""
    remember_called(work, pen)
    waits, unwaits = new_waits(work)
    held = name_roots(work, tuple(held_records(work)), waits)
    settlement = Settlement(
        run=work.run,
        module=work.module.name,
        held=held,
        released=no_longer_held(work, whole=looked.assessed.whole),
        skips=_skips(work),
        changes=_out_of_view(work),
        waits=waits,
        unwaits=unwaits,
    )
    if any((held, settlement.released, waits, unwaits, settlement.skips, settlement.changes)):
        work.ledger.settle(pen.keep(), None, settlement)
    work.counts.held += len(held)
    tell(work, held)


def _out_of_view(work: Work) -> pa.Table | None:
    """Links of records that have left the view: let alone until both are seen again, and compared afresh then."""
    if work.reverse is None or not work.found["out-of-view"]:
        return None
    rows = work.columns.rows(
        "SELECT link_id FROM work WHERE situation = 'out-of-view' AND (state = 'active' OR state LIKE 'missing-%')"
    )
    return states_of([(int(row[0]), "suspended") for row in rows])


def _skips(work: Work) -> pa.Table | None:
    """Duplicates that are left alone, with what they equal."""
    mine, its = work.source.side, work.target.side
    skipped, again = "duplicate, skipped as the module says", "a clone stands beside it"
    rows = [
        {"side": mine, "record_id": record, "other_id": found, "why": skipped}
        for record, found in set_aside(work)
    ]
    if work.reverse is not None:
        rows += [
            {**row, "side": its, "record_id": row["other_id"], "other_id": row["record_id"]} for row in rows
        ]
    rows += [
        {"side": its, "record_id": found, "other_id": record, "why": again} for record, found in cloned(work)
    ]
    return pa.Table.from_pylist(rows) if rows else None


def _next_state(work: Work, state: ModuleState, looked: Looked) -> ModuleState:
    """The cursors after a module that was worked off to its end."""
    mine, its = work.source.side, work.target.side
    own = looked.assessed
    moved = {f"{mine}_cursor": own.cursor, f"{mine}_newest": own.newest, f"{mine}_scope": source_scope(work)}
    matched = looked.matched
    if matched is not None and matched.read:
        known = state.left_cursor if its == "left" else state.right_cursor
        before = None if matched.whole else known
        moved |= {f"{its}_cursor": later(matched.cursor, before), f"{its}_scope": matched.scope}
    return replace(state, contacted=True, fingerprint=work.module.fingerprint, **moved)  # type: ignore[arg-type] # names are ModuleState's
