"""The local Projects answers as other people's clients expect it, seen by a plain client."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from sandbox_visitor import Visitor, visit

from engine.sandbox.projects.entities import ENTITIES, STATUSES
from engine.sandbox.server.throttle import LIMITS, Throttle

if TYPE_CHECKING:
    from collections.abc import Iterator

CLOSED = {name: next(s[0] for s in statuses if s[2]) for name, statuses in STATUSES.items()}


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitor]:
    with visit(tmp_path_factory.mktemp("projects")) as visitor:
        yield visitor


def _make(portal: Visitor, path: str, **body: Any) -> dict[str, Any]:
    answer = portal.projects("POST", path, json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def _title(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["title"]


def _project(portal: Visitor, **more: Any) -> str:
    return str(_make(portal, "/projects", name="Fresh", **more)["id"])


def test_portals_and_projects_are_bare_arrays_and_other_lists_say_whether_more_follows(
    portal: Visitor,
) -> None:
    token = {"Authorization": f"Zoho-oauthtoken {portal.tokens['zoho-projects']}"}
    portals = portal.http.get("/api/v3/portals", headers=token).json()
    assert portals[0]["id"] == portal.running.connect()["zoho-projects"]["portal"]
    assert len(portal.projects("GET", "/projects").json()) == 10
    tasks = portal.projects("GET", "/tasks").json()
    assert (len(tasks["tasks"]), tasks["page_info"]["has_next_page"]) == (10, True)
    phases = portal.projects("GET", "/phases", params={"per_page": 200}).json()
    assert (len(phases["milestones"]), phases["page_info"][0]["has_next_page"]) == (10, False)
    assert portal.projects("GET", "/projects", params={"page": 9}).status_code == 204
    assert _title(portal.projects("GET", "/projects", params={"per_page": 201})) == (400, "INVALID_INPUT")


def test_pages_of_all_tasks_hold_each_once_with_subtasks_among_them(portal: Visitor) -> None:
    rows: list[dict[str, Any]] = []
    page = 0
    while True:
        page += 1
        params = {"page": page, "per_page": 25, "sort_by": "DESC(last_modified_time)"}
        answer = portal.projects("GET", "/tasks", params=params).json()
        rows += answer["tasks"]
        if not answer["page_info"]["has_next_page"]:
            break
    assert len({row["id"] for row in rows}) == len(rows) > 50
    stamps = [row["last_modified_time"] for row in rows]
    assert stamps == sorted(stamps, reverse=True)
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z", stamp) for stamp in stamps)
    parents = {row["parental_info"]["parent_task_id"] for row in rows if row["depth"]}
    assert parents == {row["id"] for row in rows if row["association_info"]["has_subtasks"]}


def test_people_clients_and_the_work_of_the_company_are_the_same_as_elsewhere(portal: Visitor) -> None:
    users = portal.projects("GET", "/users", params={"per_page": 50}).json()["users"]
    assert {u["email"] for u in users} == {u["email"] for u in portal.records("crm", "users")}
    clients = portal.projects("GET", "/clients", params={"per_page": 50}).json()["clients"]
    assert {c["name"] for c in clients} <= {a["Account_Name"] for a in portal.records("crm", "Accounts")}
    ordered = [one for one in portal.projects("GET", "/projects").json() if "client" in one]
    assert len(ordered) == 9  # one project is nobody's
    for project in ordered:
        assert project["client"]["name"] in {client["name"] for client in clients}
        members = portal.projects("GET", f"/projects/{project['id']}/users").json()["users"]
        assert project["owner"]["zpuid"] in {member["id"] for member in members}


def test_a_task_is_written_by_zpuid_moved_patched_and_put_into_the_trash(portal: Visitor) -> None:
    project, user = _project(portal), portal.projects("GET", "/users").json()["users"][1]
    path = f"/projects/{project}/tasks"
    owners = {"owners_and_work": {"owners": [{"zpuid": user["id"]}], "total_work": "8:00"}}
    task = _make(portal, path, name="Saw", priority="high", **owners)
    assert task["owners_and_work"]["owners"][0]["email"] == user["email"]
    by_zuid = {"name": "X", "owners_and_work": {"owners": [{"zpuid": user["zuid"]}]}}
    assert _title(portal.projects("POST", path, json=by_zuid)) == (400, "INVALID_INPUT")
    sub = _make(portal, path, name="Sharpen", parental_info={"parent_task_id": task["id"]})
    assert (sub["parental_info"]["parent_task_id"], sub["depth"]) == (task["id"], 1)
    target = _make(portal, f"/projects/{project}/tasklists", name="Later")["id"]
    moved = portal.projects("POST", f"{path}/{task['id']}/move", json={"target_tasklist_id": target}).json()
    assert (moved["tasklist"]["name"], moved["priority"]) == ("Later", "high")
    closed = portal.projects("PATCH", f"{path}/{task['id']}", json={"status": {"id": CLOSED["tasks"]}}).json()
    assert (closed["is_completed"], closed["name"]) == (True, "Saw")
    assert portal.projects("GET", f"/projects/{project}").json()["tasks"] == {
        "open_count": 1,
        "closed_count": 1,
    }
    assert portal.projects("DELETE", f"{path}/{sub['id']}").status_code == 204
    assert _title(portal.projects("GET", f"{path}/{sub['id']}")) == (404, "RESOURCE_NOT_FOUND")
    dead = portal.http.get("/_sandbox/records/projects/tasks", params={"deleted": "true"}).json()["records"]
    assert sub["id"] in {row["id"] for row in dead}


def test_nothing_new_is_made_below_what_is_closed(portal: Visitor) -> None:
    project = _project(portal)
    parent = _make(portal, f"/projects/{project}/tasks", name="Done", status={"id": CLOSED["tasks"]})
    lists = _make(portal, f"/projects/{project}/tasklists", name="Old", status={"id": CLOSED["tasklists"]})
    for place in ({"parental_info": {"parent_task_id": parent["id"]}}, {"tasklist": {"id": lists["id"]}}):
        answer = portal.projects("POST", f"/projects/{project}/tasks", json={"name": "Late", **place})
        assert (answer.status_code, answer.json()["error"]["error_type"]) == (
            400,
            "OPERATIONAL_VALIDATION_ERROR",
        )
    portal.projects("PATCH", f"/projects/{project}", json={"status": {"id": CLOSED["projects"]}})
    assert portal.projects("POST", f"/projects/{project}/issues", json={"name": "Late"}).status_code == 400


def test_a_strict_project_keeps_its_tasks_within_its_dates(portal: Visitor) -> None:
    dates = {"start_date": "2026-11-01", "end_date": "2026-11-30"}
    late = {"name": "Late", "start_date": "2026-11-20", "end_date": "2026-12-01"}
    for strict, status in ((True, 400), (False, 201)):
        project = _project(portal, is_strict_project=strict, **dates)
        assert portal.projects("POST", f"/projects/{project}/tasks", json=late).status_code == status
    turned = late | {"end_date": "2026-11-02"}
    assert portal.projects("POST", f"/projects/{project}/tasks", json=turned).status_code == 400
    assert (
        portal.projects("POST", f"/projects/{project}/phases", json={"name": "No dates"}).status_code == 400
    )


def _logs(portal: Visitor, kind: str, path: str = "/timelogs", **more: Any) -> list[dict[str, Any]]:
    window = {
        "view_type": "customdate",
        "start_date": "2026-09-01",
        "end_date": "2026-12-31",
        "per_page": 200,
    }
    answer = portal.projects("GET", path, params=window | {"module": json.dumps({"type": kind})} | more)
    assert answer.status_code in (200, 204)
    days = answer.json()["time_logs"] if answer.content else []
    assert all(log["date"] == day["date"] for day in days for log in day["log_details"])
    return [log for day in days for log in day["log_details"]]


def test_time_is_logged_on_a_task_and_read_by_windows_of_six_months(portal: Visitor) -> None:
    project = _project(portal)
    task = _make(portal, f"/projects/{project}/tasks", name="Oil")["id"]
    body = {
        "module": {"type": "task", "id": task},
        "date": "2026-11-20",
        "bill_status": "Billable",
        "hours": "01:30",
    }
    log = _make(portal, f"/projects/{project}/log", **body)
    assert (log["log_hour"], log["module_detail"]["name"], log["approval"]["status"]) == (
        "01:30",
        "Oil",
        "Pending",
    )
    assert [row["id"] for row in _logs(portal, "task", f"/projects/{project}/timelogs")] == [log["id"]]
    assert _logs(portal, "general", f"/projects/{project}/timelogs") == []
    shown = portal.projects("GET", f"/projects/{project}/tasks/{task}").json()["log_hours"]
    assert shown == {"billable_hours": "01:30", "non_billable_hours": "00:00", "total_hours": "01:30"}
    wide = {
        "view_type": "customdate",
        "start_date": "2026-01-01",
        "end_date": "2026-12-31",
        "module": '{"type":"task"}',
    }
    assert portal.projects("GET", "/timelogs", params=wide).status_code == 400
    for missing in ("module", "date", "bill_status"):
        less = {name: value for name, value in body.items() if name != missing}
        assert portal.projects("POST", f"/projects/{project}/log", json=less).status_code == 400


def test_logs_on_issues_are_called_bugs_and_windows_of_change_find_them_too(portal: Visitor) -> None:
    assert {log["module_detail"]["type"] for log in _logs(portal, "issue")} == {"bug"}
    changed = _logs(portal, "issue", fetch_by_modified_time="true", end_date="2026-11-01")
    assert len(changed) == 10


def test_an_approved_log_is_locked(portal: Visitor) -> None:
    project = _project(portal)
    body = {"module": {"type": "general"}, "date": "2026-11-20", "bill_status": "Billable", "hours": "00:30"}
    log = f"/projects/{project}/logs/{_make(portal, f'/projects/{project}/log', **body)['id']}"
    assert portal.projects("PATCH", log, json={"hours": "00:45"}).json()["log_hour"] == "00:45"
    approved = portal.projects("PATCH", log, json={"approval_status": "Approved"}).json()
    assert approved["approval"]["status"] == "Approved"
    for method in ("PATCH", "DELETE"):
        answer = portal.projects(method, log, json={"notes": "late"} if method == "PATCH" else None)
        assert (answer.status_code, "pproved" in answer.text) == (400, True)
    assert portal.projects("GET", log).json()["log_hour"] == "00:45"


def test_comments_hang_on_their_record_and_a_project_takes_all_with_it(portal: Visitor) -> None:
    project = _project(portal)
    issue = _make(portal, f"/projects/{project}/issues", name="Jams")["id"]
    path = f"/projects/{project}/issues/{issue}/comments"
    comment = _make(portal, path, comment="<div>Look</div>")
    portal.projects("PATCH", f"{path}/{comment['id']}", json={"comment": "Seen"})
    assert [row["comment"] for row in portal.projects("GET", path).json()["comments"]] == ["Seen"]
    assert portal.projects("POST", f"/projects/{project}/trash").status_code == 204
    assert portal.projects("GET", path).status_code == 404
    assert issue not in {row["id"] for row in portal.records("projects", "issues")}


def test_a_persons_edit_sets_and_makes_records_of_every_kind(portal: Visitor) -> None:
    project = portal.projects("GET", "/projects").json()[0]
    for module in ENTITIES:
        values = {"name": "By hand", "project": project["id"]}
        made = portal.command("edit", product="projects", module=module, set=values)
        assert made["id"] in {row["id"] for row in portal.records("projects", module)}
    renamed = {"product": "projects", "module": "projects", "id": project["id"], "set": {"name": "Renamed"}}
    portal.command("clock", advance_s=60)
    stamp = portal.command("edit", **renamed)["modified"]
    after = portal.projects("GET", f"/projects/{project['id']}").json()
    assert (after["name"], after["modified_time"]) == ("Renamed", stamp)


@pytest.mark.parametrize(
    "path", ["/spaceships", "/projects/{project}/spaceships", "/timelogs/1", "/a/b/c/d/e/f"]
)
def test_a_wrong_address_is_told_with_status_400(portal: Visitor, path: str) -> None:
    project = portal.projects("GET", "/projects").json()[0]["id"]
    answer = portal.projects("GET", path.replace("{project}", project))
    assert _title(answer) == (400, "URL_RULE_NOT_CONFIGURED")


def test_a_token_of_another_product_is_no_token(portal: Visitor) -> None:
    headers = {"Authorization": f"Zoho-oauthtoken {portal.tokens['zoho-crm']}"}
    assert _title(portal.projects("GET", "/projects", headers=headers)) == (401, "INVALID_OAUTHTOKEN")


def test_an_address_called_too_often_is_locked_while_others_answer(portal: Visitor) -> None:
    throttle = Throttle(LIMITS["published"])
    assert [throttle.projects_refuses("GET /a", 0) for _ in range(101)] == [False] * 100 + [True]
    assert not throttle.projects_refuses("GET /b", 0)
    assert [throttle.projects_refuses("GET /a", at) for at in (130, 1799, 1801)] == [True, True, False]
    portal.running.site.throttle.locked["GET /api/v3/portal/{id}/issues/{id}"] = float("inf")
    assert portal.projects("GET", "/issues").status_code == 200
    refused = portal.projects("GET", "/issues/7")
    assert _title(refused) == (400, "URL_ROLLING_THROTTLES_LIMIT_EXCEEDED")
