"""Reads of Projects: how a record is shown, and lists page by page."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response

from engine.sandbox.projects.entities import STATUSES, Entity
from engine.sandbox.projects.rules import is_closed
from engine.sandbox.projects.write import refused
from engine.sandbox.server.hours import hours_text
from engine.sandbox.server.refusals import NotServed, ProjectsRefused
from engine.sandbox.server.site import Site, as_of, site_of, whole_number
from engine.sandbox.server.store import Query, Row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request

MAX_PER_PAGE, DEFAULT_PER_PAGE = 200, 10
_SORT = re.compile(r"(ASC|DESC)\((\w+)\)")
_NAMES = {
    **dict.fromkeys(("projects", "clients", "tasks", "tasklists", "phases"), "name"),
    "invoices": "number",
    "timelogs": "log_name",
}


def moment(at: int) -> str:
    """As Projects shows an instant: `2026-11-20T09:00:00.000Z`."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def require_portal(request: Request) -> Site:
    """The sandbox, for a path of its portal. Raises ProjectsRefused."""
    site = site_of(request)
    portal = site.account("projects")
    if request.path_params.get("portal", portal) != portal:
        raise ProjectsRefused(404, "RESOURCE_NOT_FOUND", "The portal does not exist.")
    return site


def parse_page(request: Request) -> tuple[int, int]:
    """Page and records a page. Raises ProjectsRefused."""
    page = whole_number(request, "page", 1)
    per_page = whole_number(request, "per_page", DEFAULT_PER_PAGE)
    if page is None or per_page is None or per_page > MAX_PER_PAGE:
        name = "page" if page is None else "per_page"
        raise refused(name, f"{name} is invalid")
    return page, per_page


def list_answer(request: Request, site: Site, entity: Entity, where: dict[str, str]) -> Response:
    """A page of records, those alone whose fields hold the values of `where`; 204 when there is none."""
    page, per_page = parse_page(request)
    refuse_filters(request, "filter", "view_id")
    chosen, ids = chosen_ids(request, "issue_ids") if entity.name == "issues" else ((), ())
    query = Query(
        where=("deleted IS NULL", *chosen, *(f"json_extract(body, '$.{name}') = ?" for name in where)),
        args=(*ids, *where.values()),
        order=_order(request, entity),
        limit=per_page + 1,
        offset=(page - 1) * per_page,
        as_of=as_of(request),
    )
    rows = site.store.rows("projects", entity.name, query)
    if not rows:
        return Response(status_code=204)
    shown: Any = show(site, entity, rows[:per_page])
    if entity.key is not None:
        info = {"page": page, "per_page": per_page, "has_next_page": len(rows) > per_page}
        shown = {entity.key: shown, "page_info": [info] if entity.page_info_list else info}
    return JSONResponse(shown)


def refuse_filters(request: Request, *names: str) -> None:
    """Raise NotServed for a parameter of a list that the product knows and the sandbox does not."""
    for name in names:
        if name in request.query_params:
            raise NotServed(f"the filter `{name}`")


