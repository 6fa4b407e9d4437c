"""Samples: values that a field may hold, as a system would show them, for trying what becomes of them."""

from __future__ import annotations

from itertools import islice, product
from typing import TYPE_CHECKING

from engine.expr.lattice import FAMILY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.catalog import Field, FieldType

Row = tuple[str | None, ...]

#: Of one word, of several, in any case, with letters of another kind, and nothing but digits.
_TEXTS = ("Ann", "Ann Ray", "anna Maria Ray", "Ærø-Søby & Co", "A-7", "0012", "x")
_VALUES: dict[FieldType, tuple[str, ...]] = {
    "integer": ("0", "1", "-7", "12345"),
    "number": ("0", "1.5", "-7", "1000"),
    "boolean": ("true", "false"),
    "date": ("2026-01-31", "2024-02-29", "1999-12-31"),
    "instant": ("2026-03-01T10:00:00+00:00", "1999-12-31T23:59:59+00:00"),
    "duration": ("0", "15", "90"),
    "email": ("ann@example.org", "B.Ray@example.org"),
    "phone": ("+4930123456", "+912055501"),
    "url": ("https://example.org", "https://example.org/a?b=1"),
    "id": ("17", "AbC", "0017"),
    "list": ('["a","b"]', "[]"),
    "object": ('{"a":1}', "{}"),
}
#: Of several fields of a side so many rows are tried.
MOST_ROWS = 200
#: A catalog with more digits after the point, or none, says nothing about the values that people type.
USUAL_SCALE = 4


def rows_of(fields: Sequence[Field], kinds: Sequence[FieldType]) -> list[Row]:
    """Rows of values of some fields, each field also empty; `kinds` is what each is meant as."""
    each = [(None, *_of(one, kind)) for one, kind in zip(fields, kinds, strict=True)]
    return list(islice(product(*each), MOST_ROWS))


def _of(field: Field, kind: FieldType) -> tuple[str, ...]:
    if field.choices:
        return field.choices
    if kind in ("decimal", "money"):
        return _decimals(field.scale)
    if FAMILY[kind] == "text" and kind not in _VALUES:
        return tuple(one for one in _TEXTS if field.max_length is None or len(one) <= field.max_length)
    return _VALUES[kind]


def _decimals(scale: int | None) -> tuple[str, ...]:
    """Whole numbers, and with the smallest step that the catalog names."""
    whole = ("0", "1", "-7", "12345")
    if scale is None or scale == 0:
        return whole
    step = min(scale, USUAL_SCALE)
    return (*whole, f"0.{'1'.zfill(step)}", f"19.{'9' * step}")
