"""CRM and Projects, enrolment: a task goes to CRM only once somebody has added it, to a place that is offered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rows_pc import ENROL, SPEC, crm_made, crm_one, job, later, made
from rows_world import also_proves, flip, only, proves

if TYPE_CHECKING:
    from rows_pc import Job
    from rows_world import House


def tasks_in_crm(house: House) -> list[dict[str, Any]]:
    """Every task of CRM."""
    return house.visitor.records("crm", "Tasks")


def associate_deal(house: House, at: Job, name: str = "Routers") -> str:
    """A deal of the account whose project it is: made of it by hand; answers the deal."""
    deal = crm_made(house, "Deals", Deal_Name=name, Stage="Qualification", Account_Name={"id": at.account})
    house.must("do", "project", "--record", f"crm.Deals:{deal}", "--yes")
    return deal


@proves(SPEC, flip(ENROL, ""))
def test_PC_06_no_task_goes_to_crm_by_itself_and_an_enrolled_one_is_kept_in_step(house: House) -> None:
    at = job(house)
    dig, fill = at.task("Dig"), at.task("Fill")
    house.quiet()
    assert tasks_in_crm(house) == []
    told = house.must("explain", f"projects.tasks:{fill}")
    assert "it has not been enrolled; `engine do SPEC tasks.enrol" in told
    said = house.must("do", "tasks.enrol", "--record", f"projects.tasks:{dig}", "--yes")
    task = only(tasks_in_crm(house))
    assert (task["Subject"], task["What_Id"]["id"]) == ("Dig", at.account)
    assert f"it is now crm.Tasks:{task['id']}" in said
    house.quiet()
    later(house)
    at.changed(dig, name="Dig deeper")
    at.changed(fill, name="Fill up")
    house.run()
    assert [one["Subject"] for one in tasks_in_crm(house)] == ["Dig deeper"]
    again = house.must("do", "tasks.enrol", "--record", f"projects.tasks:{dig}", "--yes", expect=1)
    assert f"is enrolled already: it is crm.Tasks:{task['id']}" in again
    assert len(tasks_in_crm(house)) == 1


@also_proves(SPEC, flip("linked('clients', project.client.id)", "name IS NOT NULL"))
def test_PC_06_a_task_whose_project_has_no_associated_customer_is_refused(house: House) -> None:
    at = job(house)
    other = made(house, "/projects", name="Internal")
    tasklist = made(house, f"/projects/{other}/tasklists", name="Work")
    task = made(house, f"/projects/{other}/tasks", name="Tidy up", tasklist={"id": tasklist})
    house.run()
    house.forget_calls()
    said = house.must("do", "tasks.enrol", "--record", f"projects.tasks:{task}", "--yes", expect=1)
    assert "The project's customer is not associated with an account in CRM." in said
    assert house.writes() == []
    house.quiet()
    assert at.account not in [one.get("What_Id") for one in tasks_in_crm(house)]


@also_proves(SPEC, flip("What_Id.id: [ clients, project ]", "What_Id.id: [ clients ]"))
def test_PC_06_the_account_and_the_deals_of_that_project_are_offered_and_nothing_else(house: House) -> None:
    at = job(house)
    deal = associate_deal(house, at)
    stranger = crm_made(house, "Accounts", Account_Name="Other Ltd")
    house.run()
    project = only([one for one in house.visitor.records("projects", "projects") if one["name"] == "Routers"])
    tasklist = made(house, f"/projects/{project['id']}/tasklists", name="Work")
    task = made(house, f"/projects/{project['id']}/tasks", name="Wire up", tasklist={"id": tasklist})
    order = ("do", "tasks.enrol", "--record", f"projects.tasks:{task}", "--yes")
    house.forget_calls()
    for words in ((), ("--give", f"What_Id.id={stranger}")):
        said = house.must(*order, *words, expect=1)
        assert f"--give What_Id.id={at.account}   crm.Accounts:{at.account} Mira Ltd" in said
        assert f"--give What_Id.id={deal}   crm.Deals:{deal} Routers" in said
        assert stranger not in said.replace(f"`{stranger}` is not offered", "")
    assert house.writes() == []
    house.must(*order, "--give", f"What_Id.id={deal}")
    found = only(tasks_in_crm(house))
    assert (found["Subject"], found["What_Id"]["id"], found["$se_module"]) == ("Wire up", deal, "Deals")
    house.quiet()


@also_proves(SPEC, flip("What_Id.id: [ clients, project ]", "What_Id.id: [ project ]"))
def test_PC_06_a_task_of_another_project_of_the_customer_is_put_under_the_account(house: House) -> None:
    at = job(house)
    associate_deal(house, at)
    task = at.task("Survey")
    house.must("do", "tasks.enrol", "--record", f"projects.tasks:{task}", "--yes")
    assert only(tasks_in_crm(house))["What_Id"]["id"] == at.account


@also_proves(SPEC, flip(ENROL, ""))
def test_PC_06_a_task_made_in_crm_stays_there(house: House) -> None:
    at = job(house)
    task = crm_made(
        house, "Tasks", Subject="Call them", **{"What_Id": {"id": at.account}, "$se_module": "Accounts"}
    )
    assert house.run().report["held_now"] == 0
    house.quiet()
    assert house.visitor.records("projects", "tasks") == []
    said = house.must("do", "tasks.enrol", "--record", f"crm.Tasks:{task}", "--yes", expect=1)
    assert "`tasks.enrol` is for a record of projects.tasks" in said
    assert "only records of projects.tasks are enrolled" in house.must("explain", f"crm.Tasks:{task}")


@also_proves(SPEC, flip(ENROL, ""))
def test_PC_06_an_answer_that_is_lost_while_it_is_enrolled_doubles_nothing(house: House) -> None:
    at = job(house)
    task = at.task("Dig")
    house.visitor.command(
        "faults", match={"method": "POST", "path": "/crm/v8/Tasks"}, fault="status-500-after-apply", times=1
    )
    house.engine("do", "tasks.enrol", "--record", f"projects.tasks:{task}", "--yes")
    assert len(tasks_in_crm(house)) == 1
    house.run()
    assert only(tasks_in_crm(house))["Subject"] == "Dig"
    later(house)
    at.changed(task, name="Dig deeper")
    house.run()
    assert only(tasks_in_crm(house))["Subject"] == "Dig deeper"
    house.quiet()


@proves(SPEC, flip("      mark: in_crm ", "      x-mark: in_crm "))
def test_PC_07_an_enrolled_task_shows_in_the_list_of_tasks_until_it_is_taken_out(house: House) -> None:
    at = job(house)
    dig, fill = at.task("Dig"), at.task("Fill")
    crm = at.enrolled(dig)

    def marks() -> dict[str, bool]:
        listed = house.visitor.projects("GET", f"/projects/{at.project}/tasks").json()["tasks"]
        return {one["name"]: one["in_crm"] for one in listed}

    assert marks() == {"Dig": True, "Fill": False}
    house.quiet()
    house.must("do", "tasks.withdraw", "--record", f"projects.tasks:{dig}", "--yes")
    assert marks() == {"Dig": False, "Fill": False}
    assert crm_one(house, "Tasks", crm["id"])["Subject"] == "Dig"
    later(house)
    at.changed(dig, name="Dig deeper")
    house.quiet()
    assert only(tasks_in_crm(house))["Subject"] == "Dig"
    assert fill != dig
