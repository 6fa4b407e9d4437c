"""Joined: several texts of one side that are one text of the other, such as a first and a last name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlglot import exp

from engine.compiler.draft.parts import Put
from engine.compiler.fields.terms import column
from engine.compiler.fields.ways import Fields, Ways
from engine.expr.build import call, case, equal, not_null, text
from engine.expr.lattice import FAMILY, said
from engine.record import SIDES, other

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.catalog import Field
    from engine.compiler.draft.draft import Draft
    from engine.record import Side
    from engine.spec.diagnostic import Text
    from engine.spec.model import MappedField

#: What keeps the parts apart where both sides have several: no text of a person has it.
BETWEEN = "\N{SYMBOL FOR UNIT SEPARATOR}"


def joined(draft: Draft, spec: MappedField, arrow: str, fields: Fields) -> Ways | None:
    """The ways of a line over several texts, or None after findings."""
    _check_texts(draft, spec, fields)
    single = [side for side in SIDES if len(fields[side]) == 1]
    if not single:
        return _side_by_side(draft, spec, fields)
    whole: Side = single[-1]
    if not _is_whole(draft, spec, arrow, fields, whole) or spec.join is None:
        return None
    parts, join = other(whole), spec.join
    values = [_filled(one) for one in fields[parts]]
    return Ways(
        type="text",
        gets={
            whole: _normal(_filled(fields[whole][0]), join),
            parts: _normal(call("CONCAT_WS", text(join), *values), join),
        },
        puts={
            whole: (Put(field=fields[whole][0], type="text", of=lambda value: value),),
            parts: _split(fields[parts], join, spec.split or "last"),
        },
        whole=whole,
        sure=True,
        how=f"joined by {join!r}" + (f", split at the {spec.split}" if spec.split else ""),
    )


def _check_texts(draft: Draft, spec: MappedField, fields: Fields) -> None:
    for side, several in fields.items():
        texts = spec.lefts if side == "left" else spec.rights
        for one, name in zip(several, texts, strict=True):
            if FAMILY[one.type] != "text":
                message = f"Only texts can be joined, and `{one.name}` is {said(one.type)}."
                draft.findings.add("type-mismatch", message, name.span)


def _is_whole(draft: Draft, spec: MappedField, arrow: str, fields: Fields, whole: Side) -> bool:
    """Whether the line says all that joining and splitting need; findings where it does not."""
    lacking = None
    if len(fields[other(whole)]) == 1 or spec.alone is not None:
        word = "alone" if spec.alone else "join" if spec.join else "split"
        message = f"`{word}` needs several fields on {'both sides' if spec.alone else 'one side'}."
        hint = "Write `[FIELD, FIELD] <-> FIELD`, or leave it out."
        draft.findings.add("contradiction", message, spec.span, hint=hint)
        return False
    if spec.join is None:
        lacking = '`join`: what stands between the parts, such as `join: " "`'
    elif spec.split is None and arrow in ("<->", "->" if whole == "left" else "<-"):
        lacking = "`split: last` or `split: first`: how the text goes back into its fields"
    if lacking:
        draft.findings.add("missing-key", f"A line over several fields needs {lacking}.", spec.span)
    return lacking is None


def _filled(field: Field) -> exp.Expression:
    """A text, or NULL where it is empty: an empty part is left out."""
    return call("NULLIF", column(field.name), text(""))


def _normal(value: exp.Expression, join: str) -> exp.Expression:
    """A joined text in its one form: what joins it stands there once between two parts, and not at its ends."""
    core = re.escape(join.strip())
    run = rf"(?:\s*{core}\s*)+" if core else r"\s+"
    single = call("REGEXP_REPLACE", value, text(run), text(join.replace("\\", "\\\\")), text("g"))
    bare = (
        single
        if not core
        else call(
            "REGEXP_REPLACE", single, text(rf"^(?:\s*{core})+\s*|\s*(?:{core}\s*)+$"), text(""), text("g")
        )
    )
    return call("NULLIF", call("TRIM", bare), text(""))


def _split(fields: Sequence[Field], join: str, at: str) -> tuple[Put, ...]:
    """Each part of a joined text: a word at the named end, the rest in the field at the other one."""
    count = len(fields)
    return tuple(
        Put(field=one, type="text", of=_part(number, count, join, at)) for number, one in enumerate(fields)
    )


def _part(number: int, count: int, join: str, at: str) -> Callable[[exp.Expression], exp.Expression]:
    """How one part is taken; of fewer words than fields the fields in the middle stay empty."""
    from_end = count - 1 - number if at == "last" else number  # 0 is the field at the named end

    def of(value: exp.Expression) -> exp.Expression:
        words = call("STRING_SPLIT", value, text(join))
        single = equal(call("LEN", words), _number(1))
        if from_end == 0:
            return call("LIST_EXTRACT", words, _number(-1 if at == "last" else 1))
        if from_end < count - 1:
            there = exp.GTE(this=call("LEN", words), expression=_number(from_end + 2))
            word = call("LIST_EXTRACT", words, _number(-1 - from_end if at == "last" else 1 + from_end))
            return case((there, word))
        return case(
            (single, exp.null()), default=call("ARRAY_TO_STRING", _rest(words, count, at), text(join))
        )

    return of


def _rest(words: exp.Expression, count: int, at: str) -> exp.Expression:
    """The words that are no part of their own."""
    inner = call("LEAST", call("LEN", words), _number(count))
    if at == "last":
        end = exp.Add(this=exp.Sub(this=call("LEN", words), expression=inner), expression=_number(1))
        return call("LIST_SLICE", words, _number(1), exp.Paren(this=end))
    return call("LIST_SLICE", words, inner, call("LEN", words))


def _number(value: int) -> exp.Expression:
    plain = exp.Literal.number(abs(value))
    return exp.Neg(this=plain) if value < 0 else plain


def _side_by_side(draft: Draft, spec: MappedField, fields: Fields) -> Ways | None:
    """Several fields on both sides, one for each, but for a value that stands alone."""
    alone = _alone(draft, spec, fields)
    if alone is None:
        return None
    names = " and ".join(f"`{fields[side][alone[side]].name}`" for side in SIDES)
    return Ways(
        type="text",
        gets={side: _parts(fields[side]) for side in SIDES},
        puts={
            side: tuple(
                Put(field=one, type="text", of=_piece(number, is_alone=number == alone[side]))
                for number, one in enumerate(fields[side])
            )
            for side in SIDES
        },
        whole=None,
        sure=True,
        how=f"one by one; alone, a value stands in {names}",
    )


def _alone(draft: Draft, spec: MappedField, fields: Fields) -> dict[Side, int] | None:
    """The number of the field on each side that holds a value which stands alone; None after a finding."""
    if spec.join or spec.split or len(fields["left"]) != len(fields["right"]) or spec.alone is None:
        message = "Several fields on both sides are as many on each, and need `alone: FIELD <-> FIELD`."
        hint = "It names the two fields that hold the value where only one of them has any; else write a line for each."
        draft.findings.add("missing-key", message, spec.span, hint=hint)
        return None
    found: dict[Side, int] = {}
    for side, name in zip(SIDES, spec.alone, strict=True):
        names = [one.name for one in fields[side]]
        if name.value not in names:
            _stranger(draft, name, names)
            return None
        found[side] = names.index(name.value)
    return found


def _stranger(draft: Draft, name: Text, names: Sequence[str]) -> None:
    message = (
        f"`{name}` is none of the fields of this line on that side: {', '.join(f'`{one}`' for one in names)}."
    )
    draft.findings.add("unknown-field", message, name.span)


def _parts(fields: Sequence[Field]) -> exp.Expression:
    values = [_filled(one) for one in fields]
    there = [exp.Cast(this=not_null(one), to=exp.DataType.build("INT", dialect="duckdb")) for one in values]
    count: exp.Expression = there[0]
    for one in there[1:]:
        count = exp.Add(this=count, expression=one)
    joined_ = [call("COALESCE", one, text("")) for one in values]
    between = [part for one in joined_ for part in (text(BETWEEN), one)][1:]
    few = exp.LTE(this=exp.Paren(this=count), expression=_number(1))
    return case((few, call("COALESCE", *values)), default=call("CONCAT", *between))


def _piece(number: int, *, is_alone: bool) -> Callable[[exp.Expression], exp.Expression]:
    def of(value: exp.Expression) -> exp.Expression:
        several = call("CONTAINS", value, text(BETWEEN))
        piece = call("NULLIF", call("SPLIT_PART", value, text(BETWEEN), _number(number + 1)), text(""))
        return case((several, piece), default=value.copy() if is_alone else exp.null())

    return of
