"""Projects and Books: the finance tab of a project, and that nothing is invoiced twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import rows_money as story
from rows_world import also_proves, flip, proves

if TYPE_CHECKING:
    from rows_world import House

SPEC = "zoho-projects-books"


@proves(
    SPEC,
    flip("projects.quotes <->", "projects.quotes =="),
    flip("projects.invoices <->", "projects.invoices =="),
    flip("projects.expenses <->", "projects.expenses =="),
    flip("projects.recurring_invoices <-", "projects.recurring_invoices =="),
    flip("projects.recurring_expenses <-", "projects.recurring_expenses =="),
)
def test_BP_02_transactions_made_in_books_show_in_the_finance_tab(house: House) -> None:
    story.shows_what_finance_makes(house)


@also_proves(
    SPEC,
    flip("deletes: propagate", "deletes: keep", after="projects.quotes <->"),
    flip("deletes: propagate", "deletes: keep", after="projects.invoices <->"),
    flip("deletes: propagate", "deletes: keep", after="projects.expenses <->"),
    flip("status <-> status", "status -> status", file="mappings/project-quote.yaml"),
)
def test_BP_02_what_books_changes_and_deletes_is_changed_and_deleted_in_projects(house: House) -> None:
    story.shows_what_finance_changes(house)


@also_proves(
    SPEC,
    flip("projects.quotes <->", "projects.quotes <-"),
    flip("projects.invoices <->", "projects.invoices <-"),
    flip("projects.expenses <->", "projects.expenses <-"),
    flip("number <- estimate_number", "number -> estimate_number", file="mappings/project-quote.yaml"),
    flip("  - balance <- balance\n", "", file="mappings/project-invoice.yaml"),
)
def test_BP_02_transactions_made_in_projects_are_made_in_books(house: House) -> None:
    story.carries_what_projects_makes(house)


@also_proves(
    SPEC,
    flip("deletes: propagate", "deletes: keep", after="projects.quotes <->"),
    flip("deletes: propagate", "deletes: keep", after="projects.invoices <->"),
    flip("deletes: propagate", "deletes: keep", after="projects.expenses <->"),
    flip("due_date <-> due_date", "due_date <- due_date", file="mappings/project-invoice.yaml"),
)
def test_BP_02_what_projects_changes_and_deletes_is_changed_and_deleted_in_books(house: House) -> None:
    story.carries_what_projects_changes(house)


@also_proves(
    SPEC,
    flip("projects.recurring_invoices <-", "projects.recurring_invoices =="),
    flip("projects.recurring_expenses <-", "projects.recurring_expenses =="),
)
def test_BP_02_recurring_ones_are_shown_in_projects_and_never_made_there(house: House) -> None:
    story.leaves_recurring_ones_to_finance(house)


@also_proves(
    SPEC,
    flip("rate: rate", "rate: `7`", file="mappings/milestone-invoice.yaml"),
    flip("pairs: invoice-milestone", "pairs: invoice-milestone\n    if: options.general_timesheets"),
)
def test_BP_02_a_milestone_is_invoiced_by_hand_and_says_so(house: House) -> None:
    story.invoices_by_hand(house, "invoice-milestone", "phases")


@also_proves(
    SPEC, flip("pairs: invoice-task-list", "pairs: invoice-task-list\n    if: options.general_timesheets")
)
def test_BP_02_a_task_list_is_invoiced_by_hand_and_says_so(house: House) -> None:
    story.invoices_by_hand(house, "invoice-task-list", "tasklists")


@also_proves(
    SPEC,
    flip("pairs: invoice-task\n", "pairs: invoice-task\n    if: options.general_timesheets\n"),
    flip("check: state = 'closed'", "check: state = 'open'"),
)
def test_BP_02_a_closed_task_is_invoiced_by_hand_and_says_so(house: House) -> None:
    story.invoices_by_hand(house, "invoice-task", "tasks")


@proves(
    SPEC,
    flip("check: invoice_status <> 'invoiced', else: This task", "check: name IS NOT NULL, else: This task"),
)
def test_BP_04_a_task_invoiced_in_projects_is_not_invoiced_in_books(house: House) -> None:
    story.task_invoiced_in_projects(house)


@also_proves(
    SPEC,
    flip(
        "task.invoice.id = id OR task.invoice_status <> 'invoiced'",
        "task.invoice.id = id OR task.invoice_status <> 'void'",
    ),
    flip(
        "- { map: invoice_status <- is_invoiced",
        "- { map: invoice_status <- is_invoiced, if: options.general_timesheets",
    ),
)
def test_BP_04_a_task_invoiced_in_books_is_not_invoiced_in_projects(house: House) -> None:
    story.task_invoiced_in_books(house)


@also_proves(
    SPEC,
    flip(
        "invoice_status <-> billed_status",
        "invoice_status <- billed_status",
        after="title: Timesheets of tasks",
    ),
)
def test_BP_04_time_invoiced_in_projects_is_not_invoiced_in_books(house: House) -> None:
    story.time_invoiced_in_projects(house)


@also_proves(
    SPEC,
    flip(
        "invoice_status <-> billed_status",
        "invoice_status -> billed_status",
        after="title: Timesheets of tasks",
    ),
    flip("timelog.invoice_status <> 'invoiced'", "timelog.invoice_status <> 'void'"),
)
def test_BP_04_time_invoiced_in_books_is_not_invoiced_in_projects(house: House) -> None:
    story.time_invoiced_in_books(house)
