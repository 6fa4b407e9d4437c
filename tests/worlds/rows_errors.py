"""Stories of what cannot come over: why, what resolves it, and that the rest follows by itself."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from rows_projects import bug, client, edit, errors, finance, log, project, task, there, title
from rows_time import hours

if TYPE_CHECKING:
    from rows_world import House

NO_CUSTOMER = "The project has no primary customer."


def without_a_customer(house: House) -> None:
    """Everything of the project stays behind and names the project; all follows once it has a customer."""
    site = project(house, "New site")
    dig, mud = task(house, site, "Dig"), bug(house, site, "Mud")
    log(house, site, task=dig)
    log(house, site, bug=mud)
    house.run(expect=4)
    told = errors(house)
    assert told.get("projects") == [NO_CUSTOMER]
    for module in ("tasks", "bugs"):
        assert told.get(module) == [f"Blocked by projects New site: {NO_CUSTOMER}"]
    for module in ("timesheets", "bug-timesheets"):
        assert told.get(module) == ["The timesheet's project has no primary customer."]
    edit(house, "projects", site, client=client(house, "Acme"))
    house.run()
    assert errors(house) == {}
    assert there(house, "project_tasks", "task_name") == [("Dig",), ("LT-I1 Mud",)]
    assert hours(house) == ["01:30", "01:30"]
    house.quiet()


def another_currency(house: House) -> None:
    """The customer is there in another currency: nothing of it is touched, and nothing of its projects comes."""
    contact = finance(house, "POST", "/contacts", contact_name="Acme", website="https://old.example")[
        "contact"
    ]
    acme = client(house, "Acme", currency_code="USD", website="https://new.example")
    site = project(house, "New site", client=acme)
    log(house, site, task=task(house, site, "Dig"))
    house.run(expect=4)
    why = f"{title(house)} has this customer with another currency."
    told = errors(house)
    assert told.get("customers") == [why]
    for module in ("projects", "tasks", "timesheets"):
        assert told.get(module) == [f"Blocked by customers Acme: {why}"]
    assert there(house, "contacts", "contact_id", "website") == [
        (contact["contact_id"], "https://old.example")
    ]
    assert there(house, "projects", "project_name") == []
    edit(house, "clients", acme, currency_code="EUR")
    house.run()
    assert errors(house) == {}
    assert there(house, "contacts", "contact_id", "website") == [
        (contact["contact_id"], "https://new.example")
    ]
    assert hours(house) == ["01:30"]
    house.quiet()


def a_task_that_was_refused(house: House) -> None:
    """Time waits for its task and says what keeps the task; both come once the task is in order."""
    site = project(house, "New site", client=client(house, "Acme"))
    dig = task(house, site, "Dig")
    log(house, site, task=dig)
    house.visitor.command(
        "faults", match={"method": "POST", "path": "/projects/[0-9]+/tasks"}, fault="echo", times=1
    )
    house.run(expect=4)
    told = errors(house)
    (refused,) = told.get("tasks", [""])
    assert refused
    assert told.get("timesheets") == [f"Blocked by tasks Dig: {refused}"]
    assert hours(house) == []
    edit(house, "tasks", dig, name="Dig deep")
    house.run()
    assert errors(house) == {}
    assert hours(house) == ["01:30"]
    house.quiet()


def an_archived_project(house: House) -> None:
    """What hangs on a project that does not come over names it; once it is active again, all comes."""
    site = project(house, "Old site", client=client(house, "Acme"))
    edit(house, "projects", site, project_type="archived")
    log(house, site, task=task(house, site, "Dig"))
    house.run(expect=4)
    told = errors(house)
    assert told.get("tasks") == [f"Blocked by projects {site}: it has no counterpart yet."]
    assert told.get("timesheets") == [f"Blocked by projects {site}: it has no counterpart yet."]
    edit(house, "projects", site, project_type="active")
    house.run()
    assert hours(house) == ["01:30"]
    house.quiet()


def the_error_summary(house: House) -> None:
    """Module by module, each error with why it happened and what resolves it, for people and for programs."""
    site = project(house, "New site", client=client(house, "Acme"))
    log(house, site, task=task(house, site, "Dig"), approved=False)
    task(house, project(house, "Nobodys"), "Rest")
    house.run(expect=4)
    rows = json.loads(house.bare_engine("errors", "--format", "json").stdout)["held"]
    shown = {(row["module"], row["label"]): (row["message"], row["remedy"]) for row in rows}
    assert shown.get(("projects", "Nobodys")) == (
        NO_CUSTOMER,
        "Give it one in Projects.",
    )
    assert shown.get(("tasks", "Rest")) == (
        f"Blocked by projects Nobodys: {NO_CUSTOMER}",
        "It is synced automatically once that record is linked; see there what holds it back.",
    )
    text = house.bare_engine("errors").stdout
    summary = text.split("\n\n")
    modules = [part.splitlines()[0].split(" · ")[1] for part in summary[1:] if " · " in part]
    assert modules == ["projects", "tasks", "timesheets"]
    timesheets = summary[-1]
    assert "why: The timesheet is not approved." in timesheets
    assert "2026-11-02  (left" in timesheets
    assert "try: Have it approved in Projects." in timesheets
