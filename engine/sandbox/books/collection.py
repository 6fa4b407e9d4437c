"""What a collection of a finance product is, and how a compact table of fields becomes one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

#: In place of a length, for the inner fields of rows: the value is a number, or a list of ids.
NUMBER, LIST = -1, -2

#: An address, and its most characters.
ADDRESS = {
    "attention": 100,
    "address": 500,
    "street2": 255,
    "city": 100,
    "state": 100,
    "state_code": 100,
    "zip": 50,
    "country": 100,
    "fax": 50,
    "phone": 50,
}

_EMPTY: dict[str, Any] = {
    "text": "",
    "id": "",
    "date": "",
    "email": "",
    "number": 0,
    "loose": 0,
    "boolean": False,
    "list": [],
    "object": {},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomField:
    """A field that the organisation added to a collection."""

    id: str
    api_name: str
    label: str
    unique: bool = False  #: no two living records hold the same value, so an upsert can find one by it


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """A status that is reached by a call of its own."""

    to: str
    allowed: tuple[str, ...]  #: statuses from which it is reached


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """One collection of records under the organisation."""

    plural: str  #: its key in lists, and its name in the store
    singular: str  #: its key in single answers
    path: str  #: its address, without slashes around it; `{parent}` where the id of a parent stands
    id: str  #: the field that holds the id
    name: str  #: the field that names a record
    title: str  #: what messages call a record
    report: str
    #: Fields of a list row, besides id and times; the others need a read of the record.
    listed: tuple[str, ...]
    #: Everything a record can hold, with the value of a field that is empty.
    defaults: dict[str, Any]
    #: Most characters, by field; an inner dict describes an object or the rows of an array.
    lengths: dict[str, Any] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)  #: `date`, `id` or `loose` (number or text), by field
    choices: dict[str, tuple[str, ...]] = field(default_factory=dict)
    sorts: dict[str, str] = field(default_factory=dict)  #: SQL behind each `sort_column`
    searches: tuple[str, ...] = ()  #: fields with `=`, `_startswith` and `_contains` filters
    required: tuple[str, ...] = ()
    unique: bool = True  #: the name belongs to one living record
    number: str | None = None  #: what automatic numbers begin with; None = the name is typed by people
    refers: dict[str, str] = field(default_factory=dict)  #: collection whose id a field holds
    read_only: tuple[str, ...] = ()
    row_ids: dict[str, str] = field(default_factory=dict)  #: the id field of the rows of an array
    custom: tuple[CustomField, ...] = ()
    statuses: tuple[str, ...] = ()
    actions: dict[str, Action] = field(default_factory=dict)
    locked: dict[str, tuple[str, ...] | None] = field(default_factory=dict)
    """By status, what an update may not touch without a reason; None = nothing may be touched at all."""
    shown: str = "Status.All"  #: the `filter_by` of a list that names none
    since: bool = False  #: lists can be filtered by `last_modified_time`
    stamped: bool = True  #: records carry `last_modified_time`
    per_page: int = 200  #: rows of a page that does not say how many
    parent: str | None = None  #: the field that holds the id in the address; None = no parent
    addressed: str = ""  #: the field by which the address names a record; empty = its id


def parse_table(table: str) -> dict[str, Any]:
    """Read lines of `name type [length] [required] [listed] [read-only] [= a|b] [-> collection]`."""
    parts: dict[str, Any] = {name: {} for name in ("defaults", "lengths", "kinds", "choices", "refers")}
    flags: dict[str, list[str]] = {"required": [], "listed": [], "read-only": []}
    for line in table.strip().splitlines():
        head, _, choices = line.partition(" = ")
        head, _, refers = head.partition(" -> ")
        name, kind, *words = head.split()
        parts["defaults"][name] = _EMPTY[kind]
        parts["lengths"] |= dict.fromkeys([name], max(lengths)) if (lengths := _numbers(words)) else {}
        parts["choices"] |= {name: tuple(choices.strip().split("|"))} if choices else {}
        parts["refers"] |= {name: refers.strip()} if refers else {}
        parts["kinds"] |= {name: kind} if kind in ("date", "id", "loose") else {}
        for flag, names in flags.items():
            if flag in words:
                names.append(name)
    return parts | {flag.replace("-", "_"): tuple(names) for flag, names in flags.items()}


def _numbers(words: list[str]) -> list[int]:
    return [int(word) for word in words if word.isdigit()]


#: SQL of a field of a contact's primary person: whose contact, and which field.
PRIMARY = (
    "(SELECT json_extract(p.value, '$.{1}') FROM json_each({0}.body, '$.contact_persons') AS p"
    " ORDER BY coalesce(json_extract(p.value, '$.is_primary_contact'), 0) DESC, p.key LIMIT 1)"
)
#: Names of what a record refers to: the collection, its field, and the field of the record that holds the id.
_REFERRED = {
    "customer_name": ("contacts", "contact_name", "customer_id"),
    "vendor_name": ("contacts", "contact_name", "vendor_id"),
    "account_name": ("accounts", "account_name", "account_id"),
    "project_name": ("projects", "project_name", "project_id"),
    "task_name": ("project_tasks", "task_name", "task_id"),
    "user_name": ("users", "name", "user_id"),
}


def field_of(name: str) -> str:
    """SQL of a field."""
    return f"json_extract(mine.body, '$.{name}')"


def name_of(name: str) -> str | None:
    """SQL of the name of what a record refers to, such as `customer_name`; None = it is no such name."""
    if name not in _REFERRED:
        return None
    module, label, field = _REFERRED[name]
    return (
        f"(SELECT json_extract(r.body, '$.{label}') FROM record AS r WHERE r.product = mine.product"  # noqa: S608  # names of ours
        f" AND r.module = '{module}' AND r.id = {field_of(field)})"
    )


def plain_sorts(*names: str, referred: tuple[str, ...] = ()) -> dict[str, str]:
    """Sort columns over fields of the body, as they are, and over names of what is referred to."""
    times = {"created_time": "created", "last_modified_time": "modified"}
    named = {name: f"fold({name_of(name)})" for name in referred}
    return {name: times.get(name, field_of(name)) for name in names} | named
