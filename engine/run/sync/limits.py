"""Limits: when a run stops and asks: a first contact, or more creates, updates or deletions than is usual.

Everything here is known before the first write of a module: a run that is stopped has written nothing of it. Each
stop names a code for exactly this changeset; the same command with the code lets it through once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import simplejson

from engine.errors import StoppedError
from engine.event import Noted
from engine.plan import digest
from engine.run.session.tables import STAGED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from engine.ledger import ModuleState
    from engine.plan import Limit
    from engine.record import Side
    from engine.run.read.absent_or_deleted import Departed
    from engine.run.session.sync_pass import SyncPass
    from engine.run.sync.look import Looked

#: Below so many links a share says nothing.
FEW = 10
#: Pairs that a stop at first contact names.
SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """One reason to ask a person first."""

    code: str  #: names exactly this changeset
    what: str  #: a sentence
    remedy: str
    details: tuple[str, ...] = ()


def heed_limits(passes: Sequence[SyncPass], state: ModuleState, looked: Mapping[Side, Looked]) -> None:
    """Raises StoppedError with everything that a person has to agree to and has not."""
    module = passes[0].module
    stops = stops_of(passes, state, looked)
    open_ = [one for one in stops if one.code not in passes[0].accepted]
    if open_:
        flags = " ".join(f"--accept {one.code}" for one in open_)
        lines = "".join(f"\n  {line}" for one in open_ for line in (one.what, *one.details))
        raise StoppedError(
            f"Module `{module.name}` requires confirmation. Nothing was written:{lines}",
            remedy=f"{open_[0].remedy} To approve exactly this, once, add: {flags}",
            codes=tuple(one.code for one in open_),
        )
    for one in stops:
        passes[0].listen(Noted(module=module.name, message=f"Approved: {one.what}"))


def stops_of(passes: Sequence[SyncPass], state: ModuleState, looked: Mapping[Side, Looked]) -> list[Stop]:
    """Everything that a person has to agree to before this module is written; a trigger's condition says it all."""
    if passes[0].module.trigger is not None:
        return []
    if passes[0].only is not None:
        return [*_first_contact(passes, state)]  # one record that a person asks for is never too many
    return [*_first_contact(passes, state), *_limits(passes, state, looked)]


def _first_contact(passes: Sequence[SyncPass], state: ModuleState) -> Iterator[Stop]:
    """Existing records of both sides meet for the first time: linking the wrong ones cannot be taken back easily."""
    sync = passes[0]
    if not any(one.learned.found["newcomer"] for one in passes):
        return
    if state.contacted or sync.module.arrow == "==" or sync.module.duplicates in ("skip", "clone"):
        return
    met = [pair for one in passes for pair in _recognised(one)]
    if not met:
        return
    does = "overwrites what differs" if sync.module.duplicates == "overwrite" else "links them"
    more = (f"… and {len(met) - SHOWN:,} more",) if len(met) > SHOWN else ()
    named = [f"{sync.module.left.name}:{a} = {sync.module.right.name}:{b}  {label}" for a, b, label in met]
    records = "1 record exists" if len(met) == 1 else f"{len(met):,} records exist"
    yield Stop(
        code=_code(sync, "first contact", [f"{a}={b}" for a, b, _ in met]),
        what=f"First contact: {records} on both sides, and this run {does}.",
        remedy="Check the pairs: `engine preview` shows what would change, `engine links` decides pair by pair.",
        details=(*named[:SHOWN], *more),
    )


def _recognised(sync: SyncPass) -> list[tuple[str, str, str]]:
    """(left id, right id, label) of newcomers that were recognised."""
    if not sync.learned.found["newcomer"]:
        return []
    rows = sync.columns.rows(
        f"SELECT p.id, p.other_id, w.label FROM paired AS p JOIN {STAGED} AS w ON w.rowid = p.place "
        "WHERE p.link_id IS NULL ORDER BY p.place"
    )
    turned = sync.source_side == "right"
    return [(str(b), str(a), str(label)) if turned else (str(a), str(b), str(label)) for a, b, label in rows]


def _limits(passes: Sequence[SyncPass], state: ModuleState, looked: Mapping[Side, Looked]) -> Iterator[Stop]:
    if not any(_stirred(sync, looked[sync.source_side]) for sync in passes):
        return
    links = passes[0].ledger.link_count(passes[0].integration, passes[0].module.name)
    same_plan = state.fingerprint == passes[0].module.fingerprint
    changed = [_changed(sync, same_plan=same_plan) for sync in passes]
    for sync, mine in zip(passes, changed, strict=True):
        yield from _empty(sync, links, looked[sync.source_side])
        yield from _too_many(sync, state, links, mine, looked[sync.source_side].departed)
    if len(passes) > 1:
        yield from _both_changed(passes[0], links, *changed)


