"""JSON body: JSON in and out without losing anything: exact decimals, bounded depth, records nested and flat."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.catalog import Field, Stream
    from engine.connectors.http.description.api import CustomFields
    from engine.record import Values

#: Levels of arrays and objects that an answer may have.
DEEPEST = 64


class UnreadableError(Exception):
    """An answer is not the JSON it should be; the message says how, in a part of a sentence."""


def parse(raw: bytes) -> Any:
    """The JSON of an answer; numbers are int or Decimal. None for an empty body.

    Raises:
        UnreadableError: HTML, torn or ambiguous JSON (NaN, a key twice), or nested deeper than DEEPEST.
    """
    if not raw.strip():
        return None
    if raw.lstrip()[:1] == b"<":
        raise UnreadableError("a web page instead of JSON")
    try:
        parsed = json.loads(
            raw.decode("utf-8"), parse_float=Decimal, parse_constant=_refuse, object_pairs_hook=_unique
        )
    except RecursionError:
        raise UnreadableError(f"JSON nested deeper than {DEEPEST} levels") from None
    except ValueError as error:
        # The error's own text may quote the answer; only its kind and place are told.
        where = f" (at character {error.pos})" if isinstance(error, json.JSONDecodeError) else ""
        raise UnreadableError(f"torn or ambiguous JSON{where}") from None
    _check_depth(parsed)
    return parsed


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError
    return made


def _check_depth(parsed: Any) -> None:
    level = [parsed]
    for _ in range(DEEPEST):
        inner = (
            node.values() if isinstance(node, dict) else node
            for node in level
            if isinstance(node, dict | list)
        )
        level = [child for children in inner for child in children if isinstance(child, dict | list)]
        if not level:
            return
    raise UnreadableError(f"JSON nested deeper than {DEEPEST} levels")


def dump(value: Any) -> bytes:
    """JSON text of a request: Decimal as the number it is, dates and instants as ISO 8601."""
    import simplejson  # only what writes needs it

    text = simplejson.dumps(value, use_decimal=True, default=_as_text, ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8")


def _as_text(value: object) -> str:
    if isinstance(value, datetime):
        aware = value if value.tzinfo else value.replace(tzinfo=UTC)  # instants are kept in UTC
        return aware.isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no JSON form")


def clocked(values: Values, stream: Stream) -> dict[str, Any]:
    """Values with durations, which are whole minutes, as a clock writes them: `01:30`."""
    lasting = {name for name, field in stream.fields.items() if field.type == "duration"}
    return {
        name: f"{value // 60:02d}:{value % 60:02d}" if name in lasting and isinstance(value, int) else value
        for name, value in values.items()
    }


def nest(values: Values, stream: Stream, custom: CustomFields | None) -> dict[str, Any]:
    """A record as the API takes it: dotted names become objects, custom fields a list of their own.

    A reference that is null clears the whole object: `Owner.id` = null is sent as `"Owner": null`.
    """
    record: dict[str, Any] = {}
    for name, value in values.items():
        if custom and name.startswith(custom.prefix):
            record.setdefault(custom.list, []).append({custom.name: name, custom.value: value})
            continue
        *path, last = name.split(".")
        known = stream.fields.get(name)
        if path and value is None and known is not None and known.refers is not None:
            *path, last = path
        place = record
        for key in path:
            place = place.setdefault(key, {})
        place[last] = _whole(value, known)
    return record


def _whole(value: Any, known: Field | None) -> Any:
    """A list or an object as itself: between systems it travels as JSON text."""
    nested = known is not None and known.type in ("list", "object")
    return parse(value.encode()) if nested and isinstance(value, str) else value


def flatten(row: Mapping[str, Any], custom: CustomFields | None) -> Mapping[str, Any]:
    """A record as the engine reads it: custom fields stand at the top under their names."""
    entries = row.get(custom.list) if custom else None
    if custom is None or not isinstance(entries, list):
        return row
    found = {
        entry[custom.name]: entry.get(custom.value)
        for entry in entries
        if isinstance(entry, Mapping) and isinstance(entry.get(custom.name), str)
    }
    return {**row, **found}


@cache
def _compiled(path: str) -> Any:
    import jmespath  # only an open connection needs it

    return jmespath.compile(path)


def pick(path: str | None, body: Any) -> Any:
    """What a JMESPath finds in an answer; None when there is no path, no body or nothing."""
    return None if path is None or body is None else _compiled(path).search(body)


def pick_rows(path: str, body: Any) -> list[Mapping[str, Any]]:
    """The records of an answer; no body is no records.

    Raises:
        UnreadableError: something else stands there, or nothing: a list that is missing is not an empty one.
    """
    if body is None:
        return []
    found = pick(path, body)
    rows = found if isinstance(found, list) else [found]
    if not all(isinstance(row, dict) for row in rows):
        raise UnreadableError(f"no records under `{path}`")
    return rows
