"""CRM and Projects, enrolled tasks: six fields and the comments, kept in step both ways."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rows_pc import NOTE, SPEC, TASK, crm_changed, crm_made, crm_one, job, later, made, users
from rows_world import also_proves, flip, only, proves

if TYPE_CHECKING:
    from rows_world import House

#: The six fields, as CRM and as Projects show them.
CRM = {
    "Subject": "Dig the long trench",
    "Description": "Along the wall",
    "Due_Date": "2026-12-18",
    "Priority": "High",
    "Status": "Completed",
}
PROJECTS = {
    "name": "Dig the long trench",
    "description": "Along the wall",
    "end_date": "2026-12-18",
    "priority": "high",
    "state": "closed",
}


def of(record: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    """The fields of a record that these names tell."""
    return {name: record.get(name) for name in names}


@proves(
    SPEC,
    flip("- Subject <-> name", "- Subject <- name", file=TASK),
    flip("- Description <-> description", "- Description <- description", file=TASK),
    flip("- Due_Date <-> end_date", "- Due_Date <- end_date", file=TASK),
    flip("Priority <-> priority", "Priority <- priority", file=TASK),
    flip("map: Status <-> state ", "map: Status <- state ", file=TASK),
    flip("map: Owner.id <-> owner.zpuid", "map: Owner.id <- owner.zpuid", file=TASK),
)
def test_PC_04_what_is_changed_in_crm_shows_on_the_task_in_projects(house: House) -> None:
    at = job(house)
    task = at.task()
    crm = at.enrolled(task)
    (owner, zpuid) = users(house)[1]
    later(house)
    crm_changed(house, "Tasks", crm["id"], **CRM, Owner={"id": owner})
    house.run()
    found = at.shown(task)
    assert of(found, PROJECTS) == PROJECTS
    assert found.get("owner", {}).get("zpuid") == zpuid
    house.quiet()
    later(house)
    crm_changed(house, "Tasks", crm["id"], Status="In Progress")
    house.run()
    assert at.shown(task)["state"] == "open", "reopened"
    assert crm_one(house, "Tasks", crm["id"])["Status"] == "In Progress", "its own word stays"
    house.quiet()


@also_proves(
    SPEC,
    flip("- Subject <-> name", "- Subject -> name", file=TASK),
    flip("- Description <-> description", "- Description -> description", file=TASK),
    flip("- Due_Date <-> end_date", "- Due_Date -> end_date", file=TASK),
    flip("Priority <-> priority", "Priority -> priority", file=TASK),
    flip("map: Status <-> state ", "map: Status -> state ", file=TASK),
    flip("map: Owner.id <-> owner.zpuid", "map: Owner.id -> owner.zpuid", file=TASK),
)
def test_PC_04_what_is_changed_in_projects_shows_on_the_task_in_crm(house: House) -> None:
    at = job(house)
    task = at.task()
    crm = at.enrolled(task)
    (owner, zpuid) = users(house)[1]
    later(house)
    at.changed(task, **PROJECTS, owner={"zpuid": zpuid})
    house.run()
    found = crm_one(house, "Tasks", crm["id"])
    assert of(found, CRM) == CRM
    assert found["Owner"]["id"] == owner
    house.quiet()
    later(house)
    at.changed(task, state="open")
    house.run()
    assert crm_one(house, "Tasks", crm["id"])["Status"] == "Not Started", "reopened"


@also_proves(SPEC, flip("conflicts: newest", "conflicts: hold", after="\n  tasks:"))
def test_PC_04_of_two_changes_to_one_field_the_newer_one_stands(house: House) -> None:
    at = job(house)
    task = at.task()
    crm = at.enrolled(task)
    later(house)
    crm_changed(house, "Tasks", crm["id"], Subject="Said in CRM", Priority="Low")
    later(house)
    at.changed(task, name="Said in Projects later")
    house.run()
    both = (crm_one(house, "Tasks", crm["id"]), at.shown(task))
    assert [one.get("Subject") or one.get("name") for one in both] == ["Said in Projects later"] * 2
    assert (both[0]["Priority"], both[1]["priority"]) == ("Low", "low"), "the other field goes its own way"
    house.quiet()


@proves(SPEC, flip("- Note_Content <-> comment", "- Note_Content <- comment", file=NOTE))
def test_PC_05_a_comment_made_in_crm_shows_on_the_task_in_projects(house: House) -> None:
    at = job(house)
    task = at.task()
    crm = at.enrolled(task)
    parent = {"id": crm["id"], "module": {"api_name": "Tasks"}}
    crm_made(house, "Notes", Note_Title="Call", Note_Content="They want it deeper.", Parent_Id=parent)
    crm_made(
        house,
        "Notes",
        Note_Title="Other",
        Note_Content="Of the account only.",
        Parent_Id={"id": at.account, "module": {"api_name": "Accounts"}},
    )
    house.run()
    listed = house.visitor.projects("GET", f"/projects/{at.project}/tasks/{task}/comments").json()["comments"]
    assert [one["comment"] for one in listed] == ["They want it deeper."]
    house.quiet()


@also_proves(
    SPEC,
    flip("- Note_Content <-> comment", "- Note_Content -> comment", file=NOTE),
    flip("else: skip", "else: hold", after="\n  comments:"),
)
def test_PC_05_a_comment_made_in_projects_shows_on_the_task_in_crm(house: House) -> None:
    at = job(house)
    task, other = at.task("Dig"), at.task("Fill")
    crm = at.enrolled(task)
    where = f"/projects/{at.project}/tasks"
    comment = made(house, f"{where}/{task}/comments", comment="Rock below.")
    made(house, f"{where}/{other}/comments", comment="Of a task that CRM does not know.")
    assert house.run().report["held_now"] == 0
    note = only(house.visitor.records("crm", "Notes"))
    assert (note.get("Note_Content"), note["Parent_Id"]["id"]) == ("Rock below.", crm["id"])
    house.quiet()
    later(house)
    house.visitor.projects(
        "PATCH", f"{where}/{task}/comments/{comment}", json={"comment": "Hard rock below."}
    )
    house.run()
    assert only(house.visitor.records("crm", "Notes")).get("Note_Content") == "Hard rock below."
    house.quiet()
