"""Every way to write against every rule that protects what is written: no entry point forgets a rule."""

from __future__ import annotations

import inspect
import signal
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

import click
import pytest
from matrix_world import Estate

from engine.cli import engine
from engine.run import operations

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

YES = "--yes"


def ready_run(world: Estate) -> None:
    """A newcomer and an edit wait for a run."""
    world.newcomer("Cy", "Dee")
    world.shop.edit("people", "Ann", city="Goa")


def ready_changes(world: Estate) -> None:
    ready_run(world)
    world.must("preview", "SPEC", "-o", str(world.folder / "changes"))


def ready_retry(world: Estate) -> None:
    """The same are held, and what held them is mended."""
    ready_run(world)
    for blocked in (True, False):
        for name in ("Ann", "Cy", "Dee"):
            world.shop.edit("people", name, blocked=blocked)
        if blocked:
            assert world.type("run", "SPEC").exit_code == 4


def ready_withdraw(world: Estate) -> None:
    world.must(*ROWS["do enrol"].words)


def ready_remove(world: Estate) -> None:
    world.must(*ROWS["associations add"].words)


def ready_undo_updates(world: Estate) -> None:
    for name in ("Ann", "Bob"):
        world.shop.edit("people", name, city="Goa")
    world.run()


def ready_undo_creates(world: Estate) -> None:
    world.newcomer("Cy", "Dee")
    world.run()


def ready_undo_deletes(world: Estate) -> None:
    world.newcomer("Cy", "Dee", "Eve", "Fay")
    world.run()
    for name in ("Ann", "Bob"):
        world.shop.delete("people", name)
    for _ in range(2):
        world.must("run", "SPEC", "--full")


def disabled(world: Estate) -> None:
    world.stand("disabled")


