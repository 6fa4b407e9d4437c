"""Limits: when a run stops and asks: a first contact, or more creates, updates or deletions than is usual.

Everything here is known before the first write of a module: a run that is stopped has written nothing of it. Each
stop names a code for exactly this changeset; the same command with the code lets it through once. What was let through
and not worked off is not asked again (`approvals`): only what is new since counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import simplejson

from engine.errors import StoppedError
from engine.event import Noted
from engine.run.session.tables import ABSENT, MATCHED, STAGED
from engine.run.sync.approvals import FIRST_CONTACT, Stop, approved_before
from engine.run.sync.changeset_code import changeset_code
from engine.run.sync.strangers import strangers

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from engine.ledger import ModuleState
    from engine.plan import Limit
    from engine.record import Kind, Side
    from engine.run.read.absent_or_deleted import Departed
    from engine.run.session.sync_pass import SyncPass
    from engine.run.sync.approvals import Approved
    from engine.run.sync.look import Looked

#: Below so many links a share says nothing.
FEW = 10
#: Pairs that a stop at first contact names.
SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class _Met:
    """Two records that meet for the first time."""

    left: str
    right: str
    label: str
    spelled: str | None  #: how the target spells the key where the two are only alike


def heed_limits(passes: Sequence[SyncPass], state: ModuleState, looked: Mapping[Side, Looked]) -> list[Stop]:
    """What a person agrees to with this run. Raises StoppedError with all that she has to agree to and has not."""
    module, before = passes[0].module, approved_before(passes[0])
    if not passes[0].accepted.everything and before.entries:
        words = "What was approved for an earlier run goes on; only what is new since is asked."
        passes[0].listen(Noted(module=module.name, message=words))
    stops = _stops(passes, state, looked, before)
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
    return stops


def stops_of(passes: Sequence[SyncPass], state: ModuleState, looked: Mapping[Side, Looked]) -> list[Stop]:
    """Everything that a person has to agree to before this module is written."""
    return _stops(passes, state, looked, approved_before(passes[0]))


def _stops(
    passes: Sequence[SyncPass], state: ModuleState, looked: Mapping[Side, Looked], before: Approved
) -> list[Stop]:
    """Without what was let through before; a trigger's condition says it all."""
    if passes[0].module.trigger is not None:
        return []
    if passes[0].only is not None:
        return [*_first_contact(passes, state, before)]  # one record that a person asks for is never too many
    return [*_first_contact(passes, state, before), *_limits(passes, state, looked, before)]


def _first_contact(passes: Sequence[SyncPass], state: ModuleState, before: Approved) -> Iterator[Stop]:
    """Existing records of both sides meet for the first time: linking the wrong ones cannot be taken back easily."""
    sync = passes[0]
    if not any(one.learned.found["newcomer"] for one in passes):
        return
    if state.contacted or sync.module.arrow == "==" or sync.module.duplicates in ("skip", "clone"):
        return
    found = {f"{one.left}={one.right}": one for each in passes for one in _recognised(each)}
    about = f"{sync.source_side} {FIRST_CONTACT}"
    entries = before.rest(about, list(found))
    if not entries:
        if not found:
            yield from strangers(passes, before)
        return
    met = [found[one] for one in entries]
    equal, alike = ([one for one in met if bool(one.spelled) is so] for so in (False, True))
    does = "overwrites what differs" if sync.module.duplicates == "overwrite" else "links them"
    records = "1 record exists" if len(met) == 1 else f"{len(met):,} records exist"
    yield Stop(
        code=changeset_code(sync, about, entries),
        about=about,
        entries=tuple(entries),
        what=f"First contact: {records} on both sides, and this run {does}.",
        remedy="Check the pairs: `engine preview` shows what would change, `engine links` decides pair by pair.",
        details=(*_named(sync, equal), *_alike(sync, alike)),
    )


def _named(sync: SyncPass, met: Sequence[_Met]) -> Iterator[str]:
    """The first of these pairs, and how many more there are."""
    left, right = sync.module.left.name, sync.module.right.name
    for one in met[:SHOWN]:
        spelled = f" ~ {one.spelled}" if one.spelled else ""
        yield f"{left}:{one.left} {'~' if one.spelled else '='} {right}:{one.right}  {one.label}{spelled}"
    if len(met) > SHOWN:
        yield f"… and {len(met) - SHOWN:,} more"


def _alike(sync: SyncPass, met: Sequence[_Met]) -> Iterator[str]:
    """Pairs whose keys differ in case or blanks, apart: a person looks at them more closely."""
    if met:
        pairs = "1 pair is" if len(met) == 1 else f"{len(met):,} pairs are"
        yield f"{pairs} alike but not equal:"
        yield from _named(sync, met)


def _recognised(sync: SyncPass) -> list[_Met]:
    """Newcomers that were recognised."""
    if not sync.learned.found["newcomer"]:
        return []
    rows = sync.columns.rows(
        f"SELECT p.id, p.other_id, w.label, m.spelled FROM paired AS p "
        f"JOIN {STAGED} AS w ON w.rowid = p.place LEFT JOIN {MATCHED} AS m ON m.id = p.id "
        "WHERE p.link_id IS NULL ORDER BY p.place"
    )
    turned = sync.source_side == "right"
    found = [(str(b), str(a), *rest) if turned else (str(a), str(b), *rest) for a, b, *rest in rows]
    return [_Met(left=a, right=b, label=str(label), spelled=spelled) for a, b, label, spelled in found]


