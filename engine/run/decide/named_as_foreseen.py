"""Named as foreseen: records that a saved changeset has made, called as it called them when they had no id."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from engine.record import SIDES, other
from engine.run.session.foreseen import Named, name_of_new
from engine.run.session.pair import content_hash

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from engine.plan import FieldPlan
    from engine.record import Side
    from engine.run.session.pair import Shown
    from engine.run.session.sync_pass import SyncPass


def names_of_made(sync: SyncPass, module: str, sources: Mapping[Side, Iterable[str]]) -> Named:
    """The names of what a module has made by now of these records, by their side and id."""
    found: dict[Side, dict[str, str]] = {"left": {}, "right": {}}
    for side in SIDES:
        ids, its = pa.array(sorted(sources.get(side, ())), pa.string()), other(side)
        links = sync.ledger.links_table(sync.integration, module, ids, side) if len(ids) else None
        for link in (
            links.select([f"{side}_id", f"{its}_id", "made"]).to_pylist() if links is not None else ()
        ):
            if link["made"] == its:
                found[its][link[f"{its}_id"]] = name_of_new(module, side, link[f"{side}_id"])
    return Named(left=found["left"], right=found["right"])


def named(sync: SyncPass, line: FieldPlan, value: Any, side: Side = "right") -> Any:
    """A value as it was foreseen; ids of references are canonically those of the right side."""
    known = sync.shared.named.get(line.refers or "")
    return value if known is None else known.of(side).get(value, value)


def hash_as_foreseen(
    sync: SyncPass, texts: Mapping[str, str | None], content: bytes, *, still_open: bool = False
) -> str:
    """What a record shows, as a hash, with the references in it as they were foreseen; `still_open`: as unknown."""
    if not sync.shared.named:
        return content.hex()
    lines = sync.module.compared
    told = {
        line.key: named(sync, line, texts[line.key]) for line in lines if line.refers and line.key in texts
    }
    new = {key: None if still_open else value for key, value in told.items() if texts[key] != value}
    return content_hash({**texts, **new}, [line.key for line in lines]).hex() if new else content.hex()


def shows_as_seen(sync: SyncPass, record: Shown, seen: str) -> bool:
    """Whether a record shows what it showed when a change was decided, be its references linked by now or not."""
    return any(
        hash_as_foreseen(sync, record.texts, record.content, still_open=open_) == seen
        for open_ in (False, True)
    )
