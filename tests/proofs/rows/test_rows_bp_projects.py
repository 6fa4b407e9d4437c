"""Projects into Books: what the row BP-01 promises of projects, time, people, errors and of whoever connects."""

from __future__ import annotations

from typing import TYPE_CHECKING

import rows_errors
import rows_time
import rows_work
from rows_projects import ANNA, client, log, project, task, there, user
from rows_world import also_proves, flip, only

if TYPE_CHECKING:
    from rows_world import House

SPEC = "zoho-projects-books"
TASKS, BUGS = "  tasks:  ", "  bugs:  "
LOGS, BUG_LOGS, GENERAL = (
    "title: Timesheets of tasks",
    "title: Timesheets of bugs",
    "title: General timesheets",
)
BILLABLE, APPROVED = "check: billing_status = 'Billable'", "check: approval.status = 'Approved'"
TIME, GENERAL_TIME = "mappings/timelog-time-entry.yaml", "mappings/timelog-general.yaml"


@also_proves(
    SPEC,
    flip("view: { projects: project_type = 'active' }", "view: { projects: name IS NOT NULL }"),
    flip("check: client.id IS NOT NULL", "check: name IS NOT NULL"),
)
def test_BP_01_only_active_projects_with_a_primary_customer_come_over(house: House) -> None:
    rows_work.active_projects_with_a_customer(house)


@also_proves(SPEC, flip("    only: referenced by projects ", "    #"))
def test_BP_01_of_the_customers_only_those_of_projects_come_over(house: House) -> None:
    rows_work.only_customers_of_projects(house)


@also_proves(
    SPEC,
    flip("creates: left", "creates: none", after=TASKS),
    flip("projects.issues ->", "projects.issues =="),
)
def test_BP_01_tasks_and_bugs_come_along_and_stay_in_step(house: House) -> None:
    rows_work.tasks_and_bugs_come_along(house)


@also_proves(SPEC, flip("if: options.timesheets\n", "", after=LOGS + "\n"))
def test_BP_01_timesheets_are_a_choice_that_can_be_made_later(house: House) -> None:
    rows_work.timesheets_are_a_choice(house)


@also_proves(
    SPEC,
    flip(BILLABLE, "check: TRUE", after=LOGS),
    flip(APPROVED, "check: TRUE", after=LOGS),
    flip(BILLABLE, "check: TRUE", after=BUG_LOGS),
    flip(APPROVED, "check: TRUE", after=BUG_LOGS),
)
def test_BP_01_only_billable_and_approved_timesheets_come_over(house: House) -> None:
    rows_time.billable_and_approved(house)


@also_proves(
    SPEC,
    flip("if: options.general_timesheets", "if: options.timesheets"),
    flip(BILLABLE, "check: TRUE", after=GENERAL),
    flip(APPROVED, "check: TRUE", after=GENERAL),
)
def test_BP_01_general_timesheets_are_a_switch_of_their_own(house: House) -> None:
    site, _ = rows_time.site_of(house)
    early = log(house, site, hours="9:00", notes="Before")
    house.run()
    assert rows_time.hours(house, rows_time.GENERAL) == []
    house.visitor.command("edit", product="projects", module="timelogs", id=early, delete=True)
    house.choose(general_timesheets=True)
    rows_time.general_time(house, site)


@also_proves(
    SPEC,
    flip("date < options.timesheets_from", "date <= options.timesheets_from", file=TIME),
    flip("date < options.timesheets_from", "date <= options.timesheets_from", file=GENERAL_TIME),
)
def test_BP_01_time_before_the_cut_off_day_arrives_as_invoiced_and_later_time_as_unbilled(
    house: House,
) -> None:
    house.choose(general_timesheets=True)
    rows_time.before_the_cut_off(house)


@also_proves(
    SPEC,
    flip("ELSE 'unbilled'", "ELSE 'invoiced'", file=TIME),
    flip("ELSE 'unbilled'", "ELSE 'invoiced'", file=GENERAL_TIME),
)
def test_BP_01_without_a_cut_off_day_all_time_arrives_as_unbilled(house: House) -> None:
    house.choose(general_timesheets=True)
    rows_time.all_as_unbilled(house)


