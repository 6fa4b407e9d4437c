"""Reading over HTTP: pages, what changed since, views, single records, details; and answers that lie."""

from __future__ import annotations

import gzip
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from http_scripted import Bench, HttpAnswer, Request, bench, ids, read

from engine.connectors.port import ReadRequest
from engine.connectors.zoho import CRM
from engine.errors import TemporaryError, UserError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Bench]:
    with bench(tmp_path) as made:
        yield made


def accounts(first: int, last: int, **more: Any) -> dict[str, Any]:
    rows = [
        {"id": str(n), "Account_Name": f"A{n}", "Modified_Time": "2026-11-02T10:00:00+01:00"}
        for n in range(first, last)
    ]
    return {"data": rows, "info": {"more_records": bool(more), **more}}


def test_a_list_goes_on_by_page_tokens_and_its_last_page_is_complete(at: Bench) -> None:
    pages = {
        None: accounts(0, 3, next_page_token="t1"),
        "t1": accounts(3, 5, next_page_token="t2"),
        "t2": accounts(5, 6),
    }
    at.script.answer = lambda request: HttpAnswer(body=pages[request.query.get("page_token")])
    with at.crm() as crm:
        got = read(crm, "Accounts", "Account_Name", "Owner.id")
        assert crm.calls - crm.token_calls == len(at.script.requests) == 3
    assert ids(got) == ["0", "1", "2", "3", "4", "5"]
    assert [page.complete for page in got] == [False, False, True]
    first, second = at.script.requests[:2]
    assert first.query == {
        "fields": "id,Modified_Time,Account_Name,Owner",
        "sort_by": "Modified_Time",
        "sort_order": "asc",
        "per_page": "200",
        "page": "1",
    }
    assert "page" not in second.query
    assert first.headers["authorization"].startswith("Zoho-oauthtoken 1000.")


