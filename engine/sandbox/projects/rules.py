"""Rules between records of a project: closed ones take nothing new, strict ones keep to their dates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.sandbox.projects.entities import FINANCE, STATUSES
from engine.sandbox.server.refusals import ProjectsRefused

if TYPE_CHECKING:
    from engine.sandbox.server.site import Site

#: The fields of a record that name others which must be open to take it.
_PARENTS = {"project": "projects", "tasklist": "tasklists", "milestone": "phases", "parent": "tasks"}


def is_closed(module: str, status: str | None) -> bool:
    """True for a status that closes."""
    return any(closes for id_, _, closes in STATUSES.get(module, ()) if id_ == status)


def require_open(site: Site, module: str, body: dict[str, Any]) -> None:
    """Nothing new is made below what is closed. Raises ProjectsRefused."""
    if module in FINANCE:
        return  # what is done is what gets invoiced
    for name, parent in _PARENTS.items():
        row = site.store.get("projects", parent, body[name]) if body.get(name) else None
        if row is not None and is_closed(parent, row.body["status"]):
            raise _broken(f"A closed {parent[:-1]} takes no new {module[:-1]}.")


def require_dates(site: Site, module: str, body: dict[str, Any]) -> None:
    """An end is not before its start; in a strict project both lie within the project. Raises ProjectsRefused."""
    dates = [text for text in (body.get("start_date"), body.get("end_date"), body.get("due_date")) if text]
    if dates != sorted(dates):
        raise _broken("The end date is before the start date.")
    project = site.store.get("projects", "projects", body["project"]) if body.get("project") else None
    if project is None or not project.body["is_strict_project"] or module == "timelogs":
        return
    first, last = project.body["start_date"], project.body["end_date"]
    if any((first and text < first) or (last and text > last) for text in dates):
        raise _broken("The dates must lie within those of the strict project.")


def _broken(message: str) -> ProjectsRefused:
    return ProjectsRefused(400, "INVALID_OPERATION", message, kind="OPERATIONAL_VALIDATION_ERROR")
