"""Compare: for records that changed or were recognised, look at both sides and decide field by field."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import simplejson

from engine.connectors.port import ReadRequest
from engine.reconcile import Decision, Missing, Policy, Resolution, Rule, Seen, Times, reconcile
from engine.record import other
from engine.run.decide.yielding import yielding
from engine.run.read.pull import Reading, moment_of, pull
from engine.run.read.walk import walk

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from engine.guard import Refusal
    from engine.plan import FieldPlan, SidePlan
    from engine.record import Side, Value
    from engine.run.session.sync_pass import SyncPass

#: How far the clocks of two servers may be apart before `newest` trusts them, with their whole seconds.
CLOCK_MARGIN = timedelta(seconds=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One record as its side shows it now."""

    id: str
    version: str | None  #: None = the stream has none
    texts: Mapping[str, str | None]  #: canonical text by key
    absent: frozenset[str] = frozenset()  #: keys of the lines that it does not show
    content: bytes  #: the hash of what it shows
    label: str | None
    trouble: int | None = None  #: index into its side's troubles; None = readable
    in_view: bool = True
    answered: bool = False  #: True = as the answer to our own write showed it: nobody came between

    def seen(self) -> dict[str, Seen]:
        """What `reconcile` compares."""
        return {key: Missing.UNKNOWN if key in self.absent else value for key, value in self.texts.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One record with its counterpart."""

    link_id: int | None  #: None = recognised just now
    mine: Shown  #: on the source
    other_id: str
    other: Shown | None  #: None = the counterpart no longer exists
    values: str = "work"  #: the table in which the source's canonical values stand

    @property
    def its(self) -> Shown:
        """The counterpart, of a pair that was found to have one."""
        if self.other is None:
            raise ValueError(f"{self.other_id} is gone; its pair is settled before anybody compares it")
        return self.other

    @property
    def clear(self) -> bool:
        """Whether the counterpart can be compared."""
        return self.other is not None and self.other.trouble is None and self.other.in_view


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A pair and what becomes of it."""

    pair: Pair
    decision: Decision
    #: what each side held when last in step; None = never
    bases: Mapping[Side, Mapping[str, Value] | None] = field(default_factory=dict)
    #: for each side whose write was applied: what its written fields hold now
    holds: Mapping[Side, Mapping[str, str | None]] = field(default_factory=dict)
    refusals: tuple[Refusal, ...] = ()  #: what guards took out of the decision

    def writes(self, side: Side) -> tuple[str, ...]:
        """Keys that are written to that side."""
        return self.decision.writes(side)

    def sent(self, side: Side) -> dict[str, str | None]:
        """What is written to that side, by key, as canonical text."""
        return {
            one.key: None if one.base_left is None else str(one.base_left)
            for one in self.decision.fields
            if one.write == side
        }


def portions(sync: SyncPass, table: str, size: int) -> list[tuple[int, int]]:
    """The places in `work` between which `absent` or `paired` has so many rows at a time: (first, last)."""
    if not sync.moving:
        return []
    found = sync.columns.rows(
        f"SELECT min(place), max(place) FROM {table} GROUP BY rowid // {size} ORDER BY 1"
    )
    return [(int(first), int(last)) for first, last in found]


_SHOWN = "w.id, w.version, {snapshot}, w.absent, w.hash, w.label, w.trouble, w.in_view"


def pairs(sync: SyncPass, first: int, last: int) -> list[Pair]:
    """The pairs between two places, with the counterparts freshly read from the target."""
    shown = _SHOWN.format(snapshot=sync.module.snapshot)
    rows = sync.columns.rows(
        f"SELECT p.link_id, p.other_id, {shown} "
        f"FROM paired AS p JOIN work AS w ON w.rowid = p.place AND w.rowid BETWEEN {first} AND {last} "
        f"WHERE p.place BETWEEN {first} AND {last} ORDER BY p.place"
    )
    looks = sync.module.checks or sync.module.guards  # these need the record itself
    trusts = sync.module.before_write == "trust" and not looks
    known = _trusted(sync, [(row[0], row[1]) for row in rows]) if trusts else {}
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
            f"SELECT o.id FROM paired AS p JOIN work AS w ON w.rowid = p.place JOIN fresh AS o ON o.id = p.other_id "
            f"WHERE p.place BETWEEN {first} AND {last} AND NOT ({check.sql})"
        )
        found |= {row[0]: replace(fresh[row[0]], trouble=index) for row in rows if row[0] not in found}
    return found


def _trusted(sync: SyncPass, linked: Sequence[tuple[int | None, str]]) -> dict[str, Shown]:
    """Counterparts as they were when last in step, where the module trusts that nobody changed them since.

    What this very run has seen changed on the other side is not among them: that is looked at.
    """
    wanted = {link: record for link, record in linked if link is not None}
    if sync.both_ways:
        rows = sync.columns.rows(f"SELECT link_id FROM {sync.reverse.schema}.work WHERE link_id IS NOT NULL")
        for row in rows:
            wanted.pop(row[0], None)
    side, bases = sync.target.side, sync.ledger.bases(list(wanted))
    order = [line.key for line in sync.module.compared]
    known = {}
    for link, record in wanted.items():
        left, right = bases.get(link, (None, None))
        base = (left if side == "left" else right) or {}
        if all(key in base for key in order):
            content = content_hash(base, order)
            known[record] = Shown(id=record, version=None, texts=base, content=content, label=None)
    return known