def _stirred(sync: SyncPass, looked: Looked) -> bool:
    """Whether anything is there that could be too much; counting links takes its time."""
    return sync.moving or bool(looked.departed.gone) or (looked.staged.whole and not looked.staged.records)


def _empty(sync: SyncPass, links: int, looked: Looked) -> Iterator[Stop]:
    """A complete read that delivers nothing where records were before is rather a fault than a clearance."""
    if links and looked.staged.whole and not looked.staged.records:
        yield Stop(
            code=_code(sync, "empty", [str(links)]),
            what=f"{sync.source.name} is empty, but {links:,} of its records are linked.",
            remedy=f"Check the account, its rights and the view of {sync.source.system}.",
        )


def _too_many(
    sync: SyncPass, state: ModuleState, links: int, changed: Mapping[str, str], lost: Departed
) -> Iterator[Stop]:
    limits = sync.module.limits
    # A first run makes everything; only one that was worked off to its end tells how much is usual.
    made = state.fingerprint is not None and sync.learned.found["newcomer"]
    absent = [str(row[0]) for row in sync.columns.rows("SELECT id FROM absent")] if made else []
    if _beyond(limits.creates, len(absent), links, largest=True):
        yield _stop(sync, "create", absent, links)
    if _beyond(limits.updates, len(changed), links):
        yield _stop(sync, "update", list(changed), links)
    doomed = [str(pair.other_id) for pair in lost.gone]
    if _beyond(limits.deletes, len(doomed), links):
        yield _stop(sync, "delete", doomed, links)


def _both_changed(
    sync: SyncPass, links: int, mine: Mapping[str, str], its: Mapping[str, str]
) -> Iterator[Stop]:
    """Links whose records have changed on both sides: more of them than people make by chance."""
    both = [record for record, counterpart in mine.items() if counterpart in its]
    if _beyond(sync.module.limits.conflicts, len(both), links):
        yield Stop(
            code=_code(sync, "conflicts", both),
            what=f"{len(both):,} of {links:,} linked pairs have changed on both sides, which looks like a mistake.",
            remedy="Check `engine preview`: a mapping or a zone may be wrong.",
        )


def _changed(sync: SyncPass, *, same_plan: bool) -> dict[str, str]:
    """Linked records of the source that do not look as they did, with their counterparts."""
    if not (sync.learned.found["changed"] or sync.learned.found["met"]):
        return {}
    moved = "link_id IS NOT NULL AND base_hash IS DISTINCT FROM hash AND base_hash IS NOT NULL"
    moved += " AND situation IN ('changed', 'met')"
    if same_plan:
        found = sync.columns.rows(f"SELECT id, other_id FROM {STAGED} WHERE {moved}")
        return {str(mine): str(its) for mine, its in found}
    # A hash tells nothing across plans: a line that was taken out changes every hash and no record.
    rows = sync.columns.rows(
        f"SELECT id, other_id, link_id, {sync.module.snapshot} FROM {STAGED} AS w WHERE {moved}"
    )
    bases = sync.ledger.bases([row[2] for row in rows])
    side = 0 if sync.source_side == "left" else 1
    return {
        str(mine): str(its)
        for mine, its, link, snapshot in rows
        if _differs(simplejson.loads(snapshot), bases.get(link, (None, None))[side] or {})
    }


def _differs(present: Mapping[str, str | None], base: Mapping[str, Any]) -> bool:
    """Whether a record holds what it did not hold when last in step, or holds something for a new line."""
    return any(value != base[key] if key in base else bool(value) for key, value in present.items())


def _beyond(limit: Limit | None, count: int, links: int, *, largest: bool = False) -> bool:
    """Whether so many are too many: of a number and a share the smaller counts, for creates the larger."""
    if limit is None or not count:
        return False
    share = limit.share * links if limit.share is not None and links >= FEW else None
    bounds = [one for one in (limit.count, share) if one is not None]
    if not bounds:
        return False
    return count > (max(bounds) if largest else min(bounds))


def _stop(sync: SyncPass, kind: str, ids: Sequence[str], links: int) -> Stop:
    return Stop(
        code=_code(sync, kind, ids),
        what=f"{len(ids):,} records of {sync.target.name} would be {kind}d; {links:,} are linked.",
        remedy="Check `engine preview`. `limits:` in the module sets what is usual.",
    )


def _code(sync: SyncPass, kind: str, ids: Sequence[str]) -> str:
    """Names this changeset: the same records, the same code."""
    return digest([sync.integration, sync.module.name, sync.source_side, kind, sorted(ids)])[:8]
