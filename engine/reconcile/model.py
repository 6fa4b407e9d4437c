"""The nouns of a decision: rules, what is seen of a field, and what becomes of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Literal

from engine.record import Side, Value

if TYPE_CHECKING:
    from datetime import datetime, timedelta


class Missing(Enum):
    """The two ways in which there is no value to compare."""

    UNKNOWN = "unknown"
    NO_BASE = "no base"


UNKNOWN = Missing.UNKNOWN
NO_BASE = Missing.NO_BASE

Seen = Value | Missing

#: Who wins when both sides differ: a side, whoever changed it last, or nobody (`hold`: it waits for a person).
Policy = Literal["left", "right", "newest", "hold"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """How one mapping line may move values."""

    key: str
    toward: frozenset[Side]  #: sides that it may write
    policy: Policy
    keep: frozenset[Side] = frozenset()  #: sides on which it must not clear a value
    #: sides on which a field that a record does not show is not there, and can be written
    fillable: frozenset[Side] = frozenset()
    fallback: Policy = "hold"  #: who wins where `newest` cannot tell; `newest` itself counts as `hold`
    group: str | None = (
        None  #: rules of one group decide as one value, by the first one's policy; None = alone
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """When a person last changed each record, both told by one clock."""

    left: datetime | None  #: None = not known
    right: datetime | None
    margin: timedelta  #: how far the two must lie apart to be told apart


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """A person's choice of the side whose value one field takes, good for exactly the values that they saw."""

    take: Side
    left: Seen  #: what the left side held when they chose
    right: Seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Triple:
    """One field of a pair: both bases, both present values."""

    base_left: Seen
    base_right: Seen
    left: Seen
    right: Seen


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldDecision:
    """What becomes of one field."""

    key: str
    write: Side | None = None  #: the side that gets the other's value; None = nothing is written
    base_left: Seen = NO_BASE  #: to be remembered once the write is settled
    base_right: Seen = NO_BASE
    loser: Seen = NO_BASE  #: a value that somebody set and that is overwritten; NO_BASE = nothing is lost
    conflict: bool = False  #: waits for a person
    why: str = "unchanged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What becomes of one pair."""

    fields: tuple[FieldDecision, ...]  #: in the order of the rules

    def writes(self, side: Side) -> tuple[str, ...]:
        """Keys of the lines that write to that side."""
        return tuple(one.key for one in self.fields if one.write == side)

    @property
    def conflicts(self) -> tuple[str, ...]:
        """Keys of the lines that wait for a person."""
        return tuple(one.key for one in self.fields if one.conflict)

    @property
    def why(self) -> str:
        """The reason of the first field that is written or waits."""
        moved = [one.why for one in self.fields if one.write or one.conflict]
        return moved[0] if moved else "unchanged"