def _limits(
    passes: Sequence[SyncPass], state: ModuleState, looked: Mapping[Side, Looked], before: Approved
) -> Iterator[Stop]:
    if not any(_stirred(sync, looked[sync.source_side]) for sync in passes):
        return
    links = passes[0].ledger.link_count(passes[0].integration, passes[0].module.name)
    same_plan = state.fingerprint == passes[0].module.fingerprint
    changed = [_changed(sync, same_plan=same_plan) for sync in passes]
    for sync, mine in zip(passes, changed, strict=True):
        yield from _empty(sync, links, looked[sync.source_side], before)
        numbers = _numbers(sync, state, mine, looked[sync.source_side].departed)
        for kind, limit, entries in numbers:
            yield from _too_many(sync, kind, limit, before.rest(f"{sync.source_side} {kind}", entries), links)
    if len(passes) > 1:
        yield from _both_changed(passes[0], links, changed[0], changed[1], before)


def _stirred(sync: SyncPass, looked: Looked) -> bool:
    """Whether anything is there that could be too much; counting links takes its time."""
    return sync.moving or bool(looked.departed.gone) or (looked.staged.whole and not looked.staged.records)


def _empty(sync: SyncPass, links: int, looked: Looked, before: Approved) -> Iterator[Stop]:
    """A complete read that delivers nothing where records were before is rather a fault than a clearance.

    Once that is agreed to, fewer links than there were then are what is left of them.
    """
    about = f"{sync.source_side} empty"
    known = before.entries.get(about)
    if links and looked.staged.whole and not looked.staged.records and not known:
        yield Stop(
            code=changeset_code(sync, about, [str(links)]),
            about=about,
            entries=(about,),
            what=f"{sync.source.name} is empty, but {links:,} of its records are linked.",
            remedy=f"Check the account, its rights and the view of {sync.source.system}.",
        )


#: Records of a side that do not look as they did: id -> (counterpart, the record with what it shows).
Changed: TypeAlias = "Mapping[str, tuple[str, str]]"


def _numbers(
    sync: SyncPass, state: ModuleState, changed: Changed, lost: Departed
) -> Iterator[tuple[Kind, Limit | None, list[str]]]:
    """(kind, limit, each record with what it shows) of everything that could be too much."""
    limits = sync.module.limits
    # A first run makes everything; only one that was worked off to its end tells how much is usual.
    made = state.fingerprint is not None and sync.learned.found["newcomer"]
    absent = f"SELECT a.id, w.hash FROM {ABSENT} AS a JOIN {STAGED} AS w ON w.rowid = a.place" if made else ""
    rows = sync.columns.rows(absent) if absent else []
    yield "create", limits.creates, [_entry(str(record), content) for record, content in rows]
    yield "update", limits.updates, [entry for _, entry in changed.values()]
    yield "delete", limits.deletes, [str(pair.other_id) for pair in lost.gone]


def _too_many(
    sync: SyncPass, kind: Kind, limit: Limit | None, entries: Sequence[str], links: int
) -> Iterator[Stop]:
    if _beyond(limit, len(entries), links, largest=kind == "create"):
        about = f"{sync.source_side} {kind}"
        yield Stop(
            code=changeset_code(sync, about, entries),
            what=f"{len(entries):,} records of {sync.target.name} would be {kind}d; {links:,} are linked.",
            remedy="Check `engine preview`. `limits:` in the module sets what is usual.",
            about=about,
            entries=tuple(entries),
        )


def _both_changed(
    sync: SyncPass, links: int, mine: Changed, its: Changed, before: Approved
) -> Iterator[Stop]:
    """Links whose records have changed on both sides: more of them than people make by chance."""
    both = [f"{entry} {its[record][1]}" for record, entry in mine.values() if record in its]
    about = f"{sync.source_side} conflicts"
    entries = before.rest(about, both)
    if _beyond(sync.module.limits.conflicts, len(entries), links):
        yield Stop(
            code=changeset_code(sync, about, entries),
            what=f"{len(entries):,} of {links:,} linked pairs have changed on both sides, which looks like a mistake.",
            remedy="Check `engine preview`: a mapping or a zone may be wrong.",
            about=about,
            entries=tuple(entries),
        )


def _changed(sync: SyncPass, *, same_plan: bool) -> Changed:
    """Linked records of the source that do not look as they did."""
    if not (sync.learned.found["changed"] or sync.learned.found["met"]):
        return {}
    moved = "link_id IS NOT NULL AND base_hash IS DISTINCT FROM hash AND base_hash IS NOT NULL"
    moved += " AND situation IN ('changed', 'met')"
    if same_plan:
        found = sync.columns.rows(f"SELECT id, other_id, hash FROM {STAGED} WHERE {moved}")
        return {str(mine): (str(its), _entry(mine, content)) for mine, its, content in found}
    # A hash tells nothing across plans: a line that was taken out changes every hash and no record.
    rows = sync.columns.rows(
        f"SELECT id, other_id, hash, link_id, {sync.module.snapshot} FROM {STAGED} AS w WHERE {moved}"
    )
    bases = sync.ledger.bases([row[3] for row in rows])
    side = 0 if sync.source_side == "left" else 1
    return {
        str(mine): (str(its), _entry(mine, content))
        for mine, its, content, link, snapshot in rows
        if _differs(simplejson.loads(snapshot), bases.get(link, (None, None))[side] or {})
    }


def _entry(record: str, content: bytes) -> str:
    """A record with what it shows: with other values it is something else to agree to."""
    return f"{record} {content.hex()}"


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
