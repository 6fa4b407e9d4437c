"""Projects and a finance product on the day that the integration is killed: projects, people, time and money."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.sandbox.projects.entities import FIRST_USER

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox_visitor import Visitor

LINE = {"name": "Design", "rate": 250, "quantity": 2}
MONEY = ("contacts", "projects", "project_tasks", "time_entries", "estimates", "invoices")
SHOWN = ("clients", "projects", "tasks", "timelogs", "quotes", "invoices")


def streams(finance: str) -> tuple[tuple[str, str], ...]:
    """What must end the same."""
    return (*((finance, module) for module in MONEY), *(("projects", module) for module in SHOWN))


def _made(visitor: Visitor, path: str, **fields: Any) -> str:
    answer = visitor.projects("POST", path, json=fields)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def _named(visitor: Visitor, product: str, module: str, name: str) -> dict[str, Any]:
    (row,) = [one for one in visitor.records(product, module) if name in one.values()]
    return row


def _time(visitor: Visitor, project: str, task: str, day: str) -> None:
    """Two hours on a task, approved."""
    module = {"type": "task", "id": task}
    values = {"date": day, "hours": "2:00", "bill_status": "Billable", "owner_zpuid": str(FIRST_USER)}
    log = _made(visitor, f"/projects/{project}/log", module=module, **values)
    approved = {"approval_status": "Approved"}
    visitor.command("edit", product="projects", module="timelogs", id=log, set=approved)


def first(visitor: Visitor) -> None:
    """A customer with a project, two tasks of it and time on one of them."""
    client = _made(visitor, "/clients", name="Alder", currency_code="EUR")
    project = _made(visitor, "/projects", name="Garden", client={"id": client})
    dig = _made(visitor, f"/projects/{project}/tasks", name="Dig")
    _made(visitor, f"/projects/{project}/tasks", name="Plant")
    _time(visitor, project, dig, "2026-11-02")


def then(finance: str) -> Callable[[Visitor], None]:
    """A second customer and project, more time, a task renamed, and transactions made on both sides."""

    def happens(visitor: Visitor) -> None:
        client = _made(visitor, "/clients", name="Birch", currency_code="EUR")
        garden = _named(visitor, "projects", "projects", "Garden")["id"]
        plant = _named(visitor, "projects", "tasks", "Plant")["id"]
        house = _made(visitor, "/projects", name="House", client={"id": client})
        roof = _made(visitor, f"/projects/{house}/tasks", name="Roof")
        _time(visitor, house, roof, "2026-11-03")
        _time(visitor, garden, plant, "2026-11-04")
        visitor.projects("PATCH", f"/projects/{garden}/tasks/{plant}", json={"name": "Plant trees"})
        told = {"currency_code": "EUR", "balance": 500, "lines": [LINE]}
        _made(visitor, f"/projects/{garden}/invoices", number="I-1", date="2026-11-02", **told)
        billed = _named(visitor, finance, "projects", "Garden")
        about = {"customer_id": billed["customer_id"], "project_id": billed["project_id"]}
        answer = getattr(visitor, finance)("POST", "/estimates", json=about | {"line_items": [LINE]})
        assert answer.status_code == 201, answer.text

    return happens
