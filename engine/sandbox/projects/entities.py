"""What the entities of Projects hold, one table each, and how their lists are addressed."""

from __future__ import annotations

from dataclasses import dataclass

PORTAL_ID = "60012345678"
FIRST_ID = 4000000033001
FIRST_USER = 4000000002055

#: Statuses by module: id, name, and whether it closes.
STATUSES: dict[str, tuple[tuple[str, str, bool], ...]] = {
    "projects": (
        ("4000000031001", "Active", False),
        ("4000000031003", "In Progress", False),
        ("4000000031005", "Completed", True),
    ),
    "tasks": (
        ("4000000032001", "Open", False),
        ("4000000032003", "In Progress", False),
        ("4000000032005", "Closed", True),
    ),
    "tasklists": (("4000000032101", "Active", False), ("4000000032103", "Completed", True)),
    "phases": (("4000000032201", "Active", False), ("4000000032203", "Completed", True)),
    "issues": (("4000000032301", "Open", False), ("4000000032303", "Closed", True)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field as it is written."""

    name: str
    kind: str  #: text, date, number, boolean, list, ref (`{"id"}`), person (`{"zpuid"}`) or status
    length: int | None = None  #: most characters; None = not limited
    required: bool = False
    choices: tuple[str, ...] = ()
    refers: str | None = None  #: the entity whose id a `ref` holds; None = it is no `ref`


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """One kind of record of a portal."""

    name: str  #: its name in the store and in its address
    key: str | None  #: its key in lists; None = lists are bare arrays
    fields: dict[str, Field]
    modified: str  #: what the time of the last change is called
    title: str
    within_project: bool = True
    page_info_list: bool = False  #: `page_info` is an array of one
    prefix: str = ""  #: what its number in a project begins with; empty = it has none


def _entity(name: str, table: str, key: str | None, modified: str, title: str, **more: bool | str) -> Entity:
    lines = [line for line in table.strip().splitlines() if line]
    fields = {field.name: field for field in map(_field, lines)}
    return Entity(name=name, key=key, fields=fields, modified=modified, title=title, **more)  # type: ignore[arg-type]  # flags and a prefix


def _field(line: str) -> Field:
    head, _, choices = line.partition(" = ")
    head, _, refers = head.partition(" -> ")
    name, kind, *words = head.split()
    return Field(
        name=name,
        kind=kind,
        length=next((int(word) for word in words if word.isdigit()), None),
        required="required" in words,
        choices=tuple(choices.strip().split("|")) if choices else (),
        refers=refers.strip() or None,
    )


_PROJECTS = """
name text 200 required
description text
status status
owner person
start_date date
end_date date
is_public_project boolean
is_strict_project boolean
is_rollup_project boolean
client ref -> clients
billing_method text = fixed|project|staff|task
rate_per_hour number
cost_centre text 50
crm_deal_id text 50
template ref -> projects
tags list
"""
_TASKS = """
name text 255 required
description text
status status
priority text = none|low|medium|high
start_date date
end_date date
completion_percentage number
tasklist ref -> tasklists
milestone ref -> phases
billing_type text 50
rate_per_hour number
invoice ref -> invoices
invoice_status text = unbilled|invoiced
in_crm boolean
tags list
"""
_TASKLISTS = """
name text 255 required
flag text = internal|external
status status
milestone ref -> phases
rate number
invoice ref -> invoices
"""
_PHASES = """
name text 255 required
start_date date required
end_date date required
owner person
flag text = internal|external
status status
rate number
invoice ref -> invoices
"""
_ISSUES = """
name text 255 required
description text
flag text = Internal|External
assignee person
status status
due_date date
release_milestone ref -> phases
affected_milestone ref -> phases
rate_per_hour number
cost_rate_per_hour number
"""
_LOGS = """
date date required
hours text 10
bill_status text required = Billable|Non Billable
notes text 2000
log_name text 255
owner person
start_time text 10
end_time text 10
cost_rate_per_hour number
approval_status text = Approved|Unapproved|Rejected
"""
_CLIENTS = """
name text 200 required
email text 100
phone text 50
fax text 30
website text 255
currency_code text 3
description text
street text 250
city text 100
state text 100
zip text 30
country text 100
is_active boolean
crm_account_id text 50
"""
_CLIENT_USERS = """
client ref required -> clients
first_name text 100
last_name text 100 required
email text 100 required
phone text 50
is_active boolean
"""
#: The finance tab of a project.
_MONEY = """
client ref -> clients
number text 100
reference text 100
date date
currency_code text 3
total number
notes text 5000
"""
_QUOTES = (
    _MONEY
    + """
status text = draft|sent|invoiced|accepted|declined|expired
expiry_date date
lines list
"""
)
_INVOICES = (
    _MONEY
    + """
status text = draft|sent|viewed|unpaid|partially_paid|overdue|paid|void
due_date date
balance number
task ref -> tasks
timelog ref -> timelogs
lines list
"""
)
_EXPENSES = (
    _MONEY
    + """
status text = unbilled|invoiced|reimbursed|non-billable|billable
account text 100
paid_through text 100
amount number required
is_billable boolean
"""
)
_RECURRING = (
    _MONEY
    + """
name text 100 required
frequency text = days|weeks|months|years
repeat_every number
start_date date
end_date date
status text = active|stopped|expired
"""
)
_COMMENTS = "comment text 10000 required"

ENTITIES = {
    entity.name: entity
    for entity in (
        _entity("projects", _PROJECTS, None, "modified_time", "Project", within_project=False),
        _entity("tasks", _TASKS, "tasks", "last_modified_time", "Task", prefix="T"),
        _entity("tasklists", _TASKLISTS, "tasklists", "last_updated_time", "Task list"),
        _entity("phases", _PHASES, "milestones", "last_modified_time", "Phase", page_info_list=True),
        _entity("issues", _ISSUES, "issues", "last_updated_time", "Issue", prefix="I"),
        _entity("timelogs", _LOGS, "time_logs", "last_modified_time", "Time log"),
        _entity("clients", _CLIENTS, "clients", "last_modified_time", "Client", within_project=False),
        _entity(
            "contacts", _CLIENT_USERS, "contacts", "last_modified_time", "Client user", within_project=False
        ),
        _entity("quotes", _QUOTES, "quotes", "last_modified_time", "Quote"),
        _entity("invoices", _INVOICES, "invoices", "last_modified_time", "Invoice"),
        _entity("expenses", _EXPENSES, "expenses", "last_modified_time", "Expense"),
        _entity(
            "recurringinvoices",
            _RECURRING + "lines list",
            "recurring_invoices",
            "last_modified_time",
            "Recurring invoice",
        ),
        _entity(
            "recurringexpenses",
            _RECURRING + "amount number",
            "recurring_expenses",
            "last_modified_time",
            "Recurring expense",
        ),
        _entity("comments", _COMMENTS, "comments", "last_modified_time", "Comment"),
    )
}
#: Entities of the finance tab, with the status of a new record.
FINANCE = {
    "quotes": "draft",
    "invoices": "draft",
    "expenses": "unbilled",
    "recurringinvoices": "active",
    "recurringexpenses": "active",
}
#: Entities that can be commented on.
COMMENTED = ("tasks", "issues", "phases", "tasklists")
