"""The outcome table of reconciling as a table, and what it says of a field or a group: the oracle of its tests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from engine.reconcile import NO_BASE, UNKNOWN, Policy, Resolution, Rule, Seen, Times, Triple
from engine.record import SIDES, Side, other

BLANKS = (None, "")

#: R = the right side gets the left one's value, L = the other way. Of several, the first that the line permits; if
#: it permits none, nothing is written. `?` = a person is asked, or nobody if nothing is permitted; `!` = asked again
#: in any case. `=` = nothing is written and the present values are remembered.
#: The columns: who wins by policy, or whose value a person chose.
TABLE = """
base    left      right     |  left  right  hold   took-left  took-right
in-step *         *         |  =     =      =      =          =
known   changed   same      |  R     R      R      R          R
known   same      changed   |  L     L      L      L          L
known   changed   changed   |  RL    LR     ?      R!         L!
none    value     value     |  RL    LR     ?      R!         L!
none    value     blank     |  R=    R=     R=     R!         L!
none    blank     value     |  L=    L=     L=     R!         L!
waiting value     value     |  ?!    ?!     ?!     R!         L!
waiting value     blank     |  R=    R=     R=     R!         L!
waiting blank     value     |  L=    L=     L=     R!         L!
"""

_LINES = [line.replace("|", " ").split() for line in TABLE.strip().splitlines()]
CELLS = {tuple(line[:3]): dict(zip(_LINES[0][3:], line[3:], strict=True)) for line in _LINES[1:]}

NOW = datetime(2026, 3, 1, tzinfo=UTC)
MARGIN = timedelta(seconds=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What becomes of one field, without the words."""

    write: Side | None
    bases: tuple[Seen, Seen]
    loser: Seen
    conflict: bool


def outcomes(
    lines: list[tuple[Rule, Triple]], times: Times | None, resolutions: dict[str, Resolution]
) -> list[Outcome]:
    """What the table says of a field, or of the fields of one group."""
    if any(UNKNOWN in (seen.left, seen.right) for _, seen in lines):
        return [Outcome(write=None, bases=bases(seen), loser=NO_BASE, conflict=False) for _, seen in lines]
    moving = [one for one in lines if not in_step(one[1])]
    cell = CELLS["in-step", "*", "*"]["hold"] if not moving else _cell(moving, times, resolutions)
    answer = _permitted(cell, moving)
    return [_outcome("=" if in_step(seen) else answer, seen) for _, seen in lines]


def bases(seen: Triple) -> tuple[Seen, Seen]:
    return seen.base_left, seen.base_right


def in_step(seen: Triple) -> bool:
    """Equal, or as different as they were when last in step; two blanks that meet are equal."""
    now = (seen.left, seen.right)
    return now[0] == now[1] or now == bases(seen) or (NO_BASE in bases(seen) and set(now) <= set(BLANKS))


def _cell(lines: list[tuple[Rule, Triple]], times: Times | None, resolutions: dict[str, Resolution]) -> str:
    return CELLS[_row(lines)][_column(lines, times, resolutions)]


def _row(lines: list[tuple[Rule, Triple]]) -> tuple[str, str, str]:
    counts = {bases(seen).count(NO_BASE) for _, seen in lines}
    if counts == {0}:
        changed = [{seen.left != seen.base_left for _, seen in lines}]
        changed += [{seen.right != seen.base_right for _, seen in lines}]
        left, right = ("changed" if True in one else "same" for one in changed)
        return "known", left, right
    blank = [all(seen.left in BLANKS for _, seen in lines), all(seen.right in BLANKS for _, seen in lines)]
    left, right = ("blank" if one else "value" for one in blank)
    return "waiting" if 1 in counts else "none", left, right


