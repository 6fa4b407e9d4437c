"""Projects and ERP: the finance tab of a project, and invoices made by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import rows_money as story
from rows_world import also_proves, flip, proves

if TYPE_CHECKING:
    from rows_world import House

SPEC = "zoho-projects-erp"


@proves(
    SPEC,
    flip("projects.quotes <->", "projects.quotes =="),
    flip("projects.invoices <->", "projects.invoices =="),
    flip("projects.expenses <->", "projects.expenses =="),
    flip("projects.recurring_invoices <-", "projects.recurring_invoices =="),
    flip("projects.recurring_expenses <-", "projects.recurring_expenses =="),
)
def test_EP_15_transactions_made_in_erp_show_in_the_finance_tab(house: House) -> None:
    story.shows_what_finance_makes(house)


@also_proves(
    SPEC,
    flip("deletes: propagate", "deletes: keep", after="projects.quotes <->"),
    flip("deletes: propagate", "deletes: keep", after="projects.invoices <->"),
    flip("deletes: propagate", "deletes: keep", after="projects.expenses <->"),
    flip("status <-> status", "status -> status", file="mappings/project-quote.yaml"),
)
def test_EP_15_what_erp_changes_and_deletes_is_changed_and_deleted_in_projects(house: House) -> None:
    story.shows_what_finance_changes(house)


@also_proves(
    SPEC,
    flip("projects.quotes <->", "projects.quotes <-"),
    flip("projects.invoices <->", "projects.invoices <-"),
    flip("projects.expenses <->", "projects.expenses <-"),
    flip("number <- estimate_number", "number -> estimate_number", file="mappings/project-quote.yaml"),
    flip("  - balance <- balance\n", "", file="mappings/project-invoice.yaml"),
)
def test_EP_15_transactions_made_in_projects_are_made_in_erp(house: House) -> None:
    story.carries_what_projects_makes(house)


@also_proves(
    SPEC,
    flip("deletes: propagate", "deletes: keep", after="projects.quotes <->"),
    flip("deletes: propagate", "deletes: keep", after="projects.invoices <->"),
    flip("deletes: propagate", "deletes: keep", after="projects.expenses <->"),
    flip("due_date <-> due_date", "due_date <- due_date", file="mappings/project-invoice.yaml"),
)
def test_EP_15_what_projects_changes_and_deletes_is_changed_and_deleted_in_erp(house: House) -> None:
    story.carries_what_projects_changes(house)


@also_proves(
    SPEC,
    flip("projects.recurring_invoices <-", "projects.recurring_invoices =="),
    flip("projects.recurring_expenses <-", "projects.recurring_expenses =="),
)
def test_EP_15_recurring_ones_are_shown_in_projects_and_never_made_there(house: House) -> None:
    story.leaves_recurring_ones_to_finance(house)


@also_proves(
    SPEC,
    flip("rate: rate", "rate: `7`", file="mappings/milestone-invoice.yaml"),
    flip("pairs: invoice-milestone", "pairs: invoice-milestone\n    if: options.user_sync"),
)
def test_EP_15_a_milestone_is_invoiced_by_hand_and_says_so(house: House) -> None:
    story.invoices_by_hand(house, "invoice-milestone", "phases")


@also_proves(SPEC, flip("pairs: invoice-task-list", "pairs: invoice-task-list\n    if: options.user_sync"))
def test_EP_15_a_task_list_is_invoiced_by_hand_and_says_so(house: House) -> None:
    story.invoices_by_hand(house, "invoice-task-list", "tasklists")


@also_proves(
    SPEC,
    flip("pairs: invoice-task\n", "pairs: invoice-task\n    if: options.user_sync\n"),
    flip("check: state = 'closed'", "check: state = 'open'"),
)
def test_EP_15_a_closed_task_is_invoiced_by_hand_and_says_so(house: House) -> None:
    story.invoices_by_hand(house, "invoice-task", "tasks")
