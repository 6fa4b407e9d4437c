"""Writing over HTTP: one receipt a record, nothing sent twice that may have been applied."""

from __future__ import annotations

import threading
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from http_scripted import Bench, HttpAnswer, Request, batch, bench, break_off, write
from patience import LONGEST_S

from engine.errors import TemporaryError, UserError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from engine.record import Receipt


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Bench]:
    with bench(tmp_path) as made:
        yield made


def success(id_: str) -> dict[str, Any]:
    return {
        "code": "SUCCESS",
        "status": "success",
        "details": {"id": id_, "Modified_Time": "2026-11-02T10:00:00+01:00"},
    }


def contact(id_: str, **more: Any) -> dict[str, Any]:
    return {
        "code": 0,
        "contact": {"contact_id": id_, "last_modified_time": "2026-11-20T10:00:00+0100", **more},
    }


def outcomes(receipts: list[Receipt]) -> dict[str, str]:
    return {receipt.op: receipt.outcome for receipt in receipts}


def test_a_mixed_answer_is_read_record_by_record_in_the_order_sent(at: Bench) -> None:
    refused = {
        "code": "INVALID_DATA",
        "message": "invalid data",
        "details": {"api_name": "Website", "maximum_length": 255},
    }
    at.script.play(HttpAnswer(207, {"data": [success("11"), refused, success("13")]}))
    with at.crm() as crm:
        got = write(
            crm,
            "Accounts",
            batch("create", {"Account_Name": "A"}, {"Account_Name": "B"}, {"Account_Name": "C"}),
        )
    assert outcomes(got) == {"op0": "applied", "op1": "refused", "op2": "applied"}
    assert (got[2].id, got[2].version) == ("13", "2026-11-02T10:00:00+01:00")
    assert (got[1].code, got[1].message) == ("INVALID_DATA", "invalid data (field: Website, at_most: 255)")
    assert got[1].remedy


def test_what_is_sent_is_what_the_record_says_exactly_without_what_is_empty(at: Bench) -> None:
    at.script.play(HttpAnswer(201, {"data": [success("1")]}))
    row = {
        "Account_Name": "Ünal & Söhne",
        "Owner.id": "77",
        "Parent_Account.id": None,
        "Phone": None,
        "Annual_Revenue": Decimal("0.10"),
        "Employees": 3,
    }
    with at.crm() as crm:
        write(crm, "Accounts", batch("create", row))
    assert b'"Annual_Revenue": 0.10' in at.script.requests[0].body
    assert at.script.requests[0].json == {
        "data": [
            {
                "Account_Name": "Ünal & Söhne",
                "Owner": {"id": "77"},
                "Annual_Revenue": 0.1,
                "Employees": 3,
            }
        ],
        "trigger": [],
    }


def test_books_takes_one_record_a_call_and_shows_it_as_it_now_is(at: Bench) -> None:
    shown = {"contact_name": "A", "custom_fields": [{"api_name": "cf_rating", "value": "a"}]}
    at.script.play(HttpAnswer(201, contact("9", **shown)))
    row = {"contact_name": "A", "billing_address.city": "Gent", "billing_address.zip": None, "cf_rating": "a"}
    with at.books() as books:
        (got,) = write(books, "contacts", batch("create", row))
        assert books.forecast_write("contacts", "create", 7).calls == 7
    assert at.script.requests[0].json == {
        "contact_name": "A",
        "billing_address": {"city": "Gent"},
        "custom_fields": [{"api_name": "cf_rating", "value": "a"}],
    }
    assert (got.outcome, got.id, got.version) == ("applied", "9", "2026-11-20T10:00:00+0100")
    assert got.accepted is not None
    assert got.accepted["cf_rating"] == "a"


def test_only_the_fields_that_change_are_sent_and_a_single_record_carries_its_version(at: Bench) -> None:
    at.script.play(HttpAnswer(412, {"code": "ALREADY_MODIFIED", "message": "changed", "details": {}}))
    with at.crm() as crm:
        change = batch("update", {"_id": "5", "_version": "2026-11-02T10:00:00+01:00", "Phone": "1"})
        (got,) = write(crm, "Accounts", change)
    assert got.outcome == "stale"
    assert at.script.requests[0].json["data"] == [{"id": "5", "Phone": "1"}]
    assert at.script.requests[0].headers["if-unmodified-since"] == "2026-11-02T10:00:00+01:00"


UNCLEAR = {
    "failed after the write": HttpAnswer(500, {"code": "INTERNAL_ERROR", "message": "oops", "details": {}}),
    "a web page": HttpAnswer(200, b"<html>"),
    "torn": HttpAnswer(201, {"data": [success("1")]}, cut=12),
    "gateway": HttpAnswer(504, b"<html>"),
    "yes without a list": HttpAnswer(201, {"ok": True}),
}


