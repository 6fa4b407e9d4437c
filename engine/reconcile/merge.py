"""Merge: who wins a field or a group of fields: the outcome table of a three-way merge with a base per side.

A group is decided as one value, and a field alone is a group of one. What is in step already takes no part: in a
group only the other fields, called open here, say who changed and are written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from engine.reconcile.model import NO_BASE, UNKNOWN, Decision, FieldDecision, Rule, Seen, Triple
from engine.record import SIDES, Side, Value, other

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from engine.reconcile.model import Resolution, Times

BLANKS = (None, "")


class RuledField(NamedTuple):
    """One field of a pair, with the rule for it."""

    rule: Rule
    seen: Triple


class TieBreak(NamedTuple):
    """What a conflict may be decided by, beside the rules."""

    times: Times | None
    resolutions: Mapping[str, Resolution]


def reconcile(
    rules: Sequence[Rule],
    base_left: Mapping[str, Value] | None,
    base_right: Mapping[str, Value] | None,
    left: Mapping[str, Seen],
    right: Mapping[str, Seen],
    *,
    times: Times | None = None,
    resolutions: Mapping[str, Resolution] | None = None,
) -> Decision:
    """Decide every field of a pair. A base of None means that the pair was never in step."""
    known_left, known_right = base_left or {}, base_right or {}
    tie_break = TieBreak(times, resolutions or {})
    groups: dict[
        str | tuple[str], list[RuledField]
    ] = {}  # a field alone is filed under a tuple, so that no name meets it
    for rule in rules:
        seen = Triple(
            base_left=known_left.get(rule.key, NO_BASE),
            base_right=known_right.get(rule.key, NO_BASE),
            left=left.get(rule.key, UNKNOWN),
            right=right.get(rule.key, UNKNOWN),
        )
        groups.setdefault(rule.group or (rule.key,), []).append(RuledField(rule, seen))
    decided = {one.key: one for fields in groups.values() for one in _decide(fields, tie_break)}
    return Decision(fields=tuple(decided[rule.key] for rule in rules))


def reconcile_field(
    rule: Rule, seen: Triple, *, times: Times | None = None, resolution: Resolution | None = None
) -> FieldDecision:
    """Decide one field on its own, whatever its group."""
    resolutions = {} if resolution is None else {rule.key: resolution}
    (decided,) = _decide([RuledField(rule, seen)], TieBreak(times, resolutions))
    return decided


def _decide(fields: Sequence[RuledField], tie_break: TieBreak) -> Iterable[FieldDecision]:
    """Decide the fields of one group."""
    rest, open_fields = [], []
    if any(UNKNOWN in (seen.left, seen.right) for _, seen in fields):
        return _unknown(fields)
    for field in fields:
        why = _in_step(field.seen)
        if why:
            rest.append(_remember(field, why))
        else:
            open_fields.append(field)
    return [*rest, *_decide_open(open_fields, tie_break)] if open_fields else rest


def _unknown(fields: Sequence[RuledField]) -> Iterable[FieldDecision]:
    """A field that is not shown changes nothing. Where it is not there, the other side's value fills it.

    The rest of its group goes with it, unless that would write over what the side shows.
    """
    side: Side = "left" if any(seen.left is UNKNOWN for _, seen in fields) else "right"
    values = [_value(seen, other(side)) for _, seen in fields]
    free = all(
        side in rule.fillable and _value(seen, side) in (UNKNOWN, value)
        for (rule, seen), value in zip(fields, values, strict=True)
    )
    if free and UNKNOWN not in values and any(value not in BLANKS for value in values):
        refusal = _refusal(fields, other(side))
        return _stay(fields, refusal) if refusal else _copy(fields, other(side), "fills what is not shown")
    return _stay(fields, "the system did not show the field")


def _in_step(seen: Triple) -> str | None:
    """Why nothing is to be done about a field whatever its rule says; None = it is open."""
    if seen.left == seen.right:
        return "unchanged"
    if _met(seen):
        return "a blank empties nothing" if seen.left in BLANKS and seen.right in BLANKS else None
    # A target that keeps less than it was sent stays different from its source, and is in step all the same.
    return "unchanged" if seen.left == seen.base_left and seen.right == seen.base_right else None


def _met(seen: Triple) -> bool:
    """Whether the field was never in step: the records meet for the first time, or the line is new."""
    return seen.base_left is NO_BASE or seen.base_right is NO_BASE


def _decide_open(fields: Sequence[RuledField], tie_break: TieBreak) -> Iterable[FieldDecision]:
    """Decide fields of one group that all differ and are not in step."""
    if any(_met(seen) for _, seen in fields):
        return _first_contact(fields, tie_break)
    left_changed = any(seen.left != seen.base_left for _, seen in fields)
    right_changed = any(seen.right != seen.base_right for _, seen in fields)
    if left_changed and right_changed:
        return _both_changed(fields, tie_break)
    changed: Side = "left" if left_changed else "right"
    refusal = _refusal(fields, changed)
    return _stay(fields, refusal) if refusal else _copy(fields, changed, f"changed on the {changed}")


def _first_contact(fields: Sequence[RuledField], tie_break: TieBreak) -> Iterable[FieldDecision]:
    """Never in step: a blank is filled where the line may, and never empties the other side."""
    choice = _choice(fields, tie_break)
    if choice:
        return _take(fields, choice)
    lacking = [side for side in SIDES if all(_value(seen, side) in BLANKS for _, seen in fields)]
    if lacking and not _refusal(fields, other(lacking[0])):
        return _copy(fields, other(lacking[0]), "fills a blank")
    if lacking:
        return [_remember(field, "a blank empties nothing") for field in fields]
    if any(_waits(seen) for _, seen in fields):
        return _conflict(fields, "differs at first contact", tie_break)
    rule = fields[0].rule
    policy = rule.fallback if rule.policy == "newest" else rule.policy
    if policy in ("left", "right"):
        return _prefer(fields, policy, "first contact")
    return _hold(fields, "differs at first contact", tie_break)


def _waits(seen: Triple) -> bool:
    """One base alone marks a field that differed at first contact, until a person has chosen or both agree."""
    return (seen.base_left is NO_BASE) != (seen.base_right is NO_BASE)


def _both_changed(fields: Sequence[RuledField], tie_break: TieBreak) -> Iterable[FieldDecision]:
    choice = _choice(fields, tie_break)
    if choice:
        return _take(fields, choice)
    policy, why = fields[0].rule.policy, "changed on both sides"
    if policy == "newest":
        last = _last(tie_break.times)
        policy, why = (last, f"{why}, last on the {last}") if last else (fields[0].rule.fallback, why)
    if policy in ("left", "right"):
        return _prefer(fields, policy, why)
    return _hold(fields, why, tie_break)


def _last(times: Times | None) -> Side | None:
    """The side that was changed last; None = that cannot be told."""
    if times is None or times.left is None or times.right is None:
        return None
    if abs(times.left - times.right) <= times.margin:
        return None
    return "left" if times.left > times.right else "right"


def _choice(fields: Sequence[RuledField], tie_break: TieBreak) -> Side | None:
    """The side that a person chose for every one of these fields, from the values that they hold now."""
    chosen = _chosen(fields, tie_break)
    return chosen[0] if len(chosen) == len(fields) and len(set(chosen)) == 1 else None


def _chosen(fields: Sequence[RuledField], tie_break: TieBreak) -> list[Side]:
    found = [(tie_break.resolutions.get(rule.key), seen) for rule, seen in fields]
    return [one.take for one, seen in found if one and (one.left, one.right) == (seen.left, seen.right)]


def _take(fields: Sequence[RuledField], choice: Side) -> Iterable[FieldDecision]:
    """Do what a person chose; what the line cannot do goes back to them."""
    refusal = _refusal(fields, choice)
    if refusal:
        return [_waiting(field, f"{choice} was chosen, but {refusal}") for field in fields]
    return _copy(fields, choice, "chosen by a person")


def _prefer(fields: Sequence[RuledField], favourite: Side, why: str) -> Iterable[FieldDecision]:
    """The favourite's value goes to the other side; where the line cannot write that, the other one's value wins."""
    order = _sources(fields, favourite)
    able = [side for side in order if not _clears_needed(fields, side)]
    if not able:
        return _stay(fields, _why_not(order))
    return _copy(fields, able[0], why if able[0] == order[0] else _needed(other(order[0])))


def _hold(fields: Sequence[RuledField], why: str, tie_break: TieBreak) -> Iterable[FieldDecision]:
    """Ask a person, if there is anything to choose."""
    order = _sources(fields, "left")
    if all(_clears_needed(fields, side) for side in order):
        return _stay(fields, _why_not(order))
    return _conflict(fields, why, tie_break)


def _conflict(fields: Sequence[RuledField], why: str, tie_break: TieBreak) -> Iterable[FieldDecision]:
    reason = "its group needs one choice for all its fields" if _chosen(fields, tie_break) else why
    return [_waiting(field, reason) for field in fields]


def _waiting(field: RuledField, why: str) -> FieldDecision:
    """It waits for a person. Known bases stay; a field without them is marked by one alone."""
    seen = field.seen
    bases = (seen.left, NO_BASE) if _met(seen) else (seen.base_left, seen.base_right)
    return FieldDecision(key=field.rule.key, base_left=bases[0], base_right=bases[1], conflict=True, why=why)


def _sources(fields: Sequence[RuledField], favourite: Side) -> list[Side]:
    """The sides whose values the lines may carry over, the favourite first."""
    return [side for side in (favourite, other(favourite)) if _writable(fields, other(side))]


def _writable(fields: Sequence[RuledField], side: Side) -> bool:
    return all(side in rule.toward for rule, _ in fields)


def _clears_needed(fields: Sequence[RuledField], winner: Side) -> bool:
    """Whether the winner's values would clear a field that the other side needs."""
    target = other(winner)
    return any(_value(seen, winner) is None and target in rule.keep for rule, seen in fields)


