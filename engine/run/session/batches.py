"""Batches: how many writes go to a system at once, and which records are looked at together."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.run.session.sync_pass import SyncPass

#: Writes that one intent covers at most: small enough to stop soon, large enough for a bulk target.
BULK, SINGLE = 50_000, 25


def batch_size(sync: SyncPass) -> int:
    """Writes of one batch to the target."""
    can = sync.target.can
    return BULK if can.bulk else max(SINGLE, can.batch_size)


def portions(sync: SyncPass, table: str, size: int) -> list[tuple[int, int]]:
    """The places in `staged` between which `absent` or `paired` has so many rows at a time: (first, last)."""
    if not sync.moving:
        return []
    found = sync.columns.rows(
        f"SELECT min(place), max(place) FROM {table} GROUP BY rowid // {size} ORDER BY 1"
    )
    return [(int(first), int(last)) for first, last in found]
