"""Projects into ERP: connected, disabled, enabled, deleted, as the rows EP-09, EP-11, EP-16 and EP-17 promise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import rows_life as story
from rows_projects import client, project
from rows_world import also_proves, flip, proves

if TYPE_CHECKING:
    from rows_world import House

SPEC = "zoho-projects-erp"
NO_PROJECTS = flip("view: { projects: project_type = 'active' }", "view: { projects: project_type = 'none' }")


def by_hand(house: House) -> int:
    """Somebody makes a project in ERP directly; answers the status."""
    visitor = house.visitor
    customers = visitor.records("erp", "contacts")
    users = visitor.records("erp", "users")
    body = {
        "project_name": "Made here",
        "customer_id": customers[0]["contact_id"] if customers else None,
        "billing_type": "based_on_project_hours",
        "user_id": users[0]["user_id"],
    }
    return visitor.erp("POST", "/projects", json=body).status_code


@proves(
    SPEC,
    flip(
        "{ set: erp.preferences, only: options.only_from_projects, to: { allow_project_creation: false } }",
        "",
    ),
    flip("      - { set: erp.preferences, to: { allow_project_creation: true } }", ""),
    flip("- { map: id -> zprojects_id, on: create }", "- { map: name -> project_name, on: create }"),
)
def test_EP_09_nobody_makes_projects_in_erp_directly_while_those_of_projects_come_over(house: House) -> None:
    acme = client(house, "Acme")
    project(house, "New site", client=acme)
    house.choose(only_from_projects=True)
    assert "Not done yet: set allow_project_creation = false in erp.preferences." in house.must("run")
    told = story.order(house, "connect")
    assert "set allow_project_creation = false in erp.preferences" in told
    assert story.projects_there(house) == ["New site"]
    assert by_hand(house) == 400
    project(house, "Second site", client=acme)
    house.run()
    assert story.projects_there(house) == ["New site", "Second site"]
    story.order(house, "disable")
    story.order(house, "delete")
    assert by_hand(house) == 201


@also_proves(SPEC, flip("only: options.only_from_projects, ", ""))
def test_EP_09_it_is_a_choice(house: House) -> None:
    project(house, "New site", client=client(house, "Acme"))
    story.order(house, "connect")
    assert by_hand(house) == 201


@proves(SPEC, NO_PROJECTS)
def test_EP_11_it_is_saved_and_synced_and_the_status_says_so(house: House) -> None:
    story.saved_and_synced(house)


@proves(
    SPEC, flip("disable: { says: Sync is paused until the integration is enabled again. }", "disable: {}")
)
def test_EP_16_disabled_it_is_paused_and_enabled_it_goes_on_from_the_last_sync(house: House) -> None:
    story.paused_and_goes_on(house)


@also_proves(SPEC, flip("    pins: [ projects.portal.id ]", ""))
def test_EP_16_it_is_enabled_only_with_the_portal_that_it_was_connected_to(house: House) -> None:
    story.only_the_same_portal(house)


@also_proves(
    SPEC,
    flip("    needs: [ disabled ]\n", "", after="  delete:"),
    flip("The synced projects stay as standalone ones.", "Done."),
    flip("      - { convert: projects }\n", ""),
)
def test_EP_16_deleted_it_leaves_standalone_projects_and_another_portal_may_be_connected(
    house: House,
) -> None:
    story.deleted_leaves_standalone_projects(house)


@proves(
    SPEC,
    flip("erp.me.user_role = 'admin'", "erp.me.user_role <> ''"),
    flip("projects.portal.my_role = 'owner'", "projects.portal.my_role <> ''"),
)
def test_EP_17_only_an_admin_of_erp_who_owns_the_portal_connects_them(house: House) -> None:
    story.needs_rights(house, "admin")
