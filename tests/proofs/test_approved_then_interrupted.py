"""What a person let through is kept until its module has been worked off; whatever is new since is asked anew."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from run_world import World, person

from engine.errors import StoppedError
from engine.run.session.sync_pass import Accepted, StopAskedError
from engine.run.sync.execute import execute

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from engine.run.session.report import RunReport

RECORDS = 24
ASKS = "limits: { creates: 5, updates: 5, deletes: 5, conflicts: 5 }"
LINES = ("name {0} label", "city {0} town", "note {0} memo")


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of stop: what people do until it comes, and what they do besides after the interruption."""

    arrow: str
    module: tuple[str, ...]
    first: Callable[[World], None]
    more: Callable[[World], None]
    linked: bool = True  #: everything is in step before


def run(world: World, **more: Any) -> RunReport:
    """Run once; the counts of a module that deletes in one direction do not add up to the records that it read."""
    world.wait(seconds=10)
    world.watch.operations = []
    return execute(world.plan(), world.call(**more))


def edit(world: World, city: str, *, both: bool = False) -> None:
    for number in range(1, RECORDS + 1):
        world.shop.edit("people", str(number), city=city)
        if both:
            world.desk.edit("clients", str(number), town=f"{city} there")


def add(world: World, first: int) -> None:
    for number in range(first, first + 10):
        world.shop.put("people", person(f"Late {number}"))


def delete(world: World, first: int, last: int) -> None:
    for number in range(first, last):
        world.shop.delete("people", str(number))


def clear(world: World) -> None:
    """Everything is gone, and a complete reading has noticed it."""
    delete(world, 1, RECORDS + 1)
    run(world, whole=True)


def meet(world: World, first: int, last: int) -> None:
    for number in range(first, last):
        world.shop.put("people", person(f"Person {number}"))
        world.desk.put("clients", {"label": f"Person {number}", "town": "There"})


def meet_nobody(world: World) -> None:
    """Nothing is left that could be deleted."""
    del world


FOLLOW = ("match: [ name = label ]", ASKS, "deletes: propagate")
KINDS = {
    "updates": Kind(
        arrow="->",
        module=FOLLOW,
        first=lambda world: edit(world, "Goa"),
        more=lambda world: edit(world, "Rome"),
    ),
    "creates": Kind(
        arrow="->", module=FOLLOW, first=lambda world: add(world, 1), more=lambda world: add(world, 50)
    ),
    "deletes": Kind(
        arrow="->",
        module=FOLLOW,
        first=lambda world: delete(world, 1, 13),
        more=lambda world: delete(world, 13, RECORDS),
    ),
    "conflicts": Kind(
        arrow="<->",
        module=("match: [ name = label ]", "conflicts: shop", ASKS.replace("updates: 5", "updates: none")),
        first=lambda world: edit(world, "Goa", both=True),
        more=lambda world: edit(world, "Rome", both=True),
    ),
    "first contact": Kind(
        arrow="->",
        module=("match: [ name = label ]", "duplicates: overwrite"),
        first=lambda world: meet(world, 1, 13),
        more=lambda world: meet(world, 13, 15),
        linked=False,
    ),
    "empty": Kind(
        arrow="->",
        module=FOLLOW,
        first=clear,
        more=meet_nobody,
    ),
}


def world_of(folder: Path, kind: Kind) -> World:
    lines = [line.format(kind.arrow) for line in LINES]
    return World(
        folder, sync=f"shop.people {kind.arrow} desk.clients", module=kind.module, lines=lines, batch=4
    )


def asked(world: World) -> frozenset[str]:
    """The codes that a run without any asks for; it has written nothing."""
    with pytest.raises(StoppedError) as stopped:
        run(world, accepted=Accepted(), whole=True)
    assert world.watch.operations == []
    return frozenset(stopped.value.codes)


def interrupted(world: World, kind: Kind, how: str) -> frozenset[str]:
    """A run whose stops were accepted and that has ended in the midst of the work; answers what was accepted."""
    if kind.linked:
        for number in range(1, RECORDS + 1):
            world.shop.put("people", person(f"Person {number}"))
        run(world)
    kind.first(world)
    with suppress(StoppedError):
        run(world, accepted=Accepted(), whole=True)  # a deletion counts once it was missed twice
    codes = asked(world)
    if how == "stopped":
        with pytest.raises(StopAskedError):
            run(world, accepted=Accepted(codes=codes), whole=True, stop=lambda: bool(world.watch.operations))
    else:
        again = world.remember()
        steps = world.doomed(accepted=Accepted(codes=codes), whole=True)
        again()
        world.doomed(steps * 2 // 3, accepted=Accepted(codes=codes), whole=True)
    return codes


@pytest.mark.parametrize("with_code", [True, False], ids=["the same command", "without the code"])
@pytest.mark.parametrize("how", ["stopped", "killed"])
@pytest.mark.parametrize("name", KINDS)
def test_an_accepted_run_that_was_interrupted_goes_on_to_its_end(
    tmp_path: Path, name: str, how: str, *, with_code: bool
) -> None:
    kind = KINDS[name]
    with world_of(tmp_path, kind) as world:
        codes = interrupted(world, kind, how)
        world.wait(minutes=2)
        run(world, accepted=Accepted(codes=codes if with_code else frozenset()), whole=True)
        for _ in range(2):
            assert run(world, whole=True).wrote == 0
        people = sorted((row["name"], row["city"]) for row in world.shop.streams["people"].values())
        assert world.clients("label", "town") == people, "all of it was done"


@pytest.mark.parametrize("name", [name for name in KINDS if name != "empty"])
def test_whatever_is_new_since_an_accepted_run_was_interrupted_is_asked_anew(
    tmp_path: Path, name: str
) -> None:
    kind = KINDS[name]
    with world_of(tmp_path, kind) as world:
        codes = interrupted(world, kind, "stopped")
        kind.more(world)
        with suppress(StoppedError):
            run(world, accepted=Accepted(codes=codes), whole=True)
        with pytest.raises(StoppedError) as stopped:
            run(world, accepted=Accepted(codes=codes), whole=True)
        assert world.watch.operations == []
        assert not codes & set(stopped.value.codes)


def test_once_a_module_is_worked_off_nothing_is_let_through_any_more(tmp_path: Path) -> None:
    kind = KINDS["updates"]
    with world_of(tmp_path, kind) as world:
        codes = interrupted(world, kind, "stopped")
        run(world, accepted=Accepted(codes=codes))
        edit(world, "Rome")
        run(world)
        edit(world, "Goa")  # just what was accepted the first time
        assert asked(world)
