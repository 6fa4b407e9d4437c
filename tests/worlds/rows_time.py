"""Stories of time and of the people who log it, which ERP and Books have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rows_projects import ANNA, approve, bug, client, edit, errors, log, project, task, there, user

if TYPE_CHECKING:
    from rows_world import House

GENERAL = "general_time_entries"


def site_of(house: House) -> tuple[str, str]:
    """A project with a customer, and a task of it."""
    site = project(house, "New site", client=client(house, "Acme"))
    return site, task(house, site, "Dig")


def hours(house: House, collection: str = "time_entries") -> list[str]:
    """How long each piece of time in the finance product is, sorted."""
    return [str(row[0]) for row in there(house, collection, "log_time")]


def billable_and_approved(house: House) -> None:
    """Of six logs two come over; the others say why not, and come by themselves once they are in order."""
    site, dig = site_of(house)
    mud = bug(house, site, "Mud")
    log(house, site, task=dig, hours="1:00")
    free = log(house, site, task=dig, hours="2:00", billable=False)
    fresh = log(house, site, task=dig, hours="3:00", approved=False)
    log(house, site, bug=mud, hours="4:00")
    log(house, site, bug=mud, hours="5:00", billable=False)
    log(house, site, bug=mud, hours="6:00", approved=False)
    house.run(expect=4)
    assert hours(house) == ["01:00", "04:00"]
    why = ["The timesheet is not approved.", "The timesheet is not billable."]
    told = errors(house)
    assert (sorted(told["timesheets"]), sorted(told["bug-timesheets"])) == (why, why)
    edit(house, "timelogs", free, bill_status="Billable")
    approve(house, fresh)
    house.run(expect=4)
    assert hours(house) == ["01:00", "02:00", "03:00", "04:00"]
    assert sorted(errors(house)) == ["bug-timesheets"]


def general_time(house: House, site: str) -> None:
    """Time on neither task nor bug comes over, too; billable and approved like any other."""
    log(house, site, hours="1:00", notes="Stocktaking")
    log(house, site, hours="2:00", billable=False)
    log(house, site, hours="3:00", approved=False)
    house.run(expect=4)
    assert there(house, GENERAL, "log_time", "notes") == [("01:00", "Stocktaking")]
    assert sorted(errors(house)["general-timesheets"]) == [
        "The timesheet is not approved.",
        "The timesheet is not billable.",
    ]


def before_the_cut_off(house: House) -> None:
    """Time before that day was invoiced by another program; from that day on it is to be billed."""
    site, dig = site_of(house)
    mud = bug(house, site, "Mud")
    for day, each in (("2026-11-09", "1:00"), ("2026-11-10", "2:00"), ("2026-11-11", "3:00")):
        log(house, site, task=dig, day=day, hours=each)
        log(house, site, bug=mud, day=day, hours=each)
        log(house, site, day=day, hours=each, notes=day)
    house.choose(timesheets_from="2026-11-10")
    house.run()
    once = [("01:00", "invoiced"), ("02:00", "unbilled"), ("03:00", "unbilled")]
    assert there(house, "time_entries", "log_time", "billed_status") == sorted([*once, *once])
    assert there(house, GENERAL, "log_time", "billed_status") == once
    house.quiet()


def all_as_unbilled(house: House) -> None:
    """Without a cut-off day everything is still to be billed."""
    site, dig = site_of(house)
    for day in ("2026-02-01", "2026-11-11"):
        log(house, site, task=dig, day=day)
        log(house, site, day=day, notes=day)
    house.run()
    for collection in ("time_entries", GENERAL):
        assert there(house, collection, "billed_status") == [("unbilled",), ("unbilled",)]
    house.quiet()


def unknown_people_are_inactive_staff(house: House, *, also: str | None = None) -> None:
    """Who has logged time comes along: known by mail address, else new and inactive; `also`: who else is made."""
    site, dig = site_of(house)
    new = user(house, "Paula Neu")
    idle = user(house, "Ingo Ruhig")
    edit(house, "projects", site, members=[idle, new])
    log(house, site, task=dig, owner=ANNA, hours="1:00")
    log(house, site, task=dig, owner=new, hours="2:00")
    before = there(house, "users", "email", "status", "user_role")
    house.run()
    made = [one for one in there(house, "users", "name", "status", "user_role") if one[2] == "timesheetstaff"]
    names = sorted(["Paula Neu", *([also] if also else [])])
    assert made == [(name, "inactive", "timesheetstaff") for name in names]
    assert len(there(house, "users", "email")) == len(before) + len(made)
    assert there(house, "time_entries", "log_time", "user_name") == [
        ("01:00", "Jonas Verbeke"),
        ("02:00", "Paula Neu"),
    ]
    house.quiet()
