"""CRM and Projects, what a project does not allow: it stays as it was, and whoever asked for it is mailed why."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from aiosmtpd.controller import Controller
from guard_world import Inbox
from rows_pc import SPEC, crm_changed, crm_one, job, later, users
from rows_world import also_proves, flip, only, proves

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rows_world import House

GUARD = "\n  strict-schedule:"
CLOSED = "\n  parent-closed:"
STRICT: dict[str, Any] = {"is_strict_project": True, "start_date": "2026-11-02", "end_date": "2026-12-31"}
INSIDE, OUTSIDE = "2026-12-10", "2027-01-15"


class PostOffice(Controller):
    """A mail server on a port that the machine chooses."""

    def _trigger_server(self) -> None:
        server: Any = self.server
        self.port = server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]  # the library leaves it so


@contextmanager
def post_office(house: House) -> Iterator[Inbox]:
    """A mail server on this machine, which the spec's references lead to for as long as the block lasts."""
    inbox = Inbox()
    office = PostOffice(inbox, hostname="127.0.0.1", port=0)
    office.start()
    house.environment |= {
        "MAIL_FROM": "sync@lindenhof.example",
        "SMTP_URL": f"smtp://127.0.0.1:{office.port}",
    }
    try:
        yield inbox
    finally:
        office.stop()


def edited_by(house: House, place: int, task: str, **fields: Any) -> str:
    """One of the people changes a task in CRM; answers their mail address."""
    person = users(house)[place][0]
    house.visitor.command(
        "edit", product="crm", module="Tasks", id=task, set={**fields, "Modified_By": person}
    )
    return next(str(one["email"]) for one in house.visitor.records("crm", "users") if one["id"] == person)


@proves(
    SPEC,
    flip("refuse: Due_Date -> end_date", "refuse: Subject -> name", after=GUARD),
    flip(
        "NOT (end_date BETWEEN project.start_date AND project.end_date)",
        "end_date < '2000-01-01'",
        after=GUARD,
    ),
    flip("leave: as-is", "leave: restore", after=GUARD),
    flip(
        "{ to: changed_by, template: strict-schedule }",
        "{ to: changed_by, template: parent-closed }",
        after=GUARD,
    ),
)
def test_PC_08_a_due_date_outside_a_strict_project_is_refused_and_whoever_set_it_is_mailed(
    house: House,
) -> None:
    at = job(house, **STRICT)
    task = at.task(end_date=INSIDE)
    crm = at.enrolled(task)["id"]
    later(house)
    with post_office(house) as inbox:
        address = edited_by(house, 3, crm, Due_Date=OUTSIDE, Subject="Dig at last")
        house.run(expect=4)
        assert (at.shown(task)["end_date"], at.shown(task)["name"]) == (INSIDE, "Dig at last")
        assert crm_one(house, "Tasks", crm)["Due_Date"] == OUTSIDE, "CRM keeps what was set there"
        mail = only(
            [{"to": one["To"], "subject": one["Subject"], "text": one.get_content()} for one in inbox.mails]
        )
        assert (mail["to"], mail["subject"]) == (address, 'Due date of "Dig at last" not taken over')
        assert f"The due date {OUTSIDE}" in mail["text"]
        assert (
            f'strict project "Data Migration", {STRICT["start_date"]} to {STRICT["end_date"]}' in mail["text"]
        )
        told = house.must("errors", sandbox=False)
        assert "The due date lies outside the schedule of a strict project." in told
        assert f"mailed to {address}" in told
        for _ in range(2):
            later(house)
            house.run("--full", expect=4)
        assert len(inbox.mails) == 1, "told once"
        crm_changed(house, "Tasks", crm, Due_Date="2026-12-24")
        house.run()
        assert at.shown(task)["end_date"] == "2026-12-24"


@also_proves(SPEC, flip("project.is_strict_project AND", "", after=GUARD))
def test_PC_08_in_a_project_that_is_not_strict_any_due_date_comes_over(house: House) -> None:
    at = job(house, **{**STRICT, "is_strict_project": False})
    task = at.task(end_date=INSIDE)
    crm = at.enrolled(task)["id"]
    later(house)
    crm_changed(house, "Tasks", crm, Due_Date=OUTSIDE)
    house.run()
    assert at.shown(task)["end_date"] == OUTSIDE


@proves(
    SPEC,
    flip("refuse: Status -> state", "refuse: Subject -> name", after=CLOSED),
    flip(
        "parental_info.parent_task.state = 'closed'", "parental_info.parent_task.state = 'open'", after=CLOSED
    ),
    flip(
        "{ to: changed_by, template: parent-closed }",
        "{ to: changed_by, template: strict-schedule }",
        after=CLOSED,
    ),
)
def test_PC_09_a_subtask_is_not_reopened_while_its_parent_is_closed_and_whoever_did_it_is_mailed(
    house: House,
) -> None:
    at = job(house)
    parent = at.task("Foundations")
    child = at.task("Dig the trench", parental_info={"parent_task_id": parent})
    crm = at.enrolled(child)["id"]
    for task in (child, parent):
        at.changed(task, state="closed")
    later(house)
    house.run()
    assert crm_one(house, "Tasks", crm)["Status"] == "Completed"
    with post_office(house) as inbox:
        later(house)
        address = edited_by(house, 5, crm, Status="In Progress", Priority="High")
        house.run(expect=4)
        assert (at.shown(child)["state"], at.shown(child)["priority"]) == ("closed", "high")
        mail = only(
            [{"to": one["To"], "subject": one["Subject"], "text": one.get_content()} for one in inbox.mails]
        )
        assert (mail["to"], mail["subject"]) == (address, '"Dig the trench" not reopened')
        assert "the task above it is closed" in mail["text"]
        assert "A subtask cannot be reopened while its parent is closed." in house.must(
            "errors", sandbox=False
        )
        at.changed(parent, state="open")
        later(house)
        crm_changed(house, "Tasks", crm, Priority="Normal")
        house.run()
        assert (at.shown(child)["state"], at.shown(child)["priority"]) == ("open", "medium")
        assert len(inbox.mails) == 1
