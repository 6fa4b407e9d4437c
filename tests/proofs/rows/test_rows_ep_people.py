"""Projects into ERP: people, as staff of projects and as employees."""

from __future__ import annotations

from typing import TYPE_CHECKING

import rows_time as story
from rows_projects import ANNA, ME, client, edit, project, there, user
from rows_world import also_proves, flip, only, proves

if TYPE_CHECKING:
    from rows_world import House

SPEC = "zoho-projects-erp"
WITH = "const: true\n        at-most: erp.organizations.plan_portal_users\n        else: false\n"


@proves(
    SPEC,
    flip("set: { status: inactive }", "set: { status: active }"),
    flip("    only: referenced by timesheets, bug-timesheets, general-timesheets, projects ", "    #"),
)
def test_EP_03_people_of_timesheets_come_as_staff_and_unknown_ones_are_inactive(house: House) -> None:
    story.unknown_people_are_inactive_staff(house)


@proves(
    SPEC,
    flip("        at-most: erp.organizations.plan_portal_users\n        else: false\n"),
    flip("at-most: erp.organizations.plan_portal_users", "at-most: 4"),
)
def test_EP_06_users_of_projects_become_employees_with_access_until_the_plan_has_no_more(
    house: House,
) -> None:
    """Two may have access and one has it already: one of the three who come gets it."""
    _site_of(house, ME, ANNA, user(house, "Paula Neu"))
    _employee(house, "Old Hand", "old@lindenhof.example", has_portal_access=True)
    house.visitor.command("organization", product="erp", set={"plan_portal_users": 2})
    house.choose(user_sync=True, portal_access="with")
    told = house.must("preview")
    assert "is limited to erp.organizations.plan_portal_users" in told
    house.run()
    assert there(house, "employees", "name", "has_portal_access") == [
        ("Jonas Verbeke", False),
        ("Marieke Claes", True),
        ("Old Hand", True),
        ("Paula Neu", False),
    ]
    assert _on_projects(house) == ["Jonas Verbeke", "Marieke Claes", "Paula Neu"]
    house.quiet()


@also_proves(
    SPEC, flip("const: false, on: create, if: options.portal_access = 'without'", "const: true, on: create")
)
def test_EP_06_they_can_come_without_access_and_not_at_all(house: House) -> None:
    _site_of(house, ME, ANNA)
    house.visitor.command("organization", product="erp", set={"plan_portal_users": 9})
    house.run()
    assert there(house, "employees", "name") == []
    house.choose(user_sync=True)
    house.run()
    assert there(house, "employees", "name", "has_portal_access") == [
        ("Jonas Verbeke", False),
        ("Marieke Claes", False),
    ]
    house.quiet()


@proves(
    SPEC,
    flip("match: [ email ~ email ]", "match: [ full_name = designation ]", after="employees-by-hand:"),
    flip(
        "sync: projects.project_users ->",
        "sync: projects.project_users ==",
        after="project-employees-by-hand:",
    ),
)
def test_EP_07_an_employee_made_by_hand_is_associated_with_the_projects_of_that_user(house: House) -> None:
    """One was there before the first run, another one is made later; nobody else becomes an employee."""
    _site_of(house, ME, ANNA, user(house, "Paula Neu"))
    _employee(house, "M. Claes", "marieke.claes@lindenhof.example")
    house.run()
    assert _on_projects(house) == ["M. Claes"]
    _employee(house, "J. Verbeke", "jonas.verbeke@lindenhof.example")
    house.run()
    assert _on_projects(house) == ["J. Verbeke", "M. Claes"]
    house.quiet()


def _site_of(house: House, *members: str) -> str:
    site = project(house, "New site", client=client(house, "Acme"))
    edit(house, "projects", site, members=list(members))
    return site


def _employee(house: House, name: str, email: str, **more: object) -> None:
    values = {"name": name, "email": email, "status": "active", **more}
    house.visitor.command("edit", product="erp", module="employees", set=values)


def _on_projects(house: House) -> list[str]:
    """The employees on the one project of ERP, by name."""
    site = only(house.visitor.records("erp", "projects"))["project_id"]
    names = {row["employee_id"]: row["name"] for row in house.visitor.records("erp", "employees")}
    rows = house.visitor.erp("GET", f"/projects/{site}/employees").json().get("employees", [])
    return sorted(str(names.get(row["employee_id"])) for row in rows)
