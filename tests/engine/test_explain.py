"""Of one record: where it stands in every module, why, and what the next run does with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from run_world import World, person

from engine.errors import UserError
from engine.ledger import open_ledger
from engine.run.operations.explain import explain, parse_name

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from engine.run.operations.explain import Placed

BOTH = ("match: [ name = label ]", "conflicts: hold", "view: { shop: \"rank IS NULL OR rank <> 'x'\" }")
LINES = ("name <-> label", "mail <-> mail", "city <-> town")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Ann and Bob in step both ways, decided by hand where both change."""
    with World(tmp_path, sync="shop.people <-> desk.clients", module=BOTH, lines=LINES) as world:
        for name in ("Ann", "Bob"):
            world.shop.put("people", person(name))
        world.desk.put("clients", {"label": "Bob", "mail": "Bob@example.org", "town": "Pune"})
        world.run()
        world.wait(hours=1)
        yield world


def told(world: World, record: str, *, offline: bool = False) -> Placed:
    world.watch.operations = []
    plan = world.plan()
    explained = explain(plan, world.call(), parse_name(record, plan), offline=offline)
    assert world.watch.operations == []
    (placed,) = explained.modules
    return placed


def next_of(world: World, record: str) -> str:
    now = told(world, record).now
    assert now is not None
    return now.next


def test_a_linked_record_tells_its_counterpart_since_when_and_who_made_it(world: World) -> None:
    with open_ledger(world.ledger, readonly=True) as ledger:
        (first,) = ledger.runs()
    ann, bob = told(world, "shop.people:1"), told(world, "desk.clients:1")
    assert ann.link is not None
    assert bob.link is not None
    assert (ann.link.to, ann.link.made, ann.link.run, ann.link.since) == (
        "desk.clients:2", "right", first.id, first.started,
    )  # fmt: skip
    assert (bob.link.to, bob.link.made, bob.side) == ("shop.people:2", None, "right")
    assert ann.now is not None
    assert (ann.now.exists, ann.now.label, ann.now.in_view, ann.now.fields) == (True, "Ann", True, ())
    assert ann.now.next == "A run has nothing to do: the two are in step."
    assert ann.link.version == ann.now.version


def test_what_the_next_run_writes_is_foretold_with_the_line_that_decides(world: World) -> None:
    world.shop.edit("people", "1", city="Goa")
    for record in ("shop.people:1", "desk.clients:2"):
        now = told(world, record).now
        assert now is not None
        (field,) = now.fields
        assert (field.line, field.left, field.right, field.write) == ("city <-> town", "Goa", "Pune", "right")
        assert field.place.startswith(str(world.file))
        assert now.next == "A run writes town of desk.clients:2, because it changed on the left."
    world.run()
    assert next_of(world, "shop.people:1") == "A run has nothing to do: the two are in step."


def test_a_conflict_is_told_with_its_number_and_what_holds_the_pair(world: World) -> None:
    world.shop.edit("people", "1", city="Goa")
    world.desk.edit("clients", "2", town="Gent")
    world.run()
    for record in ("shop.people:1", "desk.clients:2"):
        placed = told(world, record)
        assert [(one.number, one.left, one.right) for one in placed.conflicts] == [(1, "Goa", "Gent")]
        assert placed.held is not None
        assert placed.held.code == "conflict"
        assert placed.now is not None
        assert "`engine conflicts` decides" in placed.now.next


def test_a_record_without_a_link_tells_what_it_is_recognised_by(world: World) -> None:
    world.shop.put("people", person("Dee"))
    (dee,) = (row["id"] for row in world.shop.rows("people") if row["name"] == "Dee")
    now = told(world, f"shop.people:{dee}").now
    assert now is not None
    assert now.keys == (("name = label", "Dee"),)
    assert now.next == (
        "It has no link yet. A run looks for its match in desk.clients, and makes it there if it has none."
    )


def test_a_record_outside_the_view_and_one_that_is_held_say_so(world: World) -> None:
    world.shop.put("people", person("Dee", rank="x"))
    world.shop.put("people", person(None))
    world.run()
    ids = {row["name"]: row["id"] for row in world.shop.rows("people")}
    assert next_of(world, f"shop.people:{ids['Dee']}") == "A run skips it: it is outside the view."
    nobody = told(world, f"shop.people:{ids[None]}")
    assert nobody.held is not None
    assert nobody.now is not None
    assert nobody.now.next.startswith("It is held and not retried before it or the spec changes. Then: ")
    world.shop.edit("people", ids[None], name="Now")
    assert next_of(world, f"shop.people:{ids[None]}").startswith("It has changed since it was held")


def test_a_deleted_counterpart_is_never_made_again_and_that_is_said(world: World) -> None:
    world.desk.delete("clients", "2")
    assert "does not exist any more; a run does not make it again" in next_of(world, "shop.people:1")
    gone = told(world, "desk.clients:2")
    assert gone.now is not None
    assert (gone.now.exists, gone.link is not None) == (False, True)
    assert gone.now.next.startswith("It does not exist any more. Its counterpart in shop.people stays")
    world.shop.edit("people", "1", city="Goa")
    world.run()
    assert "was deleted, and is never recreated automatically" in next_of(world, "shop.people:1")


def test_offline_only_the_ledger_is_asked(world: World) -> None:
    world.watch.requests = []
    placed = told(world, "shop.people:1", offline=True)
    assert placed.link is not None
    assert (placed.now, world.watch.requests) == (None, [])


@pytest.mark.parametrize(
    ("name", "says", "remedy"),
    [
        ("people:1", "`people:1` does not name a record.", "Say SYSTEM.STREAM:ID, such as desk.clients:17."),
        ("shop.people", "`shop.people` does not name a record.", "Say SYSTEM.STREAM:ID"),
        ("shop.peoples:1", "has the stream `shop.peoples`", "Did you mean `shop.people`?"),
        ("shop.people:99", "There is no record shop.people:99", "`engine links list` shows some"),
    ],
)
def test_what_nobody_knows_is_answered_with_what_there_is(
    world: World, name: str, says: str, remedy: str
) -> None:
    with pytest.raises(UserError) as caught:
        told(world, name)
    assert says in caught.value.message
    assert remedy in str(caught.value.remedy)
