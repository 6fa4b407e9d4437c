"""The decision about one field: a table of cases, an independent oracle, and laws that always hold."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.reconcile import NO_BASE, UNKNOWN, Policy, Rule, Seen, Triple, reconcile, reconcile_field
from engine.record import SIDES, Side, other

CASES = Path(__file__).parent / "cases" / "reconcile"
WORDS: dict[object, Seen] = {"(none)": NO_BASE, "(unknown)": UNKNOWN}
BLANKS = (None, "")


def cases() -> list[Any]:
    found = [
        pytest.param(case, id=f"{path.stem}: {case['name']}")
        for path in sorted(CASES.glob("*.yaml"))
        for case in yaml.safe_load(path.read_text(encoding="utf-8"))
    ]
    assert {path.stem[:2] for path in CASES.glob("*.yaml")} == {f"m{number}" for number in range(1, 10)}
    return found


def seen_of(case: dict[str, Any]) -> Triple:
    bases = [WORDS.get(one, one) for one in case.get("base", ["(none)", "(none)"])]
    left, right = (WORDS.get(one, one) for one in case["sides"])
    return Triple(base_left=bases[0], base_right=bases[1], left=left, right=right)


@pytest.mark.parametrize("case", cases())
def test_the_outcome_table(case: dict[str, Any]) -> None:
    rule = Rule(
        key="field",
        toward=frozenset(case.get("toward", SIDES)),
        policy=case.get("policy", "left"),
        keep=frozenset(case.get("keep", ())),
    )
    decision = reconcile_field(rule, seen_of(case))
    expect = case["expect"]
    assert decision.write == expect.get("write")
    assert decision.conflict == expect.get("conflict", False)
    assert decision.loser == expect.get("loser", NO_BASE)
    assert [decision.base_left, decision.base_right] == [WORDS.get(one, one) for one in expect["base"]]
    assert decision.why == expect.get("why", decision.why)


values = st.sampled_from([None, "", "a", "b", "c"])
shown = st.one_of(values, st.just(UNKNOWN))
both_bases = st.one_of(
    st.tuples(values, values),
    st.tuples(st.just(NO_BASE), st.just(NO_BASE)),
    st.tuples(values, st.just(NO_BASE)),
)
sides = st.frozensets(st.sampled_from(SIDES))
triples = st.builds(
    lambda bases, left, right: Triple(base_left=bases[0], base_right=bases[1], left=left, right=right),
    both_bases,
    shown,
    shown,
)
policies: st.SearchStrategy[Policy] = st.sampled_from(["left", "right", "hold"])
rules = st.builds(Rule, key=st.just("f"), toward=sides, policy=policies, keep=sides)


def oracle(rule: Rule, seen: Triple) -> tuple[Side | None, Seen, bool]:
    """(side that is written, value that is lost, conflict), from the definitions rather than the code.

    Whose value should be on both sides afterwards? Nobody's if a value is not known or nothing moved, the only
    side that moved, else whom policy names; at first contact every side that is not blank has moved. A write
    happens only if the line may write there and does not clear what must stay.
    """
    now: dict[Side, Seen] = {"left": seen.left, "right": seen.right}
    before: dict[Side, Seen] = {"left": seen.base_left, "right": seen.base_right}
    if UNKNOWN in now.values() or now["left"] == now["right"]:
        return None, NO_BASE, False
    met = NO_BASE in before.values()
    moved = [side for side in SIDES if (now[side] not in BLANKS if met else now[side] != before[side])]
    waiting = met and seen.base_left is not NO_BASE
    if len(moved) == 2 and (rule.policy == "hold" or waiting):
        return None, NO_BASE, True
    if not moved:
        return None, NO_BASE, False
    winner: Side = moved[0] if len(moved) == 1 else rule.policy  # type: ignore[assignment]  # hold was answered above
    target = other(winner)
    if target not in rule.toward or (now[winner] is None and target in rule.keep):
        return None, NO_BASE, False
    lost = now[target] if len(moved) == 2 and now[target] is not None else NO_BASE
    return target, lost, False


@given(rules, triples)
@settings(max_examples=400)
def test_every_decision_is_what_the_definitions_say(rule: Rule, seen: Triple) -> None:
    decision = reconcile_field(rule, seen)
    assert (decision.write, decision.loser, decision.conflict) == oracle(rule, seen)


@given(rules, triples)
@settings(max_examples=400)
def test_a_decision_settles_the_field(rule: Rule, seen: Triple) -> None:
    """Once it is carried out and its bases are remembered, looking again writes nothing and asks the same."""
    first = reconcile_field(rule, seen)
    left, right = seen.left, seen.right
    if first.write == "left":
        left = right
    elif first.write == "right":
        right = left
    again = reconcile_field(
        rule, Triple(base_left=first.base_left, base_right=first.base_right, left=left, right=right)
    )
    assert again.write is None
    assert again.conflict == first.conflict
    assert again.loser is NO_BASE


@given(rules, triples)
@settings(max_examples=400)
def test_swapping_the_sides_and_mirroring_the_rule_mirrors_the_decision(rule: Rule, seen: Triple) -> None:
    if (seen.base_left is NO_BASE) != (seen.base_right is NO_BASE):
        return  # a field that waits is marked on the left by agreement
    mirrored = replace(
        rule,
        toward=frozenset(other(side) for side in rule.toward),
        keep=frozenset(other(side) for side in rule.keep),
        policy=rule.policy if rule.policy == "hold" else other(rule.policy),
    )
    swapped = Triple(base_left=seen.base_right, base_right=seen.base_left, left=seen.right, right=seen.left)
    one, two = reconcile_field(rule, seen), reconcile_field(mirrored, swapped)
    assert (one.write and other(one.write), one.loser, one.conflict) == (two.write, two.loser, two.conflict)
    if not one.conflict:
        assert (one.base_left, one.base_right) == (two.base_right, two.base_left)


@given(st.sampled_from(SIDES), policies, sides, triples)
@settings(max_examples=300)
def test_in_one_direction_the_source_is_never_written_and_only_a_persons_value_is_lost(
    target: Side, policy: Policy, keep: frozenset[Side], seen: Triple
) -> None:
    rule = Rule(key="f", toward=frozenset({target}), policy=policy, keep=keep)
    decision = reconcile_field(rule, seen)
    present, base = (seen.right, seen.base_right) if target == "right" else (seen.left, seen.base_left)
    assert decision.write in (None, target)
    if decision.loser is not NO_BASE:
        assert decision.write == target
        assert decision.loser == present
        assert present is not None
        assert present != base
    elif decision.write is not None and present not in BLANKS:
        assert present == base, "a value that somebody typed was overwritten and not kept"
    met = NO_BASE in (seen.base_left, seen.base_right)
    if met and decision.write is not None:
        source = seen.left if target == "right" else seen.right
        assert source not in BLANKS, "a blank emptied something at first contact"


def test_a_record_is_decided_field_by_field_with_what_each_side_shows() -> None:
    """A field without a value on a side is not shown there; one without a base was never in step."""
    rule = Rule(key="a", toward=frozenset({"right"}), policy="left")
    decision = reconcile(
        [rule, replace(rule, key="b"), replace(rule, key="c")],
        {"a": "1", "b": "1"},
        {"a": "1", "b": "1"},
        {"a": "2", "b": "2", "c": "3"},
        {"a": "1", "c": None},
    )
    assert decision.writes("right") == ("a", "c")
    assert decision.writes("left") == decision.conflicts == ()
    assert decision.why == "changed on the left"
