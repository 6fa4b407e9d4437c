"""Projects into ERP: what cannot come over, why, and what resolves it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import rows_errors as story
from rows_world import also_proves, flip, proves

if TYPE_CHECKING:
    from rows_world import House

SPEC = "zoho-projects-erp"
TASKS, BUGS = "  tasks:  ", "  bugs:  "


@proves(
    SPEC,
    flip("else: The timesheet is not approved.", "else: No.", after="title: Timesheets of tasks"),
    flip("else: The project has no primary customer.", "else: No."),
    flip("        try: Give it one in Projects.\n"),
)
def test_EP_13_errors_are_listed_module_by_module_with_why_and_what_resolves_each(house: House) -> None:
    story.the_error_summary(house)


@proves(
    SPEC,
    flip("check: client.id IS NOT NULL", "check: TRUE"),
    flip("else: hold", "else: skip", after=TASKS),
    flip("else: hold", "else: skip", after=BUGS),
    flip("check: project.client.id IS NOT NULL", "check: TRUE", after="title: Timesheets of tasks"),
    flip("check: project.client.id IS NOT NULL", "check: TRUE", after="title: Timesheets of bugs"),
)
def test_EP_14_a_project_without_a_primary_customer_keeps_what_hangs_on_it_until_it_has_one(
    house: House,
) -> None:
    story.without_a_customer(house)


@also_proves(SPEC, flip("right.currency_code = currency_code", "TRUE"))
def test_EP_14_a_customer_in_another_currency_keeps_its_projects_until_one_is_changed(house: House) -> None:
    story.another_currency(house)


@also_proves(
    SPEC,
    flip("under: { module_detail.id: tasks, else: hold }", "under: { module_detail.id: tasks, else: skip }"),
)
def test_EP_14_time_of_a_task_that_could_not_be_fetched_names_the_cause_and_follows(house: House) -> None:
    story.a_task_that_was_refused(house)


@also_proves(
    SPEC,
    flip(
        "under: { project.id: projects, else: hold }",
        "under: { project.id: projects, else: skip }",
        after=TASKS,
    ),
)
def test_EP_14_tasks_and_time_of_a_project_that_is_not_active_name_it_and_follow(house: House) -> None:
    story.an_archived_project(house)
