"""Yielding: pairs of which another module has linked a record; its values win, so nothing of theirs is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.plan import YieldPlan
    from engine.run.session.pair import Pair
    from engine.run.session.sync_pass import SyncPass


def yielding(sync: SyncPass, several: Sequence[Pair]) -> dict[str, str]:
    """The pairs that yield, by the id of the source's record, with the module that they yield to."""
    found: dict[str, str] = {}
    for one in sync.module.yields:
        ids = {_id(sync, one, pair): pair.mine.id for pair in several}
        for record in _linked(sync, one, list(ids)):
            found.setdefault(ids[record], one.to)
    sync.learned.yielded.update(found)
    return found


def _id(sync: SyncPass, one: YieldPlan, pair: Pair) -> str:
    return pair.mine.id if one.side == sync.source_side else pair.other_id


def _linked(sync: SyncPass, one: YieldPlan, ids: list[str]) -> list[str]:
    """Those of the ids that the other module has a link of."""
    with sync.columns.shown("arriving", pa.table({"id": pa.array(ids, pa.string())})):
        rows = sync.columns.rows(
            f'SELECT DISTINCT a.id FROM arriving AS a JOIN "{one.table}" AS l ON l.{one.there}_id = a.id'
        )
    return [str(row[0]) for row in rows]


def yielded(sync: SyncPass) -> list[str]:
    """What a person is told of the pairs that yielded in this pass, a sentence for each module."""
    by_module: dict[str, int] = {}
    for to in sync.learned.yielded.values():
        by_module[to] = by_module.get(to, 0) + 1
    return [
        f"{count:,} {'record yields' if count == 1 else 'records yield'} to `{to}`, which has linked "
        f"{'it: its values are' if count == 1 else 'them: their values are'} not overwritten."
        for to, count in by_module.items()
    ]
