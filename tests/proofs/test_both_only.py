"""`only: referenced by`: a record takes part once a record of another module refers to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from linked_world import LinkedWorld, firms, people

from engine.compiler import check_file
from engine.render.plan import plan_text

if TYPE_CHECKING:
    from pathlib import Path

FIRMS = firms("only: referenced by people")
#: People wait for a firm without a link.
PEOPLE = people(lines="name -> label, { map: firm -> town, refers: firms, required: true }")
#: People do not say which firm they are of, so nobody waits.
QUIET = people(lines="name -> label")


def labels(world: LinkedWorld) -> list[str]:
    """The accounts of the desk."""
    return sorted(row["label"] for row in world.desk.rows("accounts"))


@pytest.mark.parametrize("module", [PEOPLE, QUIET], ids=["who waits", "who does not"])
def test_only_what_is_referred_to_comes_over_and_later_as_soon_as_it_is(tmp_path: Path, module: str) -> None:
    """A person hired later brings the firm along in the same run, though nobody has touched the firm."""
    with LinkedWorld(tmp_path, FIRMS, module) as world:
        acme, bolt = world.firm("Acme"), world.firm("Bolt")
        world.person("Ann", firm=acme)
        assert world.preview().modules["firms"].created["right"] == 1
        assert world.run().modules["firms"].skipped == 1
        assert labels(world) == ["Acme"]
        world.settled()
        world.wait(hours=3)
        world.person("Bob", firm=bolt)
        world.run()
        assert labels(world) == ["Acme", "Bolt"]
        assert world.names() == ["Ann", "Bob"]
        world.settled()


def test_what_is_no_longer_referred_to_stays_in_step(tmp_path: Path) -> None:
    with LinkedWorld(tmp_path, FIRMS, PEOPLE) as world:
        acme, bolt = world.firm("Acme"), world.firm("Bolt")
        ann = world.person("Ann", firm=acme)
        world.run()
        world.wait(minutes=10)
        world.shop.edit("people", ann, firm=bolt)
        world.shop.edit("firms", acme, town="Goa")
        world.run()
        assert [(row["label"], row["place"]) for row in world.desk.rows("accounts")] == [
            ("Acme", "Goa"),
            ("Bolt", "Pune"),
        ]
        world.settled()


def test_who_is_outside_the_other_modules_view_refers_to_nothing(tmp_path: Path) -> None:
    view = people('view: { shop: "mail IS NOT NULL" }', lines="name -> label")
    with LinkedWorld(tmp_path, FIRMS, view) as world:
        world.person("Ann", firm=world.firm("Acme"))
        world.person("Bob", firm=world.firm("Bolt"), mail=None)
        world.run()
        assert labels(world) == ["Acme"]
        world.settled()


def test_a_record_that_was_held_is_not_forgotten_while_somebody_refers_to_it(tmp_path: Path) -> None:
    """Mended long after the person who needs it was read, the firm comes over, and the person with it."""
    check = "only: referenced by people\n    needs: [ { check: town IS NOT NULL, else: No town. } ]"
    with LinkedWorld(tmp_path, firms(check), PEOPLE) as world:
        sick = world.firm("Sick", town=None)
        world.person("Ann", firm=sick)
        world.run()
        assert world.held_by_module()["firms", sick].message == "No town."
        world.settled()
        world.wait(hours=3)
        world.person("Bob", firm=world.firm("Acme"))
        world.run()
        assert ("firms", sick) in world.held_by_module()
        world.wait(hours=3)
        world.shop.edit("firms", sick, town="Goa")
        world.run()
        assert world.names() == ["Ann", "Bob"]
        world.settled()


def test_a_module_whose_records_hold_no_such_ids_is_a_finding(tmp_path: Path) -> None:
    with LinkedWorld(tmp_path, firms(), people("only: referenced by firms")) as world:
        assert [one.code for one in check_file(str(world.file))] == ["reference-does-not-fit"]


def test_a_plan_says_what_else_decides_about_a_modules_records(tmp_path: Path) -> None:
    """Which streams are read besides, and through which field: before anything is run."""
    walking = people(lines="name -> label, firm.town -> town, { map: firm -> coin, refers: firms }")
    with LinkedWorld(tmp_path, FIRMS, walking) as world:
        text = plan_text(world.plan())
        assert "takes only     records that are linked already, or referenced by shop.people (people)" in text
        assert "reads behind   shop.firms by firm" in text
        assert "looks ids up in the links of firms" in text
