"""The decision about one field: cases as data, an independent table, and laws that always hold."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
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
    Resolution,
    Rule,
    Seen,
    Times,
    Triple,
    reconcile,
    reconcile_field,
)
from engine.record import SIDES, other

HERE = CASES / "reconcile"
WORDS: dict[object, Seen] = {"(none)": NO_BASE, "(unknown)": UNKNOWN}


def cases() -> list[Any]:
    files = sorted(path for path in HERE.glob("*.yaml") if path.stem not in ("groups", "stored"))
    assert {path.stem.split("-")[0] for path in files} == {
        *(f"m{n}" for n in range(1, 10)),
        "newest",
        "chosen",
    }
    return [
        pytest.param(case, id=f"{path.stem}: {case['name']}")
        for path in files
        for case in yaml.safe_load(path.read_text(encoding="utf-8"))
    ]


def times_of(case: dict[str, Any]) -> Times | None:
    """Seconds after some moment at which each side was changed; null = not known."""
    if "times" not in case:
        return None
    left, right = (None if one is None else table.NOW + timedelta(seconds=one) for one in case["times"])
    return Times(left=left, right=right, margin=timedelta(seconds=case.get("margin", 5)))


@pytest.mark.parametrize("case", cases())
def test_the_outcome_table(case: dict[str, Any]) -> None:
    """Each file is a row of the table: what both sides were known to hold, what they hold, and what follows."""
    rule = Rule(
        key="field",
        toward=frozenset(case.get("toward", SIDES)),
        policy=case.get("policy", "left"),
        fallback=case.get("fallback", "hold"),
        keep=frozenset(case.get("keep", ())),
    )
    bases = [WORDS.get(one, one) for one in case.get("base", ["(none)", "(none)"])]
    left, right = (WORDS.get(one, one) for one in case["sides"])
    chose = case.get("chose")
    decision = reconcile_field(
        rule,
        Triple(base_left=bases[0], base_right=bases[1], left=left, right=right),
        times=times_of(case),
        resolution=chose and Resolution(take=chose["take"], left=chose["saw"][0], right=chose["saw"][1]),
    )
    expect = case["expect"]
    assert decision.write == expect.get("write")
    assert decision.conflict == expect.get("conflict", False)
    assert decision.loser == expect.get("loser", NO_BASE)
    assert [decision.base_left, decision.base_right] == [WORDS.get(one, one) for one in expect["base"]]
    assert decision.why == expect.get("why", decision.why)


@st.composite
def choices(draw: st.DrawFn) -> tuple[Triple, Resolution | None]:
    """A field, and perhaps what a person chose, who mostly saw what it holds now."""
    seen = draw(table.triples)
    saw = st.one_of(st.just((seen.left, seen.right)), st.tuples(table.values, table.values))
    chose = st.builds(lambda take, both: Resolution(take=take, left=both[0], right=both[1]), table.takes, saw)
    return seen, draw(st.one_of(st.none(), chose))


@given(table.rules, choices(), table.clocks)
@settings(max_examples=800)
def test_every_decision_is_what_the_table_says(
    rule: Rule, field: tuple[Triple, Resolution | None], times: Times | None
) -> None:
    seen, chose = field
    found = reconcile_field(rule, seen, times=times, resolution=chose)
    (expected,) = table.outcomes([(rule, seen)], times, {"f": chose} if chose else {})
    assert (
        table.Outcome(
            write=found.write,
            bases=(found.base_left, found.base_right),
            loser=found.loser,
            conflict=found.conflict,
        )
        == expected
    )


@given(table.rules, choices(), table.clocks)
@settings(max_examples=150)
def test_a_decision_settles_the_field(
    rule: Rule, field: tuple[Triple, Resolution | None], times: Times | None
) -> None:
    """Once it is carried out and its bases are remembered, looking again writes nothing and asks the same."""
    seen, chose = field
    first = reconcile_field(rule, seen, times=times, resolution=chose)
    after = Triple(
        base_left=first.base_left,
        base_right=first.base_right,
        left=seen.right if first.write == "left" else seen.left,
        right=seen.left if first.write == "right" else seen.right,
    )
    again = reconcile_field(rule, after, times=times, resolution=chose)
    assert again.write is None
    assert again.conflict == first.conflict
    assert (again.base_left, again.base_right) == (first.base_left, first.base_right)


@given(table.rules, choices(), table.clocks)
@settings(max_examples=150)
def test_swapping_the_sides_and_mirroring_the_rule_mirrors_the_decision(
    rule: Rule, field: tuple[Triple, Resolution | None], times: Times | None
) -> None:
    seen, chose = field
    one = reconcile_field(rule, seen, times=times, resolution=chose)
    two = reconcile_field(
        table.mirrored(rule),
        Triple(base_left=seen.base_right, base_right=seen.base_left, left=seen.right, right=seen.left),
        times=times and Times(left=times.right, right=times.left, margin=times.margin),
        resolution=chose and Resolution(take=other(chose.take), left=chose.right, right=chose.left),
    )
    assert (one.write and other(one.write), one.loser, one.conflict) == (two.write, two.loser, two.conflict)
    marked = one.conflict and NO_BASE in (one.base_left, one.base_right)
    if not marked:  # a field that waits since the first contact is marked on the left by agreement
        assert (one.base_left, one.base_right) == (two.base_right, two.base_left)


@given(table.rules, choices(), table.clocks)
@settings(max_examples=150)
def test_a_value_that_somebody_set_is_overwritten_only_if_it_is_kept_as_the_loser(
    rule: Rule, field: tuple[Triple, Resolution | None], times: Times | None
) -> None:
    """And only where the line may write, and never by emptying a field that its system needs."""
    seen, chose = field
    found = reconcile_field(rule, seen, times=times, resolution=chose)
    if found.write is None:
        assert found.loser is NO_BASE
        return
    gone, base, put = (
        (seen.left, seen.base_left, seen.right)
        if found.write == "left"
        else (seen.right, seen.base_right, seen.left)
    )
    assert found.write in rule.toward
    assert put is not None or found.write not in rule.keep
    assert gone in (found.loser, base) or gone in table.BLANKS
    assert not found.conflict


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


def test_both_edits_of_a_record_survive_where_they_are_in_different_fields() -> None:
    """City changed here, phone there: each goes the other way, and nothing is in conflict."""
    rules = [Rule(key=key, toward=frozenset(SIDES), policy="hold") for key in ("city", "phone")]
    base = {"city": "c0", "phone": "p0"}
    decision = reconcile(rules, base, base, {**base, "city": "c1"}, {**base, "phone": "p1"})
    assert decision.writes("right") == ("city",)
    assert decision.writes("left") == ("phone",)
    assert decision.conflicts == ()


def test_one_record_is_asked_about_while_its_other_fields_go_on() -> None:
    """A person's choice for one field, and the clock of the record, reach the fields that they are for."""
    both = frozenset(SIDES)
    rules = [
        Rule(key="name", toward=both, policy="hold"),
        Rule(key="city", toward=both, policy="hold"),
        Rule(key="note", toward=both, policy="newest"),
    ]
    base = {"name": "n0", "city": "c0", "note": "o0"}
    left, right = {key: f"{key} left" for key in base}, {key: f"{key} right" for key in base}
    later = Times(left=table.NOW, right=datetime.max.replace(tzinfo=table.NOW.tzinfo), margin=table.MARGIN)
    chose = {"city": Resolution(take="left", left="city left", right="city right")}
    decision = reconcile(rules, base, base, left, right, times=later, resolutions=chose)
    assert decision.conflicts == ("name",)
    assert decision.writes("right") == ("city",)
    assert decision.writes("left") == ("note",)
