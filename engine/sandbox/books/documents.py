"""The tables of Books beside contacts: items, transactions, projects and their time, users and accounts."""

from __future__ import annotations

from typing import Any

from engine.sandbox.books import field_tables
from engine.sandbox.books.collection import (
    ADDRESS,
    LIST,
    NUMBER,
    Action,
    Collection,
    CustomField,
    parse_table,
    plain_sorts,
)

#: The base currency of every organisation.
CURRENCY_ID = "46000000000000099"

_LINE = {
    "name": 100,
    "description": 2000,
    "unit": 100,
    "rate": NUMBER,
    "quantity": NUMBER,
    "discount": NUMBER,
    "item_order": NUMBER,
    "time_entry_ids": LIST,
    "tags": LIST,
}
#: A record is in use, or not.
ACTIVITY = {
    "active": Action(to="active", allowed=("active", "inactive")),
    "inactive": Action(to="inactive", allowed=("active", "inactive")),
}
_RECURRENCE = {
    "stop": Action(to="stopped", allowed=("active",)),
    "resume": Action(to="active", allowed=("stopped",)),
}
#: What makes up the money of a document that the customer has seen.
_SEEN = ("customer_id", "line_items", "discount", "adjustment", "shipping_charge", "currency_id")


def custom_fields(first: int, *labels: str) -> tuple[CustomField, ...]:
    """Fields that the organisation added, and one that allows no duplicates, for whoever upserts."""
    named = [(label, False) for label in labels] + [("Engine key", True)]
    return tuple(
        CustomField(
            id=str(first + 2 * place),
            api_name=f"cf_{label.lower().replace(' ', '_')}",
            label=label,
            unique=unique,
        )
        for place, (label, unique) in enumerate(named)
    )


def collection(plural: str, table: str, **more: Any) -> Collection:
    """A collection from its table; what can be told from its name is."""
    singular = more.pop("singular", plural[:-1])
    title = more.pop("title", singular.replace("_", " ").capitalize())
    parts = parse_table(table)
    if "currency_id" in parts["defaults"]:
        parts["defaults"] |= {"currency_id": CURRENCY_ID, "exchange_rate": 1}
        parts["choices"]["currency_id"] = (CURRENCY_ID,)
    if "line_items" in parts["defaults"]:
        parts["lengths"]["line_items"] = _LINE
        parts["row_ids"] = {"line_items": "line_item_id"}
    if "billing_address" in parts["defaults"]:
        parts["lengths"]["billing_address"] = ADDRESS
    more = {"path": plural, "id": f"{singular}_id", "report": plural.replace("_", " ").title(), **more}
    if "statuses" in more:
        parts["defaults"]["status"] = more["statuses"][0]
        parts["listed"] += ("status",)
    return Collection(plural=plural, singular=singular, title=title, **parts, **more)


def _document(plural: str, table: str, number: str, custom: int, **more: Any) -> Collection:
    name = f"{plural[:-1]}_number"
    referred = ("vendor_name",) if plural == "purchaseorders" else ("customer_name",)
    sorts = plain_sorts(name, "date", "total", "created_time", *more.pop("sortable", ()), referred=referred)
    return collection(
        plural,
        table,
        name=name,
        number=number,
        sorts=sorts,
        searches=(
            *(name, "reference_number", "customer_id", "vendor_id", "project_id"),
            *("zcrm_potential_id", "status"),
        ),
        custom=custom_fields(custom, "Origin"),
        **more,
    )


