"""Writes of a finance product: check one record against the published limits, and store it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.sandbox.books.settings import preferences
from engine.sandbox.books.sums import computed, receivables
from engine.sandbox.books.values import ID, INVALID, merged
from engine.sandbox.server.refusals import BooksRefused
from engine.sandbox.server.store import Query, Row, fold

if TYPE_CHECKING:
    from engine.sandbox.books.collection import Collection
    from engine.sandbox.books.finance import Finance

#: Numbers for what is refused. 1002 is published; the others are as clients report them, or chosen here.
UNKNOWN_ID, EXISTS, NAME_EXISTS, IN_USE, NOT_NOW = 1002, 1001, 3062, 3061, 1038


def create(finance: Finance, shape: Collection, sent: dict[str, Any]) -> Row:
    """Make a record. Raises BooksRefused."""
    for name in shape.required:
        if sent.get(name) in (None, "", []):
            raise BooksRefused(400, INVALID, f"Invalid value passed for {name}")
    body = merged(finance, shape, dict(shape.defaults), sent)
    if shape.number and not body[shape.name]:
        body[shape.name] = _next_number(finance, shape)
    body = computed(shape, body)
    _unique(finance, shape, body, None)
    row = finance.site.make(finance.product, shape.plural, finance.new_id(), body, key_of(shape, body))
    _follow(finance, shape, row, sent)
    return row


def update(finance: Finance, shape: Collection, row: Row, sent: dict[str, Any]) -> Row:
    """Change what was sent: arrays are replaced, objects completed, the rest stays. Raises BooksRefused."""
    body = computed(shape, merged(finance, shape, dict(row.body), sent))
    _unlocked(shape, row.body, body, reason=sent.get("reason"))
    _unique(finance, shape, body, row.id)
    changed = _put(finance, shape, row, key=key_of(shape, body), body=body)
    _mark_time(finance, shape, changed)
    return changed


def upsert(
    finance: Finance, shape: Collection, key: str, value: str, sent: dict[str, Any], *, make: bool
) -> tuple[Row, bool]:
    """Change the record whose unique custom field holds a value, or make one; True = made. Raises BooksRefused."""
    custom = next((c for c in shape.custom if key in (c.api_name, c.id) and c.unique), None)
    if custom is None:
        raise BooksRefused(400, INVALID, "Invalid value passed for X-Unique-Identifier-Key")
    condition = f"json_extract(body, '$.custom_fields.{custom.api_name}') = ?"
    found = finance.rows(shape.plural, Query(where=(condition, "deleted IS NULL"), args=(value,), limit=1))
    if found:
        return update(finance, shape, found[0], sent), False
    if not make:
        raise BooksRefused(404, UNKNOWN_ID, f"{shape.title} does not exist.")
    row = create(finance, shape, sent)
    custom_values = row.body.get("custom_fields", {}) | {custom.api_name: value}
    return _put(finance, shape, row, body=row.body | {"custom_fields": custom_values}), True


def act(finance: Finance, shape: Collection, row: Row, action: str) -> Row:
    """Bring a record to the status that an action leads to. Raises BooksRefused."""
    wanted = shape.actions.get(action)
    if wanted is None:
        raise BooksRefused(404, 5, "Invalid URL Passed")
    status = row.body.get("status")
    if status not in wanted.allowed:
        words = f"{shape.title} of the status {status} cannot be marked as {wanted.to}."
        raise BooksRefused(400, NOT_NOW, words)
    body = row.body | {"status": wanted.to}
    if f"{wanted.to}_date" in shape.defaults:
        body[f"{wanted.to}_date"] = finance.site.today()
    return _put(finance, shape, row, body=computed(shape, body))


def delete(finance: Finance, shape: Collection, row: Row) -> None:
    """Delete a record. Raises BooksRefused for one that others need."""
    if shape.plural == "contacts" and row.id in receivables(finance):
        raise BooksRefused(
            400, IN_USE, "This customer is associated with transactions and cannot be deleted."
        )
    if row.body.get("billed_status") == "invoiced" or row.body.get("status") == "paid":
        raise BooksRefused(400, NOT_NOW, f"{shape.title} cannot be deleted: it has been invoiced or paid.")
    _put(finance, shape, row, deleted=finance.site.second())
    if shape.plural == "invoices":
        _free_time(finance, row)


def _free_time(finance: Finance, invoice: Row) -> None:
    """Time that an invoice billed can be billed again once the invoice is gone."""
    mine = Query(where=("json_extract(body, '$.invoice_id') = ?", "deleted IS NULL"), args=(invoice.id,))
    entries = finance.edition.collections["time_entries"]
    for entry in finance.rows("time_entries", mine):
        _put(finance, entries, entry, body=entry.body | {"billed_status": "unbilled", "invoice_id": ""})


def living(finance: Finance, shape: Collection, id_: str, parent: str | None = None) -> Row:
    """The record that an address names. Raises BooksRefused if there is none."""
    field = f"json_extract(body, '$.{shape.addressed}')" if shape.addressed else "id"
    conditions, args = [f"{field} = ?", "deleted IS NULL"], [id_]
    if shape.parent and parent is not None:
        conditions.append(f"json_extract(body, '$.{shape.parent}') = ?")
        args.append(parent)
    query = Query(where=tuple(conditions), args=tuple(args), limit=1)
    rows = finance.rows(shape.plural, query) if ID.fullmatch(id_) else []
    if not rows:
        raise BooksRefused(404, UNKNOWN_ID, f"{shape.title} does not exist.")
    return rows[0]


def key_of(shape: Collection, body: dict[str, Any]) -> str | None:
    """The folded text by which duplicates of a record are found."""
    return fold(str(body[shape.name])) if shape.unique else None


def _put(finance: Finance, shape: Collection, row: Row, **values: Any) -> Row:
    return finance.site.change(finance.product, shape.plural, row, **values)


def _next_number(finance: Finance, shape: Collection) -> str:
    """The next automatic number that nobody has taken by hand."""
    name = f"last-number/{finance.product}/{shape.plural}"
    last = int(finance.site.store.setting(name) or 0)
    while True:
        last += 1
        text = f"{shape.number}-{last:06d}"
        if not finance.rows(shape.plural, Query(where=("key = ?", "deleted IS NULL"), args=(fold(text),))):
            finance.site.store.remember(name, str(last))
            return text


def _unlocked(shape: Collection, before: dict[str, Any], after: dict[str, Any], *, reason: Any) -> None:
    """A document that others rely on is not changed freely. Raises BooksRefused."""
    status = before.get("status", "")
    only_billed = before | {"billed_status": after.get("billed_status")} == after
    if before.get("billed_status") == "invoiced" and not (only_billed and not before["invoice_id"]):
        raise BooksRefused(400, NOT_NOW, "Time that has been invoiced cannot be changed.")
    if status not in shape.locked:
        return
    names = shape.locked[status]
    if names is None and before != after:
        raise BooksRefused(400, NOT_NOW, f"{shape.title} of the status {status} cannot be edited.")
    if not reason and any(before[name] != after[name] for name in names or () if name in before):
        words = f"{shape.title} of the status {status} cannot be edited without a reason."
        raise BooksRefused(400, NOT_NOW, words)


def _unique(finance: Finance, shape: Collection, body: dict[str, Any], id_: str | None) -> None:
    """No other record has the name, nor the same value in a custom field without duplicates."""
    if shape.unique and not (shape.plural == "contacts" and preferences(finance)["allow_duplicate_names"]):
        query = Query(
            where=("key = ?", "deleted IS NULL", "id IS NOT ?"), args=(key_of(shape, body), id_), limit=1
        )
        if finance.rows(shape.plural, query):
            kind = "customer" if shape.plural == "contacts" else shape.title.lower()
            words = f'The {kind} "{body[shape.name]}" already exists. Please specify a different name.'
            raise BooksRefused(400, NAME_EXISTS if shape.plural == "contacts" else EXISTS, words)
    values = body.get("custom_fields", {})
    for custom in (c for c in shape.custom if c.unique and values.get(c.api_name)):
        condition = f"json_extract(body, '$.custom_fields.{custom.api_name}') = ?"
        query = Query(
            where=(condition, "deleted IS NULL", "id IS NOT ?"), args=(values[custom.api_name], id_)
        )
        if finance.rows(shape.plural, query):
            words = f"The value of {custom.label} already exists. Duplicates are not allowed."
            raise BooksRefused(400, EXISTS, words)


def _follow(finance: Finance, shape: Collection, row: Row, sent: dict[str, Any]) -> None:
    """What comes with a new record: a project's tasks and staff, the time that an invoice bills."""
    _mark_time(finance, shape, row)
    if shape.plural != "projects":
        return
    staff, tasks = sent.get("users") or [], sent.get("tasks") or []
    if not all(isinstance(rows, list) for rows in (staff, tasks)):
        raise BooksRefused(400, INVALID, "Invalid value passed for tasks")
    owner = {"user_id": row.body["user_id"]}
    others = [one for one in staff if isinstance(one, dict) and one.get("user_id") != owner["user_id"]]
    mine = next((one for one in staff if isinstance(one, dict) and one not in others), owner)
    for plural, children in (("project_users", [mine, *others]), ("project_tasks", tasks)):
        for child in children:
            if not isinstance(child, dict):
                raise BooksRefused(400, INVALID, "Invalid value passed for tasks")
            create(finance, finance.edition.collections[plural], child | {"project_id": row.id})


def _mark_time(finance: Finance, shape: Collection, row: Row) -> None:
    """Time entries named by an invoice's lines are billed with it. Raises BooksRefused."""
    if shape.plural != "invoices":
        return
    entries = finance.edition.collections["time_entries"]
    for id_ in (id_ for line in row.body["line_items"] for id_ in line.get("time_entry_ids", [])):
        entry = living(finance, entries, str(id_))
        billed_elsewhere = entry.body["billed_status"] == "invoiced" and entry.body["invoice_id"] != row.id
        if billed_elsewhere:
            raise BooksRefused(400, NOT_NOW, "A time entry has been invoiced already.")
        billed = {"billed_status": "invoiced", "invoice_id": row.id}
        _put(finance, entries, entry, body=entry.body | billed)
