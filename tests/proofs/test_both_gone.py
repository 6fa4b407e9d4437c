"""Both ways, records that go: deleted, out of view, emptied at a stroke; and what a run asks before it does much."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from both_world import Both, client, ends
from run_world import Watched, person

from engine.connectors.port import Page
from engine.errors import StoppedError, TemporaryError
from engine.run.session.sync_pass import Accepted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from engine.connectors.port import ReadRequest

NOTHING = Accepted()
SIDES = ("shop", "desk")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Both]:
    """Ann and Bob on both sides since an hour."""
    with Both(tmp_path) as world:
        world.linked("Ann", "Bob")
        yield world


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("side", SIDES)
def test_a_deletion_neither_spreads_nor_is_undone(world: Both, side: str, whole: bool) -> None:  # noqa: FBT001 - a case
    gone, there = ends(world, side)
    row = gone.take("1")
    there.edit("1", "Goa")
    for _ in range(3):
        world.run(whole=whole)
        there.edit("1", f"{there.value('1')}!")
    assert (gone.ids, there.ids) == (["2"], ["1", "2"])
    gone.put(row)
    world.run(whole=True)
    assert gone.value("1") == there.value("1") == "Goa!!!", "restored, it goes on with its old base"
    assert world.lost() == []
    world.settled()


@pytest.mark.parametrize("side", SIDES)
def test_a_restored_record_that_was_edited_before_it_was_deleted_brings_its_edit(
    world: Both, side: str
) -> None:
    gone, there = ends(world, side)
    gone.edit("1", "Typed")
    row = gone.take("1")
    there.edit("2", "Goa")
    world.run(whole=True)
    gone.put(row)
    world.run()
    assert (gone.value("1"), there.value("1")) == ("Typed", "Typed")
    world.settled()


def test_deleted_on_both_sides_is_gone_for_good(world: Both) -> None:
    world.shop.delete("people", "1")
    world.desk.delete("clients", "1")
    for _ in range(3):
        world.run(whole=True)
    assert world.people("name") == world.clients("label") == [("Bob",)]
    assert world.watch.operations == []


@pytest.mark.parametrize("side", SIDES)
def test_a_record_that_leaves_the_view_is_let_alone_and_goes_on_with_its_base(
    tmp_path: Path, side: str
) -> None:
    with Both(
        tmp_path, f"view: {{ {side}: \"mail <> 'out'\" }}", lines=("name <-> label", "city <-> town")
    ) as world:
        world.linked("Ann", "Bob")
        left, there = ends(world, side)
        left.store.edit(left.stream, "1", mail="out")
        world.run()
        left.edit("1", "Hidden")
        there.edit("2", "Agra")
        world.run()
        assert (there.value("1"), left.value("2")) == ("Pune", "Agra")
        assert (len(left.ids), len(there.ids)) == (2, 2)
        world.settled()
        left.store.edit(left.stream, "1", mail="in")
        world.run()
        assert there.value("1") == "Hidden"
        assert world.lost() == []
        world.settled()


@pytest.mark.parametrize("side", SIDES)
def test_what_was_typed_on_the_other_side_meanwhile_comes_over_when_the_record_is_back_in_view(
    tmp_path: Path, side: str
) -> None:
    with Both(
        tmp_path, f"view: {{ {side}: \"mail <> 'out'\" }}", lines=("name <-> label", "city <-> town")
    ) as world:
        world.linked("Ann")
        left, there = ends(world, side)
        left.store.edit(left.stream, "1", mail="out")
        world.run()
        there.edit("1", "Typed")
        world.run()
        assert left.value("1") == "Pune"
        world.wait(hours=1)
        world.settled()
        left.store.edit(left.stream, "1", mail="in")
        world.run()
        assert (left.value("1"), there.value("1")) == ("Typed", "Typed")
        world.settled()


@pytest.fixture(scope="module")
def five(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Both, Callable[[], None]]]:
    """Five people on both sides, and deletions that are followed; and how to begin anew."""
    with Both(tmp_path_factory.mktemp("following"), "deletes: propagate") as world:
        world.linked("Ann", "Bob", "Cy", "Dee", "Eve")
        world.run()  # the desk was empty when it was read first: only now it has a cursor
        yield world, world.remember()


@pytest.fixture
def following(five: tuple[Both, Callable[[], None]]) -> Both:
    world, begin_anew = five
    begin_anew()
    return world


@pytest.mark.parametrize("side", SIDES)
def test_a_deletion_is_followed_after_two_complete_reads_without_it(following: Both, side: str) -> None:
    gone, there = ends(following, side)
    gone.take("1")
    following.run()
    assert len(there.ids) == 5, "a window tells nothing about who is missing"
    following.run(whole=True)
    assert len(there.ids) == 5, "missing once is a suspicion"
    counts = following.run(whole=True).modules["people"]
    assert there.ids == ["2", "3", "4", "5"]
    assert sum(counts.deleted.values()) == 1
    assert len(following.links()) == 4
    following.run(whole=True)
    assert following.watch.operations == []


@pytest.mark.parametrize("side", SIDES)
def test_an_edit_wins_over_a_deletion_and_nothing_comes_back_from_the_dead(
    following: Both, side: str
) -> None:
    gone, there = ends(following, side)
    gone.take("1")
    following.run(whole=True)
    there.edit("1", "Typed")
    for _ in range(3):
        following.run(whole=True)
    assert there.value("1") == "Typed"
    assert gone.ids == ["2", "3", "4", "5"]


@pytest.mark.parametrize("side", SIDES)
def test_a_feed_of_deletions_is_believed_once_the_system_does_not_have_the_record(
    tmp_path: Path, side: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No complete read is needed; a deletion that was taken back, and a counterpart that was edited, stay."""
    world = Both(tmp_path, "deletes: propagate")
    world.sizes["deleted_feed"] = True
    with world:
        world.linked("Ann", "Bob", "Cy", "Dee")
        world.run()
        gone, there = ends(world, side)
        for number in "124":
            row = gone.take(number)
        gone.put(row)  # Dee's deletion is taken back
        there.edit("2", "Typed")
        real = Watched.read

        def read(self: Watched, request: ReadRequest) -> Iterator[Page]:
            if not request.deleted:
                yield from real(self, request)
                return
            told = [{"id": number} for number in "124"] if request.stream == gone.stream else []
            yield Page(records=told, complete=True)

        monkeypatch.setattr(Watched, "read", read)
        world.run()
        assert (there.ids, sorted(gone.ids)) == (["2", "3", "4"], ["3", "4"])
        assert there.value("2") == "Typed"
        world.settled()


