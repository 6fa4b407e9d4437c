"""CRM and Projects: a deal becomes a project, by itself or because somebody says so; its progress shows on the deal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rows_pc import SPEC, crm_changed, crm_made, crm_one, job, later, made, shown, users
from rows_world import also_proves, flip, only, proves

if TYPE_CHECKING:
    from rows_world import House

DEAL = "mappings/deal-project.yaml"
PROGRESS = "mappings/deal-progress.yaml"
GIVEN = {
    "name": "Routers for Mira",
    "start_date": "2026-12-01",
    "end_date": "2027-02-26",
    "is_strict_project": "true",
}


def projects(house: House) -> list[dict[str, Any]]:
    """Every project."""
    return house.visitor.records("projects", "projects")


def deal_of(house: House, account: str, **fields: Any) -> str:
    """A deal of an account that is not won."""
    body = {"Deal_Name": "Routers", "Stage": "Qualification", "Probability": 10, **fields}
    return crm_made(house, "Deals", Account_Name={"id": account}, **body)


@proves(
    SPEC,
    flip("    by: hand    ", "    x-by: hand    ", after="\n  project:"),
    flip("      owner.zpuid: { type: text, help: The portal user who runs the project. }\n", ""),
    flip(
        'name: { type: text, default: "{{ Deal_Name }}"', 'x-name: { type: text, default: "{{ Deal_Name }}"'
    ),
    flip("- { map: Account_Name.id -> client.id, refers: clients }", "", file=DEAL),
)
def test_PC_01_a_project_is_made_on_demand_with_the_details_given_at_that_moment(house: House) -> None:
    at = job(house)
    template = made(house, "/projects", name="How we roll out routers")
    made(house, f"/projects/{template}/tasklists", name="Cabling")
    deal = deal_of(house, at.account, Description="Two floors")
    owner = users(house)[2][1]
    give = [word for name, value in GIVEN.items() for word in ("--give", f"{name}={value}")]
    give += ["--give", f"owner.zpuid={owner}", "--give", f"template.id={template}"]
    house.forget_calls()
    told = house.must("do", "project", "--record", f"crm.Deals:{deal}", *give, expect=1)
    assert "+ create on the right: Routers because requested by a person" in told, "it shows first"
    assert 'name: "Routers for Mira"' in told
    assert house.writes() == []
    house.must("do", "project", "--record", f"crm.Deals:{deal}", *give, "--yes")
    project = only([one for one in projects(house) if one["name"] == GIVEN["name"]])
    assert {name: project[name] for name in ("start_date", "end_date")} == {
        name: GIVEN[name] for name in ("start_date", "end_date")
    }
    assert (project["is_strict_project"], project["description"]) == (True, "Two floors")
    assert (project["owner"]["zpuid"], project.get("client", {}).get("id")) == (owner, at.client)
    listed = house.visitor.projects("GET", f"/projects/{project['id']}/tasklists").json()["tasklists"]
    assert [one["name"] for one in listed] == ["Cabling"], "as the template has it"
    again = house.must("do", "project", "--record", f"crm.Deals:{deal}", "--yes", expect=1)
    assert f"it has made projects.projects:{project['id']}" in again


@also_proves(SPEC, flip('default: "{{ Deal_Name }}"', 'default: "A project"'))
def test_PC_01_what_is_not_given_comes_from_the_deal(house: House) -> None:
    at = job(house)
    deal = deal_of(house, at.account, Closing_Date="2026-12-24")
    house.must("do", "project", "--record", f"crm.Deals:{deal}", "--yes")
    project = only([one for one in projects(house) if one["name"] == "Routers"])
    assert (project["start_date"], project["is_strict_project"]) == ("2026-12-24", False)


@proves(
    SPEC,
    flip("becomes: Probability = 100", "becomes: Probability = 50"),
    flip("- id -> crm_deal_id", "", file=DEAL),
)
def test_PC_02_a_deal_that_is_won_becomes_a_project_by_itself_and_once(house: House) -> None:
    account = crm_made(house, "Accounts", Account_Name="Mira Ltd")
    old = deal_of(house, account, Deal_Name="Won long ago", Stage="Closed Won", Probability=100)
    at = job(house, account=account)
    deal = deal_of(house, at.account)
    house.run()
    assert [one["name"] for one in projects(house)] == ["Data Migration"], f"{old} was so when it all began"
    later(house)
    crm_changed(house, "Deals", deal, Stage="Closed Won", Probability=100)
    house.run()
    project = only([one for one in projects(house) if one["name"] == "Routers"])
    assert (project.get("crm_deal_id"), project["client"]["id"]) == (deal, at.client)
    house.quiet()
    later(house)
    for stage, chance in (("Closed Lost", 0), ("Closed Won", 100)):
        crm_changed(house, "Deals", deal, Stage=stage, Probability=chance)
        later(house)
        house.run()
    assert len([one for one in projects(house) if one["name"] == "Routers"]) == 1


@also_proves(SPEC, flip("AND options.won_deals", "AND true"))
def test_PC_02_who_does_not_want_that_says_so(house: House) -> None:
    house.choose(won_deals=False)
    at = job(house)
    deal = deal_of(house, at.account)
    house.run()
    later(house)
    crm_changed(house, "Deals", deal, Stage="Closed Won", Probability=100)
    house.run()
    assert [one["name"] for one in projects(house)] == ["Data Migration"]


@proves(
    SPEC,
    flip("    if: options.progress\n", "    if: NOT options.progress\n"),
    flip("- Project_Percent_Complete <- percent_complete", "", file=PROGRESS),
    flip("- Project_Open_Tasks <- tasks.open_count", "", file=PROGRESS),
    flip("- Project_Closed_Tasks <- tasks.closed_count", "", file=PROGRESS),
)
def test_PC_10_the_progress_of_a_project_shows_on_its_deal(house: House) -> None:
    house.choose(progress=True)
    at = job(house)
    deal, other = deal_of(house, at.account), deal_of(house, at.account, Deal_Name="No project")
    house.must("do", "project", "--record", f"crm.Deals:{deal}", "--yes")
    project = only([one for one in projects(house) if one["name"] == "Routers"])["id"]
    tasklist = made(house, f"/projects/{project}/tasklists", name="Work")
    tasks = [
        made(house, f"/projects/{project}/tasks", name=f"Step {nr}", tasklist={"id": tasklist})
        for nr in range(4)
    ]

    def progress() -> tuple[Any, ...]:
        found = crm_one(house, "Deals", deal)
        names = ("Percent_Complete", "Open_Tasks", "Closed_Tasks")
        return tuple(found.get(f"Project_{name}") for name in names)

    house.run()
    assert progress() == (0, 4, 0)
    later(house)
    house.visitor.projects("PATCH", f"/projects/{project}/tasks/{tasks[0]}", json={"state": "closed"})
    house.run()
    assert progress() == (25, 3, 1)
    assert crm_one(house, "Deals", other).get("Project_Open_Tasks") is None
    assert shown(house, f"/projects/{project}")["percent_complete"] == 25
    house.quiet()
