"""Guard: take what is refused out of a decision, and restore it on the other side where the guard says so. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING

from engine.reconcile import Decision, FieldDecision, Missing
from engine.record import Side, other

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.reconcile import Seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A mail about a refusal."""

    to: str | None  #: None = the record does not tell who changed it
    subject: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """What one guard refused of one change."""

    guard: str  #: its name
    side: Side  #: the side that is not written
    keys: tuple[str, ...]  #: the lines whose values are not written
    values: Mapping[str, str | None]  #: what they would have become, by key, as canonical text
    sentence: str  #: why, as a person reads it
    restored: bool  #: the other side gets back what this one holds
    letter: Letter | None = None  #: None = nobody is written to

    @property
    def held(self) -> bool:
        """Whether the two sides stay different."""
        return not self.restored


def refused_keys(
    decision: Decision, side: Side, named: Sequence[str], groups: Mapping[str, str]
) -> tuple[str, ...]:
    """The lines that a guard takes out: those it names (none = all) that are written, with their whole groups."""
    writes = decision.writes(side)
    hit = set(writes) & set(named) if named else set(writes)
    with_them = {groups[key] for key in hit if key in groups}
    return tuple(key for key in writes if key in hit or groups.get(key) in with_them)


def without(
    decision: Decision,
    refusal: Refusal,
    bases: Mapping[Side, Mapping[str, Seen] | None],
    kept: Mapping[str, Seen],
) -> Decision:
    """The decision without what was refused; `kept`: what the guarded side holds, to restore from."""
    fields = tuple(
        _turned(one, refusal, bases, kept) if one.key in refusal.keys else one for one in decision.fields
    )
    return replace(decision, fields=fields)


def _turned(
    one: FieldDecision,
    refusal: Refusal,
    bases: Mapping[Side, Mapping[str, Seen] | None],
    kept: Mapping[str, Seen],
) -> FieldDecision:
    why = f"refused by guard {refusal.guard}"
    if refusal.restored:
        back = kept.get(one.key, Missing.UNKNOWN)
        lost = refusal.values.get(one.key)
        loser: Seen = Missing.NO_BASE if lost is None else lost
        return FieldDecision(
            key=one.key, write=other(refusal.side), base_left=back, base_right=back, loser=loser, why=why
        )
    left, right = ((bases.get(side) or {}).get(one.key, Missing.NO_BASE) for side in ("left", "right"))
    return FieldDecision(key=one.key, base_left=left, base_right=right, why=why)


def notice_key(module: str, record: str, refusal: Refusal, since: Sequence[object]) -> str:
    """The same for every attempt at the same change; `since`: what it was a change of."""
    told = [module, refusal.side, record, refusal.guard, sorted(refusal.values.items()), list(since)]
    return sha256(repr(told).encode()).hexdigest()[:32]