def test_a_feed_of_deletions_that_breaks_off_ends_the_run_and_no_deletion_is_passed_by(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = Both(tmp_path, "deletes: propagate")
    world.sizes["deleted_feed"] = True
    with world:
        world.linked("Ann", "Bob")
        world.run()
        gone, there = ends(world, "shop")
        gone.take("2")
        real, whole = Watched.read, [False]

        def read(self: Watched, request: ReadRequest) -> Iterator[Page]:
            if not request.deleted:
                yield from real(self, request)
            elif request.stream == gone.stream and whole[0]:
                yield Page(records=[{"id": "2"}], complete=True)
            else:
                yield Page(records=[], complete=request.stream != gone.stream)

        monkeypatch.setattr(Watched, "read", read)
        with pytest.raises(TemporaryError):
            world.run()
        assert there.ids == ["1", "2"]
        whole[0] = True
        world.run()
        assert there.ids == ["1"]
        world.settled()


@pytest.mark.parametrize("side", SIDES)
def test_a_value_that_waits_for_a_decision_is_not_deleted_with_its_counterpart(
    tmp_path: Path, side: str
) -> None:
    with Both(tmp_path, "deletes: propagate", conflicts="hold") as world:
        world.linked("Ann", "Bob")
        gone, there = ends(world, side)
        gone.edit("1", "Goa")
        there.edit("1", "Typed")
        world.run()
        gone.take("1")
        for _ in range(3):
            world.run(whole=True)
        assert (there.value("1"), gone.ids) == ("Typed", ["2"])
        assert world.watch.operations == []


def test_a_record_that_is_only_not_listed_is_not_deleted_anywhere(following: Both) -> None:
    """Asked for by its id the system still has it: the listing was wrong."""
    hidden = following.watch
    real = type(following.shop).rows

    def rows(self: Any, stream: str) -> list[dict[str, Any]]:
        listed = real(self, stream)
        return listed if stream != "people" or hidden.requests[-1].ids else listed[1:]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(following.shop), "rows", rows)
        for _ in range(3):
            following.run(whole=True)
            following.watch.requests = []
    assert len(following.clients("label")) == 5


def test_an_emptied_side_stops_the_run_before_anything_is_written(following: Both) -> None:
    for number in "12345":
        following.shop.delete("people", number)
    following.desk.edit("clients", "1", town="Goa")
    with pytest.raises(StoppedError, match=r"shop\.people is empty, but 5 of its records are linked"):
        following.run(accepted=NOTHING, whole=True)
    assert following.watch.operations == []


def crowd(tmp_path: Path, *rules: str) -> Both:
    """A world of twenty people who are linked since an hour."""
    world = Both(tmp_path, *rules)
    world.__enter__()
    world.linked(*(f"P{number:02}" for number in range(20)))
    return world


@pytest.mark.parametrize(
    ("kind", "side"),
    [
        ("updates", "shop"),
        ("updates", "desk"),
        ("deletes", "desk"),
        ("creates", "desk"),
        ("conflicts", "shop"),
    ],
)
def test_more_than_a_limit_allows_stops_before_anything_is_written_and_exactly_its_code_lets_it_through(
    tmp_path: Path, kind: str, side: str
) -> None:
    limits = "limits: { creates: 3 or 5%, updates: 3, deletes: 3, conflicts: 3 }"
    world = crowd(tmp_path, limits, "deletes: propagate")
    try:
        mine, its = ends(world, side)
        for number in map(str, range(1, 5)):
            if kind in ("updates", "conflicts"):
                mine.edit(number, "Goa")
            if kind == "conflicts":
                its.edit(number, "Agra")
            if kind == "deletes":
                mine.take(number)
            if kind == "creates":
                mine.store.put(mine.stream, person(f"N{number}") if side == "shop" else client(f"N{number}"))
        if kind == "deletes":
            world.run(accepted=NOTHING, whole=True)
        before = its.store.rows(its.stream)
        with pytest.raises(StoppedError) as stopped:
            world.run(accepted=NOTHING, whole=kind == "deletes")
        assert its.store.rows(its.stream) == before
        assert world.watch.operations == []
        codes = frozenset(one.strip(" .`") for one in str(stopped.value.remedy).split("--accept ")[1:])
        assert world.run(accepted=Accepted(codes=codes), whole=kind == "deletes").wrote == 4
    finally:
        world.__exit__(None, None, None)


def test_as_many_as_a_limit_allows_are_done(tmp_path: Path) -> None:
    world = crowd(tmp_path, "limits: { updates: 3 }")
    try:
        for number in "123":
            world.shop.edit("people", number, city="Goa")
        assert world.run(accepted=NOTHING).wrote == 3
    finally:
        world.__exit__(None, None, None)