def test_a_list_longer_than_tokens_reach_starts_again_at_its_last_time(
    at: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    from engine.connectors.zoho import CRM

    calls = CRM.description.streams["Accounts"]
    assert calls.list is not None
    short = replace(calls, list=replace(calls.list, paging=replace(calls.list.paging, at_most=2, ceiling=4)))
    monkeypatch.setitem(CRM.description.streams, "Accounts", short)
    times = [f"2026-11-02T10:00:0{n}+01:00" for n in range(7)]

    def answer(request: Request) -> HttpAnswer:
        since = request.headers.get("if-modified-since", "")
        start = 0 if not since else next(n for n, time in enumerate(times) if time > since)
        start += int(request.query.get("page_token", 0))
        rows = [{"id": str(n), "Modified_Time": times[n]} for n in range(start, min(start + 2, 7))]
        more = start + 2 < 7
        token = int(request.query.get("page_token", 0)) + 2
        return HttpAnswer(
            body={
                "data": rows,
                "info": {"more_records": more, "next_page_token": str(token) if more else None},
            }
        )

    at.script.answer = answer
    with at.crm() as crm:
        got = read(crm, "Accounts")
    assert set(ids(got)) == {str(n) for n in range(7)}
    assert [page.complete for page in got][-1] is True


@pytest.mark.parametrize("status", [304, 204])
def test_nothing_new_is_an_empty_complete_read(at: Bench, status: int) -> None:
    at.script.play(HttpAnswer(status))
    with at.crm() as crm:
        got = read(crm, "Accounts", since="2026-11-02T10:00:00+01:00")
    assert [(len(page), page.complete) for page in got] == [(0, True)]
    # The header leaves the given second out; the port promises it: one second is taken off.
    assert at.script.requests[0].headers["if-modified-since"] == "2026-11-02T09:59:59+01:00"


def test_a_newest_first_list_stops_at_the_first_older_record_and_keeps_the_given_second(at: Bench) -> None:
    def row(n: int, time: str) -> dict[str, str]:
        return {"contact_id": str(n), "last_modified_time": time}

    at.script.play(
        HttpAnswer(
            body={
                "code": 0,
                "page_context": {"has_more_page": True},
                "contacts": [
                    row(1, "2026-11-20T12:00:00+0100"),
                    row(2, "2026-11-20T10:00:00+0100"),
                    row(3, "2026-11-20T09:59:59+0100"),
                ],
            }
        )
    )
    with at.books() as books:
        got = read(books, "contacts", since="2026-11-20T10:00:00+0100")
    assert ids(got, "contact_id") == ["1", "2"]
    assert got[-1].complete
    assert at.script.requests[0].query == {
        "organization_id": "20000000001",
        "filter_by": "Status.All",
        "sort_column": "last_modified_time",
        "sort_order": "D",
        "page": "1",
        "per_page": "200",
    }
    assert len(at.script.requests) == 1


def test_details_are_fetched_only_for_fields_that_lists_leave_out_and_the_forecast_counts_them(
    at: Bench,
) -> None:
    def answer(request: Request) -> HttpAnswer:
        if request.path.endswith("/contacts"):
            return HttpAnswer(
                body={"code": 0, "contacts": [{"contact_id": "1"}, {"contact_id": "2"}], "page_context": {}}
            )
        if request.path.endswith("/2"):
            return HttpAnswer(404, {"code": 1002, "message": "gone"})
        return HttpAnswer(
            body={
                "code": 0,
                "contact": {"contact_id": "1", "custom_fields": [{"api_name": "cf_rating", "value": "a"}]},
            }
        )

    at.script.answer = answer
    with at.books() as books:
        short = ReadRequest(stream="contacts", fields=("contact_name",))
        full = ReadRequest(stream="contacts", fields=("billing_address.city", "cf_rating"))
        assert books.forecast_read(short, 2).calls == 1
        assert len(list(books.read(short))) == len(at.script.requests) == 1
        assert books.forecast_read(full, 2).calls == 3
        rows = [row for page in books.read(full) for row in page.records or ()]
        assert len(at.script.requests) == 1 + 3
    assert [(row["contact_id"], row["cf_rating"]) for row in rows] == [
        ("1", "a")
    ]  # the other is deleted meanwhile


def test_records_are_read_by_id_and_no_text_can_leave_its_place_in_the_address(at: Bench) -> None:
    at.script.play(HttpAnswer(body=accounts(1, 3)))
    with at.crm() as crm:
        assert ids(read(crm, "Accounts", ids=("1", "2", "../Users?x=", "1,2", "1\n"))) == ["1", "2"]
    assert at.script.requests[0].query["ids"] == "1,2"
    with at.books() as books:
        read(books, "contacts", ids=("../users", "a/b", "%2e%2e"))
    assert len(at.script.requests) == 1


def test_a_saved_view_is_found_by_its_name_and_an_unknown_one_is_answered_with_those_that_exist(
    at: Bench,
) -> None:
    views = {
        "custom_views": [{"id": "77", "name": "mine", "display_value": "My accounts", "system_name": None}],
        "info": {},
    }
    at.script.answer = lambda request: HttpAnswer(
        body=views if "custom_views" in request.path else accounts(0, 1)
    )
    with at.crm() as crm:
        read(crm, "Accounts", view="My accounts")
        with pytest.raises(UserError, match="no view `Yours`") as caught:
            read(crm, "Accounts", view="Yours")
    assert at.script.requests[1].query["cvid"] == "77"
    assert "sort_by" not in at.script.requests[1].query
    assert caught.value.remedy == "There are: My accounts, mine."


def test_numbers_arrive_exactly_as_the_page_wrote_them(at: Bench) -> None:
    numbers = b'"Annual_Revenue": 0.1000000000000000055511151231257827, "n": 12345678901234567890'
    at.script.play(HttpAnswer(body=b'{"data": [{"id": "1", ' + numbers + b"}]}"))
    with at.crm() as crm:
        (row,) = read(crm, "Accounts", "Annual_Revenue", "n")[0].records or ()
    assert row["Annual_Revenue"] == Decimal("0.1000000000000000055511151231257827")
    assert row["n"] == 12345678901234567890


DEEP = b'{"data":' + b"[" * 70 + b"]" * 70 + b"}"
LYING = {
    "html": (HttpAnswer(body=b"<!DOCTYPE html><p>Sign in"), "a web page instead of JSON"),
    "torn": (HttpAnswer(body={"data": [{"id": "1"}]}, cut=9), "no answer|incomplete|peer closed"),
    "half-json": (HttpAnswer(body=b'{"data": ['), "torn or ambiguous JSON"),
    "not-a-number": (HttpAnswer(body=b'{"data": [{"id": "1", "x": NaN}]}'), "torn or ambiguous JSON"),
    "a-key-twice": (HttpAnswer(body=b'{"data": [], "data": [{"id": "1"}]}'), "torn or ambiguous JSON"),
    "deep": (HttpAnswer(body=DEEP), "nested deeper than 64"),
    "very-deep": (HttpAnswer(body=b"[" * 100_000), "nested deeper than 64|torn"),
    "bomb": (
        HttpAnswer(body=gzip.compress(b" " * (40 << 20), 9), headers={"content-encoding": "gzip"}),
        "larger than 32 MiB",
    ),
    "nothing": (HttpAnswer(200), "it answered with nothing"),
    "no-list": (HttpAnswer(body={"info": {}}), "no records under `data`"),
    "no-id": (HttpAnswer(body={"data": [{"Account_Name": "A"}]}), "without `id`"),
    "no-records": (HttpAnswer(body={"data": ["x"]}), "no records under `data`"),
    "circle": (
        HttpAnswer(body=accounts(0, 1, next_page_token="same")),
        "says that there is more|same page token twice",
    ),
    "nothing-more": (HttpAnswer(body=accounts(0, 0, next_page_token="t")), "says that there is more"),
}


@pytest.mark.parametrize("name", LYING)
def test_an_answer_that_cannot_be_trusted_ends_the_read_with_one_sentence(at: Bench, name: str) -> None:
    answer, says = LYING[name]
    at.script.play(answer)
    with at.crm() as crm, pytest.raises(TemporaryError, match=says) as caught:
        read(crm, "Accounts")
    assert caught.value.remedy
    assert "\n" not in caught.value.message


def test_the_same_token_twice_is_a_circle_even_when_the_rows_differ(at: Bench) -> None:
    at.script.answer = lambda _: HttpAnswer(
        body=accounts(len(at.script.requests), 99, next_page_token="same")
    )
    with at.crm() as crm, pytest.raises(TemporaryError, match="same page token twice"):
        read(crm, "Accounts")


def test_a_stream_without_requests_and_a_redirect_are_refused_in_a_sentence(
    at: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(CRM.description.streams, "settings")
    at.script.play(HttpAnswer(302, headers={"location": "https://evil.test/?q=1"}))
    with at.crm() as crm:
        with pytest.raises(UserError, match=r"wants to send the request on to evil\.test"):
            read(crm, "Accounts")
        with pytest.raises(UserError, match="`settings` of zoho-crm is known but cannot be reached yet"):
            read(crm, "settings")
    assert len(at.script.requests) == 1


def test_a_singleton_and_the_check_show_whom_we_are_connected_to(at: Bench) -> None:
    org = {"organization_id": "20000000001", "name": "Nordwind", "currency_code": "EUR"}
    at.script.answer = lambda request: HttpAnswer(
        body={"code": 0, "organization": org}
        if request.path.endswith("1")
        else {"code": 0, "organizations": [org]}
    )
    with at.books() as books:
        assert books.check() == "Nordwind (20000000001)"
        assert read(books, "organizations", "name", "currency_code")[0].records == [org]
    with (
        at.books(organization="5") as books,
        pytest.raises(UserError, match="do not open the `organization`") as caught,
    ):
        books.check()
    assert caught.value.remedy == "They open: 20000000001 (Nordwind)."