DOCUMENTS = (
    collection(
        "items",
        field_tables.ITEMS,
        name="name",
        sorts={"name": "key", "tax_name": "json_extract(body, '$.tax_name')", **plain_sorts("rate")},
        searches=("name", "description", "sku", "status"),
        custom=custom_fields(46000000000098101),
        statuses=("active", "inactive"),
        actions=ACTIVITY,
        shown="Status.Active",
    ),
    _document(
        "estimates",
        field_tables.ESTIMATES,
        "QT",
        46000000000098201,
        statuses=("draft", "sent", "invoiced", "accepted", "declined", "expired"),
        actions={
            "sent": Action(to="sent", allowed=("draft",)),
            "accepted": Action(to="accepted", allowed=("sent", "declined")),
            "declined": Action(to="declined", allowed=("sent", "accepted")),
        },
        locked={"invoiced": None, "accepted": _SEEN},
    ),
    _document(
        "invoices",
        field_tables.INVOICES,
        "INV",
        46000000000098301,
        statuses=("draft", "sent", "viewed", "unpaid", "partially_paid", "overdue", "paid", "void"),
        actions={
            "sent": Action(to="sent", allowed=("draft", "sent")),
            "void": Action(to="void", allowed=("draft", "sent", "viewed", "unpaid", "overdue")),
            "draft": Action(to="draft", allowed=("void",)),
        },
        locked={
            "void": None,
            "paid": None,
            **dict.fromkeys(("sent", "viewed", "unpaid", "partially_paid", "overdue"), (*_SEEN, "date")),
        },
        sortable=("due_date", "balance"),
        since=True,
    ),
    _document(
        "salesorders",
        field_tables.SALESORDERS,
        "SO",
        46000000000098401,
        title="Sales order",
        statuses=("draft", "open", "invoiced", "partially_invoiced", "overdue", "void", "closed"),
        actions={
            "open": Action(to="open", allowed=("draft", "void")),
            "void": Action(to="void", allowed=("draft", "open")),
        },
        locked={"void": None, "closed": None, "invoiced": None},
        sortable=("shipment_date", "last_modified_time", "reference_number"),
        since=True,
    ),
    _document(
        "purchaseorders",
        field_tables.PURCHASEORDERS,
        "PO",
        46000000000098501,
        title="Purchase order",
        statuses=("draft", "open", "billed", "cancelled"),
        actions={
            "open": Action(to="open", allowed=("draft",)),
            "billed": Action(to="billed", allowed=("open",)),
            "cancelled": Action(to="cancelled", allowed=("draft", "open")),
        },
        locked={"billed": None, "cancelled": None},
        sortable=("delivery_date",),
        since=True,
    ),
    collection(
        "expenses",
        field_tables.EXPENSES,
        name="reference_number",
        unique=False,
        sorts=plain_sorts(
            *("date", "total", "created_time", "bcy_total", "reference_number"),
            referred=("account_name", "customer_name"),
        ),
        searches=("reference_number", "description", "customer_id", "vendor_id", "project_id", "account_id"),
        custom=custom_fields(46000000000098601),
        statuses=("unbilled", "invoiced", "reimbursed", "non-billable", "billable"),
        locked={"invoiced": None, "reimbursed": None},
    ),
    collection(
        "recurring_invoices",
        field_tables.RECURRING_INVOICES,
        path="recurringinvoices",
        name="recurrence_name",
        unique=False,
        sorts=plain_sorts("recurrence_name", "created_time"),
        searches=("recurrence_name", "customer_id", "project_id", "status"),
        custom=custom_fields(46000000000098701),
        statuses=("active", "stopped", "expired"),
        actions=_RECURRENCE,
        stamped=False,
    ),
    collection(
        "recurring_expenses",
        field_tables.RECURRING_EXPENSES,
        path="recurringexpenses",
        name="recurrence_name",
        unique=False,
        sorts=plain_sorts(
            *("recurrence_name", "created_time", "next_expense_date", "last_created_date", "total"),
            referred=("account_name", "customer_name"),
        ),
        searches=("recurrence_name", "customer_id", "project_id", "status"),
        custom=custom_fields(46000000000098801),
        statuses=("active", "stopped", "expired"),
        actions=_RECURRENCE,
    ),
    collection(
        "projects",
        field_tables.PROJECTS,
        name="project_name",
        unique=False,
        sorts=plain_sorts("project_name", "rate", "created_time", referred=("customer_name",)),
        searches=("project_name", "customer_id", "status"),
        custom=custom_fields(46000000000098901, "Cost centre"),
        statuses=("active", "inactive"),
        actions=ACTIVITY,
        stamped=False,
    ),
    collection(
        "project_tasks",
        field_tables.TASKS,
        path="projects/{parent}/tasks",
        singular="task",
        name="task_name",
        unique=False,
        sorts=plain_sorts("task_name"),
        stamped=False,
        parent="project_id",
    ),
    collection(
        "project_users",
        field_tables.STAFF,
        path="projects/{parent}/users",
        singular="user",
        id="project_user_id",
        title="Project user",
        name="user_id",
        unique=False,
        sorts=plain_sorts("user_id"),
        stamped=False,
        parent="project_id",
        addressed="user_id",
    ),
    collection(
        "time_entries",
        field_tables.TIME,
        path="projects/timeentries",
        singular="time_entry",
        name="notes",
        unique=False,
        sorts=plain_sorts("log_date", "created_time", referred=("project_name", "task_name", "user_name")),
        searches=("project_id", "user_id", "task_id", "billed_status"),
        stamped=False,
    ),
    collection(
        "general_time_entries",
        field_tables.GENERAL_TIME,
        path="timeentries",
        singular="time_entry",
        name="notes",
        unique=False,
        sorts=plain_sorts("log_date", "created_time"),
        searches=("user_id", "billed_status"),
        stamped=False,
    ),
    collection(
        "users",
        field_tables.USERS,
        name="email",
        sorts={**plain_sorts("name", "user_role", "status"), "email": "key"},
        searches=("name", "email"),
        statuses=("active", "inactive", "invited", "deleted"),
        actions=ACTIVITY,
        stamped=False,
    ),
    collection(
        "accounts",
        field_tables.ACCOUNTS,
        path="chartofaccounts",
        name="account_name",
        title="Account",
        sorts={"account_name": "key", **plain_sorts("account_type")},
        since=True,
        searches=("account_name", "account_type"),
    ),
)
