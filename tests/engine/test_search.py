"""Looking for records by name, and fetching single ones, between two memory systems."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from linked_world import LinkedWorld, firms, people

from engine.errors import UserError
from engine.render.plan import plan_text
from engine.run.operations.explain import parse_name
from engine.run.operations.fetch import fetch, foresee
from engine.run.operations.search import Found, search

if TYPE_CHECKING:
    from pathlib import Path

FIRMS = firms("search: [ title ]")
PEOPLE = people(
    "under: { firm: firms, as: town, else: fetch }",
    "search: [ name, mail ]",
    lines="name -> label, mail -> mail, { map: firm -> town, refers: firms, on: create }",
)


def look(world: LinkedWorld, module: str, words: str) -> tuple[Found, ...]:
    """What is found in a module."""
    plan = world.plan()
    return search(plan, world.call(), next(one for one in plan.modules if one.name == module), words)


def test_what_is_found_says_whether_it_has_come_over_and_what_lives_below_it(tmp_path: Path) -> None:
    with LinkedWorld(tmp_path, FIRMS, PEOPLE) as world:
        acme = world.firm("Acme Ltd")
        ann = world.person("Ann", firm=acme)
        world.person("Bob", firm=world.firm("Bolt"))
        (found,) = look(world, "firms", " acme ")
        assert (found.record, found.to) == (f"shop.firms:{acme}", None)
        assert [(one.record, one.label) for one in found.below] == [
            (f"shop.people:{ann}", "Ann Ann@example.org")
        ]
        world.run()
        (found,) = look(world, "firms", "ACME")
        (account,) = [row for row in world.desk.rows("accounts") if row["label"] == "Acme Ltd"]
        assert found.to == f"desk.accounts:{account['id']}"
        assert found.below[0].to is not None
        assert look(world, "firms", "nobody") == ()


def test_any_of_the_fields_may_hold_the_words_or_several_together(tmp_path: Path) -> None:
    with LinkedWorld(tmp_path, FIRMS, PEOPLE) as world:
        world.person("Ann")
        world.person("Bob")
        for words in ("ann", "Ann@", "ann ann@example"):
            assert [one.label for one in look(world, "people", words)] == ["Ann Ann@example.org"]
        assert len(look(world, "people", "example.org")) == len(world.shop.rows("people"))


def test_a_module_without_search_says_which_have_one(tmp_path: Path) -> None:
    with (
        LinkedWorld(tmp_path, FIRMS, people()) as world,
        pytest.raises(UserError, match="no `search`") as told,
    ):
        look(world, "people", "ann")
    assert "firms" in str(told.value.remedy)


def test_what_is_fetched_is_told_with_its_counterpart_and_its_parent_comes_along(tmp_path: Path) -> None:
    with LinkedWorld(tmp_path, FIRMS, PEOPLE) as world:
        ann = world.person("Ann", firm=world.firm("Acme"))
        world.person("Bob", firm=world.firm("Bolt"))
        plan, call = world.plan(), world.call()
        name = parse_name(f"shop.people:{ann}", plan)
        assert foresee(plan, call, [name]).modules["firms"].created["right"] == 1
        assert world.names() == []
        report, (told,) = fetch(plan, call, [name])
        assert (world.names(), [row["label"] for row in world.desk.rows("accounts")]) == (["Ann"], ["Acme"])
        assert told.to == f"desk.clients:{world.desk.rows('clients')[0]['id']}"
        assert (told.why, report.wrote) == (None, 2)


def test_what_cannot_come_over_is_told_with_the_reason(tmp_path: Path) -> None:
    checked = firms("needs: [ { check: town IS NOT NULL, else: No town. } ]")
    with LinkedWorld(tmp_path, checked) as world:
        sick = world.firm("Sick", town=None)
        name = parse_name(f"shop.firms:{sick}", world.plan())
        _, (told,) = fetch(world.plan(), world.call(), [name])
        assert (told.to, told.why) == (None, "No town.")
        gone = parse_name("shop.firms:4711", world.plan())
        with pytest.raises(UserError, match=r"no shop\.firms:4711"):
            foresee(world.plan(), world.call(), [gone])


def test_the_plan_says_where_people_look(tmp_path: Path) -> None:
    with LinkedWorld(tmp_path, FIRMS, PEOPLE) as world:
        told = plan_text(world.plan())
    assert "engine search … people TEXT, in name and mail of shop.people" in told
    assert "what lives below it brings along: shop.people (people)" in told
