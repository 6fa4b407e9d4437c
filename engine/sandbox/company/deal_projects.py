"""The company's portal in Projects: the same people, customers, and the work they do for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.sandbox.books.editions import EDITIONS
from engine.sandbox.company.deal_finance import day
from engine.sandbox.projects.entities import ENTITIES, FIRST_ID, FIRST_USER, STATUSES
from engine.sandbox.projects.write import defaults_of

if TYPE_CHECKING:
    from engine.sandbox.company.seed import Seed

CLIENTS = 25
#: Projects whose twin in the finance products has the same customer, and the place of the one that nobody ordered.
_AGREED, _NOBODYS = 5, 8
_OPEN, _CLOSED = (STATUSES["tasks"][place][0] for place in (0, 2))


def deal_projects(seed: Seed, projects: list[Any], accounts: list[dict[str, Any]]) -> None:
    """Deal the portal into a seed that has CRM's people and accounts; `projects` = names with their tasks."""
    users = deal_users(seed)
    tidy = [account for account in accounts if account["Account_Name"] == account["Account_Name"].strip()]
    shared = _shared(seed, tidy)
    others = [account for account in seed.dice.sample(tidy, CLIENTS) if account not in shared]
    clients = [_client(seed, account) for account in [*shared, *others][:CLIENTS]]
    for place, client in enumerate(clients[:15]):
        name = seed.dice.choice(("Bram", "Greta", "Anton", "Oona"))
        person = {"client": client, "first_name": name, "last_name": f"Client {place + 1}"}
        _put(seed, "contacts", **person, email=f"{name.lower()}{place}@client.example")
    for place, (name, tasks) in enumerate(projects):
        client = seed.dice.choice(clients)
        if place < _AGREED:
            client = clients[place % len(shared)]
            _agree(seed, name, shared[place % len(shared)]["Account_Name"])
        _project(seed, place, name, tasks, "" if place == _NOBODYS else client, users)


def _shared(seed: Seed, accounts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The accounts whose name every finance product has as a customer."""
    known = [_customers(seed, product) for product in EDITIONS]
    return [account for account in accounts if all(account["Account_Name"] in names for names in known)]


def _customers(seed: Seed, product: str) -> dict[str, str]:
    """The ids of a finance product's customers, by name."""
    rows = [row for found, module, row in seed.records if (found, module) == (product, "contacts")]
    return {row.body["contact_name"]: row.id for row in rows if row.body["contact_type"] == "customer"}


def _agree(seed: Seed, project: str, customer: str) -> None:
    """The finance products have a project of this name for the same customer."""
    for product, module, row in seed.records:
        if product in EDITIONS and module == "projects" and row.body["project_name"] == project:
            row.body["customer_id"] = _customers(seed, product)[customer]


def deal_users(seed: Seed) -> list[str]:
    """The people of CRM as users of the portal; answers the ids of the active ones."""
    people = [row.body for product, module, row in seed.records if (product, module) == ("crm", "users")]
    for place, person in enumerate(people):
        active = person["status"] == "active"
        body = {name: person[name] for name in ("zuid", "email", "full_name", "first_name", "last_name")}
        body |= {"display_name": person["first_name"], "user_type": "user", "is_active": active}
        body |= {
            "status": "active" if active else "inactive",
            "role": person["role"],
            "profile": person["profile"],
        }
        seed.add("projects", "users", str(FIRST_USER + 2 * place), None, body)
    return [str(FIRST_USER + 2 * place) for place in range(len(people) - 1)]


def _client(seed: Seed, account: dict[str, Any]) -> str:
    parts = {"street": "Street", "city": "City", "state": "State", "zip": "Code", "country": "Country"}
    address = {ours: account.get(f"Billing_{theirs}") or "" for ours, theirs in parts.items()}
    plain = {name.lower(): account.get(name, "") for name in ("Phone", "Fax", "Website")}
    return _put(seed, "clients", name=account["Account_Name"], currency_code="EUR", **address, **plain)


def _put(seed: Seed, module: str, **values: Any) -> str:
    people = {"created_by": str(FIRST_USER), "updated_by": str(FIRST_USER)}
    body = defaults_of(ENTITIES[module]) | people | {k: v for k, v in values.items() if v != ""}
    id_ = seed.next_id("projects", FIRST_ID)
    seed.add("projects", module, id_, None, body)
    return id_


def _project(seed: Seed, place: int, name: str, tasks: list[str], client: str, users: list[str]) -> None:
    team = [users[(place + step) % len(users)] for step in range(3)]
    project = _put(
        seed,
        "projects",
        name=name,
        client=client,
        owner=team[0],
        members=team,
        start_date=day(60),
        end_date=day(-90),
        is_strict_project=place % 3 == 0,
        billing_method=("fixed", "project", "staff", "task")[place % 4],
        rate_per_hour=75,
        status=STATUSES["projects"][2 if place == 9 else 0][0],  # noqa: PLR2004  # the last one is done
    )
    dates = {"start_date": day(50), "end_date": day(-30)}
    phase = _put(seed, "phases", project=project, name="First half", owner=team[0], **dates)
    lists = [_put(seed, "tasklists", project=project, name=title) for title in ("General", "Work")]
    for number, title in enumerate(tasks):
        task = _task(seed, project, lists[number % 2], title, 2 * number + 1, team, milestone=phase)
        if number % 2 == 0:
            _task(seed, project, lists[number % 2], f"{title}: check", 2 * number + 2, team, parent=task)
    jam = {"name": "A drawer jams", "number": 1, "assignee": team[1], "rate_per_hour": 75}
    issue = _put(seed, "issues", project=project, **jam)
    _log(seed, project, team[1], "issue", issue)
    _log(seed, project, team[0], "general", "")


def _task(
    seed: Seed, project: str, tasklist: str, name: str, number: int, team: list[str], **more: Any
) -> str:
    closed = seed.dice.random() < 0.3  # noqa: PLR2004  # a third is done
    owner = seed.dice.choice(team)
    task = _put(
        seed,
        "tasks",
        project=project,
        tasklist=tasklist,
        name=name,
        number=number,
        status=_CLOSED if closed else _OPEN,
        completion_percentage=100 if closed else 0,
        owners=[owner],
        rate_per_hour=75,
        start_date=day(40),
        end_date=day(-20),
        **more,
    )
    for _ in range(seed.dice.randrange(3)):
        _log(seed, project, owner, "task", task)
    if seed.dice.random() < 0.2:  # noqa: PLR2004  # people comment on some
        _put(seed, "comments", project=project, on=task, comment="Please look at the corner again.")
    return task


def _log(seed: Seed, project: str, owner: str, kind: str, item: str) -> None:
    _put(
        seed,
        "timelogs",
        project=project,
        type=kind,
        item=item or None,
        minutes=15 * seed.dice.randrange(2, 28),
        date=day(seed.dice.randrange(1, 39)),
        bill_status=seed.dice.choice(("Billable", "Billable", "Non Billable")),
        owner=owner,
        approval_status=seed.dice.choice(("Unapproved", "Approved", "Approved", "Approved")),
    )
