"""Documents over HTTP: filters that may be ignored, actions, objects replaced whole, children, files that extend."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from http_scripted import Bench, HttpAnswer, Request, batch, bench, ids, read, write

from engine.connectors.http.description.load import load_description
from engine.connectors.port import ReadRequest
from engine.connectors.zoho import ERP
from engine.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BOOKS_V3 = "/books/v3"
TENANT = {"organization_id": "20000000001"}
NOON = "2026-11-20T12:00:00+0100"


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Bench]:
    with bench(tmp_path) as made:
        yield made


def asked(at: Bench) -> list[str]:
    """What the server was asked, as `METHOD path`, without the base."""
    return [f"{request.method} {request.path.removeprefix(BOOKS_V3)}" for request in at.script.requests]


def invoices(*times: str) -> HttpAnswer:
    rows = [{"invoice_id": str(n), "last_modified_time": time} for n, time in enumerate(times)]
    return HttpAnswer(body={"code": 0, "invoices": rows, "page_context": {"has_more_page": False}})


HEEDS = {
    "heeds the filter": (invoices(), True),
    "ignores the filter": (invoices(NOON), False),
    "refuses the filter": (HttpAnswer(400, {"code": 4, "message": "Invalid value passed"}), False),
}


@pytest.mark.parametrize("name", HEEDS)
def test_whether_an_account_heeds_a_time_filter_is_tried_once_and_kept(at: Bench, name: str) -> None:
    first, heeds = HEEDS[name]
    at.script.play(first, invoices(NOON))
    wanted = ReadRequest(stream="invoices", fields=("total",), since=NOON)
    with at.books() as books:
        told = books.forecast_read(wanted, 1)
        assert ids(list(books.read(wanted)), "invoice_id") == ["0"]
        assert told.calls == len(at.script.requests) == 2
    far = at.script.requests[0].query["last_modified_time"]
    assert far > "2036"
    with at.books() as again:
        assert again.forecast_read(wanted, 1).calls == 1
        list(again.read(wanted))
    for request in at.script.requests[1:]:
        # The filter means "after": a second is taken off, and the offset has no colon.
        assert request.query.get("last_modified_time") == ("2026-11-20T11:59:59+0100" if heeds else None)
    assert len(at.script.requests) == 3


def invoice(**more: Any) -> HttpAnswer:
    record = {"invoice_id": "7", "last_modified_time": NOON, "status": "draft", **more}
    return HttpAnswer(200, {"code": 0, "invoice": record})


DONE = HttpAnswer(body={"code": 0, "message": "done"})
REFUSED = HttpAnswer(400, {"code": 4042, "message": "An invoice with payments cannot be void."})


def test_a_status_is_set_by_its_action_after_the_other_fields_and_counted(at: Bench) -> None:
    at.script.answer = lambda request: DONE if "/status/" in request.path else invoice(notes="n")
    with at.books() as books:
        (both,) = write(books, "invoices", batch("update", {"_id": "7", "notes": "n", "status": "void"}))
        assert asked(at) == ["PUT /invoices/7", "POST /invoices/7/status/void"]
        assert books.forecast_write("invoices", "update", 1, ("notes", "status")).calls == 2
        assert at.script.requests[0].json == {"notes": "n"}
        assert (both.outcome, both.version, dict(both.accepted or {})["status"]) == ("applied", None, "void")
        at.script.requests.clear()
        (alone,) = write(books, "invoices", batch("update", {"_id": "7", "status": "sent"}))
        assert (alone.outcome, asked(at)) == ("applied", ["POST /invoices/7/status/sent"])
        assert books.forecast_write("invoices", "update", 1, ("status",)).calls == 1


def test_a_new_record_takes_an_action_only_if_it_is_not_already_so(at: Bench) -> None:
    at.script.answer = lambda request: DONE if "/status/" in request.path else invoice()
    with at.books() as books:
        write(books, "invoices", batch("create", {"customer_id": "1", "status": "draft"}))
        write(books, "invoices", batch("create", {"customer_id": "1", "status": "sent"}))
    assert asked(at) == ["POST /invoices", "POST /invoices", "POST /invoices/7/status/sent"]


def test_a_status_that_no_action_sets_is_refused_before_anything_is_sent(at: Bench) -> None:
    with at.books() as books:
        (receipt,) = write(books, "invoices", batch("update", {"_id": "7", "status": "paid"}))
    assert (receipt.outcome, receipt.message) == (
        "refused",
        "`status` of `invoices` cannot be set to `paid`.",
    )
    assert receipt.remedy == "It can be set to: draft, sent, void."
    assert at.script.requests == []


def test_a_refused_action_holds_an_update_and_leaves_a_new_record_as_it_was_made(at: Bench) -> None:
    at.script.answer = lambda request: REFUSED if "/status/" in request.path else invoice()
    with at.books() as books:
        (held,) = write(books, "invoices", batch("update", {"_id": "7", "status": "void"}))
        (made,) = write(books, "invoices", batch("create", {"customer_id": "1", "status": "void"}))
    assert (held.outcome, held.code, held.message) == (
        "refused",
        "4042",
        "An invoice with payments cannot be void.",
    )
    # What it holds is told, so that the next run sees the difference and says why it stays.
    assert (made.outcome, made.id, dict(made.accepted or {})["status"]) == ("applied", "7", "draft")


def contact(**address: Any) -> HttpAnswer:
    record = {"contact_id": "5", "last_modified_time": NOON, "billing_address": address}
    return HttpAnswer(body={"code": 0, "contact": record})


def test_an_address_is_sent_whole_from_the_record_that_was_just_read(at: Bench) -> None:
    at.script.answer = lambda _: contact(address="Kaai 1", city="Gent", zip="9000")
    change = {"_id": "5", "_version": NOON, "billing_address.city": "Brugge"}
    with at.books() as books:
        read(books, "contacts", "billing_address.city", ids=("5",))
        write(books, "contacts", batch("update", change))
        assert asked(at) == ["GET /contacts/5", "PUT /contacts/5"]
        assert at.script.requests[1].json == {
            "billing_address": {"address": "Kaai 1", "city": "Brugge", "zip": "9000"}
        }
        at.script.requests.clear()
        write(books, "contacts", batch("update", change))  # read once is used once
        assert asked(at) == ["GET /contacts/5", "PUT /contacts/5"]
        at.script.requests.clear()
        read(books, "contacts", "notes", ids=("5",))
        write(books, "contacts", batch("update", {**change, "_version": "2026-11-20T13:00:00+0100"}))
        assert asked(at) == ["GET /contacts/5", "GET /contacts/5", "PUT /contacts/5"]
        at.script.requests.clear()
        write(books, "contacts", batch("update", {"_id": "5", "notes": "n"}))
        assert asked(at) == ["PUT /contacts/5"]


def staffed(request: Request) -> HttpAnswer:
    """Two projects with the same person on both."""
    path = request.path.removeprefix(BOOKS_V3)
    more = {"code": 0, "page_context": {"has_more_page": False}}
    if path == "/projects":
        return HttpAnswer(body={**more, "projects": [{"project_id": "1"}, {"project_id": "2"}]})
    if path.endswith("/users") and request.method == "GET":
        return HttpAnswer(body={**more, "users": [{"user_id": "7", "rate": 60}]})
    return HttpAnswer(body={"code": 0, "user": {"user_id": path.rpartition("/")[2], "rate": 60}, "users": []})


def test_records_that_only_their_parent_tells_apart_have_an_id_made_of_both(at: Bench) -> None:
    at.script.answer = staffed
    with at.books() as books:
        assert ids(read(books, "project_users", "rate")) == ["1-7", "2-7"]
        at.script.requests.clear()
        assert ids(read(books, "project_users", "rate", ids=("2-7",))) == ["2-7"]
        write(books, "project_users", batch("update", {"_id": "2-7", "rate": 70}))
        write(books, "project_users", batch("delete", {"_id": "1-7"}))
        (made,) = write(books, "project_users", batch("create", {"project_id": "1", "user_id": "8"}))
    assert (made.outcome, made.id) == ("applied", "1-8")
    assert asked(at) == [
        "GET /projects/2/users/7",
        "PUT /projects/2/users/7",
        "DELETE /projects/1/users/7",
        "POST /projects/1/users",
    ]
    assert at.script.requests[-1].json == {"users": [{"user_id": "8"}]}


def test_a_new_record_needs_no_action_for_what_every_new_record_is(at: Bench) -> None:
    made = HttpAnswer(201, {"code": 0, "estimate": {"estimate_id": "9", "last_modified_time": NOON}})
    at.script.answer = lambda _: made
    with at.books() as books:
        (receipt,) = write(books, "estimates", batch("create", {"customer_id": "1", "status": "draft"}))
        assert (receipt.outcome, asked(at)) == ("applied", ["POST /estimates"])
        (later,) = write(books, "estimates", batch("update", {"_id": "9", "status": "draft"}))
    assert later.outcome == "refused"


def test_a_record_that_is_gone_before_its_address_is_read_is_gone(at: Bench) -> None:
    at.script.play(HttpAnswer(404, {"code": 1002, "message": "gone"}))
    with at.books() as books:
        (receipt,) = write(books, "contacts", batch("update", {"_id": "5", "billing_address.city": "X"}))
    assert receipt.outcome == "gone"


def projects(request: Request) -> HttpAnswer:
    """Two projects; the first has two tasks, the second is deleted while they are read."""
    path = request.path.removeprefix(BOOKS_V3)
    if path == "/projects":
        rows = [{"project_id": "1"}, {"project_id": "2"}]
        return HttpAnswer(body={"code": 0, "projects": rows, "page_context": {}})
    if path == "/projects/1/tasks" and request.method == "GET":
        tasks = [{"task_id": "11", "task_name": "a"}, {"task_id": "12", "task_name": "b"}]
        return HttpAnswer(body={"code": 0, "tasks": tasks, "page_context": {}})
    if path.startswith("/projects/1/tasks"):
        return HttpAnswer(body={"code": 0, "task": {"task_id": "11", "task_name": "c"}})
    return HttpAnswer(404, {"code": 1002, "message": "Project does not exist."})


def test_children_are_read_through_their_parents_and_forecast_once_they_have_been(at: Bench) -> None:
    at.script.answer = projects
    wanted = ReadRequest(stream="project_tasks", fields=("task_name", "project_id"))
    with at.books() as books:
        assert "not known yet" in books.forecast_read(wanted, None).method
        pages = list(books.read(wanted))
        assert books.forecast_read(wanted, None).calls == len(at.script.requests) == 3
    rows = [row for page in pages for row in page.records or ()]
    assert [(row["task_id"], row["project_id"]) for row in rows] == [("11", "1"), ("12", "1")]
    assert pages[-1].complete


def test_a_child_is_written_below_its_parent_which_is_found_if_need_be(at: Bench) -> None:
    at.script.answer = projects
    with at.books() as books:
        (made,) = write(
            books, "project_tasks", batch("create", {"project_id": "1", "task_name": "c", "rate": None})
        )
        assert made.outcome == "applied"
        assert asked(at) == ["POST /projects/1/tasks"]
        assert at.script.requests[0].json == {"task_name": "c"}
        at.script.requests.clear()
        changes = [{"_id": "12", "task_name": "x"}, {"_id": "99", "task_name": "y"}]
        changes += [{"_id": "11", "project_id": "2"}, {"_id": "11", "project_id": "1", "task_name": "z"}]
        got = {r.op: (r.outcome, r.code) for r in write(books, "project_tasks", batch("update", *changes))}
        assert got == {
            "op0": ("applied", None),
            "op1": ("gone", "gone"),
            "op2": ("refused", "no-move"),
            "op3": ("applied", None),
        }
        assert "PUT /projects/1/tasks/12" in asked(at)
        (lost,) = write(books, "project_tasks", batch("create", {"task_name": "c"}))
        assert (lost.outcome, lost.code) == ("refused", "no-parent")


def test_a_file_that_extends_another_says_the_differences_only(at: Bench) -> None:
    at.script.answer = lambda _: HttpAnswer(
        body={"code": 0, "employees": [], "items": [], "page_context": {}}
    )
    with closing(at.open(ERP, organization="5")) as erp:
        read(erp, "items", "name", since=NOON)
        read(erp, "employees", "name")
    assert [request.path for request in at.script.requests] == ["/erp/v3/items", "/erp/v1/employees"]
    assert "last_modified_time" not in at.script.requests[0].query  # ERP declares no such filter
    assert list(ERP.description.centres) == ["in"]
    assert ERP.description.streams["invoices"].actions["status"].values["void"] == "void"


def test_files_that_extend_each_other_in_a_circle_are_refused(tmp_path: Path) -> None:
    for name, other in (("a", "b"), ("b", "a")):
        (tmp_path / f"{name}.yaml").write_text(f"connector: {name}\nextends: {other}.yaml\n")
    with pytest.raises(UserError, match=r"a\.yaml extends itself"):
        load_description(tmp_path / "a.yaml")


def test_lines_of_a_quote_are_read_from_the_record_itself_and_counted(at: Bench) -> None:
    quote = {"id": "1", "Subject": "Q", "Quoted_Items": [{"id": "9", "Quantity": 2}]}
    at.script.answer = lambda _: HttpAnswer(body={"data": [quote], "info": {"more_records": False}})
    short = ReadRequest(stream="Quotes", fields=("Subject",), ids=("1", "2"))
    full = ReadRequest(stream="Quotes", fields=("Subject", "Quoted_Items"), ids=("1",))
    with at.crm() as crm:
        assert crm.forecast_read(short, 2).calls == 1
        assert crm.forecast_read(full, 1).calls == 1
        rows = [row for page in crm.read(full) for row in page.records or ()]
        assert rows[0]["Quoted_Items"] == [{"id": "9", "Quantity": 2}]
        assert [request.path for request in at.script.requests] == ["/crm/v8/Quotes/1"]
        listed = ReadRequest(stream="Quotes", fields=("Quoted_Items",))
        at.script.requests.clear()
        list(crm.read(listed))
        assert crm.forecast_read(listed, 1).calls == len(at.script.requests) == 2


def test_what_was_deleted_is_told_with_the_time_of_the_deletion(at: Bench) -> None:
    gone = {"id": "5", "type": "recycle", "deleted_time": "2026-11-03T09:00:00+01:00"}
    at.script.play(HttpAnswer(body={"data": [gone], "info": {"more_records": False}}))
    wanted = ReadRequest(
        stream="Accounts", fields=("Account_Name",), since="2026-11-03T09:00:00+01:00", deleted=True
    )
    with at.crm() as crm, at.books() as books:
        (page,) = crm.read(wanted)
        assert crm.forecast_read(wanted, 1).calls == 1
        with pytest.raises(UserError, match="does not tell what was deleted"):
            list(books.read(ReadRequest(stream="contacts", fields=(), deleted=True)))
    assert (page.records, page.complete) == ([{"id": "5", "Modified_Time": gone["deleted_time"]}], True)
    (request,) = at.script.requests
    assert (request.path, request.query["type"]) == ("/crm/v8/Accounts/deleted", "all")
    assert request.headers["if-modified-since"] == "2026-11-03T08:59:59+01:00"


def test_a_create_that_names_its_unique_field_finds_its_own_record_again(at: Bench) -> None:
    done = {"code": "SUCCESS", "action": "update", "details": {"id": "3", "Modified_Time": NOON}}
    at.script.play(HttpAnswer(200, {"data": [done]}), invoice())
    with at.crm() as crm, at.books() as books:
        (one,) = write(crm, "Accounts", batch("create", {"Account_Name": "A"}, unique="Account_Name"))
        (two, lacks) = write(
            books,
            "invoices",
            batch("create", {"cf_key": "K-1", "customer_id": "1"}, {"customer_id": "1"}, unique="cf_key"),
        )[::-1]
        with pytest.raises(UserError, match="cannot upsert `Tasks`"):
            write(crm, "Tasks", batch("create", {"Subject": "S"}, unique="Subject"))
    first, second = at.script.requests
    assert (one.outcome, one.id) == ("applied", "3")
    assert (first.path, first.json["duplicate_check_fields"]) == (
        "/crm/v8/Accounts/upsert",
        ["Account_Name"],
    )
    assert (second.method, second.path) == ("PUT", "/books/v3/invoices")
    assert second.headers["x-unique-identifier-key"] == "cf_key"
    assert second.headers["x-unique-identifier-value"] == "K-1"
    assert (two.outcome, lacks.outcome, lacks.code) == ("applied", "refused", "no-unique-value")


def page_of(first: int, last: int, **more: Any) -> HttpAnswer:
    rows = [
        {"id": str(n), "Modified_Time": f"2026-11-{1 + n // 700:02d}T10:00:00+01:00"}
        for n in range(first, last)
    ]
    return HttpAnswer(body={"data": rows, "info": {"more_records": bool(more), **more}})


def test_a_long_list_goes_on_by_queries_and_the_forecast_says_so(at: Bench) -> None:
    lists = {None: page_of(0, 200, next_page_token="a"), "a": page_of(200, 400, next_page_token="b")}
    lists["b"] = page_of(400, 600, next_page_token="c")
    queries = [page_of(599, 2599, go="on"), page_of(2599, 3000)]
    others = {"coql": lambda: queries.pop(0), "count": lambda: HttpAnswer(body={"count": 3000})}
    at.script.answer = lambda request: others.get(
        request.path.rsplit("/", 1)[1], lambda: lists[request.query.get("page_token")]
    )()
    wanted = ReadRequest(stream="Accounts", fields=("Account_Name", "Owner.id"))
    with at.crm() as crm:
        told = crm.forecast_read(wanted, 3000)
        got = list(crm.read(wanted))
    assert dict.fromkeys(ids(got)) == dict.fromkeys(str(n) for n in range(3000))
    assert [page.complete for page in got] == [False] * 4 + [True]
    assert told.calls == len(at.script.requests) == 6  # one of them counts
    assert "queries, 2000 records each" in told.method
    first, second = (
        request.json["select_query"] for request in (at.script.requests[3], at.script.requests[5])
    )
    assert first == (
        "SELECT id, Modified_Time, Account_Name, Owner FROM Accounts "
        "WHERE Modified_Time >= '2026-11-01T10:00:00+01:00' ORDER BY Modified_Time asc, id asc LIMIT 2000"
    )
    assert (
        "WHERE ((Modified_Time = '2026-11-04T10:00:00+01:00' and id > '2598') "
        "or Modified_Time > '2026-11-04T10:00:00+01:00')"
    ) in second


def test_an_account_that_may_not_query_reads_on_by_pages(at: Bench) -> None:
    lists = {None: page_of(0, 200, next_page_token="a"), "a": page_of(200, 400, next_page_token="b")}
    lists |= {"b": page_of(400, 600, next_page_token="c"), "c": page_of(600, 700)}
    refused = HttpAnswer(401, {"code": "OAUTH_SCOPE_MISMATCH", "message": "no", "details": {}})
    at.script.answer = lambda request: (
        refused if request.path.endswith("/coql") else lists[request.query.get("page_token")]
    )
    with at.crm() as crm:
        got = read(crm, "Accounts", "Account_Name")
    assert ids(got) == [str(n) for n in range(700)]
    assert got[-1].complete


def test_fields_that_a_query_shows_otherwise_are_read_by_pages(at: Bench) -> None:
    with at.crm() as crm:
        for field in ("Owner.name", "Territories", "Tag"):
            told = crm.forecast_read(ReadRequest(stream="Accounts", fields=(field,)), 1000)
            assert (told.calls, told.method) == (5, "list, 200 a page"), field
