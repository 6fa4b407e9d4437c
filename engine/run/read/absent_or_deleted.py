"""Absent or deleted: a record that a read does not deliver is not deleted yet.

It counts as deleted when its system says so (a feed of deletions), or when two complete reads in a row did not
deliver it; and only if the system, asked for that record, does not have it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from engine.connectors.read_port import ReadRequest
from engine.run.read.counterparts import fetch
from engine.run.read.pull import whole_read
from engine.run.session.cursors import since
from engine.run.session.pair import Pair, Shown
from engine.run.session.tables import AGAIN, ALL_LINKS, IDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.run.read.stage_source import Staged
    from engine.run.session.sync_pass import SyncPass

CHUNK = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Departed:
    """Links whose source record is not there any more."""

    suspected: tuple[int, ...] = ()  #: link ids: not delivered for the first time
    gone: tuple[Pair, ...] = ()  #: the source was asked and does not have them


def departed(sync: SyncPass, staged: Staged, cursor: str | None) -> Departed:
    """What the source has lost; `cursor`: where its last reading had come to."""
    if sync.module.deletes != "propagate":
        return Departed()
    if staged.whole:
        missing, again = _absent(sync)
        return Departed(suspected=missing, gone=_confirmed(sync, again))
    if sync.source.can.deleted_feed and cursor is not None:
        return Departed(gone=_confirmed(sync, _named_by_feed(sync, cursor)))
    return Departed()


def _absent(sync: SyncPass) -> tuple[tuple[int, ...], list[tuple[int, str, str]]]:
    """(links missed for the first time, those that were missing before: link, source id, target id)."""
    mine, its = sync.source.side, sync.target.side
    rows = sync.columns.rows(
        f"SELECT link_id, {mine}_id, {its}_id, state FROM {ALL_LINKS} AS l ANTI JOIN {IDS} AS i ON i.id = l.{mine}_id "
        f"WHERE state IN ('active', 'missing-{mine}') ORDER BY link_id"
    )
    first = tuple(int(row[0]) for row in rows if row[3] == "active")
    return first, [(int(row[0]), str(row[1]), str(row[2])) for row in rows if row[3] != "active"]


def _named_by_feed(sync: SyncPass, cursor: str) -> list[tuple[int, str, str]]:
    """Links of the records that the source's own feed of deletions names."""
    side = sync.source
    request = ReadRequest(stream=side.stream, fields=(), since=since(cursor), deleted=True)
    ids: list[str] = []
    for page in whole_read(sync.connector(side), side.name, request):
        records = page.records or (page.table.to_pylist() if page.table is not None else ())
        ids += [str(record[side.id_field]) for record in records]
    links = sync.ledger.links_table(
        sync.integration, sync.module.name, pa.array(sorted(set(ids)), pa.string()), side.side
    )
    open_ = ("active", f"missing-{side.side}")
    return [
        (row["link_id"], row[f"{side.side}_id"], row[f"{sync.target.side}_id"])
        for row in links.to_pylist()
        if row["state"] in open_
    ]


def _confirmed(sync: SyncPass, asked: Sequence[tuple[int, str, str]]) -> tuple[Pair, ...]:
    """Those that the source does not have when it is asked for them by their ids."""
    gone: list[Pair] = []
    for first in range(0, len(asked), CHUNK):
        some = asked[first : first + CHUNK]
        there = fetch(sync, [mine for _, mine, _ in some], side=sync.source, into=AGAIN)
        its = fetch(sync, [its for _, mine, its in some if mine not in there])
        gone += [
            Pair(link_id=link, mine=_nobody(mine), other_id=other, other=its.get(other))
            for link, mine, other in some
            if mine not in there
        ]
    return tuple(gone)


def _nobody(record: str) -> Shown:
    return Shown(id=record, version=None, texts={}, content=b"", label=None)
