"""Projects into ERP: the time that people log."""

from __future__ import annotations

from typing import TYPE_CHECKING

import rows_time as story
from rows_world import also_proves, flip, proves

if TYPE_CHECKING:
    from rows_world import House

SPEC = "zoho-projects-erp"
BILLABLE, APPROVED = "check: billing_status = 'Billable'", "check: approval.status = 'Approved'"
TASKS, BUGS, GENERAL = "title: Timesheets of tasks", "title: Timesheets of bugs", "title: General timesheets"
CUT_OFF = "date < options.timesheets_from"


@proves(
    SPEC,
    flip(BILLABLE, "check: TRUE", after=TASKS),
    flip(APPROVED, "check: TRUE", after=TASKS),
    flip(BILLABLE, "check: TRUE", after=BUGS),
    flip(APPROVED, "check: TRUE", after=BUGS),
)
def test_EP_02_only_billable_and_approved_timesheets_come_over(house: House) -> None:
    story.billable_and_approved(house)


@also_proves(
    SPEC,
    flip("if: options.timesheets", "if: NOT options.timesheets", after=GENERAL),
    flip(BILLABLE, "check: TRUE", after=GENERAL),
    flip(APPROVED, "check: TRUE", after=GENERAL),
)
def test_EP_02_general_timesheets_come_over_with_them(house: House) -> None:
    story.general_time(house, story.site_of(house)[0])


@proves(
    SPEC,
    flip(CUT_OFF, "date <= options.timesheets_from", file="mappings/timelog-time-entry.yaml"),
    flip(CUT_OFF, "date <= options.timesheets_from", file="mappings/timelog-general.yaml"),
)
def test_EP_04_time_before_the_cut_off_day_arrives_as_invoiced_and_later_time_as_unbilled(
    house: House,
) -> None:
    story.before_the_cut_off(house)


@also_proves(
    SPEC,
    flip("ELSE 'unbilled'", "ELSE 'invoiced'", file="mappings/timelog-time-entry.yaml"),
    flip("ELSE 'unbilled'", "ELSE 'invoiced'", file="mappings/timelog-general.yaml"),
)
def test_EP_04_without_a_cut_off_day_all_time_arrives_as_unbilled(house: House) -> None:
    story.all_as_unbilled(house)
