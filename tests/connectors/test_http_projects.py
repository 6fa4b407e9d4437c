"""Projects over HTTP: bare arrays, newest first, a portal in the path, limits by path, windows, families."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from http_scripted import Bench, HttpAnswer, Request, batch, bench, ids, read, write

from engine.connectors.http.description.calls import Paging
from engine.connectors.http.read.paging import PageCursor
from engine.connectors.port import ReadRequest
from engine.connectors.zoho import PROJECTS
from engine.errors import TemporaryError, UserError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from engine.connectors.http.connector import HttpConnector

PORTAL = "/api/v3/portal/30000000001"
#: As 2026-11-18, the day of the bench's clock, has it.
NEW, OLD = "2026-11-18T09:00:00.000Z", "2026-11-01T09:00:00.000Z"


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Bench]:
    with bench(tmp_path) as made:
        yield made


@pytest.fixture
def projects(at: Bench) -> Iterator[HttpConnector]:
    with closing(at.open(PROJECTS)) as connector:
        yield connector


def rows(first: int, last: int) -> list[dict[str, Any]]:
    return [{"id": str(n), "name": f"P{n}", "modified_time": OLD} for n in range(first, last)]


def test_a_bare_array_ends_with_a_page_that_is_not_full_and_is_forecast_so(
    at: Bench, projects: HttpConnector
) -> None:
    everything = rows(0, 200)

    def answer(request: Request) -> HttpAnswer:
        page, size = int(request.query["page"]), int(request.query["per_page"])
        found = everything[(page - 1) * size : page * size]
        return HttpAnswer(body=found) if found else HttpAnswer(204)

    at.script.answer = answer
    wanted = ReadRequest(stream="projects", fields=("name",))
    got = list(projects.read(wanted))
    assert ids(got) == [str(n) for n in range(200)]
    assert got[-1].complete
    assert projects.forecast_read(wanted, 200).calls == len(at.script.requests) == 3
    first = at.script.requests[0]
    assert (first.path, first.query["sort_by"]) == (f"{PORTAL}/projects", "ASC(created_time)")


def test_changes_are_read_newest_first_until_an_older_one(at: Bench, projects: HttpConnector) -> None:
    tasks = [{"id": "1", "last_modified_time": NEW}, {"id": "2", "last_modified_time": OLD}]
    at.script.play(HttpAnswer(body={"tasks": tasks, "page_info": [{"has_next_page": "true"}]}))
    assert ids(read(projects, "tasks", "name", since="2026-11-10T00:00:00+00:00")) == ["1"]
    (request,) = at.script.requests
    assert request.query["sort_by"] == "DESC(last_modified_time)"


THROTTLED = HttpAnswer(
    400, {"error": {"status_code": "400", "title": "URL_ROLLING_THROTTLES_LIMIT_EXCEEDED", "details": []}}
)


def test_the_throttle_that_looks_like_a_bad_request_is_waited_for(at: Bench, projects: HttpConnector) -> None:
    at.script.play(THROTTLED, HttpAnswer(body=rows(0, 1)))
    assert ids(read(projects, "projects", "name")) == ["0"]
    assert sum(at.clock.slept) >= 120
    at.script.play(THROTTLED)
    with pytest.raises(TemporaryError, match="URL_ROLLING_THROTTLES") as caught:
        read(projects, "projects", "name")
    assert "half an hour" in str(caught.value.remedy)


def test_each_address_has_a_rate_of_its_own(at: Bench, projects: HttpConnector) -> None:
    def answer(request: Request) -> HttpAnswer:
        return HttpAnswer(body=rows(0, 1) if request.path.endswith("/projects") else {"id": "0"})

    at.script.answer = answer
    for _ in range(84):
        read(projects, "projects", "name")
    assert at.clock.slept == []
    read(projects, "projects", "name", ids=("0",))  # another address
    assert at.clock.slept == []
    read(projects, "projects", "name")
    assert 119 < sum(at.clock.slept) <= 121
    assert projects.budget().per_minute == 42


def test_an_error_in_an_answer_of_success_is_an_error(at: Bench, projects: HttpConnector) -> None:
    error = {"title": "URL_RULE_NOT_CONFIGURED", "details": [{"message": "Given URL is wrong"}]}
    at.script.play(HttpAnswer(200, {"error": error}))
    with pytest.raises(UserError, match="Given URL is wrong"):
        read(projects, "projects", "name")


def test_time_is_read_by_half_years_and_kinds_and_what_changed_by_its_own_days(
    at: Bench, projects: HttpConnector
) -> None:
    log = {"id": "5", "log_hour": "03:36", "project": {"id": "1"}, "last_modified_time": NEW}
    day = {"date": "2026-11-18", "log_details": [log]}

    def answer(request: Request) -> HttpAnswer:
        hit = request.query["end_date"] > "2026-11" and "task" in request.query["module"]
        return (
            HttpAnswer(body={"time_logs": [day], "page_info": {"has_next_page": False}})
            if hit
            else HttpAnswer(204)
        )

    at.script.answer = answer
    recent = ReadRequest(stream="timelogs", fields=("log_hour",), since=OLD)
    assert ids(list(projects.read(recent))) == ["5"]
    assert projects.forecast_read(recent, 1).calls == len(at.script.requests) == 3
    query = at.script.requests[0].query
    assert (query["start_date"], query["end_date"]) == ("2026-10-31", "2026-11-19")
    assert (query["fetch_by_modified_time"], query["module"]) == ("true", '{"type":"task"}')
    at.script.requests.clear()
    with closing(at.open(PROJECTS, timesheets_from="2026-01-01")) as short:
        full = ReadRequest(stream="timelogs", fields=("log_hour",))
        told = short.forecast_read(full, 1).calls
        assert ids(list(short.read(full))) == ["5"]
        assert told == len(at.script.requests) == 6
    spans = [(request.query["start_date"], request.query["end_date"]) for request in at.script.requests[::3]]
    assert spans == [("2026-01-01", "2026-06-29"), ("2026-06-30", "2026-12-19")]
    assert "fetch_by_modified_time" not in at.script.requests[0].query


def test_a_log_is_written_under_the_names_and_in_the_clock_that_writes_use(
    at: Bench, projects: HttpConnector
) -> None:
    at.script.play(HttpAnswer(201, {"id": "5", "last_modified_time": NEW}))
    row = {"project.id": "1", "date": "2026-11-18", "log_hour": 90, "billing_status": "Billable"}
    row |= {"module_detail.type": "task", "module_detail.id": "7", "owner.zpuid": "3"}
    (receipt,) = write(projects, "timelogs", batch("create", row))
    assert (receipt.outcome, receipt.id) == ("applied", "5")
    (request,) = at.script.requests
    assert (request.method, request.path) == ("POST", f"{PORTAL}/projects/1/log")
    assert request.json == {
        "date": "2026-11-18",
        "hours": "01:30",
        "bill_status": "Billable",
        "module": {"type": "task", "id": "7"},
        "owner_zpuid": "3",
    }


def test_a_comment_stands_below_a_task_below_a_project(at: Bench, projects: HttpConnector) -> None:
    def answer(request: Request) -> HttpAnswer:
        if request.path.endswith("/comments"):
            comments = {"comments": [{"id": "9", "comment": "hi"}]}
            return HttpAnswer(body=comments if request.method == "GET" else {"id": "10"})
        return HttpAnswer(body={"tasks": [{"id": "7", "project": {"id": "1"}}]})

    at.script.answer = answer
    (row,) = [
        row for page in read(projects, "task_comments", "comment", "task.id") for row in page.records or ()
    ]
    assert row == {"id": "9", "comment": "hi", "task": {"id": "7"}}
    (made, lost) = write(
        projects,
        "task_comments",
        batch("create", {"task.id": "7", "comment": "yes"}, {"task.id": "8", "comment": "no"}),
    )[::-1]
    assert (made.outcome, lost.outcome, lost.code) == ("applied", "refused", "no-parent")
    last = at.script.requests[-1]
    assert (last.method, last.path) == ("POST", f"{PORTAL}/projects/1/tasks/7/comments")
    assert last.json == {"comment": "yes"}


def test_the_portal_is_the_one_of_the_settings(at: Bench, projects: HttpConnector) -> None:
    at.script.play(HttpAnswer(body=[{"id": "1"}, {"id": 30000000001, "portal_name": "Ours"}]))
    assert ids(read(projects, "portal")) == ["30000000001"]
    assert projects.check() == "Ours (30000000001)"
    assert {request.path for request in at.script.requests} == {"/api/v3/portals"}


def test_a_list_by_offset_counts_the_records_it_has_seen() -> None:
    walk = PageCursor(Paging(style="offset", page="skip", size="take", at_most=2, more="more"), "shop")
    assert walk.first() == {"take": "2", "skip": "0"}
    assert walk.after({"more": True}, [1, 2]) == {"take": "2", "skip": "2"}
    assert walk.after({"more": True}, [3]) == {"take": "2", "skip": "3"}
    assert walk.after({"more": False}, [4]) is None


def test_a_list_by_links_follows_their_parameters_and_never_their_address() -> None:
    walk = PageCursor(Paging(style="link", size="take", at_most=2), "shop")
    assert walk.first() == {"take": "2"}
    link = '<https://evil.test/?cursor=a%20b&take=2>; rel="next", <https://shop.test/?x=1>; rel="last"'
    assert walk.after({}, [1, 2], {"link": link}) == {"cursor": "a b", "take": "2"}
    assert walk.after({}, [3], {"link": '<https://shop.test/>; rel="prev"'}) is None
