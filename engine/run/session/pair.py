"""Pair: one record with its counterpart as both sides show them, and what is decided about the two."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from engine.reconcile import Missing, Seen
from engine.run.session.tables import STAGED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.guard import Refusal
    from engine.ledger.model import Turns
    from engine.reconcile import Decision
    from engine.record import Side, Value
    from engine.run.session.sync_pass import SyncPass

#: A link in one of these states leads to a record that is there.
LIVE = ("active", "missing-left", "missing-right", "suspended")


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
    offending: str | None = None  #: JSON object of the values that its trouble is about; None = none
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
    values: str = STAGED  #: the table in which the source's canonical values stand

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
    #: for each side that is written: its fields that the engine itself changes, run by run
    turns: Mapping[Side, Turns] = field(default_factory=dict)

    def writes(self, side: Side) -> tuple[str, ...]:
        """Keys that are written to that side."""
        return self.decision.writes(side)

    @property
    def moves(self) -> bool:
        """Whether anything is written to either side."""
        return bool(self.writes("left") or self.writes("right"))

    def sent(self, side: Side) -> dict[str, str | None]:
        """What is written to that side, by key, as canonical text."""
        return {
            one.key: None if one.base_left is None else str(one.base_left)
            for one in self.decision.fields
            if one.write == side
        }


def left_id(sync: SyncPass, pair: Pair) -> str:
    """The id of the pair's left record."""
    return pair.mine.id if sync.source_side == "left" else pair.other_id


def content_hash(texts: Mapping[str, str | None], order: Sequence[str]) -> bytes:
    """The hash that a lens would give to these canonical values."""
    joined = "\x1e".join("\x00" if texts.get(key) is None else str(texts[key]) for key in order)
    return hashlib.md5(joined.encode(), usedforsecurity=False).digest()