@pytest.mark.parametrize("name", UNCLEAR)
@pytest.mark.parametrize("kind", ["create", "update"])
def test_a_write_that_may_have_been_applied_is_sent_once_and_is_unknown(
    at: Bench, name: str, kind: Any
) -> None:
    at.script.play(UNCLEAR[name])
    with at.crm() as crm:
        (got,) = write(crm, "Accounts", batch(kind, {"_id": "5", "Account_Name": "A"}))
    assert got.outcome == "unknown"
    assert len(at.script.requests) == 1


def test_too_many_requests_is_not_applied_so_the_create_goes_again_after_the_wait_asked_for(
    at: Bench,
) -> None:
    at.script.play(
        HttpAnswer(429, {"code": 44, "message": "slow down"}, {"Retry-After": "30"}),
        HttpAnswer(201, contact("1")),
    )
    with at.books() as books:
        (got,) = write(books, "contacts", batch("create", {"contact_name": "A"}))
    assert got.outcome == "applied"
    assert len(at.script.requests) == 2
    assert sum(at.clock.slept) >= 30
    assert [type(event).__name__ for event in at.events] == ["Waiting"]


def test_a_spent_day_ends_the_batch_with_a_receipt_for_every_record_and_none_left_unknown(at: Bench) -> None:
    at.script.play(
        HttpAnswer(201, contact("1")), HttpAnswer(429, {"code": 45, "message": "The day is over."})
    )
    rows = [{"contact_name": str(n)} for n in range(20)]
    with at.books() as books:
        got, error = break_off(books, "contacts", batch("create", *rows))
    assert isinstance(error, TemporaryError)
    assert "The day is over" in error.message
    assert "tomorrow" in str(error.remedy)
    assert len(at.script.requests) <= 6  # no more than were under way already
    assert [receipt.op for receipt in got] == [f"op{n}" for n in range(20)]
    assert sorted(outcomes(got).values()) == ["applied"] + ["retry"] * 19


def test_one_record_a_call_goes_several_at_a_time_but_no_more_than_the_system_allows(at: Bench) -> None:
    lock, together = threading.Lock(), {"now": 0, "most": 0}
    gate = threading.Barrier(5, timeout=LONGEST_S)

    def answer(request: Request) -> HttpAnswer:
        with lock:
            together["now"] += 1
            together["most"] = max(together["most"], together["now"])
        gate.wait()
        with lock:
            together["now"] -= 1
        return HttpAnswer(201, contact(request.json["contact_name"]))

    at.script.answer = answer
    with at.books() as books:
        got = write(books, "contacts", batch("create", *({"contact_name": str(n)} for n in range(15))))
    assert [receipt.id for receipt in got] == [str(n) for n in range(15)]
    assert together["most"] == 5


def test_a_batch_refused_as_a_whole_is_halved_until_the_record_that_spoils_it_is_alone(at: Bench) -> None:
    def answer(request: Request) -> HttpAnswer:
        rows = request.json["data"]
        if any(row["Account_Name"] == "bad" for row in rows):
            return HttpAnswer(400, {"code": "INVALID_REQUEST", "message": "body is wrong", "details": {}})
        return HttpAnswer(201, {"data": [success(row["Account_Name"]) for row in rows]})

    at.script.answer = answer
    with at.crm() as crm:
        got = write(
            crm,
            "Accounts",
            batch("create", *({"Account_Name": "bad" if n == 5 else str(n)} for n in range(8))),
        )
    assert {op for op, outcome in outcomes(got).items() if outcome == "refused"} == {"op5"}
    assert [receipt.id for receipt in got if receipt.outcome == "applied"] == [
        "0",
        "1",
        "2",
        "3",
        "4",
        "6",
        "7",
    ]


def test_a_value_that_no_json_can_hold_is_refused_alone(at: Bench) -> None:
    at.script.answer = lambda request: HttpAnswer(201, {"data": [success("1") for _ in request.json["data"]]})
    rows = [{"Annual_Revenue": float("nan")}, {"Annual_Revenue": 1.5}]
    with at.crm() as crm:
        got = write(crm, "Accounts", batch("create", *rows))
    assert [(receipt.outcome, receipt.code) for receipt in got] == [
        ("refused", "bad-value"),
        ("applied", None),
    ]


def test_a_system_that_never_says_what_became_of_a_request_gets_no_more_of_them(at: Bench) -> None:
    at.script.play(HttpAnswer(500, {"code": 1000, "message": "oops"}))
    with at.books() as books:
        got, error = break_off(
            books, "contacts", batch("create", *({"contact_name": str(n)} for n in range(50)))
        )
    assert isinstance(error, TemporaryError)
    assert "5 requests in a row" in error.message
    unknown = [receipt for receipt in got if receipt.outcome == "unknown"]
    assert len(at.script.requests) == len(unknown) < 10
    assert len(got) == 50


