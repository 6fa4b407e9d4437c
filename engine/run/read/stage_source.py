"""Stage the source: read it, compare it with what was last in step, and find out what is new, changed or held.

Every page goes through the lens and meets its links at once, so that unchanged records never pile up and never
become Python objects. What is left stands in the table `staged`, one row a record, with its situation.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import pyarrow as pa

from engine.connectors.read_port import Page, ReadRequest
from engine.record import SIDES
from engine.run.read.computed_fields import add_computed
from engine.run.read.held_before import held_before, held_beside
from engine.run.read.pull import Reading, announced, pull
from engine.run.read.referenced_records import read_referenced
from engine.run.read.situation import drop_repeats, stage_page
from engine.run.read.text_columns import text_columns
from engine.run.session.columns import TODAY
from engine.run.session.cursors import OVERLAP, earlier, later, since
from engine.run.session.tables import ALL_LINKS, HIDDEN, IDS, KEYED, LINKS, SEEN, STAGED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.ledger import ModuleState
    from engine.run.session.sync_pass import SyncPass


@dataclass(frozen=True, slots=True, kw_only=True)
class Staged:
    """What the source told; the records themselves stand in the table `staged`."""

    #: where the next window begins, an overlap later; None = the stream has no time, or nothing was delivered
    cursor: str | None
    newest: str | None  #: the latest server time that a record has shown; None = the same
    whole: bool  #: the whole stream was read, not a window
    records: int  #: that the source delivered
    requested: frozenset[str] = frozenset()  #: records that come over although no saved view shows them


def stage_source(sync: SyncPass, state: ModuleState) -> Staged:
    """Read what may have changed on the source and leave it in the table `staged`."""
    sync.columns.drop(STAGED, SEEN, IDS, HIDDEN, KEYED)
    before = sync.counts.read[sync.source_side]
    if sync.only is not None:
        return _stage_named(sync, state, sync.only)
    cursor = _cursor(sync, state)
    whole = cursor is None
    held = held_before(sync, whole=whole)
    latest, newest = _read_changes(sync, state, cursor)
    due = {*held.due, *_forget_stale(sync)}
    if due:
        _read_and_stage(sync, _by_ids(sync, sorted(due)), all_links=False)
    drop_repeats(sync)
    known = state_cursor(sync, state) if sync.source.version_field else None
    return Staged(
        cursor=later(latest, None if whole else known),
        newest=later(newest, None if whole else state_newest(sync, state)),
        whole=whole,
        records=sync.counts.read[sync.source_side] - before,
        requested=held.requested,
    )


def _stage_named(sync: SyncPass, state: ModuleState, only: frozenset[str]) -> Staged:
    """The same for single records: those that are asked for, and those that others bring along."""
    held = held_beside(sync, only)
    before = sync.counts.read[sync.source_side]
    if held.due:
        _read_and_stage(sync, _by_ids(sync, sorted(held.due)), all_links=False)
    else:
        _stage_nothing(sync)
    drop_repeats(sync)
    return Staged(
        cursor=state_cursor(sync, state),
        newest=state_newest(sync, state),
        whole=False,
        records=sync.counts.read[sync.source_side] - before,
        requested=held.requested,
    )


def _read_changes(sync: SyncPass, state: ModuleState, cursor: str | None) -> tuple[str | None, str | None]:
    """Read from the cursor on; answers how far the source has been handled, and the latest time that it showed."""
    began = sync.clock.now()
    _read_and_stage(sync, _request(sync, cursor), all_links=cursor is None)
    newest = None
    if sync.source.version_field:
        newest = sync.columns.one(f"SELECT arg_max(version, moment) FROM {SEEN}")
    return _handled(sync, state, newest, began), newest


def _stage_nothing(sync: SyncPass) -> None:
    """The tables that records would stand in."""
    nobody = pa.array([], pa.string())
    links = sync.ledger.links_table(sync.integration, sync.module.name, nobody, sync.source_side)
    sync.columns.keep(LINKS, links)
    side, nothing = sync.source, Page(records=())
    page = add_computed(text_columns(nothing, side, side.reads), nothing, sync.computed[side.side])
    stage_page(sync, page, LINKS)


def _handled(sync: SyncPass, state: ModuleState, newest: str | None, began: datetime) -> str | None:
    """How far the source has been handled: the latest time it showed, less the time that the reading took.

    What changed while the pages came may have been passed by, although a later page shows a later time. But once a
    run has ended and more than the overlap has passed, and still nothing later shows, then what lies before has
    come to light and was read just now: the next window begins at that time itself, not an overlap before it.
    """
    if newest is not None and newest == state_newest(sync, state) and _rested(sync, began):
        return earlier(newest, -OVERLAP)
    return earlier(newest, sync.clock.now() - began)


def _rested(sync: SyncPass, began: datetime) -> bool:
    """Whether the last run before this one has come to its end, more than the overlap ago."""
    runs = [run for run in sync.ledger.runs(sync.integration, limit=2) if run.id != sync.run]
    ended = runs[0].ended if runs else None
    return ended is not None and began - datetime.fromisoformat(ended) > OVERLAP


def state_newest(sync: SyncPass, state: ModuleState) -> str | None:
    """The latest time that the source had shown before."""
    return state.left_newest if sync.source_side == "left" else state.right_newest


def state_cursor(sync: SyncPass, state: ModuleState) -> str | None:
    """The cursor of the source, as remembered."""
    return state.left_cursor if sync.source_side == "left" else state.right_cursor


def source_scope(sync: SyncPass) -> str:
    """A fingerprint of what is read. Where the plan asks for today's date, another day reads everything again."""
    scope = sync.source.scope
    return f"{scope} {sync.clock.now():%Y-%m-%d}" if TODAY in sync.source.lens.lower() else scope


