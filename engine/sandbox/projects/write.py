"""Writes of Projects: one record checked against its table and the rules of its project, and stored."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Any

from engine.sandbox.projects.entities import ENTITIES, FINANCE, FIRST_ID, FIRST_USER, STATUSES, Entity, Field
from engine.sandbox.projects.rules import require_dates, require_open
from engine.sandbox.server.refusals import ProjectsRefused
from engine.sandbox.server.store import Query, Row

if TYPE_CHECKING:
    from engine.sandbox.server.site import Site

ID = re.compile(r"[0-9]{1,19}")
#: The user whose consent the token carries.
API_USER = str(FIRST_USER)
_EMPTY: dict[str, Any] = {"text": "", "date": "", "number": 0, "boolean": False, "list": []}


def create(site: Site, entity: Entity, sent: dict[str, Any], place: dict[str, Any]) -> Row:
    """Make a record; `place` is where it hangs: its project, what it comments on. Raises ProjectsRefused."""
    for field in entity.fields.values():
        if field.required and not sent.get(field.name):
            raise refused(field.name, f"{field.name} is mandatory")
    body = defaults_of(entity) | place | taken(site, entity, sent)
    if entity.prefix:
        body["number"] = 1 + len(_siblings(site, entity, body["project"]))
    _check(site, entity, body, None)
    return site.make("projects", entity.name, site.store.next_id("projects", FIRST_ID), body)


def update(site: Site, entity: Entity, row: Row, sent: dict[str, Any]) -> Row:
    """Change the fields that were sent. Raises ProjectsRefused."""
    if entity.name == "timelogs" and row.body.get("approval_status") == "Approved":
        raise _not_now("Approved time logs cannot be edited.")
    body = row.body | taken(site, entity, sent) | {"updated_by": API_USER}
    for field in entity.fields.values():
        if field.required and body[field.name] in ("", None):
            raise refused(field.name, f"{field.name} is mandatory")
    _check(site, entity, body, row)
    return site.change("projects", entity.name, row, body=body)


def trash(site: Site, entity: Entity, row: Row) -> None:
    """Put a record into the trash, a project with all that hangs on it. Raises ProjectsRefused."""
    if entity.name == "timelogs" and row.body.get("approval_status") == "Approved":
        raise _not_now("Approved time logs cannot be deleted.")
    children = (
        [other for other in ENTITIES.values() if other.within_project] if entity.name == "projects" else []
    )
    for child in children:
        for one in _siblings(site, child, row.id):
            site.delete("projects", child.name, one)
    site.delete("projects", entity.name, row)


def living(site: Site, entity: Entity, id_: str, project: str | None = None) -> Row:
    """The record of that id, in its project. Raises ProjectsRefused if there is none."""
    row = site.store.get("projects", entity.name, id_) if ID.fullmatch(id_) else None
    if row is None or (project is not None and row.body.get("project") != project):
        raise ProjectsRefused(404, "RESOURCE_NOT_FOUND", f"{entity.title} does not exist.")
    return row


def refused(name: str, message: str) -> ProjectsRefused:
    """The refusal of one field."""
    return ProjectsRefused(400, "INVALID_INPUT", message, kind="FIELDS_VALIDATION_ERROR", field=name)


def _not_now(message: str) -> ProjectsRefused:
    return ProjectsRefused(400, "OPERATION_NOT_ALLOWED", message, kind="OPERATIONAL_VALIDATION_ERROR")


def _siblings(site: Site, entity: Entity, project: str) -> list[Row]:
    query = Query(where=("json_extract(body, '$.project') = ?",), args=(project,))
    return site.store.rows("projects", entity.name, query)


def defaults_of(entity: Entity) -> dict[str, Any]:
    """What a record holds of which nothing was said."""
    values: dict[str, Any] = {f.name: _EMPTY.get(f.kind) for f in entity.fields.values()}
    values |= {"created_by": API_USER, "updated_by": API_USER}
    if entity.name in STATUSES:
        values["status"] = STATUSES[entity.name][0][0]
    for name in ("owner", "assignee"):
        if name in values and entity.name != "issues":
            values[name] = API_USER
    own: dict[str, dict[str, Any]] = {
        "tasks": {"priority": "none", "parent": None, "owners": [], "total_work": ""}
        | {"invoice_status": "unbilled"},
        "timelogs": {"approval_status": "Unapproved", "type": "general", "item": None, "minutes": 0}
        | {"invoice": None, "invoice_status": "unbilled"},
        "clients": {"is_active": True},
        "contacts": {"is_active": True},
        **{name: {"status": status} for name, status in FINANCE.items()},
    }
    if entity.within_project:
        values["project"] = ""
    if entity.prefix:
        values["number"] = 0
    return values | own.get(entity.name, {})


def taken(site: Site, entity: Entity, sent: dict[str, Any]) -> dict[str, Any]:
    """What was sent, as the store keeps it: bare ids in place of objects. Unknown names are overlooked."""
    found = {f.name: _value(site, entity, f, sent[f.name]) for f in entity.fields.values() if f.name in sent}
    if entity.name == "tasks":
        found |= _task_extras(site, sent)
    if entity.name == "timelogs" and "owner_zpuid" in sent:
        found["owner"] = _user(site, "owner_zpuid", sent["owner_zpuid"])
    return found


def _value(site: Site, entity: Entity, field: Field, value: Any) -> Any:
    if value is None:
        return defaults_of(entity)[field.name]  # a status or an owner cannot be taken away
    match field.kind:
        case "ref":
            id_ = value.get("id") if isinstance(value, dict) else value
            return _reference(site, field, str(id_)) if id_ else None
        case "person":
            return _user(site, field.name, value.get("zpuid") if isinstance(value, dict) else value)
        case "status":
            id_ = value.get("id") if isinstance(value, dict) else value
            if id_ not in [status[0] for status in STATUSES[entity.name]]:
                raise refused(field.name, "status is invalid")
            return id_
    if not _fits(field, value):
        raise refused(field.name, f"{field.name} is invalid")
    return value


def _fits(field: Field, value: Any) -> bool:
    match field.kind:
        case "boolean":
            return isinstance(value, bool)
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e12  # noqa: PLR2004  # no rate is larger
        case "list":
            return isinstance(value, list)
        case "date":
            return isinstance(value, str) and _is_date(value)
    if not isinstance(value, str) or (field.length is not None and len(value) > field.length):
        return False
    return not field.choices or value in field.choices


def _is_date(text: str) -> bool:
    try:
        return text == "" or date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _reference(site: Site, field: Field, id_: str) -> str:
    if field.refers is None or site.store.get("projects", field.refers, id_) is None:
        raise refused(field.name, f"{field.name} does not exist")
    return id_


def _user(site: Site, name: str, zpuid: Any) -> str:
    """A portal user's id; a zuid is none. Raises ProjectsRefused."""
    if not isinstance(zpuid, str) or site.store.get("projects", "users", zpuid) is None:
        raise refused(name, "The user does not belong to this portal")
    return zpuid


