"""CRM fields: a compact table becomes typed fields that describe themselves and judge a value."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from engine.sandbox.server.clock import parse_time
from engine.sandbox.server.refusals import crm_error

#: No amount is larger.
_LARGEST = 1e16
_DIGITS = re.compile(r"[0-9]{1,19}")
_DATE = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")

#: What the settings call the JSON type, and what a refusal calls the expected one, by data type.
JSON_TYPES = {
    "integer": "integer",
    "double": "double",
    "currency": "double",
    "boolean": "boolean",
    "lookup": "jsonobject",
    "ownerlookup": "jsonobject",
    "multiselectpicklist": "jsonarray",
    "subform": "jsonarray",
    "jsonarray": "jsonarray",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CrmField:
    """One field of a CRM module."""

    name: str
    type: str  #: CRM's word for the data type
    length: int | None = None  #: most characters; None = not limited by characters
    required: bool = False
    unique: bool = False  #: no two living records of the module may hold the same value
    read_only: bool = False
    choices: tuple[str, ...] = ()  #: of a picklist
    refers: str | None = None  #: the module whose id a lookup holds; `any` = the record says which
    custom: bool = False  #: the organisation added it

    @property
    def json_type(self) -> str:
        """The JSON type that carries a value."""
        return JSON_TYPES.get(self.type, "string")


def parse_fields(table: str) -> dict[str, CrmField]:
    """Read lines of `Name type [length] [required] [unique] [read-only] [custom] [= a|b|c] [-> Module]`."""
    return {field.name: field for field in map(_parse_line, table.strip().splitlines())}


def _parse_line(line: str) -> CrmField:
    head, _, choices = line.partition(" = ")
    head, _, refers = head.partition(" -> ")
    name, kind, *words = head.split()
    return CrmField(
        name=name,
        type=kind,
        length=next((int(word) for word in words if word.isdigit()), None),
        required="required" in words,
        unique="unique" in words,
        read_only="read-only" in words,
        custom="custom" in words,
        choices=tuple(choices.strip().split("|")) if choices else (),
        refers=refers.strip() or None,
    )


def judge(field: CrmField, value: Any, place: str) -> dict[str, Any] | None:
    """The refusal that a value earns; None = the field takes it. `place` is the JSON path of the value."""
    if value is None:
        return _missing(field, place) if field.required else None
    if not _fits_type(field, value):
        expected = "text" if field.json_type == "string" else field.json_type
        expected = field.type if field.type in ("date", "datetime", "email") else expected
        return _invalid(field, place, expected_data_type=expected)
    if field.length is not None and isinstance(value, str) and len(value) > field.length:
        return _invalid(field, place, maximum_length=field.length)
    if field.required and value == "":
        return _missing(field, place)
    chosen = value if isinstance(value, list) else [value]
    if field.choices and any(choice not in field.choices for choice in chosen):
        return _invalid(field, place, supported_values=list(field.choices))
    return None


def _fits_type(field: CrmField, value: Any) -> bool:
    match field.type:
        case "boolean":
            return isinstance(value, bool)
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool) and abs(value) < _LARGEST
        case "double" | "currency":
            return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _LARGEST
        case "lookup" | "ownerlookup":
            return isinstance(value, dict) and is_id(value.get("id"))
        case "multiselectpicklist" | "subform" | "jsonarray":
            inner = str if field.type == "multiselectpicklist" else dict
            return isinstance(value, list) and all(isinstance(item, inner) for item in value)
        case _:
            return isinstance(value, str) and _fits_text(field.type, value)


def _fits_text(kind: str, value: str) -> bool:
    if kind == "date":
        return _DATE.fullmatch(value) is not None
    if kind == "datetime":
        return parse_time(value) is not None
    return kind != "email" or value == "" or _EMAIL.fullmatch(value) is not None


def is_id(value: Any) -> bool:
    """True for an id: digits as text."""
    return isinstance(value, str) and _DIGITS.fullmatch(value) is not None


def _invalid(field: CrmField, place: str, **details: Any) -> dict[str, Any]:
    return crm_error("INVALID_DATA", "invalid data", **details, api_name=field.name, json_path=place)


def _missing(field: CrmField, place: str) -> dict[str, Any]:
    words = "required field not found"
    return crm_error("MANDATORY_NOT_FOUND", words, api_name=field.name, json_path=place)
