"""Lattice of types: which go together, which one two branches have in common, what a literal becomes beside one."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from engine.catalog import FieldType

Family = Literal["text", "numeric", "boolean", "date", "instant", "nested"]

FAMILY: dict[FieldType, Family] = {
    "text": "text",
    "email": "text",
    "phone": "text",
    "url": "text",
    "enum": "text",
    "id": "text",
    "unknown": "text",
    "integer": "numeric",
    "decimal": "numeric",
    "money": "numeric",
    "number": "numeric",
    "duration": "numeric",
    "boolean": "boolean",
    "date": "date",
    "instant": "instant",
    "list": "nested",
    "object": "nested",
}

_ARTICLES: dict[FieldType, str] = {
    "text": "a text",
    "email": "an e-mail address",
    "phone": "a phone number",
    "url": "a web address",
    "enum": "one of a list of words",
    "id": "an id",
    "unknown": "a text (the catalog does not say)",
    "integer": "an integer",
    "decimal": "a decimal",
    "money": "an amount of money",
    "number": "a floating-point number",
    "duration": "a duration in minutes",
    "boolean": "true or false",
    "date": "a date",
    "instant": "a moment",
    "list": "a list",
    "object": "an object",
}
#: integer < money < decimal < number; a duration is whole minutes.
_WIDTH: tuple[FieldType, ...] = ("duration", "integer", "money", "decimal", "number")


def said(type_: FieldType) -> str:
    """The type in a sentence, with its article."""
    return _ARTICLES[type_]


def join(first: FieldType, second: FieldType) -> FieldType | None:
    """The narrowest type that holds the values of both; None if there is none."""
    if first == second:
        return first
    family = FAMILY[first]
    if family != FAMILY[second] or family == "nested":
        return None
    if family == "text":
        return "text"
    return max(first, second, key=_WIDTH.index)


_WORDED = frozenset({"email", "phone", "url"})


def worded(first: FieldType, second: FieldType) -> FieldType | None:
    """The kind of text that both are compared as where one is only called a text; None = neither is of a kind."""
    kinds = {first, second} & _WORDED
    plain = {first, second} - kinds <= {"text", "unknown"}
    return next(iter(kinds)) if len(kinds) == 1 and plain else None


def assignable(given: FieldType, wanted: FieldType) -> bool:
    """Whether a value of one type may be written to a field of another without losing anything."""
    if given == wanted:
        return True
    if FAMILY[given] != FAMILY[wanted]:
        return False
    if FAMILY[given] == "text":
        return True
    exact = {"money", "decimal"}
    if {given, wanted} <= exact or {given, wanted} == {"integer", "duration"}:
        return True
    return FAMILY[given] == "numeric" and _WIDTH.index(given) < _WIDTH.index(wanted)


def read_date(text: str) -> dt.date | None:
    """A calendar day written YYYY-MM-DD; None if it is not one."""
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def read_instant(text: str) -> dt.datetime | None:
    """A moment in ISO 8601 with an offset, in UTC; None if it is not one."""
    pattern = r"([0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:]{8}(?:\.[0-9]{1,6})?)(Z|[+-][0-9]{2}:?[0-9]{2})"
    match = re.fullmatch(pattern, text)
    if not match:
        return None
    try:
        return dt.datetime.fromisoformat(match[1] + match[2]).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        return None


def read_minutes(text: str) -> int | None:
    """Minutes from HH:MM; None if it is not that."""
    match = re.fullmatch(r"([0-9]{1,5}):([0-5][0-9])", text)
    return int(match[1]) * 60 + int(match[2]) if match else None