def _cursor(sync: SyncPass, state: ModuleState) -> str | None:
    """Where to go on reading; None when everything must be read."""
    scope = state.left_scope if sync.source_side == "left" else state.right_scope
    same = scope == source_scope(sync) and state.fingerprint == sync.module.fingerprint
    usable = sync.source.windowed and not sync.whole
    return since(state_cursor(sync, state)) if same and usable else None


def _request(sync: SyncPass, cursor: str | None) -> ReadRequest:
    side = sync.source
    return ReadRequest(stream=side.stream, fields=side.reads, since=cursor, view=side.saved_view)


def _by_ids(sync: SyncPass, ids: Iterable[str]) -> ReadRequest:
    return ReadRequest(stream=sync.source.stream, fields=sync.source.reads, ids=tuple(ids))


def _forget_stale(sync: SyncPass) -> tuple[str, ...]:
    """Records that a listing showed older than we know them: it lags, so they are asked for by their ids.

    What it showed of them is forgotten: where the record itself is unchanged, nothing would take its place.
    """
    stale = _stale(sync)
    if stale:
        sync.columns.run(f"DELETE FROM {STAGED} WHERE list_contains(?, id)", [list(stale)])
        sync.counts.read[sync.source_side] -= len(stale)
    return stale


def _stale(sync: SyncPass) -> tuple[str, ...]:
    if not sync.source.version_field:
        return ()
    rows = sync.columns.rows(
        f"SELECT id, version, base_version FROM {STAGED} "
        "WHERE situation = 'changed' AND base_version IS NOT NULL AND version <> base_version"
    )
    return tuple(record for record, shown, known in rows if later(shown, known) == known)


def _read_and_stage(sync: SyncPass, request: ReadRequest, *, all_links: bool) -> None:
    side = sync.source
    if all_links:
        _share_links(sync)
    reading, functions = Reading(), sync.computed[side.side]
    for page in pull(sync.connector(side), side, request, functions, reading, announced(sync, side)):
        if not all_links:
            ids = page["_id"].combine_chunks()
            links = sync.ledger.links_table(sync.integration, sync.module.name, ids, side.side)
            sync.columns.keep(LINKS, links)
        read_referenced(sync, side, page)
        stage_page(sync, page, ALL_LINKS if all_links else LINKS)
        sync.check_stop()
    sync.counts.read[side.side] += reading.records


def _share_links(sync: SyncPass) -> None:
    """Every link of the module, read once for both passes."""
    if sync.shared.links_shared:
        return
    sides = SIDES if sync.both_ways else (sync.source_side,)
    versions = [f"{side}_version" for side in sides if sync.module.side(side).version_field]
    needed = ("link_id", "left_id", "right_id", *(f"{side}_hash" for side in sides), *versions, "state")
    with sync.ledger.links_reader(sync.integration, sync.module.name, needed) as links:
        sync.columns.share(ALL_LINKS, links)
    sync.shared.links_shared = True
