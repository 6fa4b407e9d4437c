"""Projects into Books: an integration's life and the move from the older one, as BP-01, BP-03 and BP-05 promise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import rows_life as story
from rows_projects import client, finance, me_there, project, there
from rows_world import also_proves, flip, only, proves

if TYPE_CHECKING:
    from rows_world import House

SPEC = "zoho-projects-books"
NO_PROJECTS = flip("view: { projects: project_type = 'active' }", "view: { projects: project_type = 'none' }")


@proves(SPEC, NO_PROJECTS)
def test_BP_01_lifecycle_it_is_saved_and_synced_and_the_status_says_so(house: House) -> None:
    story.saved_and_synced(house)


@also_proves(
    SPEC, flip("disable: { says: Sync is paused until the integration is enabled again. }", "disable: {}")
)
def test_BP_01_lifecycle_disabled_it_is_paused_and_enabled_it_goes_on(house: House) -> None:
    story.paused_and_goes_on(house)


@also_proves(SPEC, flip("    pins: [ projects.portal.id ]", ""))
def test_BP_01_lifecycle_it_is_enabled_only_with_the_portal_that_it_was_connected_to(house: House) -> None:
    story.only_the_same_portal(house)


@also_proves(
    SPEC,
    flip("    needs: [ disabled ]\n", "", after="  delete:"),
    flip("      - { convert: projects }\n", ""),
)
def test_BP_01_lifecycle_deleted_it_leaves_standalone_projects(house: House) -> None:
    story.deleted_leaves_standalone_projects(house)


@also_proves(
    SPEC,
    flip("books.me.user_role = 'admin'", "books.me.user_role <> ''"),
    flip("projects.portal.my_role IN ('owner', 'admin')", "projects.portal.my_role <> ''"),
)
def test_BP_01_lifecycle_only_an_admin_in_both_connects_them(house: House) -> None:
    story.needs_rights(house, "user")


@proves(
    SPEC,
    flip('  - { to: projects, what: "The name and mail address of your Books organisation." }\n', ""),
)
def test_BP_05_what_connecting_discloses_is_shown_and_must_be_confirmed(house: House) -> None:
    story.discloses(house, "projects: The name and mail address of your Books organisation.")


DESIGN = {"name": "Design", "rate": 250, "quantity": 2}


def older(house: House) -> tuple[str, str]:
    """What the older integration has left: a project, an invoice of its customer, and one of somebody else."""
    acme = client(house, "Acme", currency_code="EUR")
    site = project(house, "New site", client=acme)
    tab = {number: _invoice(house, site, number) for number in ("P-1", "P-2")}
    customers = {name: _contact(house, name) for name in ("Acme", "Beta")}
    billed = finance(
        house,
        "POST",
        "/projects",
        project_name="Called otherwise",
        customer_id=customers["Acme"],
        billing_type="based_on_project_hours",
        user_id=me_there(house),
        zprojects_id=site,
    )["project"]["project_id"]
    for number, name, mine in (("OLD-1", "Acme", "P-1"), ("OLD-2", "Beta", "P-2")):
        finance(
            house,
            "POST",
            "/invoices",
            invoice_number=number,
            customer_id=customers[name],
            project_id=billed,
            date="2026-11-02",
            due_date="2026-11-30",
            line_items=[DESIGN],
            zprojects_id=tab[mine],
        )
    return site, billed


def _invoice(house: House, site: str, number: str) -> str:
    body = {"number": number, "date": "2026-11-02", "due_date": "2026-11-30", "lines": [DESIGN]}
    answer = house.visitor.projects("POST", f"/projects/{site}/invoices", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def _contact(house: House, name: str) -> str:
    return str(finance(house, "POST", "/contacts", contact_name=name)["contact"]["contact_id"])


def numbers(house: House, site: str) -> list[str]:
    """The numbers of the invoices that the finance tab shows."""
    answer = house.visitor.projects("GET", f"/projects/{site}/invoices")
    return sorted(str(one["number"]) for one in answer.json().get("invoices", []))


@proves(
    SPEC,
    flip("      - { import: links, from: books.projects.zprojects_id }\n", ""),
    flip(', only: "customer_id = project.customer_id"', "", after="books.invoices.zprojects_id"),
    flip("Only transactions of a primary client move.\n", "\n"),
)
def test_BP_03_the_older_integration_moves_with_transactions_of_a_primary_client_and_for_good(
    house: House,
) -> None:
    site, _ = older(house)
    house.forget_calls()
    told = story.order(house, "migrate")
    assert "Only transactions of a primary client move." in told
    assert "There is no way back." in told
    assert house.writes() == []
    house.run("--full")
    assert [name for (name,) in there(house, "projects", "project_name")] == ["New site"]
    assert [number for (number,) in there(house, "invoices", "invoice_number")] == ["OLD-1", "OLD-2"]
    assert numbers(house, site) == ["OLD-1", "P-2"]
    house.quiet()
    again = story.order(house, "migrate", expect=1)
    assert "there is no way back" in again


@also_proves(SPEC, flip("      - { import: links, from: books.projects.zprojects_id }\n", ""))
def test_BP_03_a_link_that_is_in_the_way_is_told_before_anything_moves(house: House) -> None:
    site = project(house, "New site", client=client(house, "Acme", currency_code="EUR"))
    house.run()
    finance(
        house,
        "POST",
        "/projects",
        project_name="Called otherwise",
        customer_id=only(house.visitor.records("books", "contacts"))["contact_id"],
        billing_type="based_on_project_hours",
        user_id=me_there(house),
        zprojects_id=site,
    )
    told = story.order(house, "migrate", expect=1)
    assert "cannot be linked" in told
    assert "engine links remove" in told
    assert story.status(house).get("state") == "active"
    house.quiet()
