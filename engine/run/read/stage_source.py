"""Stage the source: read it, compare it with what was last in step, and find out what is new, changed or held.

Every page goes through the lens and meets its links at once, so that unchanged records never pile up and never
become Python objects. What is left stands in the table `staged`, one row a record, with its situation.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from engine.connectors.read_port import Page, ReadRequest
from engine.event import PageRead
from engine.record import SIDES
from engine.run.read.computed_fields import add_computed
from engine.run.read.enrolled import due_by_enrolment
from engine.run.read.pull import Reading, pull
from engine.run.read.referenced_records import read_referenced
from engine.run.read.referred import due_by_reference
from engine.run.read.requested import admitted
from engine.run.read.situation import drop_repeats, stage_page
from engine.run.read.text_columns import text_columns
from engine.run.read.waits import due_by_waits
from engine.run.session.columns import TODAY
from engine.run.session.cursors import OVERLAP, earlier, later, since
from engine.run.session.tables import ALL_LINKS, HELD, IDS, KEYED, LINKS, SEEN, SKIPS, STAGED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.ledger import HeldRow, ModuleState
    from engine.run.session.sync_pass import SyncPass

HELD_COLUMNS = pa.schema(
    [("record_id", pa.string()), ("content_hash", pa.binary()), ("waits", pa.bool_()), ("code", pa.string())]
)
SKIPS_COLUMNS = pa.schema([("record_id", pa.string()), ("other_id", pa.string())])


@dataclass(frozen=True, slots=True, kw_only=True)
class Staged:
    """What the source told."""

    cursor: (
        str | None
    )  #: where the next window begins, an overlap later; None = the stream has none, or nothing was delivered
    newest: str | None  #: the latest server time that a record has shown; None = the same
    whole: bool  #: the whole stream was read, not a window
    records: int  #: that the source delivered


def stage_source(sync: SyncPass, state: ModuleState) -> Staged:
    """Read what may have changed on the source and leave it in the table `staged`."""
    if sync.only is not None:
        return _stage_named(sync, state, sync.only)
    cursor = _cursor(sync, state)
    whole = cursor is None
    held = _held(sync, whole=whole)
    _keep_memory(sync, held)
    sync.columns.drop(STAGED, SEEN, IDS, KEYED)
    began, before = sync.clock.now(), sync.counts.read[sync.source_side]
    _read_and_stage(sync, _request(sync, cursor), all_links=whole)
    newest = (
        sync.columns.one(f"SELECT arg_max(version, moment) FROM {SEEN}")
        if sync.source.version_field
        else None
    )
    latest = _handled(sync, state, newest, began)
    stale = _forget_stale(sync)
    due = {*held.due, *stale}
    if due:
        _read_and_stage(sync, _by_ids(sync, sorted(due)), all_links=False)
    drop_repeats(sync)
    known = state_cursor(sync, state) if sync.source.version_field else None
    read = sync.counts.read[sync.source_side] - before
    return Staged(
        cursor=later(latest, None if whole else known),
        newest=later(newest, None if whole else state_newest(sync, state)),
        whole=whole,
        records=read,
    )


def _stage_named(sync: SyncPass, state: ModuleState, only: frozenset[str]) -> Staged:
    """The same for single records: those that are asked for, and those that others bring along."""
    rows = _held_rows(sync)
    sync.learned.requested = only | due_by_reference(sync)
    waiting = frozenset(row.record_id for row in rows) - sync.learned.requested
    _keep_memory(sync, _HeldNow(rows=rows, waiting=waiting, due=()))
    sync.columns.drop(STAGED, SEEN, IDS, KEYED)
    before = sync.counts.read[sync.source_side]
    if sync.learned.requested:
        _read_and_stage(sync, _by_ids(sync, sorted(sync.learned.requested)), all_links=False)
    else:
        _stage_nothing(sync)
    drop_repeats(sync)
    return Staged(
        cursor=state_cursor(sync, state),
        newest=state_newest(sync, state),
        whole=False,
        records=sync.counts.read[sync.source_side] - before,
    )


def _stage_nothing(sync: SyncPass) -> None:
    """The tables that records would stand in."""
    nobody = pa.array([], pa.string())
    links = sync.ledger.links_table(sync.integration, sync.module.name, nobody, sync.source_side)
    sync.columns.keep(LINKS, links)
    side, nothing = sync.source, Page(records=())
    stage_page(
        sync,
        add_computed(text_columns(nothing, side, side.reads), nothing, sync.computed[side.side]),
        "links",
    )


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


@dataclass(frozen=True, slots=True, kw_only=True)
class _HeldNow:
    rows: tuple[HeldRow, ...]
    waiting: frozenset[str]  #: ids that are not tried again while they look the same
    due: tuple[str, ...]  #: ids to be fetched although nothing says that they changed


def _held(sync: SyncPass, *, whole: bool) -> _HeldNow:
    """Held is retried when the record or the plan changed, by back-off, or where everything is read again."""
    rows = _held_rows(sync)
    now = sync.clock.text()
    due = {row.record_id for row in rows if _is_due(sync, row, now)} | set(due_by_waits(sync))
    view = sync.source.saved_view is not None
    if view or not whole:
        sync.learned.requested = frozenset(due_by_reference(sync) | (admitted(sync) if view else set()))
    waiting = frozenset(row.record_id for row in rows) - due
    due |= due_by_enrolment(sync) - waiting
    # All that is held was read with everything else, unless it comes from outside the saved view.
    return _HeldNow(
        rows=rows,
        waiting=waiting,
        due=tuple(sorted(sync.learned.requested if whole else due | sync.learned.requested)),
    )


def _held_rows(sync: SyncPass) -> tuple[HeldRow, ...]:
    rows = tuple(
        row
        for row in sync.ledger.held_rows(sync.integration, sync.module.name)
        if row.side == sync.source_side
    )
    sync.learned.attempts.update({row.record_id: row.attempts for row in rows})
    return rows


def _is_due(sync: SyncPass, row: HeldRow, now: str) -> bool:
    if row.code == "unconfirmed":
        return False  # its intent decides, by a look at the target at the start of a run
    if row.plan_fingerprint != sync.module.fingerprint:
        return True
    if row.code == "conflict" and any(one.take for one in sync.shared.disputed.get(row.record_id, ())):
        return True  # a person has decided
    if sync.whole and row.code != "conflict":
        return True
    return row.next_try <= now if row.next_try is not None else row.temporary


def _keep_memory(sync: SyncPass, held: _HeldNow) -> None:
    """What the ledger knows about held and skipped records, as tables."""
    rows = [
        {
            "record_id": row.record_id,
            "content_hash": row.content_hash,
            "waits": row.record_id in held.waiting,
            "code": row.code,
        }
        for row in held.rows
    ]
    sync.columns.keep(HELD, pa.Table.from_pylist(rows, schema=HELD_COLUMNS))
    skips = sync.ledger.skips_table(sync.integration, sync.module.name)
    mine = skips.filter(pc.equal(skips["side"], sync.source_side)).select(SKIPS_COLUMNS.names)
    sync.columns.keep(SKIPS, mine.cast(SKIPS_COLUMNS))


def _read_and_stage(sync: SyncPass, request: ReadRequest, *, all_links: bool) -> None:
    side = sync.source
    if all_links:
        _share_links(sync)
    reading = Reading()

    def arrived(page: Page) -> None:
        if sync.writer:
            sync.writer.renew()
        sync.listen(PageRead(module=sync.module.name, side=side.side, records=len(page)))

    functions = sync.computed[side.side]
    for page in pull(sync.connector(side), side, request, functions, reading, arrived):
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