def nothing(_world: Estate) -> None:
    """It has something to do as it is."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """A way to write."""

    words: tuple[str, ...]  #: as they are typed; SPEC and RUN stand for the file and the latest run
    ready: Callable[[Estate], None] = nothing  #: what must have happened so that it has something to write
    batches: int = 2  #: that it writes when nothing is in its way
    module: str = "people"  #: whose run finds out what became of it


UNDO = ("undo", "RUN", "SPEC", "--apply")
ROWS = {
    "run": Row(words=("run", "SPEC"), ready=ready_run, batches=3),
    "run --module": Row(words=("run", "SPEC", "--module", "people"), ready=ready_run, batches=3),
    "run --changes": Row(words=("run", "SPEC", "--changes", "CHANGES"), ready=ready_changes, batches=3),
    "fetch": Row(words=("fetch", "SPEC", "shop.people:Cy", "shop.people:Ann", YES), ready=ready_run),
    "retry": Row(words=("retry", "SPEC", "--all"), ready=ready_retry, batches=3),
    "do": Row(words=("do", "SPEC", "bill", "--record", "shop.deals:D1", YES), batches=1, module="bill"),
    "do enrol": Row(words=("do", "SPEC", "jobs.enrol", "--record", "desk.jobs:J1", YES), module="jobs"),
    "do withdraw": Row(
        words=("do", "SPEC", "jobs.withdraw", "--record", "desk.jobs:J1", YES),
        module="jobs",
        ready=ready_withdraw,
    ),
    "associations add": Row(
        words=("associations", "add", "SPEC", "deals", "--of", "shop.deals:D1", "--to", "desk.invoices:I1"),
        batches=1,
    ),
    "associations remove": Row(
        words=("associations", "remove", "SPEC", "--of", "shop.deals:D1", "--to", "desk.invoices:I1"),
        ready=ready_remove,
        batches=1,
    ),
    "undo updates": Row(words=UNDO, ready=ready_undo_updates),
    "undo creates": Row(words=UNDO, ready=ready_undo_creates),
    "undo deletes": Row(words=UNDO, ready=ready_undo_deletes),
    "connect": Row(words=("connect", "SPEC", YES), ready=ready_run, batches=5),
    "disable": Row(words=("disable", "SPEC", YES)),
    "enable": Row(words=("enable", "SPEC", YES), ready=disabled),
    "delete": Row(words=("delete", "SPEC", YES), ready=disabled),
    "migrate": Row(words=("migrate", "SPEC", YES)),
}


def held_lease(world: Estate) -> None:
    """Somebody else is at work."""
    world.hold_lease()


def lost_lease(world: Estate) -> None:
    """Somebody else takes over while the first batch is sent."""
    world.at_first_batch(world.take_over)


def lost_before(world: Estate) -> None:
    """Somebody else has taken over when the first batch is to be sent."""
    world.at_start(world.take_over)


def paused(world: Estate) -> None:
    world.stand("paused")


def other_account(world: Estate) -> None:
    world.move_account()


def guard(world: Estate) -> None:
    """The areas are strict by now, and guards refuse whatever lies in them."""
    for system in (world.shop, world.desk):
        system.edit("areas", "A1", strict=True)


def needs(world: Estate) -> None:
    """Every record lacks what is asked of it."""
    world.edit_all(world.shop, "people", blocked=True)
    world.edit_all(world.shop, "deals", blocked=True)
    world.edit_all(world.desk, "jobs", stuck="yes")


def view(world: Estate) -> None:
    """Every record is outside of it."""
    world.edit_all(world.shop, "people", hidden=True)
    world.edit_all(world.desk, "jobs", hidden=True)


def at_most(world: Estate) -> None:
    """Whatever only so many records get has been given away."""
    for number in range(2):
        for stream in ("clients", "invoices"):
            world.desk.put(stream, {"label": f"V{number}", "title": f"V{number}", "vip": True})
    world.enrol("J2", "J3")


def limits(world: Estate) -> None:
    """More records were edited than a run may change without being asked."""
    world.newcomer("Eve", "Fay")
    world.must("run", "SPEC", "--module", "people")
    for name in ("Ann", "Bob", "Eve", "Fay"):
        world.shop.edit("people", name, city="Agra")


def first_contact(world: Estate) -> None:
    """Nothing is known of the records of either side."""
    for file in world.folder.glob("ledger.sqlite*"):
        file.unlink()


def stop(world: Estate) -> None:
    """Ctrl-C while the first batch is sent."""
    world.at_first_batch(lambda: signal.raise_signal(signal.SIGINT))


def edited(world: Estate) -> None:
    """Right before a batch arrives, somebody edits the very records that it is about."""
    world.meddle()


def nothing_sent(world: Estate) -> None:
    assert world.watch.operations == []


def nothing_of_modules(world: Estate) -> None:
    """Nothing but what a stage of the lifecycle sets."""
    assert [one for one in world.watch.operations if set(one.values) != {"memo"}] == []


def one_batch(world: Estate) -> None:
    assert world.watch.batches == 1


def one_batch_that_is_settled(world: Estate) -> None:
    assert (world.watch.batches, world.pending()) == (1, [])


def no_more_than_so_many(world: Estate) -> None:
    assert [
        one for one in world.watch.operations if one.values.get("vip") or one.values.get("title") == "Job 1"
    ] == []


def edits_stand(world: Estate) -> None:
    assert world.meddled
    assert world.overwritten() == []
    assert world.pending() == []


Cell = int | str  #: the exit code with which it ends, or why the rule has no meaning there


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What keeps a write from being made."""

    put: Callable[[Estate], None]  #: puts it in the way of a command that is ready to write
    holds: Callable[[Estate], None]  #: asserts afterwards that nothing was written in spite of it
    cells: dict[str, Cell]  #: by row


STAGES = ("connect", "disable", "enable", "delete", "migrate")
UNDOS = ("undo updates", "undo creates", "undo deletes")
PAIRS = ("associations add", "associations remove")
RUNS = ("run", "run --module", "connect")
NO_RECORD = "it writes to no record of a module"
DELETES = (
    "what was made or enrolled may always be taken back: nothing asks what a record holds that is deleted"
)
TAKES_BACK = "it takes back what a run did; what it asks is whether the record is as the run left it"
NAMED = "a person has named the held records that it is about"
CONFIRMED = "a person has named the records, was shown the changes and has confirmed them"


