"""The finance tab of Projects: quotes, invoices and expenses of a project. No public API is known: all is guessed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.sandbox.projects import write
from engine.sandbox.projects.entities import ENTITIES, FINANCE
from engine.sandbox.server.refusals import ProjectsRefused
from engine.sandbox.server.store import Query

if TYPE_CHECKING:
    from engine.sandbox.projects.entities import Entity
    from engine.sandbox.server.site import Site
    from engine.sandbox.server.store import Row

_LARGEST = 1e12
#: What an invoice can be made for: the name of its field, and where the thing lies.
_BILLED = {"task": "tasks", "timelog": "timelogs"}


def create(site: Site, entity: Entity, sent: dict[str, Any], place: dict[str, Any]) -> Row:
    """A new record, of the finance tab or of anything else. Raises ProjectsRefused."""
    if entity.name not in FINANCE:
        row = write.create(site, entity, sent, place)
        _bill_task(site, entity, row, None)
        return row
    project = write.living(site, ENTITIES["projects"], place["project"])
    given = {"client": {"id": project.body["client"]}} if project.body["client"] else {}
    row = write.create(site, entity, given | sent | {"number": sent.get("number") or ""}, place)
    return _settled(site, entity, row, None, sent)


def update(site: Site, entity: Entity, row: Row, sent: dict[str, Any]) -> Row:
    """A record with what was sent. Raises ProjectsRefused."""
    changed = write.update(site, entity, row, sent)
    if entity.name not in FINANCE:
        _bill_task(site, entity, changed, row)
        return changed
    return _settled(site, entity, changed, row, sent)


def trash(site: Site, entity: Entity, row: Row) -> None:
    """A record goes; what an invoice had billed can be invoiced again. Raises ProjectsRefused."""
    write.trash(site, entity, row)
    if entity.name == "invoices":
        for module in ("tasks", "timelogs", "tasklists", "phases"):
            for billed in _billed_by(site, module, row.id):
                _mark(site, module, billed, None)


def mark_log(site: Site, row: Row, status: str) -> Row:
    """A time log is invoiced, or not any more, elsewhere; an approved one, too. Raises ProjectsRefused."""
    if status not in ("invoiced", "unbilled"):
        raise write.refused("invoice_status", "invoice_status is invalid")
    return _put(site, "timelogs", row, {"invoice_status": status})


def _settled(site: Site, entity: Entity, row: Row, before: Row | None, sent: dict[str, Any]) -> Row:
    """The sums of a record, and the marks on what it bills."""
    if entity.name == "invoices":
        _bill(site, row, before)
    total = _total(row.body) if "total" not in sent else row.body["total"]
    return _put(site, entity.name, row, {"total": total}) if total != row.body["total"] else row


def _total(body: dict[str, Any]) -> float:
    """What the lines come to, or the amount where there are none; whoever sends a total knows better."""
    if "lines" not in body:
        return float(body["amount"])
    lines = [line for line in body["lines"] if isinstance(line, dict)]
    return round(sum(_amount(line, "rate", 0) * _amount(line, "quantity", 1) for line in lines), 2)


def _amount(line: dict[str, Any], name: str, absent: float) -> float:
    """A number of a line. Raises ProjectsRefused."""
    value = line.get(name) or absent
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > _LARGEST:
        raise write.refused("lines", f"{name} is invalid")
    return float(value)


def _bill(site: Site, row: Row, before: Row | None) -> None:
    """Mark what an invoice is for. Raises ProjectsRefused for what has been invoiced already."""
    for name, module in _BILLED.items():
        id_ = row.body.get(name)
        if not id_ or (before is not None and before.body.get(name) == id_):
            continue
        billed = write.living(site, ENTITIES[module], id_, row.body["project"])
        if billed.body.get("invoice") not in (None, row.id) or _is_invoiced(billed, row.id):
            words = f"This {ENTITIES[module].title.lower()} has been invoiced already."
            raise ProjectsRefused(400, "INVALID_OPERATION", words, kind="OPERATIONAL_VALIDATION_ERROR")
        _mark(site, module, billed, row.id)
        if module == "tasks":
            _mark_logs(site, billed.id, row.id)


def _is_invoiced(row: Row, invoice: str) -> bool:
    return row.body.get("invoice_status") == "invoiced" and row.body.get("invoice") != invoice


def _bill_task(site: Site, entity: Entity, row: Row, before: Row | None) -> None:
    """A task that is put onto an invoice takes its time along."""
    invoice = row.body.get("invoice")
    if entity.name == "tasks" and invoice and (before is None or before.body.get("invoice") != invoice):
        _mark_logs(site, row.id, invoice)


def _mark_logs(site: Site, task: str, invoice: str) -> None:
    """The time of a task that is not invoiced yet is invoiced with the task."""
    where = ("json_extract(body, '$.item') = ?", "deleted IS NULL")
    for log in site.store.rows("projects", "timelogs", Query(where=where, args=(task,))):
        if log.body.get("invoice_status") != "invoiced":
            _mark(site, "timelogs", log, invoice)


def _billed_by(site: Site, module: str, invoice: str) -> list[Row]:
    where = ("json_extract(body, '$.invoice') = ?", "deleted IS NULL")
    return site.store.rows("projects", module, Query(where=where, args=(invoice,)))


def _mark(site: Site, module: str, row: Row, invoice: str | None) -> Row:
    """What is invoiced says by which invoice; time says that it is."""
    marks: dict[str, Any] = {"invoice": invoice}
    if module in ("tasks", "timelogs"):
        marks["invoice_status"] = "invoiced" if invoice else "unbilled"
    return _put(site, module, row, marks)


def _put(site: Site, module: str, row: Row, values: dict[str, Any]) -> Row:
    return site.change("projects", module, row, body=row.body | values)