def chosen_ids(request: Request, name: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The condition of a parameter that names records by their ids, if it is there."""
    text = request.query_params.get(name)
    ids = tuple(part.strip() for part in (text or "").split(","))
    return ((), ()) if text is None else ((f"id IN ({','.join('?' * len(ids))})",), ids)


def _order(request: Request, entity: Entity) -> str:
    text = request.query_params.get("sort_by")
    if text is None:
        return "id"
    columns = {
        "created_time": "created",
        **dict.fromkeys(("last_modified_time", entity.modified), "modified"),
        "name": "json_extract(body, '$.name')",
    }
    found = _SORT.fullmatch(text)
    if found is None or found[2] not in columns:
        raise refused("sort_by", "sort_by is invalid")
    return f"{columns[found[2]]} {found[1]}, id {found[1]}"


def show(site: Site, entity: Entity, rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Records as Projects shows them: whole in lists, too."""
    names = _Names(site)
    counts = _counts(site) if entity.name == "projects" else {}
    hours = _hours(site) if entity.name == "tasks" else {}
    parents = _parents(site) if entity.name == "tasks" else set()
    shown = []
    for row in rows:
        record = {"id": row.id} | _plain(names, entity, row)
        if entity.name == "projects":
            record |= _project(row, counts)
        if entity.name == "tasks":
            record |= _task(names, row, hours.get(row.id, (0, 0)), has_subtasks=row.id in parents)
        times = {"created_time": moment(row.created), entity.modified: moment(row.modified)}
        people = {f: {"zpuid": row.body[f]} for f in ("created_by", "updated_by") if f in row.body}
        shown.append(record | times | people)
    return shown


class _Names:
    """Names of what records refer to, each read once an answer."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._known: dict[tuple[str, str], str] = {}

    def reference(self, module: str, id_: str) -> dict[str, str]:
        """What is shown of a record that another one names."""
        if (module, id_) not in self._known:
            found = self._site.store.texts("projects", module, [id_], _NAMES[module])
            self._known[module, id_] = found.get(id_, "")
        return {"id": id_, "name": self._known[module, id_]}

    def person(self, zpuid: str) -> dict[str, str]:
        """What is shown of a user."""
        row = self._site.store.get("projects", "users", zpuid)
        body = {} if row is None else row.body
        return {"zpuid": zpuid, **{name: body.get(name, "") for name in ("zuid", "full_name", "email")}} | {
            "name": body.get("full_name", "")
        }


def _plain(names: _Names, entity: Entity, row: Row) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    for field in entity.fields.values():
        value = row.body.get(field.name)
        if field.kind == "status":
            shown[field.name] = _status(entity.name, value)
            shown["state"] = "closed" if is_closed(entity.name, value) else "open"
        elif value is not None and field.kind == "ref":
            shown[field.name] = names.reference(field.refers or "", value)
        elif value is not None and field.kind == "person":
            shown[field.name] = names.person(value)
        elif value not in (None, ""):
            shown[field.name] = value
    if row.body.get("project"):
        shown["project"] = names.reference("projects", row.body["project"])
    if entity.prefix:
        shown["prefix"] = f"LT-{entity.prefix}{row.body['number']}"
    return shown


def _status(module: str, id_: Any) -> dict[str, Any]:
    found = next(status for status in STATUSES[module] if status[0] == id_)
    return {"id": found[0], "name": found[1], "is_closed_type": found[2]}


def _project(row: Row, counts: dict[tuple[str, str, bool], int]) -> dict[str, Any]:
    closed = is_closed("projects", row.body["status"])
    shown: dict[str, Any] = {
        "key": f"LT-{row.id[-3:]}",
        "project_type": row.body.get("project_type", "active"),
        "is_completed": closed,
    }
    for name, module in (("tasks", "tasks"), ("issues", "issues"), ("milestones", "phases")):
        kinds = {"open_count": False, "closed_count": True}
        shown[name] = {kind: counts.get((row.id, module, closes), 0) for kind, closes in kinds.items()}
    every = sum(shown["tasks"].values())
    return shown | {"percent_complete": round(100 * shown["tasks"]["closed_count"] / every) if every else 0}


def _counts(site: Site) -> dict[tuple[str, str, bool], int]:
    """Open and closed records by project and module."""
    sql = (
        "SELECT json_extract(body, '$.project'), module, json_extract(body, '$.status'), count(*) FROM record"
        " WHERE product = 'projects' AND module IN ('tasks', 'issues', 'phases') AND deleted IS NULL GROUP BY 1, 2, 3"
    )
    found: dict[tuple[str, str, bool], int] = {}
    for project, module, status, count in site.store.execute(sql):
        key = (project, module, is_closed(module, status))
        found[key] = found.get(key, 0) + count
    return found


def _hours(site: Site) -> dict[str, tuple[int, int]]:
    """Minutes logged by task: billable and not."""
    sql = (
        "SELECT json_extract(body, '$.item'), json_extract(body, '$.bill_status') = 'Billable',"
        " sum(json_extract(body, '$.minutes')) FROM record"
        " WHERE product = 'projects' AND module = 'timelogs' AND deleted IS NULL GROUP BY 1, 2"
    )
    found: dict[str, tuple[int, int]] = {}
    for item, billable, minutes in site.store.execute(sql):
        paid, unpaid = found.get(item, (0, 0))
        found[item] = (paid + minutes, unpaid) if billable else (paid, unpaid + minutes)
    return found


def _parents(site: Site) -> set[str]:
    sql = (
        "SELECT DISTINCT json_extract(body, '$.parent') FROM record"
        " WHERE product = 'projects' AND module = 'tasks' AND deleted IS NULL"
    )
    return {row[0] for row in site.store.execute(sql)}


def _task(names: _Names, row: Row, hours: tuple[int, int], *, has_subtasks: bool) -> dict[str, Any]:
    body = row.body
    owners = [names.person(zpuid) for zpuid in body["owners"]]
    paid, unpaid = hours
    shown: dict[str, Any] = {
        "is_completed": is_closed("tasks", body["status"]),
        "depth": 1 if body["parent"] else 0,
        "owners_and_work": {"owners": owners, "total_work": body["total_work"], "work_type": "work_hours"},
        "log_hours": {
            "billable_hours": hours_text(paid),
            "non_billable_hours": hours_text(unpaid),
            "total_hours": hours_text(paid + unpaid),
        },
        "association_info": {"has_subtasks": has_subtasks},
        **({"owner": owners[0]} if owners else {}),
    }
    return shown | ({"parental_info": {"parent_task_id": body["parent"]}} if body["parent"] else {})


def show_log(names_of: Site, row: Row) -> dict[str, Any]:
    """A time log as Projects shows it."""
    names, body = _Names(names_of), row.body
    kind = "bug" if body["type"] == "issue" else body["type"]
    detail: dict[str, Any] = {"type": kind}
    if body["item"]:
        module = {"task": "tasks", "issue": "issues"}[body["type"]]
        found = names_of.store.texts("projects", module, [body["item"]], "name")
        detail |= {"id": body["item"], "name": found.get(body["item"], "")}
    person = names.person(body["owner"])
    invoice = body.get("invoice")
    status = {"Unapproved": "Pending"}.get(body["approval_status"], body["approval_status"])
    return {
        "id": row.id,
        "date": body["date"],
        "log_hour": hours_text(body["minutes"]),
        "start_time": body["start_time"],
        "end_time": body["end_time"],
        "billing_status": body["bill_status"],
        "approval": {"status": status},
        "owner": person,
        "added_by": {"zpuid": body["created_by"]},
        "module_detail": detail,
        "project": names.reference("projects", body["project"]),
        "type": kind,
        "notes": body["notes"],
        "invoice_status": body.get("invoice_status", "unbilled"),
        **({"invoice": names.reference("invoices", invoice)} if invoice else {}),
        "created_time": moment(row.created),
        "last_modified_time": moment(row.modified),
    }


def module_asked(request: Request) -> dict[str, Any]:
    """The parameter `module` of a time log list: `{"type": "task"}`. Raises ProjectsRefused."""
    try:
        asked = json.loads(request.query_params.get("module", ""))
    except (ValueError, RecursionError):
        raise refused("module", "module is mandatory") from None
    if not isinstance(asked, dict) or asked.get("type") not in ("task", "issue", "general"):
        raise refused("module", "module is invalid")
    return asked