def _refusal(fields: Sequence[RuledField], winner: Side) -> str | None:
    """Why the winner's values may not be written to the other side; None = they may."""
    target = other(winner)
    if not _writable(fields, target):
        return f"{target} is not written by this line"
    return _needed(target) if _clears_needed(fields, winner) else None


def _needed(target: Side) -> str:
    return f"{target} needs a value, so it is not cleared"


def _why_not(order: Sequence[Side]) -> str:
    return _needed(other(order[0])) if order else "this line writes neither side"


def _copy(fields: Sequence[RuledField], winner: Side, why: str) -> Iterable[FieldDecision]:
    """Write the winner's values to the other side."""
    target = other(winner)
    return [
        FieldDecision(
            key=rule.key,
            write=target,
            base_left=_value(seen, winner),
            base_right=_value(seen, winner),
            loser=_lost(seen, target),
            why=why,
        )
        for rule, seen in fields
    ]


def _lost(seen: Triple, target: Side) -> Seen:
    """What somebody set on the side that is written; NO_BASE = nothing: it is as it was, or there is no value."""
    value, base = (seen.left, seen.base_left) if target == "left" else (seen.right, seen.base_right)
    kept = value in BLANKS if _met(seen) else value is None or value == base
    return NO_BASE if kept else value


def _value(seen: Triple, side: Side) -> Seen:
    return seen.left if side == "left" else seen.right


def _remember(field: RuledField, why: str) -> FieldDecision:
    """Nothing is written, and what both sides hold now is what they are known to hold."""
    return FieldDecision(key=field.rule.key, base_left=field.seen.left, base_right=field.seen.right, why=why)


def _stay(fields: Sequence[RuledField], why: str) -> Iterable[FieldDecision]:
    """Nothing is written, and what is known of the fields stays."""
    return [
        FieldDecision(key=rule.key, base_left=seen.base_left, base_right=seen.base_right, why=why)
        for rule, seen in fields
    ]
