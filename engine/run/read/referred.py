"""Referred: which records of a source are referred to by other modules' records, for `only: referenced by`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from engine.connectors.read_port import ReadRequest
from engine.record import SIDES
from engine.run.read.pull import whole_read
from engine.run.read.text_columns import text_columns
from engine.run.session.aim import referring
from engine.run.session.cursors import since

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.plan import ReferrerPlan
    from engine.record import Side
    from engine.run.session.sync_pass import SyncPass


def show_referred(sync: SyncPass) -> None:
    """Ids that are referred to, or fetched: as the referring streams show them, and as their records wait for them."""
    for side in SIDES:
        if sync.module.side(side).referrers is None and not sync.module.side(side).fetched_by:
            continue
        sync.columns.share_answer(_table(side), "SELECT NULL::VARCHAR AS id WHERE false")
        for request, several in _requests(sync, side).items():
            _read(sync, side, request, several)
        for one, ids in _referrers(sync, side):
            _add(sync, side, _waited_for(sync, side, one, ids))


def _table(side: Side) -> str:
    return f"referred {side}"


def _waited_for(sync: SyncPass, side: Side, one: ReferrerPlan, ids: frozenset[str] | None) -> list[str]:
    waits = sync.ledger.waits(sync.integration, one.module)
    return [
        wait.root_id
        for wait in waits
        if (wait.root_module, wait.root_side) == (sync.module.name, side)
        and (ids is None or (wait.side == one.side and wait.record_id in ids))
    ]


def _referrers(sync: SyncPass, side: Side) -> list[tuple[ReferrerPlan, frozenset[str] | None]]:
    """Whose records count in this run, and which of them; None = all."""
    plan, found = sync.module.side(side), []
    for one in plan.fetched_by:
        counts, ids = referring(one, plan.system, sync.aim)
        found += [(one, ids)] if counts else []
    return [*((one, None) for one in plan.referrers or ()), *found]


def _add(sync: SyncPass, side: Side, ids: list[str]) -> None:
    with sync.columns.shown("arriving", pa.table({"id": pa.array(ids, pa.string())})):
        sync.columns.run(f'INSERT INTO "{_table(side)}" SELECT id FROM arriving')


def _requests(sync: SyncPass, side: Side) -> dict[ReadRequest, list[ReferrerPlan]]:
    """What to read: modules of one stream share a read where they ask for the same."""
    found: dict[ReadRequest, list[ReferrerPlan]] = {}
    streams: dict[str, set[str]] = {}
    several = _referrers(sync, side)
    for one, _ in several:
        streams.setdefault(one.stream, set()).update(one.reads)
    for one, ids in several:
        request = _request(sync, one, tuple(sorted(streams[one.stream])), ids)
        found.setdefault(request, []).append(one)
    return found


def _request(
    sync: SyncPass, one: ReferrerPlan, fields: tuple[str, ...], ids: frozenset[str] | None
) -> ReadRequest:
    """Where the referring module waits for every id that has no link, what it has not seen yet is enough."""
    if ids is not None:
        return ReadRequest(stream=one.stream, fields=fields, ids=tuple(sorted(ids)))
    state = sync.ledger.module_state(sync.integration, one.module)
    cursor = state.left_cursor if one.side == "left" else state.right_cursor
    window = one.told and one.since and state.contacted and not one.saved_view and not sync.whole
    return ReadRequest(
        stream=one.stream, fields=fields, since=since(cursor) if window else None, view=one.saved_view
    )


def _read(sync: SyncPass, side: Side, request: ReadRequest, several: Sequence[ReferrerPlan]) -> None:
    """Note the ids that each page's records refer to."""
    for page in whole_read(sync.connector(sync.module.side(side)), several[0].name, request):
        if sync.writer:
            sync.writer.renew()
        with sync.columns.shown("page", text_columns(page, several[0], request.fields)):
            for one in several:
                ids = f"SELECT DISTINCT id FROM ({one.lens}) WHERE id IS NOT NULL"
                sync.columns.run(f'INSERT INTO "{_table(side)}" {ids}')
        sync.check_stop()


def due_by_reference(sync: SyncPass) -> set[str]:
    """Records of the source that are referred to and have no link, unless they are held or left alone."""
    if sync.source.referrers is None and not sync.source.fetched_by:
        return set()
    side = sync.source_side
    ids = {str(row[0]) for row in sync.columns.rows(f'SELECT DISTINCT id FROM "{_table(side)}"')}
    links = sync.ledger.links_table(
        sync.integration, sync.module.name, pa.array(sorted(ids), pa.string()), side
    )
    skips = sync.ledger.skips_table(sync.integration, sync.module.name)
    left = skips.filter(pc.equal(skips["side"], side))["record_id"].to_pylist()
    return ids - set(links[f"{side}_id"].to_pylist()) - set(left) - set(sync.learned.attempts)
