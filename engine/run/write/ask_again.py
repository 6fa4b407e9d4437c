"""Ask again: what guards refused that look at other records, once those were written; only then is anybody told."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pyarrow as pa

from engine.run.read.counterparts import fetch, refused
from engine.run.session.tables import ABSENT, STAGED
from engine.run.write.create import create
from engine.run.write.judge import portion_size
from engine.run.write.update import update

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.run.session.pair import Pair
    from engine.run.session.sync_pass import SyncPass
    from engine.run.write.permit import Permit


@dataclass(slots=True, kw_only=True)
class PutOff:
    """What guards refused as things stood, before the rest of the pass was written."""

    pairs: list[Pair] = field(default_factory=list)
    newcomers: list[str] = field(default_factory=list)  #: ids of the source

    def __len__(self) -> int:
        return len(self.pairs) + len(self.newcomers)


def ask_again(sync: SyncPass, permit: Permit, put_off: PutOff) -> None:
    """Ask as long as anything more comes through: a parent that is opened lets its children be opened."""
    while len(put_off):
        still = PutOff(newcomers=_create(sync, permit, put_off.newcomers, last=False))
        still.pairs = _update(sync, permit, put_off.pairs, last=False)
        if len(still) == len(put_off):
            break
        put_off = still
    _create(sync, permit, put_off.newcomers, last=True)
    _update(sync, permit, put_off.pairs, last=True)


def _create(sync: SyncPass, permit: Permit, newcomers: Sequence[str], *, last: bool) -> list[str]:
    if not newcomers:
        return []
    sync.columns.keep("asked", pa.table({"id": pa.array(newcomers, pa.string())}))
    wanted = f"SELECT id, rowid AS place FROM {STAGED} SEMI JOIN asked USING (id) ORDER BY place"
    sync.columns.run(f"CREATE OR REPLACE TABLE {ABSENT} AS {wanted}")
    sync.columns.drop("asked")
    return create(sync, permit, last=last)


def _update(sync: SyncPass, permit: Permit, pairs: Sequence[Pair], *, last: bool) -> list[Pair]:
    still, size = [], portion_size(sync)
    for first in range(0, len(pairs), size):
        found = _as_they_are_now(sync, pairs[first : first + size])
        still += update(sync, permit, found, last=last)
    return still


def _as_they_are_now(sync: SyncPass, pairs: Sequence[Pair]) -> list[Pair]:
    """The pairs with their counterparts read anew."""
    fresh = fetch(sync, [pair.other_id for pair in pairs])
    every = sync.columns.one(f"SELECT count(*) FROM {STAGED}")
    fresh.update(refused(sync, 0, int(every), fresh))
    return [replace(pair, other=fresh.get(pair.other_id)) for pair in pairs]
