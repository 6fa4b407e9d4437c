"""The editions of the finance application: Books, and what makes ERP differ from it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from engine.sandbox.books.collection import Action, plain_sorts
from engine.sandbox.books.contacts import COLLECTIONS, FIRST_ID, ORGANIZATION_ID
from engine.sandbox.books.documents import collection

if TYPE_CHECKING:
    from engine.sandbox.books.collection import Collection


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """What makes one finance product differ from the other."""

    product: str  #: its name in the store, and the first part of its path
    title: str
    plan: str
    organization_id: str
    first_id: int
    first_user: int  #: the id of the first user; the others follow in steps of two
    collections: dict[str, Collection]  #: by name in the store
    created: dict[str, int] = field(
        default_factory=dict
    )  #: status of a create that is not 201, by collection


_MARKS = {"markasopen": "open", "markasongoing": "ongoing", "markascompleted": "completed"}
_STATUSES = ("open", "ongoing", "yet_to_started", "in_progress", "completed", "deferred", "waiting_for_input")
_TASKS = """
task_number text 50 listed
title text 255 required listed
description text 5000
priority text listed = lowest|low|medium|high|highest
entity_type text 50 listed
entity_id text 50 listed
owner_id id listed -> users
contact_id id listed -> contacts
parent_id id -> tasks
due_date date listed
completion_percentage number listed
"""
_EMPLOYEES = """
name text 100 required listed
email text 100 required listed
status text listed = active|inactive
has_portal_access boolean listed
user_id id listed -> users
department text 100 listed
designation text 100 listed
"""


_ON_PROJECTS = """
project_id id required listed -> projects
employee_id id required listed -> employees
"""


def _employees() -> Collection:
    """People who hand in expenses and time; only the older paths have them, and their fields are guessed."""
    made = collection(
        "employees",
        _EMPLOYEES,
        path="v1/employees",
        name="name",
        sorts=plain_sorts("name", "email", "created_time"),
        searches=("name", "email", "status"),
        unique=False,
    )
    return replace(made, defaults=made.defaults | {"status": "active"})


def _employees_of_projects() -> Collection:
    """Employees on a project, addressed as its staff is; guessed."""
    return collection(
        "project_employees",
        _ON_PROJECTS,
        path="projects/{parent}/employees",
        singular="employee",
        id="project_employee_id",
        title="Project employee",
        name="employee_id",
        unique=False,
        sorts=plain_sorts("employee_id"),
        stamped=False,
        parent="project_id",
        addressed="employee_id",
    )


def _erp() -> dict[str, Collection]:
    """The collections of Books with the differences that ERP's description shows."""
    tasks = collection(
        "tasks",
        _TASKS,
        name="task_number",
        number="T",
        sorts=plain_sorts("title", "due_date", "created_time"),
        searches=("title", "status", "entity_id", "owner_id"),
        statuses=_STATUSES,
        actions={call: Action(to=status, allowed=_STATUSES) for call, status in _MARKS.items()},
        stamped=False,
    )
    changed = {
        "items": replace(COLLECTIONS["items"], stamped=False),
        "expenses": replace(COLLECTIONS["expenses"], stamped=False),
        "estimates": replace(COLLECTIONS["estimates"], per_page=10),
        "tasks": tasks,
        "employees": _employees(),
        "project_employees": _employees_of_projects(),
    }
    return COLLECTIONS | changed


BOOKS = Edition(
    product="books",
    title="Books",
    plan="PREMIUM",
    organization_id=ORGANIZATION_ID,
    first_id=FIRST_ID,
    first_user=46000000000000701,
    collections=COLLECTIONS,
)
ERP = Edition(
    product="erp",
    title="ERP",
    plan="STANDARD",
    organization_id="60081234567",
    first_id=982000000000026001,
    first_user=982000000000000701,
    collections=_erp(),
    created={"expenses": 200},
)
EDITIONS = {edition.product: edition for edition in (BOOKS, ERP)}
