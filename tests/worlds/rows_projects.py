"""What people do in a portal of Projects: customers, projects, tasks, bugs and time, for the row scenarios."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from click.testing import CliRunner
from rows_world import only

from engine.cli import engine
from engine.sandbox.projects.entities import FIRST_USER

if TYPE_CHECKING:
    from rows_world import House

#: The user who connects, and another one of the portal: both are users of the finance products, too.
ME, ANNA = (str(FIRST_USER + 2 * place) for place in (0, 1))


def client(house: House, name: str, **more: Any) -> str:
    """A customer; answers its id."""
    return _made(house, "/clients", name=name, **more)


def project(house: House, name: str, *, client: str | None = None, **more: Any) -> str:
    """A project, with its primary customer if it has one; answers its id."""
    primary = {"client": {"id": client}} if client else {}
    return _made(house, "/projects", name=name, **primary, **more)


def task(house: House, project: str, name: str, **more: Any) -> str:
    """A task of a project; answers its id."""
    return _made(house, f"/projects/{project}/tasks", name=name, **more)


def bug(house: House, project: str, name: str, **more: Any) -> str:
    """A bug of a project; answers its id."""
    return _made(house, f"/projects/{project}/issues", name=name, **more)


def log(
    house: House,
    project: str,
    *,
    task: str | None = None,
    bug: str | None = None,
    day: str = "2026-11-02",
    hours: str = "1:30",
    billable: bool = True,
    approved: bool = True,
    owner: str = ME,
    notes: str = "",
) -> str:
    """Time on a task or a bug, else on neither; answers its id."""
    kind, item = ("task", task) if task else ("issue", bug) if bug else ("general", None)
    module = {"type": kind, "id": item} if item else {"type": kind}
    made = _made(
        house,
        f"/projects/{project}/log",
        module=module,
        date=day,
        hours=hours,
        bill_status="Billable" if billable else "Non Billable",
        owner_zpuid=owner,
        notes=notes,
    )
    if approved:
        approve(house, made)
    return made


def approve(house: House, log: str) -> None:
    """Somebody who may approves the time."""
    edit(house, "timelogs", log, approval_status="Approved")


def user(house: House, name: str) -> str:
    """A further user of the portal, whom the finance products do not know; answers the id."""
    first, last = name.split()
    mail = f"{first}.{last}@lindenhof.example".lower()
    return _made(house, "/users", first_name=first, last_name=last, email=mail)


def edit(house: House, module: str, record: str, **values: Any) -> None:
    """A person's edit in Projects."""
    house.visitor.command("edit", product="projects", module=module, id=record, set=values)


def _made(house: House, path: str, **values: Any) -> str:
    answer = house.visitor.projects("POST", path, json=values)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def product(house: House) -> str:
    """The finance product of the spec: erp or books."""
    return house.name.rpartition("-")[2]


def title(house: House) -> str:
    """How its sentences call it."""
    return {"erp": "ERP", "books": "Books"}[product(house)]


def there(house: House, collection: str, *names: str) -> list[tuple[Any, ...]]:
    """These fields of what the finance product holds, sorted; one field alone is still a tuple."""
    rows = house.visitor.records(product(house), collection)
    return sorted((tuple(row.get(name) for name in names) for row in rows), key=repr)


def finance(house: House, method: str, path: str, **values: Any) -> dict[str, Any]:
    """One call of the finance product as anybody may make it, which must not be refused."""
    call = getattr(house.visitor, product(house))
    answer = call(method, path, json=values) if values else call(method, path)
    assert answer.is_success, answer.text
    return dict(answer.json())


def me_there(house: House) -> str:
    """The user of the finance product who connects."""
    users = house.visitor.records(product(house), "users")
    return str(only([row for row in users if row["is_current_user"]])["user_id"])


def errors(house: House) -> dict[str, list[str]]:
    """By module, why its records are held, as `engine errors` says it."""
    told = json.loads(house.bare_engine("errors", "--format", "json").stdout)
    found: dict[str, list[str]] = {}
    for row in told["held"]:
        found.setdefault(row["module"], []).append(row["message"])
    return found


def offline(house: House, command: str, *words: str, expect: int = 0) -> str:
    """A command that connects to nothing and keeps nothing; answers what it printed."""
    result = CliRunner().invoke(engine, [command, str(house.spec), *words])
    assert result.exit_code == expect, f"exit {result.exit_code}\n{result.output}"
    return result.output
