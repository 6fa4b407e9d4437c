"""What a side's base is once it has answered a write: what it made of the value, or what was sent."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from places import CASES

from engine.reconcile import NO_BASE, UNKNOWN, FieldDecision, Rule, Seen, Triple, reconcile_field, settled
from engine.record import SIDES

HERE = CASES / "reconcile" / "stored.yaml"


@pytest.mark.parametrize(
    "case", yaml.safe_load(HERE.read_text(encoding="utf-8")), ids=lambda one: one["name"]
)
def test_without_versions_the_two_values_tell_whether_the_system_made_one_of_the_other(
    case: dict[str, Any],
) -> None:
    sent, shown = case["sent"], case["shown"]
    assert settled(sent, shown, None) == (shown if case["stored"] else sent)
    assert type(settled(sent, shown, None)) is type(shown if case["stored"] else sent)


@pytest.mark.parametrize("shown", ["Globex", "acme", None])
def test_a_version_tells_more_than_the_values(shown: Seen) -> None:
    """What the very version of our write shows is what the system made of it; any other may be an edit."""
    assert settled("Acme", shown, same_version=True) == shown
    assert settled("Acme", shown, same_version=False) == "Acme"


@pytest.mark.parametrize("same_version", [True, False, None])
@pytest.mark.parametrize("shown", [UNKNOWN, NO_BASE])
def test_what_is_not_shown_is_taken_to_be_what_was_sent(shown: Seen, same_version: bool | None) -> None:  # noqa: FBT001
    assert settled("Acme", shown, same_version) == "Acme"


def test_a_write_without_a_value_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="a write sends a value"):
        settled(UNKNOWN, "Acme", None)


def after_a_write(long: str, shown: Seen) -> FieldDecision:
    """A new text goes to the right side, which then shows something; what the next run makes of it."""
    rule = Rule(key="f", toward=frozenset(SIDES), policy="right")
    first = reconcile_field(rule, Triple(base_left="old", base_right="old", left=long, right="old"))
    assert first.write == "right"
    base = settled(first.base_right, shown, None)
    return reconcile_field(rule, Triple(base_left=first.base_left, base_right=base, left=long, right=shown))


def test_a_target_that_cuts_what_it_is_sent_is_written_once_and_never_cuts_its_source() -> None:
    assert after_a_write("a text of many words", "a text of").write is None


def test_an_edit_between_a_write_and_its_reading_goes_back_to_the_source() -> None:
    """Scarcely had the write arrived when somebody typed something else: that is an edit like any other."""
    again = after_a_write("a text of many words", "typed just now")
    assert (again.write, again.loser) == ("left", NO_BASE)
