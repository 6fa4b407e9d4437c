"""Two systems in step both ways: who wins, what is written where, and that nothing anybody typed goes missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from both_world import LINES, Both, client
from run_world import person

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Both, Callable[[], None]]]:
    """Three people who have been on both sides for an hour; and how to begin anew."""
    with Both(tmp_path_factory.mktemp("ways")) as world:
        world.shop.put("people", person("Ann"))
        world.shop.put("people", person("Bob"))
        world.run()
        world.desk.put("clients", client("Cy"))
        world.run()
        world.wait(hours=1)
        yield world, world.remember()


@pytest.fixture
def world(begun: tuple[Both, Callable[[], None]]) -> Both:
    """Three people; two have come from the shop, one from the desk."""
    world, begin_anew = begun
    begin_anew()
    world.now_says()
    return world


def test_newcomers_of_both_sides_are_made_on_the_other_once(world: Both) -> None:
    assert world.people("name") == world.clients("label") == [("Ann",), ("Bob",), ("Cy",)]
    assert world.links() == [("1", "1", "active"), ("2", "2", "active"), ("3", "3", "active")]
    world.settled()


def test_changes_go_both_ways_and_only_what_changed_is_written(world: Both) -> None:
    world.shop.edit("people", "1", city="Goa")
    world.desk.edit("clients", "2", town="Agra", worth="20.00")
    world.desk.edit("clients", "1", mail="new@example.org")
    counts = world.run().modules["people"]
    assert sorted(world.written()) == [
        ("update", "1", ("mail",)),
        ("update", "1", ("town",)),
        ("update", "2", ("amount", "city")),
    ]
    assert counts.updated == {"left": 2, "right": 1}
    assert world.pair("city", "mail")[0] == world.pair("city", "mail")[1]
    assert world.pair("city", "mail")[0] == {"city": "Goa", "mail": "new@example.org"}
    assert world.both("city", 2) == ("Agra", "Agra")
    assert world.lost() == []
    world.settled()


@pytest.mark.parametrize(
    ("policy", "winner", "loser"), [("shop", "Goa", ("right", "Agra")), ("desk", "Agra", ("left", "Goa"))]
)
def test_the_preferred_side_wins_and_the_losing_value_is_kept(
    tmp_path: Path, policy: str, winner: str, loser: tuple[str, str]
) -> None:
    with Both(tmp_path, conflicts=policy) as world:
        world.linked("Ann")
        world.shop.edit("people", "1", city="Goa", mail="typed@example.org")
        world.desk.edit("clients", "1", town="Agra", worth="11")
        world.run()
        assert world.both("city") == (winner, winner)
        assert world.both("mail") == ("typed@example.org", "typed@example.org")
        assert [int(float(one)) for one in world.both("amount")] == [11, 11]
        assert [(side, value) for side, _, value in world.lost()] == [loser]
        world.settled()


def test_newest_lets_the_later_change_win_and_asks_where_it_cannot_tell(tmp_path: Path) -> None:
    with Both(tmp_path, conflicts="newest") as world:
        world.linked("Ann", "Bob", "Cy")
        world.shop.edit("people", "1", city="Goa")
        world.desk.edit("clients", "2", town="Goa")
        world.wait(minutes=1)
        world.desk.edit("clients", "1", town="Agra")
        world.shop.edit("people", "2", city="Agra")
        world.shop.edit("people", "3", city="Goa")
        world.desk.edit("clients", "3", town="Agra")
        world.run()
        assert (world.both("city", 1), world.both("city", 2)) == (("Agra", "Agra"), ("Agra", "Agra"))
        assert world.both("city", 3) == ("Goa", "Agra"), "written within a second of each other"
        assert sorted(one[2] for one in world.lost()) == ["Goa", "Goa"]
        assert [one.left_id for one in world.conflicts()] == ["3"]
        world.settled()


def test_the_fallback_decides_where_newest_cannot_tell(tmp_path: Path) -> None:
    with Both(tmp_path, conflicts="[newest, desk]") as world:
        world.linked("Ann")
        world.shop.edit("people", "1", city="Goa")
        world.desk.edit("clients", "1", town="Agra")
        world.run()
        assert world.both("city") == ("Agra", "Agra")
        assert [one[2] for one in world.lost()] == ["Goa"]


def test_what_both_sides_changed_alike_is_no_conflict(world: Both) -> None:
    world.shop.edit("people", "1", city="Goa")
    world.desk.edit("clients", "1", town="Goa")
    world.settled()
    world.desk.edit("clients", "1", town="Agra")
    world.run()
    assert (world.both("city"), world.lost()) == (("Agra", "Agra"), []), "its base is what both had"


def test_what_is_cleared_on_either_side_is_cleared_on_the_other(world: Both) -> None:
    world.shop.edit("people", "1", city=None)
    world.desk.edit("clients", "2", town=None)
    world.run()
    assert (world.both("city", 1), world.both("city", 2)) == ((None, None), (None, None))
    world.settled()


def test_what_a_system_needs_is_not_cleared_and_its_value_stays(world: Both) -> None:
    world.shop.edit("people", "1", name=None)
    world.run()
    assert world.both("name") == (None, "Ann")
    world.settled()
    world.desk.edit("clients", "1", label="Anna")
    world.run()
    assert world.both("name") == ("Anna", "Anna")


def test_narrowed_to_one_direction_and_back_loses_nothing(world: Both) -> None:
    top = "options:\n  extent: { choices: [fetch, both], default: both }"
    narrow = "direction: { to: \"->\", if: options.extent = 'fetch' }"

    def choose(extent: str) -> None:
        module = ["match: [ name = label ]", "conflicts: shop", narrow]
        world.say(
            sync="shop.people <-> desk.clients",
            module=module,
            lines=LINES,
            top=top.replace("default: both", f"default: {extent}"),
        )

    choose("fetch")
    world.settled()
    world.desk.edit("clients", "1", town="Agra")
    world.desk.edit("clients", "2", town="Agra")
    world.desk.put("clients", client("Dee"))
    world.shop.edit("people", "2", city="Goa")
    world.run()
    assert (world.both("city", 1), world.both("city", 2)) == (("Pune", "Agra"), ("Goa", "Goa"))
    assert world.lost() == [("right", "town", "Agra")]
    world.settled()
    choose("both")
    world.run()
    assert world.both("city", 1) == ("Agra", "Agra"), "typed while nobody listened, and not forgotten"
    assert world.people("name") == world.clients("label") == [("Ann",), ("Bob",), ("Cy",), ("Dee",)]
    world.settled()


@pytest.mark.parametrize(
    ("creates", "shop", "desk"),
    [("both", "AB", "AB"), ("left", "A", "AB"), ("right", "AB", "B"), ("none", "A", "B")],
)
def test_creates_says_whose_newcomers_are_made_on_the_other_side(
    tmp_path: Path, creates: str, shop: str, desk: str
) -> None:
    """`left` makes the left's newcomers on the right; whoever is not made is not forgotten but skipped."""
    with Both(tmp_path, f"creates: {creates}") as world:
        world.shop.put("people", person("A"))
        world.desk.put("clients", client("B"))
        world.run()
        assert "".join(name for (name,) in world.people("name")) == shop
        assert "".join(name for (name,) in world.clients("label")) == desk
        world.settled()
        world.shop.edit("people", "1", city="Goa")
        world.desk.edit("clients", "1", town="Agra")
        world.run()
        world.settled()