def cells(default: Cell, *others: tuple[Cell, tuple[str, ...]]) -> dict[str, Cell]:
    """A cell for each row; the later ones win."""
    found = dict.fromkeys(ROWS, default)
    for cell, rows in others:
        found |= dict.fromkeys(rows, cell)
    return found


RULES = {
    "lease held": Rule(put=held_lease, holds=nothing_sent, cells=cells(7)),
    "lease lost": Rule(put=lost_lease, holds=one_batch, cells=cells(7)),
    "lease lost before": Rule(put=lost_before, holds=nothing_sent, cells=cells(7)),
    "paused": Rule(
        put=paused,
        holds=nothing_sent,
        cells=cells(7, (1, STAGES), ("what is paused may be disabled", ("disable",))),
    ),
    "disabled": Rule(
        put=disabled,
        holds=nothing_sent,
        cells=cells(7, (1, STAGES), ("it is for what is disabled", ("enable", "delete"))),
    ),
    "other account": Rule(put=other_account, holds=nothing_sent, cells=cells(1, (6, ("run --changes",)))),
    "guard": Rule(
        put=guard,
        holds=nothing_of_modules,
        cells=cells(
            4,
            (6, ("run --changes",)),
            ("a trigger has no guards", ("do",)),
            (1, ("do enrol",)),
            (DELETES, ("do withdraw", "undo creates")),
            (NO_RECORD, PAIRS + STAGES),
            (0, ("undo updates", "undo deletes")),
            (4, ("connect",)),
        ),
    ),
    "needs": Rule(
        put=needs,
        holds=nothing_of_modules,
        cells=cells(
            4,
            (6, ("run --changes",)),
            (1, ("do", "do enrol", "associations add")),
            (DELETES, ("do withdraw", "associations remove")),
            (TAKES_BACK, UNDOS),
            (NO_RECORD, STAGES),
            (4, ("connect",)),
        ),
    ),
    "view": Rule(
        put=view,
        holds=nothing_of_modules,
        cells=cells(
            0,
            (6, ("run --changes",)),
            (4, ("fetch",)),
            (1, ("do enrol",)),
            ("a trigger has no view, its `needs` are asked", ("do",)),
            (DELETES, ("do withdraw",)),
            (TAKES_BACK, UNDOS),
            (NO_RECORD, PAIRS + STAGES),
            (0, ("connect",)),
        ),
    ),
    "at most": Rule(
        put=at_most,
        holds=no_more_than_so_many,
        cells=cells(
            0,
            (1, ("do enrol",)),
            (DELETES, ("do withdraw", "undo creates")),
            ("such a constant is given when a record is made", ("undo updates",)),
            (NO_RECORD, PAIRS + STAGES),
            (0, ("connect",)),
        ),
    ),
    "limits": Rule(
        put=limits, holds=nothing_of_modules, cells=cells(CONFIRMED, (6, RUNS), (NAMED, ("retry",)))
    ),
    "first contact": Rule(
        put=first_contact, holds=nothing_of_modules, cells=cells(CONFIRMED, (6, RUNS), (1, ("retry",)))
    ),
    "confirmation": Rule(
        put=nothing,
        holds=nothing_sent,
        cells=cells(
            1,
            ("limits and first contact ask where many records are concerned", ("run", "run --module")),
            ("the file is what a person has looked at", ("run --changes",)),
            (NAMED, ("retry",)),
            ("the command names the one pair that it is about", PAIRS),
            (0, UNDOS),
        ),
    ),
    "stop": Rule(put=stop, holds=one_batch_that_is_settled, cells=cells(130, (0, PAIRS))),
    "edited meanwhile": Rule(
        put=edited,
        holds=edits_stand,
        cells=cells(
            4,
            ("it changes nothing but the mark, which is its own", ("do enrol",)),
            (5, PAIRS),
            (0, UNDOS),
            (1, ("do withdraw",)),
            ("it makes records, and changes none", ("do", "undo deletes")),
        ),
    ),
}
LIVE = [
    pytest.param(rule, row, id=f"{rule}: {row}")
    for rule, told in RULES.items()
    for row, cell in told.cells.items()
    if isinstance(cell, int)
]


