"""A spec whose integration has stages, and how a test orders them and asks where they stand."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from run_world import MATCH, Fate, Killed, World, mortal, person

from engine.ledger import open_ledger
from engine.run.operations.lifecycle import carry, foresee
from engine.run.operations.stage_progress import Order
from engine.run.operations.states import choice_of, stage_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from engine.ledger.standing import Standing
    from engine.plan.lifecycle import StageName
    from engine.run.operations.lifecycle import Carried, Foreseen

TOP = """\
lifecycle:
  disable:
    says: Everything stops.
    do:
      - { set: desk.clients, only: "linked() AND town = 'Pune'", to: { memo: closed, live: true } }
      - { delete: desk.clients, only: "origin() = 'shop' AND town = 'Agra'" }
  delete:
    needs: disabled
    choices:
      all: [ { convert: people }, { forget: links } ]
      some:
        - { delete: desk.clients, only: "origin() = 'shop' AND memo IS NULL" }
        - { forget: links }
  migrate:
    do: [ { import: links, from: desk.clients.memo, only: "town = 'Pune'" } ]
"""
LINES = ("name -> label", "city -> town")


@contextmanager
def seven_people(folder: Path) -> Iterator[World]:
    """Seven people, of whom the first was there on both sides and is paired; two clients of nobody."""
    with World(folder, module=[MATCH, "deletes: propagate"], lines=LINES, top=TOP, batch=2, page=3) as made:
        for number, city in enumerate(["Agra", "Pune", "Pune", "Pune", "Agra", "Agra", "Goa"]):
            made.shop.put("people", person(f"P{number}", city=city))
        made.desk.put("clients", {"label": "P0", "town": "Agra"})
        made.desk.put("clients", {"label": "Nobody", "town": "Agra"})
        yield made


def order(world: World, stage: StageName, choice: str | None = None, by: str | None = None) -> Order:
    """A stage as somebody at the command line orders it."""
    plan, known = world.plan(), standing(world)
    return Order(
        stage=stage_of(plan, stage), choice=choice_of(plan, stage_of(plan, stage), known, choice), by=by
    )


def look(world: World, stage: StageName, choice: str | None = None) -> Foreseen:
    """What it would do."""
    world.wait(seconds=10)
    return foresee(world.plan(), world.call(), order(world, stage, choice))


def do(world: World, stage: StageName, choice: str | None = None) -> Carried:
    """Look and do."""
    return carry(world.plan(), world.call(), look(world, stage, choice))


def doomed(world: World, stage: StageName, choice: str | None = None, *steps: int) -> int:
    """Do it, and end the process at these steps; answers how many there were."""
    fate = world.watch.fate = Fate(kill_at=frozenset(steps))
    with mortal(fate), suppress(Killed):
        do(world, stage, choice)
    world.watch.fate = Fate()
    return fate.steps


def standing(world: World) -> Standing:
    """Where it stands."""
    if not world.ledger.exists():
        world.call().folder.mkdir(exist_ok=True)
        with open_ledger(world.ledger) as ledger:
            return ledger.standing(world.name)
    with open_ledger(world.ledger, readonly=True) as ledger:
        return ledger.standing(world.name)


def kept(world: World) -> list[tuple[Any, ...]]:
    """What the target holds."""
    return world.clients("label", "town", "memo", "live")


def nothing_open(world: World) -> None:
    """No batch is left whose outcome is not known."""
    with open_ledger(world.ledger, readonly=True) as ledger:
        assert ledger.pending_intents(world.name) == []


def older(world: World) -> None:
    """Three clients that an older integration has linked: one that moves, one that does not, one of nobody."""
    world.desk.put("clients", {"label": "Other name", "town": "Pune", "memo": "2"})
    world.desk.put("clients", {"label": "P6", "town": "Goa", "memo": "7"})
    world.desk.put("clients", {"label": "Lost", "town": "Pune", "memo": "99"})
