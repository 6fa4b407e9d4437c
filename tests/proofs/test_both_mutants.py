"""The tests can see: each protective rule that is switched off breaks a promise that holds while it is on."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import both_mutants as mutants
import pytest
from both_world import Both, client, keeps, lagging
from run_world import Killed, Watched, person
from test_both_crash import faulty

from engine.connectors.memory import MemoryConnector
from engine.errors import LockedError, StoppedError, TemporaryError
from engine.run.session.sync_pass import Accepted

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from engine.connectors.port import Batch, ReadRequest

NO_KEYS = "title: Nobody is recognised"


def late_commit(folder: Path) -> None:
    """A change becomes visible a minute after its time, when a later one has been seen already."""
    with Both(folder) as world:
        world.linked("Ann", "Bob")
        world.run()
        before = (world.now + timedelta(seconds=-60)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        world.desk.edit("clients", "2", town="Goa")
        world.run()
        world.desk.edit("clients", "1", town="Agra")
        world.desk.streams["clients"]["1"]["modified"] = before
        world.run()
        assert world.both("city") == ("Agra", "Agra")


def tie(folder: Path) -> None:
    """Two changes of one moment, of which the first read saw one."""
    with Both(folder) as world:
        world.linked("Ann", "Bob")
        world.run()
        world.desk.edit("clients", "2", town="Goa")
        moment = world.desk.streams["clients"]["2"]["modified"]
        world.run()
        world.desk.edit("clients", "1", town="Agra")
        world.desk.streams["clients"]["1"]["modified"] = moment
        world.run()
        assert world.both("city") == ("Agra", "Agra")


def slow_clock(folder: Path) -> None:
    """The clock of a system is ten minutes behind ours."""
    with Both(folder) as world:
        world.desk.clock = lambda: world.now - timedelta(minutes=10)
        world.linked("Ann")
        world.run()
        world.run()
        world.desk.edit("clients", "1", town="Agra")
        world.run()
        assert world.both("city") == ("Agra", "Agra")


def one_edit(folder: Path) -> None:
    """The side that does not win conflicts changes a field alone."""
    with Both(folder) as world:
        world.linked("Ann")
        world.desk.edit("clients", "1", town="Agra")
        world.run()
        assert world.both("city") == ("Agra", "Agra")


def two_fields(folder: Path) -> None:
    """Each side changes another field."""
    with Both(folder) as world:
        world.linked("Ann")
        world.shop.edit("people", "1", city="Goa")
        world.desk.edit("clients", "1", mail="typed@example.org")
        world.run()
        assert world.pair("city", "mail")[0] == {"city": "Goa", "mail": "typed@example.org"}
        assert world.pair("city", "mail")[1] == {"city": "Goa", "mail": "typed@example.org"}


def typed_before_our_write(folder: Path) -> None:
    """Somebody types into the very field that we are about to write, after we have looked."""
    with Both(folder) as world:
        world.linked("Ann")
        world.shop.edit("people", "1", city="Goa")
        once = iter([None])

        def somebody(_stream: str, _batch: Batch) -> None:
            for _ in once:
                world.desk.edit("clients", "1", town="Typed")

        world.watch.before_write = somebody
        world.run()
        world.wait(minutes=5)
        world.run()
        kept = {value for _, _, value in world.lost()}
        assert "Typed" in {*world.both("city"), *kept}


def typed_after_the_listing(folder: Path) -> None:
    """Somebody types on the side that is written back to, in a system that asks for no version."""
    real = MemoryConnector._apply

    def trusting(self: MemoryConnector, stream: Any, operation: Any) -> Any:
        from dataclasses import replace

        return real(self, stream, replace(operation, version=None))

    with Both(folder) as world, pytest.MonkeyPatch.context() as patch:
        patch.setattr(MemoryConnector, "_apply", trusting)
        world.linked("Ann")
        world.shop.edit("people", "1", mail="new@example.org")
        world.desk.edit("clients", "1", town="Agra")
        once = iter([None])

        def somebody(request: ReadRequest) -> None:
            for _ in once if request.stream == "clients" and request.ids is None else ():
                world.shop.edit("people", "1", city="Typed")

        world.watch.before_read = somebody
        world.run()
        world.run()
        kept = {value for _, _, value in world.lost()}
        assert "Typed" in {*world.both("city"), *kept}


def killed_after_making(folder: Path, match: str = NO_KEYS) -> None:
    """The process ends after a record was made, before anybody wrote down that it was."""
    with Both(folder, match=match) as world:
        world.shop.put("people", person("Ann"))
        restore = world.remember()
        for step in range(1, world.doomed() + 1):
            restore()
            world.doomed(step)
            if world.desk.rows("clients"):
                break
        world.wait(minutes=10)
        world.run()
        assert (len(world.people("name")), len(world.clients("label"))) == (1, 1)


def no_answer(folder: Path) -> None:
    """A record was made, and the answer never came."""
    with Both(folder, match=NO_KEYS) as world, pytest.MonkeyPatch.context() as patch:
        patch.setattr(Watched, "write", faulty(0, "unknown after"))
        world.shop.put("people", person("Ann"))
        for _ in range(3):
            world.run()
            world.wait(minutes=10)
        assert (len(world.people("name")), len(world.clients("label"))) == (1, 1)


def lag(folder: Path) -> None:
    """A listing shows a record as it was before we wrote it."""
    with Both(folder) as world:
        world.linked("Ann")
        world.run()
        old = {row["id"]: row for row in world.desk.rows("clients")}
        world.shop.edit("people", "1", city="Goa")
        world.run()
        world.watch.shown = lagging("clients", old)
        world.run()
        assert world.both("city") == ("Goa", "Goa")


def other_case(folder: Path) -> None:
    """A system writes in capitals what it is sent."""
    with Both(folder) as world, pytest.MonkeyPatch.context() as patch:
        keeps(patch, world.desk, town=str.upper)
        world.shop.put("people", person("Ann"))
        world.run()
        world.settled()
        assert world.both("city") == ("Pune", "PUNE")


def try_later(folder: Path) -> None:
    """A system cannot take a change now; the next one, of ten minutes later, it takes."""
    with Both(folder, batch=1) as world, pytest.MonkeyPatch.context() as patch:
        world.linked("Ann", "Bob")
        world.run()
        patch.setattr(Watched, "write", faulty(0, "retry"))
        world.shop.edit("people", "1", city="Goa")
        world.wait(minutes=10)
        world.shop.edit("people", "2", city="Agra")
        for _ in range(2):
            world.run()
            world.wait(hours=1)
        assert (world.both("city", 1), world.both("city", 2)) == (("Goa", "Goa"), ("Agra", "Agra"))


def broken_line(folder: Path) -> None:
    """The connection breaks before two changes are written, of which one is ten minutes older."""
    with Both(folder) as world, pytest.MonkeyPatch.context() as patch:
        world.linked("Ann", "Bob")
        world.run()
        world.shop.edit("people", "1", city="Goa")
        world.wait(minutes=10)
        world.shop.edit("people", "2", city="Agra")
        patch.setattr(Watched, "write", faulty(0, "broken before"))
        with suppress(TemporaryError):
            world.run()
        world.run()
        assert (world.both("city", 1), world.both("city", 2)) == (("Goa", "Goa"), ("Agra", "Agra"))


def half_listed(folder: Path) -> None:
    """A listing leaves a record out, twice, although the system has it."""
    with Both(folder, "deletes: propagate") as world, pytest.MonkeyPatch.context() as patch:
        world.linked("Ann", "Bob")
        real = Watched.read

        def read(self: Watched, request: ReadRequest) -> Any:
            from dataclasses import replace

            for page in real(self, request):
                hidden = request.stream == "people" and request.ids is None
                shown = [one for one in page.records or () if not (hidden and one["id"] == "1")]
                yield replace(page, records=shown)

        patch.setattr(Watched, "read", read)
        for _ in range(3):
            world.run(whole=True)
        assert world.clients("label") == [("Ann",), ("Bob",)]


def edited_and_deleted(folder: Path) -> None:
    """One side deletes what the other one edits."""
    with Both(folder, "deletes: propagate") as world:
        world.linked("Ann", "Bob")
        world.shop.delete("people", "1")
        world.run(whole=True)
        world.desk.edit("clients", "1", town="Typed")
        world.run(whole=True)
        assert world.clients("label", "town") == [("Ann", "Typed"), ("Bob", "Pune")]


def deleted(folder: Path) -> None:
    """One side deletes a record, and the other one goes on with it."""
    with Both(folder) as world:
        world.linked("Ann", "Bob")
        world.shop.delete("people", "1")
        for town in ("Goa", "Agra", "Delhi"):
            world.desk.edit("clients", "1", town=town)
            world.run()
        assert world.people("name") == [("Bob",)]


def both_typed(folder: Path) -> None:
    """Both sides change a field; the shop wins."""
    with Both(folder) as world:
        world.linked("Ann")
        world.shop.edit("people", "1", city="Goa")
        world.desk.edit("clients", "1", town="Agra")
        world.run()
        assert (world.both("city"), [value for _, _, value in world.lost()]) == (("Goa", "Goa"), ["Agra"])


def stopped_between(folder: Path) -> None:
    """The run ends after a pair was written on one side, before it was written on the other."""
    with Both(folder) as world, pytest.MonkeyPatch.context() as patch:
        world.linked("Ann")
        world.shop.edit("people", "1", city="Goa")
        world.desk.edit("clients", "1", mail="typed@example.org")
        patch.setattr(Watched, "write", faulty(1, "broken before"))
        with suppress(TemporaryError):
            world.run()
        world.run()
        assert world.pair("city", "mail")[0] == {"city": "Goa", "mail": "typed@example.org"}


def decided_too_late(folder: Path) -> None:
    """A person decides about two values, of which one is another by the time of the run."""
    with Both(folder, conflicts="hold") as world:
        world.linked("Ann")
        world.shop.edit("people", "1", city="Goa")
        world.desk.edit("clients", "1", town="Agra")
        world.run()
        world.decide("left")
        world.desk.edit("clients", "1", town="Delhi")
        world.run()
        assert world.both("city") == ("Goa", "Delhi")


def sleeper(folder: Path) -> None:
    """A run freezes until its lease is over; another one does its work; the sleeper wakes up."""
    with Both(folder, match=NO_KEYS) as world:
        world.shop.put("people", person("Ann"))
        asleep = iter([None])

        def freeze(request: ReadRequest) -> None:
            for _ in asleep if request.stream == "clients" else ():
                world.wait(minutes=10)
                world.run()

        world.watch.before_read = freeze
        with suppress(LockedError, Killed, Exception):
            world.run()
        assert (len(world.people("name")), len(world.clients("label"))) == (1, 1)


def strangers(folder: Path) -> None:
    """Two companies that have never been linked have a person of the same name."""
    with Both(folder) as world:
        world.shop.put("people", person("Ann"))
        world.desk.put("clients", client("Ann", town="Agra"))
        with suppress(StoppedError):
            world.run(accepted=Accepted())
        assert world.both("city") == ("Pune", "Agra")


def not_shown(folder: Path) -> None:
    """For a while a system does not show a field, because of its rights, and another field changes."""
    with Both(folder) as world:
        world.linked("Ann")
        world.watch.shown = lambda request, record: (
            {name: value for name, value in record.items() if name != "mail"}
            if request.stream == "people"
            else record
        )
        world.shop.edit("people", "1", city="Goa")
        world.run()
        assert world.both("mail") == ("Ann@example.org", "Ann@example.org")
        assert world.both("city") == ("Goa", "Goa")


def twice_delivered(folder: Path) -> None:
    """The pages of a listing overlap."""
    with Both(folder, match=NO_KEYS, page=2) as world:
        world.watch.twice = True
        for name in ("Ann", "Bob", "Cy"):
            world.shop.put("people", person(name))
        world.run()
        assert world.clients("label") == [("Ann",), ("Bob",), ("Cy",)]


def met(folder: Path) -> None:
    """The same person stands on both sides."""
    with Both(folder) as world:
        world.shop.put("people", person("Ann"))
        world.desk.put("clients", client("Ann"))
        world.run()
        assert (len(world.people("name")), len(world.clients("label"))) == (1, 1)


SCENARIOS: dict[Callable[[pytest.MonkeyPatch], None], Callable[[Path], None]] = {
    mutants.no_overlap: late_commit,
    mutants.a_strict_cursor: tie,
    mutants.our_own_clock: slow_clock,
    mutants.no_base: one_edit,
    mutants.whole_records: two_fields,
    mutants.no_precondition: typed_before_our_write,
    mutants.no_second_look: typed_after_the_listing,
    mutants.making_again_blindly: killed_after_making,
    mutants.no_journal: killed_after_making,
    mutants.no_answer_means_no: no_answer,
    mutants.no_stale_guard: lag,
    mutants.raw_comparison: other_case,
    mutants.nothing_parked: try_later,
    mutants.a_cursor_ahead_of_the_work: broken_line,
    mutants.absence_is_deletion: half_listed,
    mutants.deletion_beats_edit: edited_and_deleted,
    mutants.made_again_after_its_deletion: deleted,
    mutants.losers_are_forgotten: both_typed,
    mutants.half_a_pair_is_a_pair: stopped_between,
    mutants.decisions_about_other_values: decided_too_late,
    mutants.no_fence: sleeper,
    mutants.first_contact_unasked: strangers,
    mutants.unknown_is_empty: not_shown,
    mutants.repeats_count_twice: twice_delivered,
    mutants.no_meeting: met,
}


@pytest.mark.parametrize(
    ("mutant", "scenario"),
    [pytest.param(*pair, id=f"{pair[0].__name__}-{pair[1].__name__}") for pair in SCENARIOS.items()],
)
def test_a_rule_that_is_switched_off_is_noticed(
    tmp_path: Path, mutant: Callable[[pytest.MonkeyPatch], None], scenario: Callable[[Path], None]
) -> None:
    """With the rule the promise holds; without it, it breaks: not by a crash, but by what stands in the systems."""
    (tmp_path / "with").mkdir()
    (tmp_path / "without").mkdir()
    scenario(tmp_path / "with")
    with pytest.MonkeyPatch.context() as patch:
        mutant(patch)
        with pytest.raises(AssertionError):
            scenario(tmp_path / "without")


def test_every_mutant_has_its_scenario() -> None:
    """Whoever writes down a rule that can be switched off says what then breaks."""
    written = {
        one for name, one in vars(mutants).items() if getattr(one, "__module__", "") == mutants.__name__
    }
    assert written == set(SCENARIOS)
