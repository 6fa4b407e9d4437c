"""Compare: for records that changed or were recognised, look at both sides and decide field by field."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import simplejson

from engine.connectors.port import ReadRequest
from engine.reconcile import Decision, Missing, Policy, Rule, Seen, reconcile
from engine.run.pull import Reading, pull

if TYPE_CHECKING:
    from engine.record import Side
    from engine.run.work import Work

Texts = Mapping[str, str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One record with its counterpart, both as canonical text by key."""

    id: str  #: on the source
    other_id: str
    link_id: int | None  #: None = recognised just now
    label: str | None
    content: bytes  #: hash of the source record
    mine: Texts
    absent: frozenset[str]  #: keys that the source did not show
    other: Texts | None  #: None = the counterpart no longer exists
    other_version: str | None
    other_trouble: int | None  #: index into the target's troubles; None = readable
    other_absent: frozenset[str] = field(default=frozenset())


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A pair and what becomes of it."""

    pair: Pair
    decision: Decision

    @property
    def writes(self) -> tuple[str, ...]:
        """Keys that are written to the target."""
        return tuple(one.key for one in self.decision.fields if one.write)


def portions(work: Work, table: str, size: int) -> list[tuple[int, int]]:
    """The places in `work` between which `absent` or `paired` has so many rows at a time: (first, last)."""
    found = work.columns.rows(
        f"SELECT min(place), max(place) FROM {table} GROUP BY rowid // {size} ORDER BY 1"
    )
    return [(int(first), int(last)) for first, last in found]


def pairs(work: Work, first: int, last: int) -> list[Pair]:
    """The pairs between two places, with the counterparts freshly read from the target."""
    rows = work.columns.rows(
        f"SELECT p.id, p.other_id, p.link_id, w.label, w.hash, {work.module.snapshot}, w.absent "
        f"FROM paired AS p JOIN work AS w ON w.rowid = p.place AND w.rowid BETWEEN {first} AND {last} "
        f"WHERE p.place BETWEEN {first} AND {last} ORDER BY p.place"
    )
    fresh = fetch(work, [row[1] for row in rows])
    return [_pair(work, row, fresh.get(row[1])) for row in rows]


def _pair(work: Work, row: tuple[Any, ...], found: tuple[Any, ...] | None) -> Pair:
    record, other_id, link_id, label, content, snapshot, absent = row
    version, other, trouble, other_absent = found or (None, None, None, None)
    return Pair(
        id=record,
        other_id=other_id,
        link_id=link_id,
        label=label,
        content=content,
        mine=simplejson.loads(snapshot),
        absent=_keys_of(work, absent),
        other=None if other is None else simplejson.loads(other),
        other_version=version,
        other_trouble=trouble,
        other_absent=_keys_of(work, other_absent),
    )


def _keys_of(work: Work, columns: Sequence[str] | None) -> frozenset[str]:
    """Keys of the lines whose canonical column is not known."""
    if not columns:
        return frozenset()
    return frozenset(line.key for line in work.module.compared if line.column in columns)


def fetch(work: Work, ids: Sequence[str]) -> dict[str, tuple[Any, ...]]:
    """The target's records as they are now: id -> (version, snapshot, trouble, absent)."""
    side = work.target
    functions = work.slow[side.side]
    work.columns.drop("fresh")
    request = ReadRequest(stream=side.stream, fields=side.reads, ids=tuple(ids))
    for page in pull(work.connector(side), side, request, functions, Reading(), lambda _page: None):
        work.columns.show("page", page)
        work.columns.add("fresh", side.lens)
        work.columns.hide("page")
    rows = work.columns.rows(f"SELECT id, version, {work.module.snapshot}, trouble, absent FROM fresh AS w")
    return {row[0]: row[1:] for row in rows}


def decide(work: Work, several: Sequence[Pair]) -> Iterator[Decided]:
    """Every pair that can be compared, with its decision. The bases come from the ledger in one go."""
    bases = work.ledger.bases([pair.link_id for pair in several if pair.link_id is not None])
    known, new = rules(work, first_contact=False), rules(work, first_contact=True)
    for pair in several:
        left_base, right_base = (
            bases.get(pair.link_id, (None, None)) if pair.link_id is not None else (None, None)
        )
        yield Decided(
            pair=pair,
            decision=reconcile(
                known if pair.link_id is not None else new,
                left_base,
                left_base if right_base is None else right_base,
                **_sides(work, pair),
            ),
        )


def _sides(work: Work, pair: Pair) -> dict[Side, dict[str, Seen]]:
    mine = _known(pair.mine, pair.absent)
    other = _known(pair.other or {}, pair.other_absent)
    source = work.module.source
    return {"left": mine, "right": other} if source == "left" else {"left": other, "right": mine}


def _known(texts: Texts, absent: frozenset[str]) -> dict[str, Seen]:
    return {key: Missing.UNKNOWN if key in absent else value for key, value in texts.items()}


def rules(work: Work, *, first_contact: bool) -> tuple[Rule, ...]:
    """The rules of the module's compared lines, for linked pairs or for pairs recognised just now."""
    policy = _policy(work, first_contact=first_contact)
    return tuple(
        Rule(
            key=line.key,
            toward=frozenset(side for side in line.writes if line.toward(side)),
            policy=policy,
            keep=frozenset(side for side, write in line.writes.items() if write.keep),
        )
        for line in work.module.compared
    )


def _policy(work: Work, *, first_contact: bool) -> Policy:
    if not first_contact or work.module.duplicates == "overwrite":
        return work.module.source
    return "hold"


def content_hash(texts: Texts, order: Sequence[str]) -> bytes:
    """The hash that a lens would give to these canonical values."""
    joined = "\x1e".join("\x00" if texts.get(key) is None else str(texts[key]) for key in order)
    return hashlib.md5(joined.encode(), usedforsecurity=False).digest()
