"""Factor: a number of the left that is another one on the right, such as euros and cents."""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal, InvalidOperation
from fractions import Fraction
from typing import TYPE_CHECKING

from sqlglot import exp

from engine.compiler.draft.parts import Put
from engine.compiler.fields.alike import told_as
from engine.compiler.fields.terms import column
from engine.compiler.fields.ways import Fields, Ways
from engine.expr.build import call, named_type, scale_of, try_cast
from engine.expr.canonical import read, write
from engine.expr.lattice import FAMILY, said
from engine.record import SIDES

if TYPE_CHECKING:
    from engine.catalog import Field
    from engine.compiler.draft.draft import Draft
    from engine.spec.model import MappedField

#: Digits that DuckDB's widest decimal has, those that a factor may have, and those of its reciprocal after the point.
WIDEST, MOST, FINEST = 38, 9, 18
#: What can be multiplied; a duration is converted by the unit of its field.
NUMBERS = ("integer", "money", "decimal", "number")


def multiplied(draft: Draft, spec: MappedField, fields: Fields) -> Ways | None:
    """The ways of a line with `times`, or None after findings."""
    factor = _factor(draft, spec)
    if factor is None or not _check_numbers(draft, spec, fields):
        return None
    left, right = (_number_field(fields[side][0]) for side in SIDES)
    _check_steps(draft, spec, left, right, Fraction(factor))
    back = (1 / factor).quantize(Decimal(1).scaleb(-FINEST), rounding=ROUND_DOWN)
    back = back.normalize()
    given = _product(_read(fields["left"][0], left), left, factor)
    return Ways(
        type=right.type,
        scale=right.scale,
        gets={"left": write(given, "decimal", right), "right": _read(fields["right"][0], right)},
        puts={
            "right": (Put(field=fields["right"][0], type=right.type, of=lambda value: value),),
            "left": (
                Put(
                    field=fields["left"][0],
                    type=left.type,
                    of=lambda value: write(_product(value, right, back), "decimal", left),
                ),
            ),
        },
        whole="right",
        how=f"times {format(factor.normalize(), 'f')}",
    )


def _factor(draft: Draft, spec: MappedField) -> Decimal | None:
    words = spec.times.value if spec.times else ""
    try:
        found = Decimal(words)
    except InvalidOperation:
        found = Decimal(0)
    if (
        found.is_finite()
        and found != 0
        and abs(found.adjusted()) < MOST >= len(found.normalize().as_tuple().digits)
    ):
        return found
    message = f"`times: {words}` is no factor: write a number of at most {MOST} digits that is not zero."
    draft.findings.add("bad-literal", message, spec.times.span if spec.times else spec.span)
    return None


def _plain(value: Decimal) -> str:
    return format(value.normalize(), "f")


def _check_numbers(draft: Draft, spec: MappedField, fields: Fields) -> bool:
    """Whether one number of each side is meant; findings where it is not."""
    for side in SIDES:
        texts = spec.lefts if side == "left" else spec.rights
        if len(fields[side]) > 1:
            draft.findings.add("contradiction", "`times` needs one field on each side.", spec.span)
            return False
        one = fields[side][0]
        if one.type not in ("unknown", "text", *NUMBERS):
            message = f"Only a number can be multiplied, and `{one.name}` is {said(one.type)}."
            draft.findings.add("type-mismatch", message, texts[0].span)
            return False
    return True


def _check_steps(draft: Draft, spec: MappedField, left: Field, right: Field, factor: Fraction) -> None:
    """A finding where a step of the coarser side is no whole number of steps of the finer one: it has no form there."""
    steps = _step(left), _step(right)
    coarse = right if steps[0] is None or (steps[1] and steps[0] * abs(factor) <= steps[1]) else left
    if coarse is left and steps[1] is None:
        return  # whatever the left holds has a finite product
    one = steps[1] or Fraction(1) if coarse is right else steps[0] or Fraction(1)
    there = one / factor if coarse is right else one * factor
    fine = steps[0] if coarse is right else steps[1]
    if (there / fine).denominator == 1 if fine else _is_finite(there):
        return
    other = left if coarse is right else right
    message = f"`{_words(one)}` of `{coarse.name}` has no exact form in `{other.name}`: {_words(there)}."
    hint = "Take a factor that turns every value of one side into one of the other, or make the line one-way."
    draft.findings.add("no-way-back", message, spec.times.span if spec.times else spec.span, hint=hint)


def _step(field: Field) -> Fraction | None:
    """The smallest difference of two values; None = any, or not known."""
    if field.type == "integer":
        return Fraction(1)
    exact = field.type in ("decimal", "money") and field.scale is not None
    return Fraction(1, 10 ** scale_of(field.scale)) if exact else None


def _is_finite(value: Fraction) -> bool:
    """Whether it ends somewhere after the point."""
    rest = value.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    return rest == 1


def _words(value: Fraction) -> str:
    return f"{float(value):.6g}" + ("" if _is_finite(value) else "…")


def _number_field(field: Field) -> Field:
    """The field as a number; a text whose catalog does not say more is a decimal."""
    return told_as(field, "decimal") if FAMILY[field.type] == "text" else field


def _read(field: Field, meant: Field) -> exp.Expression:
    if field.type == meant.type:
        return column(field.name)
    return read(column(field.name), meant, empty_is_null=True, physical="VARCHAR")


def _product(value: exp.Expression, field: Field, factor: Decimal) -> exp.Expression:
    """The value times the factor, exact; NULL where it has too many digits."""
    words = _plain(abs(factor))
    after = len(words.partition(".")[2])
    wide = max(len(words.replace(".", "").lstrip("0")), after, 1)
    scale = 0 if field.type == "integer" else scale_of(field.scale)
    one = try_cast(value, named_type(f"DECIMAL({WIDEST - wide}, {min(scale, WIDEST - wide)})"))
    signed = exp.Literal.string(f"-{words}" if factor < 0 else words)
    times = exp.Cast(this=signed, to=named_type(f"DECIMAL({wide}, {after})"))
    return call("TRY", exp.Mul(this=one, expression=times))
