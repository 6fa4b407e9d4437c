"""Stories of projects, their customers, tasks and bugs, which ERP and Books have in common."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from rows_projects import (
    bug,
    client,
    edit,
    errors,
    finance,
    log,
    me_there,
    offline,
    product,
    project,
    task,
    there,
)
from rows_world import only

if TYPE_CHECKING:
    from rows_world import House


def active_projects_with_a_customer(house: House) -> None:
    """Of four projects one comes over, and of three customers the one that it is for."""
    acme, gone = client(house, "Acme", website="https://acme.example"), client(house, "Gone")
    client(house, "Without a project")
    project(house, "New site", client=acme)
    edit(house, "projects", project(house, "Old site", client=gone), project_type="archived")
    nobodys = project(house, "Nobodys")
    house.run(expect=4)
    assert there(house, "projects", "project_name", "customer_name") == [("New site", "Acme")]
    assert "The project has no primary customer." in errors(house)["projects"]
    edit(house, "projects", nobodys, client=acme)
    house.run()
    assert there(house, "projects", "project_name") == [("New site",), ("Nobodys",)]
    house.quiet()


def only_customers_of_projects(house: House) -> None:
    """A customer comes with its first project, and an archived project brings none."""
    acme = client(house, "Acme", website="https://acme.example")
    client(house, "Without a project")
    project(house, "New site", client=acme)
    house.run()
    assert there(house, "contacts", "contact_name", "website") == [("Acme", "https://acme.example")]
    house.quiet()


def tasks_and_bugs_come_along(house: House) -> None:
    """They stand below their project; a bug is a task with its number in front."""
    site = project(house, "New site", client=client(house, "Acme"))
    dig, mud = task(house, site, "Dig"), bug(house, site, "Mud")
    house.run()
    (found,) = there(house, "projects", "project_id")
    rows = there(house, "project_tasks", "project_id", "task_name")
    assert rows == [(found[0], "Dig"), (found[0], "LT-I1 Mud")]
    house.visitor.projects("PATCH", f"/projects/{site}/tasks/{dig}", json={"name": "Dig deep"})
    house.visitor.projects("PATCH", f"/projects/{site}/issues/{mud}", json={"name": "Water"})
    house.run()
    assert there(house, "project_tasks", "task_name") == [("Dig deep",), ("LT-I1 Water",)]
    house.quiet()


def timesheets_are_a_choice(house: House) -> None:
    """Without them nobody's time comes over; chosen later, all of it does."""
    site = project(house, "New site", client=client(house, "Acme"))
    log(house, site, task=task(house, site, "Dig"))
    log(house, site, bug=bug(house, site, "Mud"))
    house.choose(timesheets=False)
    house.run()
    assert there(house, "projects", "project_name") == [("New site",)]
    assert there(house, "time_entries", "log_time") == []
    house.choose(timesheets=True)
    house.run()
    assert there(house, "time_entries", "log_time") == [("01:30",), ("01:30",)]
    house.quiet()


def duplicates_are_overwritten(house: House) -> None:
    """The finance product has the customer: its details are replaced, and there is still one."""
    finance(house, "POST", "/contacts", contact_name="Acme", website="https://old.example", notes="Kept?")
    project(
        house, "New site", client=client(house, "Acme", website="https://new.example", description="Ours")
    )
    house.choose(duplicates="overwrite")
    house.run()
    assert there(house, "contacts", "contact_name", "website", "notes") == [
        ("Acme", "https://new.example", "Ours")
    ]
    house.quiet()


