"""Trusted: counterparts that need not be read, where a module trusts that nobody changed them since they were in step.

That goes for a counterpart that is at its base, and for no other: where a field waits for a person, a record is held,
or a write is half done, both sides hold what no base tells.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from engine.run.session.pair import Shown, content_hash
from engine.run.session.tables import HELD, STAGED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.run.session.sync_pass import SyncPass


def trusted(sync: SyncPass, linked: Mapping[int, str]) -> dict[str, Shown]:
    """Counterparts as they were when last in step, by id; `linked`: link -> counterpart."""
    side, order = sync.target.side, [line.key for line in sync.module.compared]
    looked_at = _looked_at(sync)
    hashes = _settled(
        sync,
        {
            link: record
            for link, record in linked.items()
            if link not in looked_at and record not in looked_at
        },
    )
    known = {}
    for link, (left, right) in sync.ledger.bases(list(hashes)).items():
        base = (left if side == "left" or right is None else right) or {}
        content = content_hash(base, order)
        if all(key in base for key in order) and content == hashes[link]:
            record = linked[link]
            known[record] = Shown(id=record, version=None, texts=base, content=content, label=None)
    return known


def _looked_at(sync: SyncPass) -> set[int | str]:
    """Links of what this very run has seen changed on the other side, and records that are held there."""
    if not sync.both_ways:
        return set()
    there = sync.reverse.schema
    links = sync.columns.rows(f"SELECT link_id FROM {there}.{STAGED} WHERE link_id IS NOT NULL")
    held = sync.columns.rows(f"SELECT record_id FROM {there}.{HELD}")
    return {row[0] for row in (*links, *held)}


def _settled(sync: SyncPass, linked: Mapping[int, str]) -> dict[int, bytes]:
    """Links of which nothing is open -> the hash of their counterparts when they were last in step."""
    mine, its = sync.source.side, sync.target.side
    needed = ("link_id", "left_id", f"{mine}_id", "state", f"{mine}_hash", f"{its}_hash")
    links = sync.ledger.links_table(
        sync.integration,
        sync.module.name,
        pa.array(list(linked), pa.int64()),
        columns=tuple(dict.fromkeys(needed)),
    )
    held = {row[0] for row in sync.columns.rows(f"SELECT record_id FROM {HELD}")}
    return {
        row["link_id"]: row[f"{its}_hash"]
        for row in links.to_pylist()
        if row["state"] == "active"
        and row[f"{mine}_hash"] is not None
        and row[f"{mine}_id"] not in held
        and row["left_id"] not in sync.shared.disputed
        and linked[row["link_id"]] not in sync.learned.unsure
    }
