"""Projects and CRM on the day that the integration is killed: tasks that are enrolled, comments, a deal that is won."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from places import ROOT

from engine.compiler import compile_file
from engine.compiler.draft.parts import Hand
from engine.run.operations.enrol import enrol

if TYPE_CHECKING:
    from sandbox_visitor import Visitor
    from shipped_world import Copy

NAME = "zoho-projects-crm"
SPEC = ROOT / "specs" / f"{NAME}.yaml"
STREAMS = (
    *(("crm", module) for module in ("Accounts", "Deals", "Tasks", "Notes")),
    *(("projects", module) for module in ("clients", "projects", "tasks", "comments")),
)


def _crm(visitor: Visitor, module: str, **fields: Any) -> str:
    (answer,) = visitor.crm("POST", f"/{module}", json={"data": [fields]}).json()["data"]
    assert answer["code"] == "SUCCESS", answer
    return str(answer["details"]["id"])


def _made(visitor: Visitor, path: str, **fields: Any) -> str:
    answer = visitor.projects("POST", path, json=fields)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def _id(visitor: Visitor, product: str, module: str, name: str) -> str:
    (row,) = [one for one in visitor.records(product, module) if name in one.values()]
    return str(row["id"])


def first(visitor: Visitor) -> None:
    """A customer on both sides with a project and its tasks, one on each side alone, and a deal."""
    account = _crm(visitor, "Accounts", Account_Name="Alder")
    _crm(visitor, "Accounts", Account_Name="Birch", Phone="030 1234567")
    _crm(
        visitor,
        "Deals",
        Deal_Name="Deck",
        Stage="Qualification",
        Probability=10,
        Account_Name={"id": account},
    )
    client = _made(visitor, "/clients", name="Alder")
    _made(visitor, "/clients", name="Cedar")
    project = _made(visitor, "/projects", name="Garden", client={"id": client})
    tasklist = _made(visitor, f"/projects/{project}/tasklists", name="Work")
    for name in ("Dig", "Fill", "Plant"):
        _made(visitor, f"/projects/{project}/tasks", name=name, tasklist={"id": tasklist})


def ordered(copy: Copy) -> None:
    """Two of the tasks are enrolled."""
    plan = compile_file(str(SPEC), hand=Hand(trigger="tasks", answers={}, enrol=True))
    account = _id(copy.visitor, "crm", "Accounts", "Alder")
    for name in ("Dig", "Fill"):
        task = _id(copy.visitor, "projects", "tasks", name)
        enrol(plan, copy.call(), "right", task, {"What_Id.id": account, "$se_module": "Accounts"})


def then(visitor: Visitor) -> None:
    """Edits and comments on both sides, new customers, and the deal is won."""
    task, project = _id(visitor, "crm", "Tasks", "Dig"), _id(visitor, "projects", "projects", "Garden")
    fill = _id(visitor, "projects", "tasks", "Fill")
    visitor.command(
        "edit", product="crm", module="Tasks", id=task, set={"Priority": "High", "Due_Date": "2026-12-18"}
    )
    visitor.projects(
        "PATCH", f"/projects/{project}/tasks/{fill}", json={"name": "Fill up", "state": "closed"}
    )
    parent = {"id": task, "module": {"api_name": "Tasks"}}
    _crm(visitor, "Notes", Note_Title="Call", Note_Content="Deeper.", Parent_Id=parent)
    _made(visitor, f"/projects/{project}/tasks/{fill}/comments", comment="Done.")
    _crm(visitor, "Accounts", Account_Name="Dogwood")
    deal = _id(visitor, "crm", "Deals", "Deck")
    won = {"Stage": "Closed Won", "Probability": 100}
    visitor.command("edit", product="crm", module="Deals", id=deal, set=won)
