"""Time logs of Projects: read by windows of dates, written one by one, locked once approved."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response

from engine.sandbox.projects import write
from engine.sandbox.projects.entities import ENTITIES
from engine.sandbox.projects.read import module_asked, parse_page, refuse_filters, show_log
from engine.sandbox.server.hours import clock_minutes, hours_text
from engine.sandbox.server.site import Site, as_of, site_of
from engine.sandbox.server.store import Query

if TYPE_CHECKING:
    from starlette.requests import Request

    from engine.sandbox.server.store import Row

LOGS = ENTITIES["timelogs"]
#: The widest window of a list: six months.
MAX_DAYS = 184
_MODULES = {"task": "tasks", "issue": "issues"}


async def list_logs(request: Request) -> Response:
    """The logs of a window, grouped by their day; 204 when there is none."""
    refuse_filters(request, "filter")
    site, asked = site_of(request), module_asked(request)
    page, per_page = parse_page(request)
    first, last = _window(request, site)
    where = ["deleted IS NULL", "json_extract(body, '$.type') = ?", _window_condition(request)]
    args: list[Any] = [asked["type"], first.isoformat(), last.isoformat()]
    for name, value in (("item", asked.get("id")), ("project", request.path_params.get("project"))):
        if value:
            where.append(f"json_extract(body, '$.{name}') = ?")
            args.append(str(value))
    query = Query(
        where=tuple(where),
        args=tuple(args),
        order="json_extract(body, '$.date'), id",
        limit=per_page + 1,
        offset=(page - 1) * per_page,
        as_of=as_of(request),
    )
    rows = site.store.rows("projects", "timelogs", query)
    return _listed(site, rows[:per_page], page, per_page, more=len(rows) > per_page)


def _listed(site: Site, rows: list[Row], page: int, per_page: int, *, more: bool) -> Response:
    if not rows:
        return Response(status_code=204)
    paid = sum(row.body["minutes"] for row in rows if row.body["bill_status"] == "Billable")
    every = sum(row.body["minutes"] for row in rows)
    days = [
        {"date": day, "log_details": [show_log(site, row) for row in logs]}
        for day, logs in groupby(rows, lambda row: row.body["date"])
    ]
    body = {
        "log_hours": {
            "billable_hours": hours_text(paid),
            "non_billable_hours": hours_text(every - paid),
            "total_hours": hours_text(every),
        },
        "time_logs": days,
        "page_info": {"page": page, "per_page": per_page, "has_next_page": more},
    }
    return JSONResponse(body)


def _window_condition(request: Request) -> str:
    """The window holds days of work, or with `fetch_by_modified_time` days of change."""
    if request.query_params.get("fetch_by_modified_time") == "true":
        return "date(modified, 'unixepoch') BETWEEN ? AND ?"
    return "json_extract(body, '$.date') BETWEEN ? AND ?"


def _window(request: Request, site: Site) -> tuple[date, date]:
    """First and last day of a list. Raises ProjectsRefused."""
    kind, today = request.query_params.get("view_type"), datetime.fromtimestamp(site.second(), UTC).date()
    if kind == "customdate":
        first, last = (_day(request, name) for name in ("start_date", "end_date"))
        if last < first or (last - first).days > MAX_DAYS:
            raise write.refused("end_date", "The dates must be in order and at most six months apart")
        return first, last
    start = _day(request, "start_date") if "start_date" in request.query_params else today
    if kind == "day":
        return start, start
    if kind == "week":
        monday = start - timedelta(days=start.weekday())
        return monday, monday + timedelta(days=6)
    if kind != "month":
        raise write.refused("view_type", "view_type is mandatory")
    following = (start.replace(day=28) + timedelta(days=4)).replace(day=1)
    return start.replace(day=1), following - timedelta(days=1)


def _day(request: Request, name: str) -> date:
    try:
        return date.fromisoformat(request.query_params.get(name, ""))
    except ValueError:
        raise write.refused(name, f"{name} is invalid") from None


def create_log(site: Site, project: str, sent: dict[str, Any]) -> Row:
    """Log time on a task, an issue or the project itself. Raises ProjectsRefused."""
    module = sent.get("module")
    kind = module.get("type") if isinstance(module, dict) else None
    if kind not in ("task", "issue", "general") or not isinstance(module, dict):
        raise write.refused("module", "module is mandatory")
    item = ""
    if kind != "general":
        item = write.living(site, ENTITIES[_MODULES[kind]], str(module.get("id", "")), project).id
    place = {"project": project, "type": kind, "item": item, "minutes": minutes_of(sent)}
    return write.create(site, LOGS, sent, place)


def update_log(site: Site, row: Row, sent: dict[str, Any]) -> Row:
    """Change a log that is not approved. Raises ProjectsRefused."""
    timed = {"hours", "start_time", "end_time"} & sent.keys()
    if timed:
        row.body["minutes"] = minutes_of(sent)
    return write.update(site, LOGS, row, sent)


def minutes_of(sent: dict[str, Any]) -> int:
    """Minutes of `hours`, else from start to end. Raises ProjectsRefused."""
    if sent.get("hours"):
        return _minutes(sent, "hours")
    start, end = _minutes(sent, "start_time"), _minutes(sent, "end_time")
    if end < start:
        raise write.refused("end_time", "end_time is before start_time")
    return end - start


def _minutes(sent: dict[str, Any], name: str) -> int:
    minutes = clock_minutes(str(sent.get(name, "")))
    if minutes is None:
        raise write.refused("hours", f"Invalid value passed for {name}")
    return minutes
