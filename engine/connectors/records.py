"""Nested records and the dotted names that specs use for their fields."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

#: A number of more digits keeps the exponent that it came with.
_SPELLED_DIGITS = 40


def nest(values: Mapping[str, Any], into: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Dotted names as nested objects, laid over `into`, which stays as it is.

    `{"address.city": "Bonn"}` over `{"address": {"zip": "1"}}` gives
    `{"address": {"zip": "1", "city": "Bonn"}}`.
    """
    record: dict[str, Any] = dict(into or {})
    for name, value in values.items():
        *parents, leaf = name.split(".")
        place = record
        for parent in parents:
            held = place.get(parent)
            place[parent] = dict(held) if isinstance(held, Mapping) else {}
            place = place[parent]
        place[leaf] = value
    return record


def pick(record: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """Only the named fields of a nested record; a field that it does not have stays absent."""
    found = {}
    for name in names:
        value, present = lookup(record, name)
        if present:
            found[name] = value
    return nest(found)


def lookup(record: Mapping[str, Any], name: str) -> tuple[Any, bool]:
    """The value at a dotted name, and whether the record has that field at all."""
    place: Any = record
    for part in name.split("."):
        if not isinstance(place, Mapping) or part not in place:
            return None, False
        place = place[part]
    return place, True


def json_text(value: Any) -> str:
    """A list or an object as JSON text of one form: the same JSON is the same text.

    Keys come in the order of their characters and numbers without zeros that say nothing: `{"a":2.5,"z":1}`.
    """
    import simplejson

    return simplejson.dumps(
        _normal(value),
        use_decimal=True,
        ensure_ascii=False,
        allow_nan=False,
        separators=(",", ":"),
        sort_keys=True,
        default=str,
    )


def _normal(value: Any) -> Any:
    """The value with its numbers in one form: 2.50 is 2.5, and 1.0 is 1."""
    if isinstance(value, Mapping):
        return {key: _normal(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_normal(inner) for inner in value]
    if isinstance(value, float):
        value = Decimal(repr(value))
    if isinstance(value, Decimal) and value.is_finite() and abs(value.adjusted()) < _SPELLED_DIGITS:
        return int(value) if value == value.to_integral_value() else Decimal(format(value, "f").rstrip("0"))
    return value


def plain(value: Any) -> Any:
    """A value as JSON can hold it exactly: days and instants as ISO 8601 text in UTC, no float."""
    if isinstance(value, dt.datetime):
        moment = value if value.tzinfo else value.replace(tzinfo=dt.UTC)
        return moment.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, Mapping):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    return value