class Worlds:
    """One world, and how it was when each entry point was ready."""

    def __init__(self, world: Estate) -> None:
        self.world = world
        self.base = world.remember()
        self.known: dict[str, Callable[[], None]] = {}

    def ready(self, name: str) -> tuple[Estate, list[str]]:
        """The world in which the command has something to write, and the command."""
        if name not in self.known:
            self.base()
            ROWS[name].ready(self.world)
            self.known[name] = self.world.remember()
        self.known[name]()
        known = {"RUN": self.world.last_run(), "CHANGES": str(self.world.folder / "changes")}
        return self.world, [known.get(one, one) for one in ROWS[name].words]


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worlds]:
    with Estate(tmp_path_factory.mktemp("estate"), batch=1) as world:
        world.begin()
        yield Worlds(world)


@pytest.mark.parametrize("row", ROWS)
def test_with_nothing_in_its_way_it_writes_and_every_batch_is_journalled_first(
    worlds: Worlds, row: str
) -> None:
    """Otherwise none of the rules below would prove anything."""
    world, words = worlds.ready(row)
    open_before: list[int] = []
    world.watch.before_write = lambda _stream, _batch: open_before.append(len(world.pending()))
    done = world.type(*words)
    assert (done.exit_code, world.watch.batches) == (0, ROWS[row].batches), done.output
    assert open_before == [1] * ROWS[row].batches
    assert world.pending() == []


@pytest.mark.parametrize(("rule", "row"), LIVE)
def test_a_rule_holds_wherever_something_is_written(worlds: Worlds, rule: str, row: str) -> None:
    world, words = worlds.ready(row)
    RULES[rule].put(world)
    if rule == "confirmation":
        words = [one for one in words if one not in (YES, "--apply")]
    done = world.type(*words)
    assert done.exit_code == RULES[rule].cells[row], done.output
    RULES[rule].holds(world)


@pytest.mark.parametrize("sent", [pytest.param(False, marks=pytest.mark.slow), True])
@pytest.mark.parametrize("row", ROWS)
def test_what_a_kill_leaves_open_is_found_out_by_the_next_command(
    worlds: Worlds, *, row: str, sent: bool
) -> None:
    """It ends before or after the first batch arrives; a stage is finished by the same command, all else by a run."""
    world, words = worlds.ready(row)
    world.doomed_command(*words, sent=sent)
    assert len(world.pending()) == 1
    world.wait(minutes=5)
    again = world.type(*(words if row in STAGES else ("run", "SPEC", "--module", ROWS[row].module)))
    assert again.exit_code == 0, again.output
    assert world.pending() == []
    assert world.doubles() == []


#: Commands that write to no system of a spec, and why not.
LEDGER = "it writes to the ledger alone"
LOOK = "it looks and writes nothing"
OFFLINE = "it asks no system"
NEVER = {
    **dict.fromkeys(("validate", "plan", "fields", "diff", "schema", "connectors show"), OFFLINE),
    **dict.fromkeys(("status", "history", "errors", "conflicts list", "conflicts show"), OFFLINE),
    **dict.fromkeys(("links list", "links export", "catalog show"), OFFLINE),
    **dict.fromkeys(("preview", "search", "explain", "associations list", "associations offer"), LOOK),
    **dict.fromkeys(("pause", "resume", "conflicts resolve"), LEDGER),
    **dict.fromkeys(("links add", "links import", "links remove"), LEDGER),
    **dict.fromkeys(("init", "catalog pull", "connectors new"), "it writes a file of the person's own"),
    "sandbox": "it serves made-up systems, and writes to none",
}
#: The options of `run`: another one may be another mode, and then needs a row.
OPTIONS = {"spec", "accept", "ask", "changes", "full", "modules", "sets", "profile", "sandbox"}
#: What commands call with a request: the row that goes through it, or why it never writes.
CALLS = {
    "apply.apply": "run --changes",
    "put_together.put_together": "associations add",
    "put_together.take_apart": "associations remove",
    "by_hand.act": "do",
    "enrol.enrol": "do enrol",
    "enrol.withdraw": "do withdraw",
    "fetch.fetch": "fetch",
    "retry.retry": "retry",
    "lifecycle.carry": "disable",
    "undo.put_back": "undo updates",
    **dict.fromkeys(
        ("associated.offers", "associated.show", "by_hand.foresee", "explain.explain", "fetch.foresee"), LOOK
    ),
    **dict.fromkeys(
        ("enrol.counterpart", "enrol.foresee_enrolment", "enrol.offered", "lifecycle.foresee"), LOOK
    ),
    **dict.fromkeys(("preview.preview", "preview.save", "search.search", "undo.look_back"), LOOK),
    **dict.fromkeys(("discover.against_live", "discover.compile_live"), LOOK),
}