def duplicates_are_cloned_from_now_on(house: House) -> None:
    """Changed to clone later: the next customer of a name that is taken gets a second record beside the old one."""
    finance(house, "PUT", "/settings/preferences", allow_duplicate_names=True)
    for name in ("Acme", "Beta"):
        finance(house, "POST", "/contacts", contact_name=name, website="https://old.example")
    project(house, "First", client=client(house, "Acme", website="https://new.example"))
    house.run()
    house.choose(duplicates="clone")
    project(house, "Second", client=client(house, "Beta", website="https://new.example"))
    house.run()
    assert there(house, "contacts", "contact_name", "website") == [
        ("Acme", "https://new.example"),
        ("Beta", "https://new.example"),
        ("Beta", "https://old.example"),
    ]
    second = only(
        [row for row in house.visitor.records(product(house), "projects") if row["project_name"] == "Second"]
    )
    contacts = house.visitor.records(product(house), "contacts")
    owner = only([row for row in contacts if row["contact_id"] == second["customer_id"]])
    assert owner["website"] == "https://new.example"
    house.quiet()


def cloning_needs_names_that_may_repeat(house: House) -> None:
    """Where the organisation does not allow one name twice, a run says so first and writes nothing."""
    project(house, "New site", client=client(house, "Acme"))
    house.choose(duplicates="clone")
    house.forget_calls()
    told = house.must("run", expect=1)
    assert "allow the same display name for several customers" in told
    assert house.writes() == []


def seen_at_once_and_afterwards(house: House) -> None:
    """A sync at once brings what is new; the history says what it did, and the mapped fields can be looked up."""
    house.run()
    project(house, "New site", client=client(house, "Acme"), description="By the river")
    house.run()
    assert there(house, "projects", "project_name", "description") == [("New site", "By the river")]
    runs = json.loads(house.bare_engine("history", "--format", "json").stdout)["runs"]
    assert [run["counts"]["projects"]["created"]["right"] for run in runs] == [1, 0]
    shown = json.loads(offline(house, "fields", "projects", "--format", "json"))
    fields = {(one["left"], one["arrow"], one["right"]) for one in shown["modules"]["projects"]["fields"]}
    assert {("name", "->", "project_name"), ("description", "->", "description")} <= fields
    assert "client.id" in offline(house, "fields", "projects")


def the_one_who_connects(house: House, role: str, sentence: str) -> None:
    """Whoever is no admin of the organisation, or not what the portal needs, is told so, and nothing is written."""
    project(house, "New site", client=client(house, "Acme"))
    person = {"product": product(house), "module": "users", "id": me_there(house)}
    house.visitor.command("edit", **person, set={"user_role": "staff"})
    house.forget_calls()
    assert "must be an admin of the organisation" in house.must("run", expect=1)
    house.visitor.command("edit", **person, set={"user_role": "admin"})
    house.visitor.command("organization", product="projects", set={"my_role": role})
    assert sentence in house.must("run", expect=1)
    assert house.writes() == []
    assert there(house, "projects", "project_name") == []
    house.visitor.command("organization", product="projects", set={"my_role": "owner"})
    house.run()
    assert there(house, "projects", "project_name") == [("New site",)]


def custom_fields_of_one_type(house: House) -> None:
    """The custom field comes over once that is chosen; one of another type is refused where it is written."""
    site = project(house, "New site", client=client(house, "Acme"), cost_centre="K-12")
    house.run()
    assert _cost_centres(house) == [""]
    house.choose(custom_fields=True)
    house.run()
    assert _cost_centres(house) == ["K-12"]
    edit(house, "projects", site, cost_centre="K-13")
    house.run()
    assert _cost_centres(house) == ["K-13"]
    house.quiet()
    mapping = house.root / "mappings" / "project-project.yaml"
    text = mapping.read_text(encoding="utf-8")
    mapping.write_text(
        text.replace("cost_centre -> cf_cost_centre", "rate_per_hour -> cf_cost_centre"), "utf-8"
    )
    told = offline(house, "validate", expect=1)
    assert "error[type-mismatch]" in told
    assert "`rate_per_hour` is an amount of money and does not go into `cf_cost_centre`" in told


def _cost_centres(house: House) -> list[str]:
    rows = house.visitor.records(product(house), "projects")
    return [
        field["value"]
        for row in rows
        for field in row["custom_fields"]
        if field["api_name"] == "cf_cost_centre"
    ]
