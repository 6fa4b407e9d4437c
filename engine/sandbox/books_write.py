"""Books writes: check one record against the published limits, and store it."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from engine.sandbox.books_shapes import FIRST_ID, Collection
from engine.sandbox.refusals import BooksRefused
from engine.sandbox.store import Query, Row, fold

if TYPE_CHECKING:
    from engine.sandbox.site import Site

#: Books' numbers for what it refuses. 1002 is published; the others are as clients report them.
INVALID, TOO_LONG, UNKNOWN_ID, NAME_EXISTS = 4, 15, 1002, 3062
_ID = re.compile(r"[0-9]{1,19}")


def create(site: Site, shape: Collection, sent: dict[str, Any]) -> Row:
    """Make a record. Raises BooksRefused."""
    for name in (shape.name, *shape.required):
        if sent.get(name) in (None, ""):
            raise BooksRefused(400, INVALID, f"Invalid value passed for {name}")
    body = _merged(site, shape, dict(shape.defaults), sent)
    _unique_name(site, shape, body[shape.name], None)
    now = site.second()
    row = Row(
        id=new_id(site),
        key=fold(body[shape.name]),
        created=now,
        modified=now,
        deleted=None,
        body=body,
    )
    site.store.add("books", shape.plural, row, since=site.clock.now())
    return row


def update(site: Site, shape: Collection, id_: str, sent: dict[str, Any]) -> Row:
    """Change what was sent: arrays are replaced, objects completed, the rest stays. Raises BooksRefused."""
    present = living(site, shape, id_)
    body = _merged(site, shape, dict(present.body), sent)
    _unique_name(site, shape, body[shape.name], id_)
    return _replace(site, shape, replace(present, key=fold(body[shape.name]), body=body))


def mark(site: Site, shape: Collection, id_: str, status: str) -> Row:
    """Make a record active or inactive. Raises BooksRefused."""
    present = living(site, shape, id_)
    return _replace(site, shape, replace(present, body=present.body | {"status": status}))


def delete(site: Site, shape: Collection, id_: str) -> None:
    """Delete a record. Raises BooksRefused."""
    _replace(site, shape, replace(living(site, shape, id_), deleted=site.second()))


def living(site: Site, shape: Collection, id_: str) -> Row:
    """The record of that id. Raises BooksRefused if there is none."""
    row = site.store.get("books", shape.plural, id_) if _ID.fullmatch(id_) else None
    if row is None:
        raise BooksRefused(404, UNKNOWN_ID, f"{shape.title} does not exist.")
    return row


def new_id(site: Site) -> str:
    """The next id of the organisation."""
    return site.store.next_id("books", FIRST_ID)


def _replace(site: Site, shape: Collection, row: Row) -> Row:
    row = replace(row, modified=site.second())
    site.store.replace("books", shape.plural, row, since=site.clock.now())
    return row


def _merged(site: Site, shape: Collection, body: dict[str, Any], sent: dict[str, Any]) -> dict[str, Any]:
    """A body with the fields that were sent. Names that Books does not know are overlooked."""
    for name in shape.defaults:
        if name not in sent or name == "status":
            continue
        value = _taken(shape, name, sent[name])
        if isinstance(value, dict):
            value = {**body[name], **value}
        elif isinstance(value, list) and name in shape.row_ids:
            value = [_with_id(site, shape.row_ids[name], row) for row in value]
        body[name] = value
    if "custom_fields" in sent:
        body["custom_fields"] = _custom(shape, body.get("custom_fields", {}), sent["custom_fields"])
    return body


def _with_id(site: Site, id_field: str, row: dict[str, Any]) -> dict[str, Any]:
    return {id_field: row.get(id_field) or new_id(site)} | {k: v for k, v in row.items() if k != id_field}


def _taken(shape: Collection, name: str, value: Any) -> Any:
    """A value as Books keeps it: null empties a field, text loses its outer space. Raises BooksRefused."""
    default = shape.defaults[name]
    if value is None:
        return default
    if isinstance(default, dict | list):
        return _inner(shape, name, value)
    if isinstance(default, str):
        return _text(shape, name, value, shape.lengths.get(name))
    if isinstance(default, bool) != isinstance(value, bool) or not isinstance(value, int | float):
        raise BooksRefused(400, INVALID, f"Invalid value passed for {name}")
    return value


def _text(shape: Collection, name: str, value: Any, most: int | None) -> str:
    if not isinstance(value, str) or any(
        unicodedata.category(c) == "Cc" and c not in "\r\n\t" for c in value
    ):
        raise BooksRefused(400, INVALID, f"Invalid value passed for {name}")
    kept = value.strip()
    if most is not None and len(kept) > most:
        raise BooksRefused(400, TOO_LONG, f"Please ensure that the {name} has less than {most} characters.")
    if name in shape.choices and kept not in shape.choices[name]:
        raise BooksRefused(400, INVALID, f"Invalid value passed for {name}")
    if name == shape.name and not kept:
        raise BooksRefused(400, INVALID, f"Invalid value passed for {name}")
    return kept


def _inner(shape: Collection, name: str, value: Any) -> Any:
    """An object, or the rows of an array, with its own limits."""
    if isinstance(shape.defaults[name], list):
        if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
            raise BooksRefused(400, INVALID, f"Invalid value passed for {name}")
        return [_object(shape, name, row) for row in value]
    if not isinstance(value, dict):
        raise BooksRefused(400, INVALID, f"Invalid value passed for {name}")
    return _object(shape, name, value)


def _object(shape: Collection, name: str, value: dict[str, Any]) -> dict[str, Any]:
    lengths = shape.lengths.get(name, {})
    kept = {}
    for inner, item in value.items():
        if inner in lengths:
            kept[inner] = "" if item is None else _text(shape, inner, item, lengths[inner])
        elif inner.startswith(("is_", "enable_")) or inner.endswith("_id"):
            kept[inner] = item
    return kept


def _custom(shape: Collection, present: dict[str, Any], sent: Any) -> dict[str, Any]:
    """Values of custom fields by api name; each row names its field by id, api name, label or index."""
    kept = dict(present)
    rows = sent if isinstance(sent, list) else [None]
    for row in rows:
        found = _custom_field(shape, row) if isinstance(row, dict) else None
        if row is None or found is None:
            raise BooksRefused(400, INVALID, "Invalid value passed for custom_fields")
        value = row.get("value")
        kept[found] = "" if value is None else value
    return kept


def _custom_field(shape: Collection, row: dict[str, Any]) -> str | None:
    for index, custom in enumerate(shape.custom, start=1):
        known = {
            "customfield_id": custom.id,
            "api_name": custom.api_name,
            "label": custom.label,
            "index": index,
        }
        if any(name in row and row[name] == value for name, value in known.items()):
            return custom.api_name
    return None


def _unique_name(site: Site, shape: Collection, name: str, id_: str | None) -> None:
    query = Query(where=("key = ?", "deleted IS NULL", "id IS NOT ?"), args=(fold(name), id_), limit=1)
    if site.store.rows("books", shape.plural, query):
        kind = "customer" if shape.plural == "contacts" else shape.singular
        words = f'The {kind} "{name}" already exists. Please specify a different name.'
        raise BooksRefused(400, NAME_EXISTS if shape.plural == "contacts" else 1001, words)
