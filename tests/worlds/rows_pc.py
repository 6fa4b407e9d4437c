"""CRM and Projects as the scenarios of PC see them: what people make and change there, and what stands there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from places import ROOT

if TYPE_CHECKING:
    from rows_world import House

SPEC = "zoho-projects-crm"
TASK = "mappings/task-task.yaml"
NOTE = "mappings/note-comment.yaml"


def lines(start: str, end: str) -> str:
    """The lines of the shipped spec from the one that holds `start` up to, not with, the one that holds `end`."""
    text = (ROOT / "specs" / f"{SPEC}.yaml").read_text(encoding="utf-8")
    begin = text.rindex("\n", 0, text.index(start)) + 1
    return text[begin : text.rindex("\n", 0, text.index(end, begin)) + 1]


#: What makes tasks take part only once they are enrolled.
ENROL = lines("    creates: by hand", "    conflicts: newest")


def crm_made(house: House, module: str, **fields: Any) -> str:
    """Somebody makes a record in CRM; answers its id."""
    answer = house.visitor.crm("POST", f"/{module}", json={"data": [fields]}).json()["data"][0]
    assert answer["code"] == "SUCCESS", answer
    return str(answer["details"]["id"])


def crm_changed(house: House, module: str, id_: str, **fields: Any) -> None:
    """Somebody changes a record in CRM."""
    answer = house.visitor.crm("PUT", f"/{module}/{id_}", json={"data": [fields]}).json()["data"][0]
    assert answer["code"] == "SUCCESS", answer


def crm_one(house: House, module: str, id_: str) -> dict[str, Any]:
    """A record in CRM as its API shows it; empty = there is none."""
    answer = house.visitor.crm("GET", f"/{module}/{id_}")
    return dict(answer.json()["data"][0]) if answer.status_code == 200 else {}


def made(house: House, path: str, **fields: Any) -> str:
    """Somebody makes a record in Projects; answers its id."""
    answer = house.visitor.projects("POST", path, json=fields)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def changed(house: House, path: str, **fields: Any) -> None:
    """Somebody changes a record in Projects."""
    answer = house.visitor.projects("PATCH", path, json=fields)
    assert answer.status_code == 200, answer.text


def shown(house: House, path: str) -> dict[str, Any]:
    """A record in Projects as its API shows it; empty = there is none."""
    answer = house.visitor.projects("GET", path)
    return dict(answer.json()) if answer.status_code == 200 else {}


def users(house: House) -> list[tuple[str, str]]:
    """(id in CRM, zpuid in Projects) of the people who are in both, by name."""
    portal = {one["email"]: one["id"] for one in house.visitor.records("projects", "users")}
    crm = sorted(house.visitor.records("crm", "users"), key=lambda one: str(one["full_name"]))
    return [(one["id"], portal[one["email"]]) for one in crm if one["status"] == "active"]


def later(house: House, minutes: int = 5) -> None:
    """Time passes in both products."""
    house.visitor.command("clock", advance_s=60 * minutes)


@dataclass(frozen=True, kw_only=True)
class Job:
    """A customer that both products know, with a project and a task list."""

    house: House
    account: str
    client: str
    project: str
    tasklist: str

    def task(self, name: str = "Dig the trench", **fields: Any) -> str:
        """A task of the project."""
        body = {"name": name, "tasklist": {"id": self.tasklist}, **fields}
        return made(self.house, f"/projects/{self.project}/tasks", **body)

    def shown(self, task: str) -> dict[str, Any]:
        """A task as Projects shows it."""
        return shown(self.house, f"/projects/{self.project}/tasks/{task}")

    def changed(self, task: str, **fields: Any) -> None:
        """Somebody changes a task in Projects."""
        changed(self.house, f"/projects/{self.project}/tasks/{task}", **fields)

    def enrolled(self, task: str, *words: str) -> dict[str, Any]:
        """Somebody enrols a task; answers its counterpart in CRM."""
        self.house.must("do", "tasks.enrol", "--record", f"projects.tasks:{task}", "--yes", *words)
        name = self.shown(task)["name"]
        found = [one for one in self.house.visitor.records("crm", "Tasks") if one.get("Subject") == name]
        assert len(found) == 1, found
        return found[0]


def job(house: House, name: str = "Mira Ltd", *, account: str | None = None, **project: Any) -> Job:
    """A customer of both products, associated by a run, and a project for it."""
    account = account or crm_made(house, "Accounts", Account_Name=name)
    client = made(house, "/clients", name=name)
    number = made(house, "/projects", **({"name": "Data Migration", "client": {"id": client}} | project))
    tasklist = made(house, f"/projects/{number}/tasklists", name="Work")
    house.run()
    return Job(house=house, account=account, client=client, project=number, tasklist=tasklist)
