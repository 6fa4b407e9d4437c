"""Reconcile: decide, field by field, what one pair of records needs. Pure: no clock, no ledger, no system.

Values are canonical, so equal means the same thing. A base is kept per side: what that side held when the two
were last in step. `UNKNOWN` is a field that the system did not show; it is never a change. `NO_BASE` is a field
that was never in step, because the pair is new or the mapping line is.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Literal

from engine.record import Side, Value, other

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Missing(Enum):
    """The two ways in which there is no value to compare."""

    UNKNOWN = "unknown"
    NO_BASE = "no base"


UNKNOWN = Missing.UNKNOWN
NO_BASE = Missing.NO_BASE

Seen = Value | Missing

#: Who wins when both sides differ: a side, or nobody (`hold`: the field waits for a person).
Policy = Literal["left", "right", "hold"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """How one mapping line may move values."""

    key: str
    toward: frozenset[Side]  #: sides that it may write
    policy: Policy
    keep: frozenset[Side] = frozenset()  #: sides on which it must not clear a value


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
    loser: Seen = NO_BASE  #: a value a person set and policy overwrites; NO_BASE = nothing is lost
    conflict: bool = False  #: waits for a person
    why: str = "unchanged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What becomes of one pair."""

    fields: tuple[FieldDecision, ...]

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


def reconcile(
    rules: Sequence[Rule],
    base_left: Mapping[str, Value] | None,
    base_right: Mapping[str, Value] | None,
    left: Mapping[str, Seen],
    right: Mapping[str, Seen],
) -> Decision:
    """Decide every field of a pair. A base of None means that the pair was never in step."""
    return Decision(
        fields=tuple(
            reconcile_field(
                rule,
                Triple(
                    base_left=(base_left or {}).get(rule.key, NO_BASE),
                    base_right=(base_right or {}).get(rule.key, NO_BASE),
                    left=left.get(rule.key, UNKNOWN),
                    right=right.get(rule.key, UNKNOWN),
                ),
            )
            for rule in rules
        )
    )


def reconcile_field(rule: Rule, seen: Triple) -> FieldDecision:
    """Decide one field: the outcome table of three-way merge with a base per side."""
    if UNKNOWN in (seen.left, seen.right):
        return _stay(rule, seen, "the system did not show the field")
    if seen.left == seen.right:
        return FieldDecision(key=rule.key, base_left=seen.left, base_right=seen.right)
    if NO_BASE in (seen.base_left, seen.base_right):
        return _first_contact(rule, seen)
    left_changed, right_changed = seen.left != seen.base_left, seen.right != seen.base_right
    if left_changed and right_changed:
        return _both_changed(rule, seen)
    if left_changed or right_changed:
        return _copy(rule, seen, "left" if left_changed else "right", lost=False)
    return _stay(rule, seen, "unchanged")


def _first_contact(rule: Rule, seen: Triple) -> FieldDecision:
    """Never in step: a blank is filled where the line may, and never empties the other side."""
    sides: tuple[tuple[Side, Seen], ...] = (("left", seen.left), ("right", seen.right))
    blank = [side for side, value in sides if value in (None, "")]
    if len(blank) == 1 and blank[0] in rule.toward:
        return _copy(rule, seen, other(blank[0]), lost=False, why="fills a blank")
    if blank:
        return FieldDecision(
            key=rule.key, base_left=seen.left, base_right=seen.right, why="a blank empties nothing"
        )
    if seen.base_left is not NO_BASE or rule.policy == "hold":
        return _wait(rule, seen)
    return _by_policy(rule, seen, "first contact")


def _wait(rule: Rule, seen: Triple) -> FieldDecision:
    """Two values met and nobody may choose: one base alone marks the field until a person has, or both agree."""
    return FieldDecision(key=rule.key, base_left=seen.left, conflict=True, why="differs at first contact")


def _both_changed(rule: Rule, seen: Triple) -> FieldDecision:
    return _by_policy(rule, seen, "changed on both sides")


def _by_policy(rule: Rule, seen: Triple, why: str) -> FieldDecision:
    if rule.policy == "hold":
        return FieldDecision(
            key=rule.key, base_left=seen.base_left, base_right=seen.base_right, conflict=True, why=why
        )
    return _copy(rule, seen, rule.policy, lost=True, why=why)


def _copy(rule: Rule, seen: Triple, winner: Side, *, lost: bool, why: str | None = None) -> FieldDecision:
    """Write the winner's value to the other side, if the line may; else remember and stay quiet."""
    target = other(winner)
    value, loser = (seen.left, seen.right) if winner == "left" else (seen.right, seen.left)
    if target not in rule.toward:
        return _stay(rule, seen, f"{target} is not written by this line")
    if value is None and target in rule.keep:
        return _stay(rule, seen, f"{target} needs a value, so it is not cleared")
    return FieldDecision(
        key=rule.key,
        write=target,
        base_left=value,
        base_right=value,
        loser=loser if lost and loser is not None else NO_BASE,
        why=why or f"changed on the {winner}",
    )


def _stay(rule: Rule, seen: Triple, why: str) -> FieldDecision:
    return FieldDecision(key=rule.key, base_left=seen.base_left, base_right=seen.base_right, why=why)
