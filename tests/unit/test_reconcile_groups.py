"""Fields that only make sense together are decided as one value: cases as data, the table, and laws."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import reconcile_table as table
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from places import CASES

from engine.reconcile import (
    NO_BASE,
    UNKNOWN,
    Decision,
    Resolution,
    Rule,
    Seen,
    Times,
    Triple,
    reconcile,
    reconcile_field,
)
from engine.record import SIDES, Side, Value, other

HERE = CASES / "reconcile" / "groups.yaml"
WORDS: dict[object, Seen] = {"(none)": NO_BASE, "(unknown)": UNKNOWN}
BOTH = frozenset(SIDES)


@pytest.mark.parametrize(
    "case", yaml.safe_load(HERE.read_text(encoding="utf-8")), ids=lambda one: one["name"]
)
def test_a_group_is_decided_as_one_value(case: dict[str, Any]) -> None:
    """A case lists its fields, `KEY: [base left, base right, left, right]`, and what is written where."""
    keep: dict[str, list[Side]] = case.get("keep", {})
    rules = [
        Rule(
            key=key,
            toward=frozenset(case.get("toward", SIDES)),
            policy=case.get("policy", "left"),
            keep=frozenset(keep.get(key, ())),
            group="group",
        )
        for key in case["fields"]
    ]
    seen = {key: [WORDS.get(one, one) for one in both] for key, both in case["fields"].items()}
    chose = {
        key: Resolution(take=take, left=seen[key][2], right=seen[key][3])
        for key, take in case.get("chose", {}).items()
    }
    found = decide(
        [(rule, Triple(**dict(zip(PARTS, seen[rule.key], strict=True)))) for rule in rules], None, chose
    )
    expect = case["expect"]
    assert {one.key: one.write for one in found.fields if one.write} == expect.get("write", {})
    assert list(found.conflicts) == expect.get("conflicts", [])
    assert {one.key: one.loser for one in found.fields if one.loser is not NO_BASE} == expect.get(
        "losers", {}
    )
    assert found.why == expect.get("why", found.why)


PARTS = ("base_left", "base_right", "left", "right")
Lines = list[tuple[Rule, Triple]]


def decide(lines: Lines, times: Times | None, chose: dict[str, Resolution]) -> Decision:
    """Reconcile one record that has these fields."""

    def values(part: str) -> dict[str, Any]:
        return {
            rule.key: getattr(seen, part)
            for rule, seen in lines
            if getattr(seen, part) not in (NO_BASE, UNKNOWN)
        }

    return reconcile(
        [rule for rule, _ in lines],
        values("base_left") or None,
        values("base_right") or None,
        values("left"),
        values("right"),
        times=times,
        resolutions=chose or None,
    )


@st.composite
def groups(draw: st.DrawFn) -> tuple[Lines, dict[str, Resolution]]:
    """One to three fields of one group, and perhaps what a person chose for some of them."""
    rule = replace(draw(table.rules), group="g")
    lines = []
    chose = {}
    favourite = draw(table.takes)
    for key in ("a", "b", "c")[: draw(st.integers(1, 3))]:
        seen = draw(table.triples)
        toward = draw(st.sampled_from([rule.toward, rule.toward, rule.toward, BOTH, frozenset({favourite})]))
        lines.append((replace(rule, key=key, toward=toward, keep=draw(table.sides)), seen))
        take = draw(st.sampled_from([favourite, favourite, other(favourite), None]))
        if take:
            stale = draw(st.sampled_from([False, False, False, True]))
            chose[key] = Resolution(take=take, left="gone" if stale else seen.left, right=seen.right)
    return lines, draw(st.sampled_from([{}, chose]))


@given(groups(), table.clocks)
@settings(max_examples=800)
def test_every_decision_about_a_group_is_what_the_table_says(
    group: tuple[Lines, dict[str, Resolution]], times: Times | None
) -> None:
    lines, chose = group
    found = [
        table.Outcome(
            write=one.write, bases=(one.base_left, one.base_right), loser=one.loser, conflict=one.conflict
        )
        for one in decide(lines, times, chose).fields
    ]
    assert found == table.outcomes(lines, times, chose)


@given(groups(), table.clocks)
@settings(max_examples=150)
def test_a_group_moves_together_or_not_at_all(
    group: tuple[Lines, dict[str, Resolution]], times: Times | None
) -> None:
    """What is written goes one way, and every field that differs and is not as it was goes with it."""
    lines, chose = group
    found = decide(lines, times, chose)
    assert len({one.write for one in found.fields if one.write}) <= 1
    moved = {one.key for one in found.fields if one.write}
    assert not (moved and found.conflicts)
    if moved or found.conflicts:
        assert {rule.key for rule, seen in lines if not table.in_step(seen)} == moved | set(found.conflicts)


@given(groups(), table.clocks)
@settings(max_examples=150)
def test_a_group_that_was_carried_out_is_in_step(
    group: tuple[Lines, dict[str, Resolution]], times: Times | None
) -> None:
    lines, chose = group
    first = decide(lines, times, chose)
    after = [
        (
            rule,
            Triple(
                base_left=one.base_left,
                base_right=one.base_right,
                left=seen.right if one.write == "left" else seen.left,
                right=seen.left if one.write == "right" else seen.right,
            ),
        )
        for (rule, seen), one in zip(lines, first.fields, strict=True)
    ]
    again = decide(after, times, chose)
    assert not [one for one in again.fields if one.write]
    assert again.conflicts == first.conflicts


@given(groups(), table.clocks)
@settings(max_examples=150)
def test_a_group_of_one_is_the_field_alone(
    group: tuple[Lines, dict[str, Resolution]], times: Times | None
) -> None:
    lines, chose = group
    rule, seen = lines[0]
    alone = reconcile_field(replace(rule, group=None), seen, times=times, resolution=chose.get(rule.key))
    assert decide(lines[:1], times, chose).fields == (alone,)


@given(groups(), groups(), table.clocks)
@settings(max_examples=200)
def test_groups_and_fields_alone_do_not_touch_each_other(
    group: tuple[Lines, dict[str, Resolution]],
    more: tuple[Lines, dict[str, Resolution]],
    times: Times | None,
) -> None:
    """A record is its groups side by side, and its fields are told in the order of the rules."""
    one, two = group[0], [(replace(rule, key=rule.key.upper(), group=None), seen) for rule, seen in more[0]]
    mixed = [line for pair in zip(one, two, strict=False) for line in pair]
    mixed += one[len(two) :] + two[len(one) :]
    chose = {**group[1], **{key.upper(): value for key, value in more[1].items()}}
    found = decide(mixed, times, chose).fields
    assert [field.key for field in found] == [rule.key for rule, _ in mixed]
    apart = [*decide(one, times, chose).fields, *(decide([line], times, chose).fields[0] for line in two)]
    assert sorted(found, key=lambda field: field.key) == sorted(apart, key=lambda field: field.key)


def test_a_group_called_like_a_field_is_not_that_field() -> None:
    """The field `street` alone stays alone beside a group that somebody named `street`."""
    alone = Rule(key="street", toward=BOTH, policy="hold")
    rules = [alone, replace(alone, key="city", group="street")]
    base: dict[str, Value] = {"street": "s", "city": "c"}
    found = reconcile(rules, base, base, {"street": "s2", "city": "c"}, {"street": "s", "city": "c2"})
    assert (found.writes("right"), found.writes("left")) == (("street",), ("city",))