def test_a_module_that_only_pairs_writes_nothing_and_remembers_who_is_who(tmp_path: Path) -> None:
    with Both(tmp_path, sync="shop.people == desk.clients", lines=("name <-> label",)) as world:
        world.shop.put("people", person("Ann", city="Goa"))
        world.shop.put("people", person("Bob"))
        world.desk.put("clients", client("Zoe"))
        world.desk.put("clients", client("Ann"))
        world.settled()
        assert world.links() == [("1", "2", "active")]
        world.shop.edit("people", "1", city="Agra", name="Anna")
        world.settled()
        world.desk.edit("clients", "1", label="Bob")
        world.settled()
        assert world.links() == [("1", "2", "active"), ("2", "1", "active")]


def test_a_value_map_joins_words_and_true_or_false(tmp_path: Path) -> None:
    """What goes back is the first word that means the same; a word that means it already stays."""
    lines = ("name <-> label", "{ map: rank <-> live, values: { up: true, [down, out]: false } }")
    with Both(tmp_path, lines=lines) as world:
        world.shop.put("people", {"name": "Ann", "rank": "out"})
        world.desk.put("clients", {"label": "Bob", "live": True})
        world.run()
        assert world.clients("label", "live") == [("Ann", False), ("Bob", True)]
        assert world.people("name", "rank") == [("Ann", "out"), ("Bob", "up")]
        world.settled()
        world.wait(minutes=5)
        world.desk.edit("clients", world.desk.rows("clients")[0]["id"], live=False)
        world.run()
        assert world.people("name", "rank") == [("Ann", "out"), ("Bob", "down")]
        world.settled()