@also_proves(
    SPEC,
    flip("set: { status: inactive }", "set: { status: active }"),
    flip("referenced by project-staff, projects,", "referenced by projects,"),
    flip("    only: referenced by project-staff", "    # "),
)
def test_BP_01_all_users_of_the_projects_come_over_and_unknown_ones_are_inactive(house: House) -> None:
    """Also who has logged no time; a user of the portal who is on no project does not."""
    user(house, "Nora Niemand")
    rows_time.unknown_people_are_inactive_staff(house, also="Ingo Ruhig")
    site = only(house.visitor.records("books", "projects"))["project_id"]
    staff = house.visitor.books("GET", f"/projects/{site}/users").json().get("users", [])
    names = dict(there(house, "users", "user_id", "name"))
    assert sorted(names[row["user_id"]] for row in staff) == [
        "Ingo Ruhig",
        "Marieke Claes",
        "Paula Neu",
    ]


@also_proves(SPEC, flip("duplicates: ${options.duplicates}", "duplicates: skip"))
def test_BP_01_details_of_a_customer_that_is_there_are_replaced(house: House) -> None:
    rows_work.duplicates_are_overwritten(house)


@also_proves(SPEC, flip("duplicates: ${options.duplicates}", "duplicates: overwrite"))
def test_BP_01_clone_makes_a_second_customer_from_the_next_run_on(house: House) -> None:
    rows_work.duplicates_are_cloned_from_now_on(house)


@also_proves(
    SPEC, flip("- description -> description", "- name -> description", file="mappings/project-project.yaml")
)
def test_BP_01_a_sync_at_once_the_history_and_the_mapped_fields_can_be_seen(house: House) -> None:
    rows_work.seen_at_once_and_afterwards(house)


@also_proves(
    SPEC,
    flip("else: The timesheet is not approved.", "else: No.", after=LOGS),
    flip("else: The project has no primary customer.", "else: No."),
    flip("        try: Give it one in Projects.\n"),
)
def test_BP_01_errors_are_listed_module_by_module_with_why_and_what_resolves_each(house: House) -> None:
    rows_errors.the_error_summary(house)


@also_proves(
    SPEC,
    flip("check: client.id IS NOT NULL", "check: TRUE"),
    flip("else: hold", "else: skip", after=TASKS),
    flip("else: hold", "else: skip", after=BUGS),
    flip("check: project.client.id IS NOT NULL", "check: TRUE", after=LOGS),
    flip("check: project.client.id IS NOT NULL", "check: TRUE", after=BUG_LOGS),
)
def test_BP_01_a_project_without_a_primary_customer_keeps_what_hangs_on_it_until_it_has_one(
    house: House,
) -> None:
    rows_errors.without_a_customer(house)


@also_proves(SPEC, flip("right.currency_code = currency_code", "TRUE"))
def test_BP_01_a_customer_in_another_currency_keeps_its_projects_until_one_is_changed(house: House) -> None:
    rows_errors.another_currency(house)


@also_proves(SPEC, flip("{ module_detail.id: tasks, else: hold }", "{ module_detail.id: tasks, else: skip }"))
def test_BP_01_time_of_a_task_that_could_not_be_fetched_names_the_cause_and_follows(house: House) -> None:
    rows_errors.a_task_that_was_refused(house)


@also_proves(
    SPEC,
    flip("check: books.me.user_role = 'admin'", "check: books.me.user_role <> ''"),
    flip("check: projects.portal.my_role IN ('owner', 'admin')", "check: projects.portal.my_role <> ''"),
    flip("check: projects.portal.my_role IN ('owner', 'admin')", "check: projects.portal.my_role = 'owner'"),
)
def test_BP_01_who_connects_is_an_admin_in_both(house: House) -> None:
    rows_work.the_one_who_connects(
        house, "user", "The Projects user who connects must be an admin of the portal."
    )
    house.visitor.command("organization", product="projects", set={"my_role": "admin"})
    house.quiet()


@also_proves(SPEC, flip("sync: projects.projects ->", "sync: projects.projects =="))
def test_BP_01_other_credentials_for_the_same_accounts_just_work(house: House) -> None:
    acme = client(house, "Acme")
    log(house, (site := project(house, "First", client=acme)), task=task(house, site, "Dig"), owner=ANNA)
    house.run()
    for product, connector in (("books", "zoho-books"), ("projects", "zoho-projects")):
        given = house.visitor.command("credentials", product=product)["credentials"]
        assert getattr(house.visitor, product)("GET", "/projects").status_code == 401
        house.visitor.tokens[connector] = house.visitor.token(connector, **given)["access_token"]
    house.quiet()
    project(house, "Second", client=acme)
    house.run()
    assert there(house, "projects", "project_name", "customer_name") == [
        ("First", "Acme"),
        ("Second", "Acme"),
    ]
    assert there(house, "contacts", "contact_name") == [("Acme",)]