def test_ending_the_run_wakes_those_who_wait_and_sends_nothing_more(at: Bench) -> None:
    at.script.play(HttpAnswer(429, {"code": 44, "message": "slow down"}, {"Retry-After": "200"}))
    with at.books() as books:
        at.clock.on_sleep = books._wire.pace.stop  # what Ctrl-C does
        got, error = break_off(
            books, "contacts", batch("create", *({"contact_name": str(n)} for n in range(9)))
        )
    assert isinstance(error, TemporaryError)
    assert "The run was ended" in error.message
    assert set(outcomes(got).values()) == {"retry"}
    assert len(at.script.requests) <= 5


def test_an_update_or_delete_of_a_record_that_is_gone_says_gone(at: Bench) -> None:
    at.script.play(HttpAnswer(404, {"code": 1002, "message": "Contact does not exist."}))
    with at.books() as books:
        assert (
            write(books, "contacts", batch("update", {"_id": "5", "contact_name": "A"}))[0].outcome == "gone"
        )
        assert write(books, "contacts", batch("delete", {"_id": "5"}))[0].outcome == "gone"
        assert write(books, "contacts", batch("create", {"contact_name": "A"}))[0].outcome == "refused"
    assert at.script.requests[1].method == "DELETE"
    assert at.script.requests[1].path == "/books/v3/contacts/5"


def test_an_id_that_could_leave_its_place_in_the_address_is_refused_and_never_sent(at: Bench) -> None:
    with at.books() as books:
        got = write(books, "contacts", batch("update", {"_id": "../users/1", "contact_name": "A"}))
    assert [(receipt.outcome, receipt.code) for receipt in got] == [("refused", "bad-id")]
    assert at.script.requests == []


def test_a_system_that_cannot_be_reached_leaves_every_record_unwritten(at: Bench) -> None:
    with at.books() as books:
        books._wire._tokens.header()
        books._account.hosts["api"] = "http://127.0.0.1:1"  # type: ignore[index]  # a dict in fact; nobody listens
        got, error = break_off(books, "contacts", batch("create", {"contact_name": "A"}))
    assert isinstance(error, TemporaryError)
    assert "cannot be reached" in error.message
    assert outcomes(got) == {"op0": "retry"}


def test_a_write_that_no_source_confirms_is_refused_on_a_real_host(at: Bench) -> None:
    from dataclasses import replace

    with at.books() as books:
        books._account = replace(books._account, sandbox=False)
        with pytest.raises(UserError, match="The field `cf_rating` of `contacts` is assumed"):
            books.write("contacts", batch("create", {"contact_name": "A", "cf_rating": "a"}))
    assert at.script.requests == []


HOSTILE = ("a\r\nX-Evil: 1", "a\nb", "a\rb", "nul\0", "bell\x07", "Ünï🎉", "")


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_a_value_that_no_header_can_carry_is_refused_alone_and_never_sent(at: Bench, text: str) -> None:
    at.script.play(HttpAnswer(200, {"code": 0, "contact": {"contact_id": "9", "contact_name": "B"}}))
    rows = [{"cf_key": text, "contact_name": "A"}, {"cf_key": "K-2", "contact_name": "B"}]
    with at.books() as books:
        got = {one.op: one for one in write(books, "contacts", batch("create", *rows, unique="cf_key"))}
    assert (got["op0"].outcome, got["op1"].outcome) == ("refused", "applied")
    assert got["op0"].message
    assert [request.headers["x-unique-identifier-value"] for request in at.script.requests] == ["K-2"]


@pytest.mark.parametrize("text", HOSTILE[:4], ids=ascii)
def test_a_version_that_no_header_can_carry_is_left_out_of_the_request(at: Bench, text: str) -> None:
    at.script.play(HttpAnswer(200, {"data": [success("5")]}))
    with at.crm() as crm:
        write(crm, "Accounts", batch("update", {"_id": "5", "_version": text, "Phone": "1"}))
    (request,) = at.script.requests
    assert {"if-unmodified-since", "x-evil"} & set(request.headers) == set()


@pytest.mark.parametrize("parent", ["..", ".", "../users", "1/2", "1?x=", "%2e%2e", "", "1 "], ids=ascii)
def test_a_parent_that_could_leave_its_place_in_the_address_is_refused_and_never_sent(
    at: Bench, parent: str
) -> None:
    row = {"project_id": parent, "task_name": "T"}
    with at.books() as books:
        (got,) = write(books, "project_tasks", batch("create", row))
    assert got.outcome == "refused"
    assert got.message
    assert at.script.requests == []