def _column(lines: list[tuple[Rule, Triple]], times: Times | None, resolutions: dict[str, Resolution]) -> str:
    taken = []
    for rule, seen in lines:
        one = resolutions.get(rule.key)
        taken.append(one.take if one and (one.left, one.right) == (seen.left, seen.right) else None)
    if taken in (["left"] * len(lines), ["right"] * len(lines)):
        return f"took-{taken[0]}"
    rule = lines[0][0]
    if rule.policy != "newest":
        return rule.policy
    apart = times.left - times.right if times and times.left and times.right else timedelta()
    if _row(lines)[0] == "known" and apart > MARGIN:
        return "left"
    if _row(lines)[0] == "known" and apart < -MARGIN:
        return "right"
    return "hold" if rule.fallback == "newest" else rule.fallback


def _permitted(cell: str, lines: list[tuple[Rule, Triple]]) -> str:
    """The first answer of the cell that the lines permit; `.` = none."""
    may = {
        "L": all(
            "left" in rule.toward and not (seen.right is None and "left" in rule.keep) for rule, seen in lines
        ),
        "R": all(
            "right" in rule.toward and not (seen.left is None and "right" in rule.keep)
            for rule, seen in lines
        ),
        "=": True,
        "!": True,
    }
    may["?"] = may["L"] or may["R"]
    # What a person chose and a line cannot do is asked again; so is what waits since the first contact.
    return next(("?" if one == "!" else one for one in cell if may[one]), ".")


def _outcome(answer: str, seen: Triple) -> Outcome:
    if answer in "LR":
        target: Side = "left" if answer == "L" else "right"
        value = seen.right if answer == "L" else seen.left
        return Outcome(write=target, bases=(value, value), loser=_loser(seen, target), conflict=False)
    known = {"=": (seen.left, seen.right), ".": bases(seen), "?": bases(seen)}[answer]
    if answer == "?" and NO_BASE in known:
        known = (seen.left, NO_BASE)
    return Outcome(write=None, bases=known, loser=NO_BASE, conflict=answer == "?")


def _loser(seen: Triple, target: Side) -> Seen:
    """What a person set on the written side: a value that its base does not know."""
    value, base = (seen.left, seen.base_left) if target == "left" else (seen.right, seen.base_right)
    nothing = [None, ""] if NO_BASE in bases(seen) else [None, base]
    return NO_BASE if value in nothing else value


def mirrored(rule: Rule) -> Rule:
    """The same rule for the two sides swapped."""
    return Rule(
        key=rule.key,
        toward=frozenset(other(side) for side in rule.toward),
        keep=frozenset(other(side) for side in rule.keep),
        policy=_swapped(rule.policy),
        fallback=_swapped(rule.fallback),
        group=rule.group,
    )


def _swapped(policy: Policy) -> Policy:
    return other(policy) if policy in ("left", "right") else policy


values = st.sampled_from([None, "", "a", "b", "c"])
shown = st.one_of(values, values, values, st.just(UNKNOWN))
sides = st.frozensets(st.sampled_from(SIDES))
both_sides = st.one_of(st.just(frozenset(SIDES)), sides)
policies: st.SearchStrategy[Policy] = st.sampled_from(["left", "right", "newest", "hold"])
_bases = st.one_of(
    st.tuples(values, values),
    values.map(lambda one: (one, one)),
    st.just((NO_BASE, NO_BASE)),
    st.tuples(values, st.just(NO_BASE)),
)
triples = st.builds(
    lambda bases, left, right: Triple(base_left=bases[0], base_right=bases[1], left=left, right=right),
    _bases,
    shown,
    shown,
)
_moments = st.sampled_from([None, *(NOW + timedelta(seconds=second) for second in (0, 1, 5, 6, 60))])
clocks = st.one_of(st.none(), st.builds(Times, left=_moments, right=_moments, margin=st.just(MARGIN)))
rules = st.builds(Rule, key=st.just("f"), toward=both_sides, policy=policies, keep=sides, fallback=policies)
takes = st.sampled_from(SIDES)