def _task_extras(site: Site, sent: dict[str, Any]) -> dict[str, Any]:
    """Owners, work and the parent of a task, which are written inside objects."""
    found: dict[str, Any] = {}
    work = sent.get("owners_and_work")
    if isinstance(work, dict):
        owners = work.get("owners", [])
        if not isinstance(owners, list) or not all(isinstance(owner, dict) for owner in owners):
            raise refused("owners_and_work", "owners_and_work is invalid")
        found["owners"] = [_user(site, "owners_and_work", o.get("zpuid") or o.get("add")) for o in owners]
        found["total_work"] = str(work.get("total_work", ""))
    owner = sent.get("owner")
    if isinstance(owner, dict) and owner.get("zpuid"):
        found["owners"] = [_user(site, "owner", owner["zpuid"])]
    if "state" in sent:
        found["status"] = _status_of(str(sent["state"]))
    parental = sent.get("parental_info")
    if isinstance(parental, dict) and parental.get("parent_task_id"):
        parent = str(parental["parent_task_id"])
        if site.store.get("projects", "tasks", parent) is None:
            raise refused("parental_info", "The parent task does not exist")
        found["parent"] = parent
    return found


def _status_of(state: str) -> str:
    """The first status that is open or closed. Raises ProjectsRefused for any other word."""
    for id_, _, closes in STATUSES["tasks"]:
        if state == ("closed" if closes else "open"):
            return id_
    raise refused("state", "state is invalid")


def _check(site: Site, entity: Entity, body: dict[str, Any], before: Row | None) -> None:
    """The rules between a record and its project."""
    if entity.name == "comments":
        return
    if before is None:
        require_open(site, entity.name, body)
    require_dates(site, entity.name, body)
