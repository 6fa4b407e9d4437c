"""One module of a run: recover, look, ask where it must, push, and move the cursors last."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pyarrow as pa

from engine.event import ModuleStarted, PushPlanned
from engine.ledger import ModuleState, Settlement
from engine.run.decide.guard import refused_creates
from engine.run.pair.sort import cloned, held_records, no_longer_held, set_aside
from engine.run.read.referenced_records import read_referenced_anew
from engine.run.read.stage_source import source_scope
from engine.run.read.waits import name_roots, new_waits, show_references
from engine.run.session.cursors import later
from engine.run.session.held import report_held
from engine.run.session.tables import STAGED, TABLES
from engine.run.sync.limits import heed_limits
from engine.run.sync.look import Looked, known_records, look, planned
from engine.run.write.create import push_creates
from engine.run.write.delete import push_deletes
from engine.run.write.delete_by_trigger import push_taken
from engine.run.write.mark import mark_enrolled
from engine.run.write.recover import recover
from engine.run.write.remember import note_refusals, remember, remember_requested
from engine.run.write.settle import states_of
from engine.run.write.update import push_pairs
from engine.run.write.withdrawn import take_out

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.run.session.ledger_writer import LedgerWriter
    from engine.run.session.sync_pass import SyncPass


def run_module(passes: Sequence[SyncPass], writer: LedgerWriter) -> None:
    """Bring one module in step, pass by pass.

    What is settled stays settled if this ends early; the cursors then stay put.
    """
    sync = passes[0]
    sync.listen(ModuleStarted(module=sync.module.name))
    show_references(sync)
    for one in passes:
        recover(one, writer)
        take_out(one, writer)
    if sync.module.trigger is not None and sync.module.trigger.becomes is None:
        return  # it acts only when a person asks
    state = sync.ledger.module_state(sync.integration, sync.module.name)
    looked = look(passes, state)
    heed_limits(passes, state, looked)
    state = remember(sync, writer, state)
    state = _contacted(sync, writer, state)
    for one in passes:
        _note(one, writer, looked[one.source_side])
    sync.listen(PushPlanned(module=sync.module.name, writes=sum(planned(one) for one in passes)))
    for one in passes:
        _push(one, writer, looked[one.source_side])
    _finish(passes, writer, state, looked)


def _contacted(sync: SyncPass, writer: LedgerWriter, state: ModuleState) -> ModuleState:
    """Remember at once that the first contact was agreed to: a run that ends early is not asked again."""
    if state.contacted or sync.only is not None:
        return state
    state = replace(state, contacted=True)
    sync.ledger.finish_module(writer.renew(), state)
    return state


def _push(sync: SyncPass, writer: LedgerWriter, looked: Looked) -> None:
    refused = refused_creates(sync, read_referenced_anew)
    note_refusals(sync, writer, refused)
    sync.counts.held += len({one.notice.record_id for one in refused})
    with sync.ledger.bulk_load(writer.renew()):
        push_creates(sync, writer)
    push_pairs(sync, writer)
    push_taken(sync, writer)
    push_deletes(sync, writer, looked.departed)
    mark_enrolled(sync, writer)


def _finish(
    passes: Sequence[SyncPass], writer: LedgerWriter, state: ModuleState, looked: Mapping[str, Looked]
) -> None:
    if passes[0].only is None:
        _move_cursors(passes, writer, state, looked)
    for sync in passes:
        sync.columns.drop(*TABLES)


def _move_cursors(
    passes: Sequence[SyncPass], writer: LedgerWriter, state: ModuleState, looked: Mapping[str, Looked]
) -> None:
    known = {side: seen for sync in passes for side, seen in known_records(sync, looked).items()}
    for sync in passes:
        state = _next_state(sync, state, looked[sync.source_side])
    passes[0].ledger.finish_module(writer.renew(), state, left=known.get("left"), right=known.get("right"))


def _note(sync: SyncPass, writer: LedgerWriter, looked: Looked) -> None:
    """Remember what needs no write: records that are held now, wait, left the view, or are left alone."""
    remember_requested(sync, writer)
    waits, unwaits = new_waits(sync)
    held = name_roots(sync, tuple(held_records(sync)), waits)
    settlement = Settlement(
        run=sync.run,
        module=sync.module.name,
        held=held,
        released=no_longer_held(sync, whole=looked.assessed.whole),
        skips=_skips(sync),
        changes=_out_of_view(sync),
        waits=waits,
        unwaits=unwaits,
    )
    if any((held, settlement.released, waits, unwaits, settlement.skips, settlement.changes)):
        sync.ledger.settle(writer.renew(), None, settlement)
    sync.counts.held += len(held)
    report_held(sync, held)


def _out_of_view(sync: SyncPass) -> pa.Table | None:
    """Links of records that have left the view: let alone until both are seen again, and compared afresh then."""
    if not sync.both_ways or not sync.learned.found["out-of-view"]:
        return None
    rows = sync.columns.rows(
        f"SELECT link_id FROM {STAGED} WHERE situation = 'out-of-view' AND (state = 'active' OR state LIKE 'missing-%')"
    )
    return states_of([(int(row[0]), "suspended") for row in rows])


def _skips(sync: SyncPass) -> pa.Table | None:
    """Duplicates that are left alone, with what they equal."""
    mine, its = sync.source.side, sync.target.side
    skipped, again = "duplicate, skipped as the module says", "a clone stands beside it"
    rows = [
        {"side": mine, "record_id": record, "other_id": found, "why": skipped}
        for record, found in set_aside(sync)
    ]
    if sync.both_ways:
        rows += [
            {**row, "side": its, "record_id": row["other_id"], "other_id": row["record_id"]} for row in rows
        ]
    rows += [
        {"side": its, "record_id": found, "other_id": record, "why": again} for record, found in cloned(sync)
    ]
    return pa.Table.from_pylist(rows) if rows else None


def _next_state(sync: SyncPass, state: ModuleState, looked: Looked) -> ModuleState:
    """The cursors after a module that was worked off to its end."""
    mine, its = sync.source.side, sync.target.side
    own = looked.assessed
    moved = {f"{mine}_cursor": own.cursor, f"{mine}_newest": own.newest, f"{mine}_scope": source_scope(sync)}
    matched = looked.matched
    if matched is not None and matched.read:
        known = state.left_cursor if its == "left" else state.right_cursor
        before = None if matched.whole else known
        moved |= {f"{its}_cursor": later(matched.cursor, before), f"{its}_scope": matched.scope}
    return replace(state, contacted=True, fingerprint=sync.module.fingerprint, **moved)  # type: ignore[arg-type] # names are ModuleState's