def commands(group: click.Group, before: str = "") -> Iterator[tuple[str, click.Command]]:
    """Every command by the words that name it."""
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        if isinstance(command, click.Group):
            yield from commands(command, f"{before}{name} ")
        elif command is not None:
            yield f"{before}{name}", command


def calls() -> Iterator[str]:
    """Every public function of `engine.run.operations` that takes a request."""
    for found in iter_modules(operations.__path__):
        module = import_module(f"{operations.__name__}.{found.name}")
        for name, one in inspect.getmembers(module, inspect.isfunction):
            takes = inspect.get_annotations(one).values()
            if one.__module__ == module.__name__ and not name.startswith("_") and "RunRequest" in takes:
                yield f"{found.name}.{name}"


def test_every_command_has_a_row_or_never_writes() -> None:
    known = dict(commands(engine))
    rows = {name for name in known for row in ROWS.values() if " ".join(row.words).startswith(name + " ")}
    assert rows.isdisjoint(NEVER)
    assert set(known) == rows | set(NEVER)
    assert {str(one.name) for one in known["run"].params} <= OPTIONS | {"folder", "ledger", "form", "debug"}


def test_every_operation_has_a_row_or_never_writes() -> None:
    assert set(calls()) == set(CALLS)
    assert all(told in ROWS or told is LOOK for told in CALLS.values())


def test_every_rule_is_answered_for_every_row() -> None:
    for rule in RULES.values():
        assert set(rule.cells) == set(ROWS)
        assert any(isinstance(cell, int) for cell in rule.cells.values())


def test_what_a_person_takes_out_stays_once_somebody_has_edited_it(worlds: Worlds) -> None:
    """The order deletes what the person was shown; what it could not delete is looked at again by a run."""
    world, words = worlds.ready("do withdraw")
    world.meddle()
    said = world.type(*words)
    assert (said.exit_code, "is not deleted yet" in said.stderr) == (1, True)
    world.watch.before_write = lambda _stream, _batch: None
    world.must("run", "SPEC")
    assert [row["title"] for row in world.shop.rows("tasks")] == ["by a person"]
    world.must("run", "SPEC", "--full")
    assert (len(world.shop.rows("tasks")), len(world.desk.rows("jobs"))) == (1, 3)


def test_what_is_half_taken_out_is_taken_out_by_the_next_run(worlds: Worlds) -> None:
    """The mark is off when the process ends: the record takes part no longer, and nothing is left of it."""
    world, words = worlds.ready("do withdraw")
    world.doomed_command(*words, sent=True)
    world.must("run", "SPEC")
    assert (world.shop.rows("tasks"), world.enrolled()) == ([], [])
    assert [row["shared"] for row in world.desk.rows("jobs")] == [False, False, False]


def test_an_order_that_never_arrived_can_be_given_again(worlds: Worlds) -> None:
    world, words = worlds.ready("do")
    world.doomed_command(*words)
    world.wait(minutes=5)
    assert "order it again" in world.must("run", "SPEC").stderr
    world.must(*words)
    assert [row["title"] for row in world.desk.rows("invoices")].count("Deal 1") == 1


@pytest.mark.parametrize("row", PAIRS)
def test_an_interrupted_association_keeps_nobody_from_undoing_a_run(worlds: Worlds, row: str) -> None:
    world, words = worlds.ready(row)
    world.doomed_command(*words)
    world.must("run", "SPEC")
    world.must("undo", world.last_run(), "SPEC", "--apply")
    world.must(*words)
