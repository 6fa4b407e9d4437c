"""A run that is about some modules or some records alone, and parents that are fetched by those below them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from linked_world import BELOW, LINES, LinkedWorld, firms, people, with_a_view_that_shows_nothing

from engine.errors import StoppedError
from engine.run.session.aim import Aim
from engine.run.session.sync_pass import Accepted
from engine.run.sync.execute import execute

if TYPE_CHECKING:
    from pathlib import Path

    from engine.run.session.report import RunReport

BOTH_WAYS = "conflicts: shop"


def aimed(world: LinkedWorld, *modules: str, **records: set[str]) -> RunReport:
    """A run about these modules, or these records of streams of the shop."""
    named = {f"shop.{stream}": frozenset(ids) for stream, ids in records.items()}
    return ask(world, Aim(modules=frozenset(modules), records=named))


def ask(world: LinkedWorld, aim: Aim) -> RunReport:
    """A run about just that."""
    world.wait(seconds=10)
    world.watch.requests, world.watch.operations = [], []
    return execute(world.plan(), world.call(aim=aim))


def test_one_module_alone_brings_the_parents_that_its_records_need_and_no_others(tmp_path: Path) -> None:
    with LinkedWorld(tmp_path, firms(), BELOW) as world:
        acme = world.firm("Acme")
        world.firm("Bolt")
        world.person("Ann", firm=acme)
        report = aimed(world, "people")
        assert (world.accounts(), world.names()) == (["Acme"], ["Ann"])
        assert report.modules["firms"].created["right"] == 1
        world.run()
        assert world.accounts() == ["Acme", "Bolt"]
        world.settled()


def test_a_module_that_does_not_fetch_leaves_its_parents_alone(tmp_path: Path) -> None:
    hold = people("under: { firm: firms, as: town, else: hold }", lines=LINES)
    with LinkedWorld(tmp_path, firms(), hold) as world:
        world.person("Ann", firm=world.firm("Acme"))
        report = aimed(world, "people")
        assert (world.accounts(), world.names()) == ([], [])
        assert list(report.modules) == ["people"]
        world.run()
        assert (world.accounts(), world.names()) == (["Acme"], ["Ann"])


def test_a_parent_comes_although_the_saved_view_does_not_show_it_and_stays_in_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The view `few` shows nobody, so every firm that comes over was fetched by the person below it."""
    with_a_view_that_shows_nothing(monkeypatch)
    few = firms("view: { shop: \"saved('few')\" }")
    with LinkedWorld(tmp_path, few, BELOW) as world:
        acme, bolt = world.firm("Acme"), world.firm("Bolt")
        ann = world.person("Ann", firm=acme)
        world.run()
        assert (world.accounts(), world.names()) == (["Acme"], ["Ann"])
        world.settled()
        world.wait(hours=3)
        world.shop.edit("firms", acme, town="Goa")
        world.run()
        assert [row["place"] for row in world.desk.rows("accounts")] == ["Goa"]
        world.shop.delete("people", ann)
        world.wait(hours=3)
        world.shop.edit("firms", acme, town="Agra")
        world.shop.edit("firms", bolt, town="Agra")
        world.run()
        assert [(row["label"], row["place"]) for row in world.desk.rows("accounts")] == [("Acme", "Agra")]
        world.settled()


@pytest.mark.parametrize("arrow", ["->", "<->"])
def test_one_record_alone_is_made_then_kept_in_step_and_no_cursor_moves(tmp_path: Path, arrow: str) -> None:
    module = people(BOTH_WAYS if arrow == "<->" else "deletes: keep", arrow=arrow)
    with LinkedWorld(tmp_path, module) as world:
        ann, bob = world.person("Ann"), world.person("Bob")
        aimed(world, people={ann})
        assert world.names() == ["Ann"]
        assert all(one.ids for one in world.watch.requests if one.stream == "people")
        world.shop.edit("people", ann, mail="new@example.org")
        world.shop.edit("people", bob, mail="new@example.org")
        aimed(world, people={ann})
        assert [(row["label"], row["mail"]) for row in world.desk.rows("clients")] == [
            ("Ann", "new@example.org")
        ]
        world.run()
        assert world.names() == ["Ann", "Bob"]
        world.settled()


def test_one_record_named_on_the_right_takes_its_change_to_the_left(tmp_path: Path) -> None:
    with LinkedWorld(tmp_path, people(BOTH_WAYS, arrow="<->")) as world:
        ann = world.person("Ann")
        world.run()
        (client,) = world.desk.rows("clients")
        world.desk.edit("clients", client["id"], mail="right@example.org")
        aimed(world, people={ann})
        assert [row["mail"] for row in world.shop.rows("people")] == ["right@example.org"]
        world.settled()


def test_a_newcomer_alone_is_recognised_among_records_that_came_since_the_last_run(tmp_path: Path) -> None:
    with LinkedWorld(tmp_path, people(BOTH_WAYS, arrow="<->")) as world:
        world.person("Zed")
        world.run()
        world.settled()
        world.wait(hours=1)
        ann = world.person("Ann")
        world.desk.put("clients", {"label": "Ann", "mail": "Ann@example.org"})
        aimed(world, people={ann})
        assert all(one.since or one.ids for one in world.watch.requests if one.stream == "clients")
        assert world.names() == ["Ann", "Zed"]
        world.settled()


def test_the_first_contact_of_one_record_is_asked_for_and_the_rest_is_asked_for_later(tmp_path: Path) -> None:
    with LinkedWorld(tmp_path, people()) as world:
        ann = world.person("Ann")
        world.person("Bob")
        for name in ("Ann", "Bob"):
            world.desk.put("clients", {"label": name, "mail": f"{name}@example.org"})
        aim = Aim(records={"shop.people": frozenset({ann})})
        nothing = Accepted()
        with pytest.raises(StoppedError, match="First contact: 1 record"):
            execute(world.plan(), world.call(aim=aim, accepted=nothing))
        assert world.links() == []
        ask(world, aim)
        assert [left for left, _, _ in world.links()] == [ann]
        with pytest.raises(StoppedError, match="First contact: 1 record"):
            execute(world.plan(), world.call(accepted=nothing))


def test_whose_parents_module_takes_nothing_from_that_side_takes_no_part_until_the_parent_is_linked(
    tmp_path: Path,
) -> None:
    """Firms come from the shop only: a client of the desk below an account of its own has nobody to wait for."""
    below = people(
        BOTH_WAYS,
        "under: { firm: firms, as: town, else: fetch }",
        arrow="<->",
        lines="name <-> label, { map: firm <-> town, refers: firms }",
    )
    with LinkedWorld(tmp_path, firms(), below) as world:
        acme = world.firm("Acme")
        own = world.desk.put("accounts", {"label": "Bolt"})
        world.person("Ann", firm=acme)
        world.desk.put("clients", {"label": "Bob", "town": own})
        report = world.run()
        assert report.held == ()
        assert [row["name"] for row in world.shop.rows("people")] == ["Ann"]
        world.settled()
        world.wait(hours=1)
        world.firm("Bolt")
        world.run()
        assert sorted(row["name"] for row in world.shop.rows("people")) == ["Ann", "Bob"]
        world.settled()
