"""Strangers: a first contact of two filled sides in which nobody meets is rather a wrong key than two worlds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.run.session.tables import ABSENT, KNOWN, MATCHED
from engine.run.sync.approvals import Stop
from engine.run.sync.changeset_code import changeset_code

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.run.session.sync_pass import SyncPass
    from engine.run.sync.approvals import Approved


def strangers(passes: Sequence[SyncPass], before: Approved) -> Iterator[Stop]:
    """Two sides full of records of which none is that of the other: rather a wrong key than two worlds."""
    sync = passes[0]
    if sync.only is not None or not all(_all_new(one) for one in passes):
        return
    if sync.ledger.link_count(sync.integration, sync.module.name):
        return  # some have met before: by a saved changeset, by hand, or one by one
    made = [
        f"{one.source_side}:{row[0]}"
        for one in passes
        for row in one.columns.rows(f"SELECT id FROM {ABSENT}")
    ]
    about = f"{sync.source_side} strangers"
    entries = before.rest(about, made)
    if entries:
        here, there, keys = sync.module.left.name, sync.module.right.name, sync.module.keys
        yield Stop(
            code=changeset_code(sync, about, entries),
            about=about,
            entries=tuple(entries),
            what=f"First contact: {here} and {there} both have records, and none of one side is found on the other by "
            f"{' or '.join(f'`{one.line}`' for one in keys)}; this run makes {len(entries):,}.",
            remedy="Check `match`: a key may be of another field, or written in another way.",
        )


def _all_new(sync: SyncPass) -> bool:
    """Whether the target holds records and no newcomer of the source, of which there are some, meets any of them."""
    if not (sync.module.keys and sync.learned.found["newcomer"] and sync.columns.has(KNOWN)):
        return False
    met = sync.columns.one(f"SELECT count(*) FROM {MATCHED} WHERE len(others) > 0")
    return not met and bool(sync.columns.one(f"SELECT count(*) FROM {KNOWN}"))
