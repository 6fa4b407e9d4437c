"""Values of a finance product: each one taken as the product keeps it, or refused."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from typing import TYPE_CHECKING, Any

from engine.sandbox.books.collection import LIST, NUMBER
from engine.sandbox.server.refusals import BooksRefused

if TYPE_CHECKING:
    from engine.sandbox.books.collection import Collection
    from engine.sandbox.books.finance import Finance

#: Numbers for a value that is not taken, and for one that is too long; as clients report them.
INVALID, TOO_LONG, UNKNOWN = 4, 15, 1002
ID = re.compile(r"[0-9]{1,19}")
_LARGEST = 1e15


def merged(finance: Finance, shape: Collection, body: dict[str, Any], sent: dict[str, Any]) -> dict[str, Any]:
    """A body with the fields that were sent. Names that the product does not know are overlooked."""
    for name in shape.defaults:
        if name not in sent or name == "status" or name in shape.read_only:
            continue
        value = _taken(shape, name, sent[name])
        _require_reference(finance, shape, name, value)
        if isinstance(value, dict):
            value = {**body[name], **value}
        elif isinstance(value, list) and name in shape.row_ids:
            value = [_with_id(finance, shape.row_ids[name], row) for row in value]
        body[name] = value
    if "line_items" in sent and "line_items" in shape.row_ids:
        body["line_items"] = [_line(finance, line) for line in body["line_items"]]
    if "custom_fields" in sent and shape.custom:
        body["custom_fields"] = _custom(shape, body.get("custom_fields", {}), sent["custom_fields"])
    return body


def invalid(name: str) -> BooksRefused:
    """The refusal of one value."""
    return BooksRefused(400, INVALID, f"Invalid value passed for {name}")


def _with_id(finance: Finance, id_field: str, row: dict[str, Any]) -> dict[str, Any]:
    return {id_field: row.get(id_field) or finance.new_id()} | {k: v for k, v in row.items() if k != id_field}


def _line(finance: Finance, line: dict[str, Any]) -> dict[str, Any]:
    """A line of a document: an item gives its name and rate unless the line has its own."""
    item_id = line.get("item_id")
    if not item_id:
        if not line.get("name") and not line.get("description"):
            raise invalid("line_items")
        return {"rate": 0, "quantity": 1} | line
    item = finance.get("items", str(item_id))
    if item is None:
        raise BooksRefused(400, UNKNOWN, "Item does not exist.")
    own = {"name": item.body["name"], "rate": item.body["rate"], "quantity": 1}
    return own | line


def _require_reference(finance: Finance, shape: Collection, name: str, value: Any) -> None:
    """An id names a living record of the collection that the field refers to. Raises BooksRefused."""
    if name not in shape.refers or value == "":
        return
    target = finance.edition.collections[shape.refers[name]]
    row = finance.get(target.plural, value)
    wrong_kind = row is not None and name == "vendor_id" and row.body.get("contact_type") != "vendor"
    if row is None or wrong_kind:
        raise BooksRefused(400, UNKNOWN, f"{target.title} does not exist.")


def _taken(shape: Collection, name: str, value: Any) -> Any:
    """A value as the product keeps it: null empties a field, text loses its outer space. Raises BooksRefused."""
    default = shape.defaults[name]
    if value is None:
        if name in shape.required:
            raise invalid(name)
        return default
    if isinstance(default, dict | list):
        return _inner(shape, name, value)
    if isinstance(default, str):
        return _text(shape, name, value, shape.lengths.get(name))
    if shape.kinds.get(name) == "loose" and isinstance(value, str):
        return _clean(name, value, 50)
    if isinstance(default, bool) != isinstance(value, bool) or not _is_number(value):
        raise invalid(name)
    return value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and abs(value) < _LARGEST


def _text(shape: Collection, name: str, value: Any, most: int | None) -> str:
    kept = _clean(name, value, most)
    if kept == "" and name not in shape.required and shape.defaults[name] == "":
        return ""
    listed = name not in shape.choices or kept in shape.choices[name]
    if (not kept and name in shape.required) or not listed or not _fits_kind(shape.kinds.get(name), kept):
        raise invalid(name)
    return kept


def _clean(name: str, value: Any, most: int | None) -> str:
    """Text without outer space, control characters and overlength. Raises BooksRefused."""
    if not isinstance(value, str) or any(
        unicodedata.category(c) == "Cc" and c not in "\r\n\t" for c in value
    ):
        raise invalid(name)
    kept = value.strip()
    if most is not None and len(kept) > most:
        raise BooksRefused(400, TOO_LONG, f"Please ensure that the {name} has less than {most} characters.")
    return kept


def _fits_kind(kind: str | None, text: str) -> bool:
    if kind == "id":
        return ID.fullmatch(text) is not None
    if kind != "date":
        return True
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _inner(shape: Collection, name: str, value: Any) -> Any:
    """An object, or the rows of an array, with its own limits."""
    if isinstance(shape.defaults[name], list):
        if name not in shape.lengths and isinstance(value, list):
            return value
        if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
            raise invalid(name)
        if name in shape.required and not value:
            raise invalid(name)
        return [_object(shape, name, row) for row in value]
    if not isinstance(value, dict):
        raise invalid(name)
    return _object(shape, name, value)


def _object(shape: Collection, name: str, value: dict[str, Any]) -> dict[str, Any]:
    lengths = shape.lengths.get(name, {})
    kept = {}
    for inner, item in value.items():
        if inner in lengths:
            kept[inner] = _inner_value(inner, item, lengths[inner])
        elif inner.startswith(("is_", "enable_")) or inner.endswith("_id"):
            kept[inner] = item
    return kept


def _inner_value(inner: str, item: Any, most: int) -> Any:
    if most == NUMBER:
        loose = isinstance(item, str) and inner == "discount"
        if item is not None and not loose and (isinstance(item, bool) or not _is_number(item)):
            raise invalid(inner)
        return item or 0
    if most == LIST:
        if not isinstance(item, list | None):
            raise invalid(inner)
        return item or []
    return "" if item is None else _clean(inner, item, most)


def _custom(shape: Collection, present: dict[str, Any], sent: Any) -> dict[str, Any]:
    """Values of custom fields by api name; each row names its field by id, api name, label or index."""
    kept = dict(present)
    rows = sent if isinstance(sent, list) else [None]
    for row in rows:
        found = _custom_field(shape, row) if isinstance(row, dict) else None
        if row is None or found is None:
            raise invalid("custom_fields")
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
