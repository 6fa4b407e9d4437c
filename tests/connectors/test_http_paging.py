"""Numbered pages show every record, also of a list that people shorten and lengthen while it is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.connectors.http.description.calls import Paging
from engine.connectors.http.read.paging import PageCursor, pages_of
from engine.errors import TemporaryError

if TYPE_CHECKING:
    from collections.abc import Callable

Row = dict[str, Any]
AT_MOST = 50


def paging(*, told: bool = True) -> Paging:
    """Pages of which each begins with a record of the one before; `told` = the last says that it is the last."""
    return Paging(style="page", at_most=AT_MOST, overlap="id", more="more" if told else "")


def walked(how: Paging, live: list[Row], meanwhile: Callable[[int], None]) -> tuple[list[Row], int]:
    """The rows that a walk gives and its requests; `meanwhile` happens after each of them."""
    walk, got, requests = PageCursor(how, "shop"), [], 0
    place: dict[str, str] | None = walk.first()
    while place is not None:
        size, page = int(place["per_page"]), int(place["page"])
        rows = [dict(row) for row in live[(page - 1) * size : page * size]]
        more = len(live) > page * size
        requests += 1
        meanwhile(requests)
        got += walk.taken(rows)
        place = walk.after({"more": more}, rows)
    return got, requests


def a_list(count: int) -> list[Row]:
    return [{"id": str(number)} for number in range(count)]


@settings(deadline=None)
@given(
    count=st.integers(0, 400),
    told=st.booleans(),
    refusal_of=st.dictionaries(
        st.integers(1, 12), st.tuples(st.integers(0, 399), st.integers(1, 70)), max_size=6
    ),
)
def test_what_is_there_all_the_time_is_read_whatever_is_deleted_and_made_meanwhile(
    *, count: int, told: bool, refusal_of: dict[int, tuple[int, int]]
) -> None:
    live = a_list(count)

    def meanwhile(requests: int) -> None:
        first, how_many = refusal_of.get(requests, (0, 0))
        del live[first : first + how_many]
        live.extend({"id": f"new {requests} {number}"} for number in range(how_many // 3))

    got, _ = walked(paging(told=told), live, meanwhile)
    stayed = {row["id"] for row in live if row["id"].isdecimal()}
    assert stayed <= {row["id"] for row in got}


@pytest.mark.parametrize("told", [True, False])
def test_a_list_that_nobody_touches_gives_every_record_once_for_the_requests_that_were_forecast(
    *, told: bool
) -> None:
    for count in (0, 1, 49, 50, 51, 98, 99, 100, 149, 150, 1_000, 4_321):
        got, requests = walked(paging(told=told), a_list(count), lambda _: None)
        assert [row["id"] for row in got] == [str(number) for number in range(count)]
        assert requests == pages_of(count, paging(told=told))
    assert pages_of(10_000, Paging(style="page", overlap="id", more="more")) <= 55, "50 without the overlap"


def test_a_record_that_changed_between_two_pages_comes_as_it_is_now() -> None:
    live = a_list(120)
    got, _ = walked(paging(), live, lambda _: live[49].update(name="new"))
    assert {"id": "49", "name": "new"} in got


def test_a_list_whose_pages_never_fit_together_is_not_taken_for_read() -> None:
    live = a_list(300)

    def meanwhile(requests: int) -> None:
        live[:] = [{"id": f"{requests} {number}"} for number in range(300)]

    with pytest.raises(TemporaryError, match="other records on its pages each time"):
        walked(paging(), live, meanwhile)


@pytest.mark.parametrize("own", [10, AT_MOST])
def test_a_system_with_a_page_size_of_its_own_is_read_by_its_numbers(own: int) -> None:
    live, walk, got = a_list(3 * own - 5), PageCursor(paging(), "shop"), []
    place: dict[str, str] | None = walk.first()
    while place is not None:
        page = int(place["page"])
        rows = live[(page - 1) * own : page * own]
        got += walk.taken(rows)
        place = walk.after({"more": len(live) > page * own}, rows)
    assert {row["id"] for row in got} == {row["id"] for row in live}
