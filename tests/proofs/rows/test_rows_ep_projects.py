"""Projects into ERP: which projects come over, what comes with them, and what the fields become."""

from __future__ import annotations

from typing import TYPE_CHECKING

import rows_work as story
from rows_projects import client, edit, finance, me_there, project, there
from rows_world import also_proves, flip, only, proves

if TYPE_CHECKING:
    from rows_world import House

SPEC = "zoho-projects-erp"


@proves(
    SPEC,
    flip("view: { projects: project_type = 'active' }", "view: { projects: name IS NOT NULL }"),
    flip("check: client.id IS NOT NULL", "check: name IS NOT NULL"),
)
def test_EP_01_only_active_projects_with_a_primary_customer_come_over(house: House) -> None:
    story.active_projects_with_a_customer(house)


@also_proves(SPEC, flip("    only: referenced by projects ", "    #"))
def test_EP_01_of_the_customers_only_those_of_projects_come_over(house: House) -> None:
    story.only_customers_of_projects(house)


@also_proves(
    SPEC, flip("projects.tasks ->", "projects.tasks =="), flip("projects.issues ->", "projects.issues ==")
)
def test_EP_01_tasks_and_bugs_come_along_and_stay_in_step(house: House) -> None:
    story.tasks_and_bugs_come_along(house)


@also_proves(SPEC, flip("if: options.timesheets\n", "", after="title: Timesheets of tasks\n"))
def test_EP_01_timesheets_are_a_choice_that_can_be_made_later(house: House) -> None:
    story.timesheets_are_a_choice(house)


@proves(SPEC, flip("duplicates: ${options.duplicates}", "duplicates: skip"))
def test_EP_05_details_of_a_customer_that_is_there_are_replaced(house: House) -> None:
    story.duplicates_are_overwritten(house)


@also_proves(SPEC, flip("duplicates: ${options.duplicates}", "duplicates: overwrite"))
def test_EP_05_clone_makes_a_second_customer_from_the_next_run_on(house: House) -> None:
    story.duplicates_are_cloned_from_now_on(house)


@also_proves(
    SPEC,
    flip("check: erp.preferences.allow_duplicate_names", "check: erp.preferences.allow_project_creation"),
)
def test_EP_05_to_clone_names_must_be_allowed_to_repeat(house: House) -> None:
    story.cloning_needs_names_that_may_repeat(house)


@proves(
    SPEC,
    flip("yields-to: [ zoho-projects-crm.clients ]", "x-note: none"),
    flip("yields-to: [ zoho-projects-crm.project ]", "x-note: none"),
)
def test_EP_08_what_the_crm_integration_brought_is_not_written_over(house: House) -> None:
    """ERP has a customer and a project by the names that CRM has put into Projects, and one of each that it has not."""
    account = _in_crm(house, "Accounts", Account_Name="Acme", Website="https://acme.example")
    deal = _in_crm(
        house,
        "Deals",
        Deal_Name="New site",
        Stage="Qualification",
        Probability=10,
        Account_Name={"id": account},
    )
    house.run(spec="zoho-projects-crm")
    house.visitor.command(
        "edit", product="crm", module="Deals", id=deal, set={"Stage": "Closed Won", "Probability": 100}
    )
    house.run(spec="zoho-projects-crm")
    made = only(house.visitor.records("projects", "projects"))
    edit(house, "projects", made["id"], description="What Projects says")
    edit(
        house,
        "clients",
        only(house.visitor.records("projects", "clients"))["id"],
        website="https://other.example",
    )
    project(
        house, "Own site", client=client(house, "Beta", website="https://other.example"), description="New"
    )
    for name, site in (("Acme", "New site"), ("Beta", "Own site")):
        contact = finance(house, "POST", "/contacts", contact_name=name, website=f"https://{name}.example")[
            "contact"
        ]
        words = {"project_name": site, "description": "As CRM told", "billing_type": "based_on_project_hours"}
        words["user_id"] = me_there(house)
        finance(house, "POST", "/projects", customer_id=contact["contact_id"], **words)
    assert "customers: 1 record yields to `zoho-projects-crm.clients`" in house.must("preview")
    for full in ((), ("--full",)):
        house.run(*full)
        assert there(house, "contacts", "contact_name", "website") == [
            ("Acme", "https://Acme.example"),
            ("Beta", "https://other.example"),
        ]
        assert there(house, "projects", "project_name", "description") == [
            ("New site", "As CRM told"),
            ("Own site", "New"),
        ]


def _in_crm(house: House, module: str, **values: object) -> str:
    answer = house.visitor.crm("POST", f"/{module}", json={"data": [values]}).json()
    return str(only(answer["data"])["details"]["id"])


@proves(
    SPEC,
    flip("cost_centre -> cf_cost_centre", "name -> cf_cost_centre", file="mappings/project-project.yaml"),
)
def test_EP_10_custom_fields_are_mapped_where_the_types_agree_and_refused_where_not(house: House) -> None:
    story.custom_fields_of_one_type(house)


@proves(
    SPEC, flip("- description -> description", "- name -> description", file="mappings/project-project.yaml")
)
def test_EP_12_a_sync_at_once_the_history_and_the_mapped_fields_can_be_seen(house: House) -> None:
    story.seen_at_once_and_afterwards(house)


@also_proves(
    SPEC,
    flip("check: erp.me.user_role = 'admin'", "check: erp.me.user_role <> ''"),
    flip("check: projects.portal.my_role = 'owner'", "check: projects.portal.my_role IN ('owner', 'admin')"),
)
def test_EP_17_who_connects_is_an_admin_in_erp_and_owns_the_portal(house: House) -> None:
    story.the_one_who_connects(house, "admin", "The Projects user who connects must own the portal.")
