"""Counterparts: records read right before something is decided about them, and the pairs that they make."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import simplejson

from engine.connectors.read_port import ReadRequest
from engine.run.read.pull import pull
from engine.run.read.referenced_records import read_referenced
from engine.run.read.trusted import trusted
from engine.run.session.pair import Pair, Shown
from engine.run.session.tables import FRESH, PAIRED, STAGED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.plan import SidePlan
    from engine.run.session.sync_pass import SyncPass

_SHOWN = "w.id, w.version, {snapshot}, w.absent, w.hash, w.label, w.trouble, w.in_view, w.offending"


def pairs(sync: SyncPass, first: int, last: int) -> list[Pair]:
    """The pairs between two places, with the counterparts freshly read from the target."""
    shown = _SHOWN.format(snapshot=sync.module.snapshot)
    rows = sync.columns.rows(
        f"SELECT p.link_id, p.other_id, {shown} "
        f"FROM {PAIRED} AS p JOIN {STAGED} AS w ON w.rowid = p.place AND w.rowid BETWEEN {first} AND {last} "
        f"WHERE p.place BETWEEN {first} AND {last} ORDER BY p.place"
    )
    looks = sync.module.checks or sync.module.guards  # these need the record itself
    trusts = sync.module.before_write == "trust" and not looks
    known = trusted(sync, {row[0]: row[1] for row in rows if row[0] is not None}) if trusts else {}
    fresh = {**known, **fetch(sync, [row[1] for row in rows if row[1] not in known])}
    fresh.update(refused(sync, first, last, fresh))
    return [
        Pair(link_id=row[0], mine=_shown(sync, row[2:]), other_id=row[1], other=fresh.get(row[1]))
        for row in rows
    ]


def refused(sync: SyncPass, first: int, last: int, fresh: Mapping[str, Shown]) -> dict[str, Shown]:
    """Counterparts, by id, beside which the record does not meet what both must meet together; with the trouble."""
    found: dict[str, Shown] = {}
    for check in sync.module.checks:
        if check.side != sync.source_side or not fresh:
            continue
        index = sync.target.troubles.index(check.trouble)
        rows = sync.columns.rows(
            f"SELECT o.id, {check.offending} FROM {PAIRED} AS p JOIN {STAGED} AS w ON w.rowid = p.place "
            f"JOIN {FRESH} AS o ON o.id = p.other_id WHERE p.place BETWEEN {first} AND {last} AND NOT ({check.sql})"
        )
        found |= {
            record: replace(fresh[record], trouble=index, offending=values)
            for record, values in rows
            if record not in found
        }
    return found


def fetch(
    sync: SyncPass, ids: Sequence[str], *, side: SidePlan | None = None, into: str = FRESH
) -> dict[str, Shown]:
    """Records as they are now, by id: of the target, or of `side`. They stay in the table until the next call."""
    sync.columns.drop(into)
    if not ids:
        return {}
    read_again(sync, ids, side or sync.target, into)
    return shown_of(sync, f"{into} AS w")


def read_again(sync: SyncPass, ids: Sequence[str], side: SidePlan, into: str) -> None:
    """Leave records as they are now in a table that is not there yet; none of them becomes a Python object."""
    functions = sync.computed[side.side]
    request = ReadRequest(stream=side.stream, fields=side.reads, ids=tuple(ids))
    for page in pull(sync.connector(side), side, request, functions):
        read_referenced(sync, side, page)
        with sync.columns.shown("page", page):
            sync.columns.add(into, side.lens)
    sync.columns.last_of_each(into)


def shown_of(sync: SyncPass, source: str) -> dict[str, Shown]:
    """Rows of a lens as values, by id; `source` names the table `w`."""
    columns = _SHOWN.format(snapshot=sync.module.snapshot)
    return {row[0]: _shown(sync, row) for row in sync.columns.rows(f"SELECT {columns} FROM {source}")}


def _shown(sync: SyncPass, row: Sequence[Any]) -> Shown:
    record, version, snapshot, absent, content, label, trouble, in_view, offending = row
    return Shown(
        id=record,
        version=version,
        texts=simplejson.loads(snapshot),
        absent=_keys_of(sync, absent),
        content=content,
        label=label,
        trouble=trouble,
        offending=offending,
        # In one direction a view chooses who is recognised; whoever has a link stays in step.
        in_view=in_view or (not sync.both_ways and sync.module.trigger is None),
    )


def _keys_of(sync: SyncPass, columns: Sequence[str] | None) -> frozenset[str]:
    """Keys of the lines whose canonical column is not known."""
    if not columns:
        return frozenset()
    return frozenset(line.key for line in sync.module.compared if line.column in columns)