def fetch(
    sync: SyncPass, ids: Sequence[str], *, side: SidePlan | None = None, into: str = "fresh"
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
    for page in pull(sync.connector(side), side, request, functions, Reading(), lambda _page: None):
        walk(sync, side, page)
        sync.columns.show("page", page)
        sync.columns.add(into, side.lens)
        sync.columns.hide("page")
    sync.columns.last_of_each(into)


def shown_of(sync: SyncPass, source: str) -> dict[str, Shown]:
    """Rows of a lens as values, by id; `source` names the table `w`."""
    columns = _SHOWN.format(snapshot=sync.module.snapshot)
    return {row[0]: _shown(sync, row) for row in sync.columns.rows(f"SELECT {columns} FROM {source}")}


def _shown(sync: SyncPass, row: Sequence[Any]) -> Shown:
    record, version, snapshot, absent, content, label, trouble, in_view = row
    return Shown(
        id=record,
        version=version,
        texts=simplejson.loads(snapshot),
        absent=_keys_of(sync, absent),
        content=content,
        label=label,
        trouble=trouble,
        # In one direction a view chooses who is recognised; whoever has a link stays in step.
        in_view=in_view or (not sync.both_ways and sync.module.trigger is None),
    )


def _keys_of(sync: SyncPass, columns: Sequence[str] | None) -> frozenset[str]:
    """Keys of the lines whose canonical column is not known."""
    if not columns:
        return frozenset()
    return frozenset(line.key for line in sync.module.compared if line.column in columns)


def decide(sync: SyncPass, several: Sequence[Pair]) -> Iterator[Decided]:
    """Every pair that can be compared, with its decision. The bases come from the ledger in one go."""
    bases = sync.ledger.bases([pair.link_id for pair in several if pair.link_id is not None])
    known, new = rules(sync, first_contact=False), rules(sync, first_contact=True)
    yields = yielding(sync, several) if sync.module.yields else {}
    still = tuple(replace(rule, toward=frozenset(), policy="left") for rule in known)
    timed = any(rule.policy == "newest" for rule in known)
    for pair in several:
        left, right = bases.get(pair.link_id, (None, None)) if pair.link_id is not None else (None, None)
        right = left if right is None else right
        yield Decided(
            pair=pair,
            bases={"left": left, "right": right},
            decision=reconcile(
                still if pair.mine.id in yields else new if left is None and right is None else known,
                left,
                right,
                **_sides(sync, pair),
                times=_times(sync, pair) if timed else None,
                resolutions=_resolutions(sync, pair),
            ),
        )


def _sides(sync: SyncPass, pair: Pair) -> dict[Side, dict[str, Seen]]:
    mine, its = pair.mine.seen(), pair.its.seen()
    if sync.source_side == "left":
        return {"left": mine, "right": its}
    return {"left": its, "right": mine}


def left_id(sync: SyncPass, pair: Pair) -> str:
    """The id of the pair's left record."""
    return pair.mine.id if sync.source_side == "left" else pair.other_id


def _times(sync: SyncPass, pair: Pair) -> Times | None:
    """When each side was changed last, by its own server's clock."""
    by_side = {
        sync.source_side: pair.mine.version,
        other(sync.source_side): pair.other.version if pair.other else None,
    }
    return Times(
        left=moment_of(by_side["left"]),
        right=moment_of(by_side["right"]),
        margin=CLOCK_MARGIN,
    )


def _resolutions(sync: SyncPass, pair: Pair) -> dict[str, Resolution] | None:
    """What a person has decided about fields of this pair."""
    found = sync.shared.disputed.get(left_id(sync, pair), ())
    return {
        one.key: Resolution(take=one.take, left=one.left, right=one.right) for one in found if one.take
    } or None


def rules(sync: SyncPass, *, first_contact: bool) -> tuple[Rule, ...]:
    """The rules of the module's compared lines, for pairs that were in step or that meet for the first time."""
    return tuple(
        Rule(
            key=line.key,
            toward=frozenset(side for side in line.writes if line.toward(side)),
            policy=_policy(sync, line, first_contact=first_contact),
            fallback=line.fallback,
            group=line.group,
            keep=frozenset(side for side, write in line.writes.items() if write.keep),
        )
        for line in sync.module.compared
    )


def _policy(sync: SyncPass, line: FieldPlan, *, first_contact: bool) -> Policy:
    """At first contact: overwrite = the side that pushes first wins; link = as the module says, one way nobody."""
    module = sync.module
    if not first_contact:
        return module.policy(line)
    if module.duplicates == "overwrite":
        return module.sources[0]
    return module.policy(line) if len(module.sources) > 1 else "hold"


def content_hash(texts: Mapping[str, str | None], order: Sequence[str]) -> bytes:
    """The hash that a lens would give to these canonical values."""
    joined = "\x1e".join("\x00" if texts.get(key) is None else str(texts[key]) for key in order)
    return hashlib.md5(joined.encode(), usedforsecurity=False).digest()
