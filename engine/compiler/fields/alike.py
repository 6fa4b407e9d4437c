"""Alike: what two fields have in common when one says less of its values than the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.catalog import Field
from engine.compiler.fields.terms import cast_to
from engine.expr.build import call, scale_of, text
from engine.expr.canonical import cut, read
from engine.expr.lattice import FAMILY, said, worded
from engine.expr.reading import day_in

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlglot import exp

    from engine.catalog import FieldType, Precision
    from engine.compiler.draft.draft import Draft
    from engine.compiler.draft.parts import CompiledLine

_COARSE: tuple[Precision, ...] = ("second", "millisecond")  # canonical values have microseconds


def told_as(field: Field, kind: FieldType) -> Field:
    """The field as one of another type, with the habits of its own system."""
    return Field(
        name=field.name, type=kind, scale=field.scale, zone=field.zone, region=field.region, unit=field.unit
    )


def in_common(value: exp.Expression, field: Field, kind: FieldType, scale: int | None) -> exp.Expression:
    """What a field holds, in the type that both sides have in common; NULL for a text that says no such value."""
    if field.type == "instant" and kind == "date" and field.zone is not None:
        return day_in(value, field.zone)
    typed = FAMILY[kind] != "text" or (kind != field.type and worded(field.type, kind))
    if FAMILY[field.type] == "text" and typed:
        known = told_as(field, kind)
        return read(value, known, empty_is_null=True, physical="VARCHAR")
    return cast_to(value, field.type, kind, scale)


def scale_in_common(kind: FieldType, fields: Collection[Field]) -> int | None:
    """Digits after the point that both sides' values need; None where it does not matter."""
    return max(scale_of(one.scale) for one in fields) if kind in ("decimal", "money") else None


def level(draft: Draft, line: CompiledLine, fields: Collection[Field]) -> None:
    """Bring both sides to what the coarser of the two keeps, so that the rest of a value is no difference."""
    longest = _longest(draft, line)
    for side, value in line.get.items():
        line.get[side] = coarse(value, line.type, fields)
        if longest is not None:
            line.get[side] = cut(value, longest)


def coarse(value: exp.Expression, kind: FieldType, fields: Collection[Field]) -> exp.Expression:
    """A moment without what the coarser of the fields does not keep; any other value as it is."""
    precision = _coarsest(fields) if kind == "instant" else None
    return value if precision is None else call("DATE_TRUNC", text(precision), value)


def _coarsest(fields: Collection[Field]) -> Precision | None:
    """The coarsest precision that is known; None where it would cut nothing off."""
    known = {one.precision for one in fields}
    return next((one for one in _COARSE if one in known), None)


def _longest(draft: Draft, line: CompiledLine) -> int | None:
    """How many characters are compared of a line that is cut; a finding where there is nothing to cut."""
    if not line.spec.cut:
        return None
    limits = [one.max_length for one in line.targets.values() if one.max_length is not None]
    if limits and FAMILY[line.type] == "text":
        return min(limits)
    names = ", ".join(f"`{one.name}`" for one in line.targets.values())
    if FAMILY[line.type] == "text":
        message = f"The catalog does not say how long {names} may be, so nothing can be cut."
        hint = "Leave `cut` out; or declare the length, such as `text max=100`."
    else:
        message, hint = f"Only a text can be cut, and {names} is {said(line.type)}.", "Leave `cut` out."
    draft.findings.add("nothing-to-cut", message, line.spec.span, hint=hint)
    return None
