"""Laws: what a line that converts both ways brings over must come back as it was; tried on values of the two sides."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlglot import exp

from engine.compiler.fields.samples import rows_of
from engine.compiler.fields.terms import column
from engine.compiler.fields.trial import answer
from engine.expr.build import cast, literal, named_type
from engine.expr.canonical import as_text, compared, read
from engine.record import SIDES, other

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.catalog import Field, FieldType
    from engine.compiler.draft.draft import Draft
    from engine.compiler.draft.parts import CompiledLine, End
    from engine.compiler.fields.ways import Fields, Ways
    from engine.record import Side

#: A column of a trial that no field is called like.
VALUE = "value tried"


class Tried(NamedTuple):
    """What became of one value."""

    own: bool  #: it is one that the fields of the side say it is brought to
    value: str | None
    back: str | None
    written: tuple[str | None, ...]  #: what those fields would get


def check_laws(draft: Draft, line: CompiledLine, ways: Ways, fields: Fields, ends: dict[Side, End]) -> None:
    """A finding with a counter-example where a value does not come back, or leaves a field empty that must not be."""
    for there in SIDES:
        tried = _tried(line, ways, fields, ends, there) if there != ways.whole else []
        broken = next((one for one in tried if _is_broken(one)), None)
        lacking = next((one for one in tried if one.value and _needed(fields[there], one)), None)
        if broken is not None:
            _tell_broken(draft, line, fields, there, broken)
        elif lacking is not None:
            _tell_lacking(draft, line, fields[there], lacking)


def _is_broken(one: Tried) -> bool:
    """Whether a value comes back as another one. One that has no form on the other side is held where it stands."""
    unsaid = not one.own and one.value is not None and not any(one.written)
    return one.value != one.back and not unsaid


def _needed(fields: Sequence[Field], one: Tried) -> Field | None:
    """A field that needs a value and would get none although others of its line do."""
    pairs = zip(fields, one.written, strict=True)
    return next((field for field, value in pairs if field.required and value is None), None)


def _tried(line: CompiledLine, ways: Ways, fields: Fields, ends: dict[Side, End], there: Side) -> list[Tried]:
    """Values of both sides, each brought to the fields of one side and back."""
    several, value = fields[there], column(VALUE)
    sent = ways.sent(there, value)
    words = {one.name: cast(as_text(sent[one.name], one.type), named_type("TEXT")) for one in several}
    shown = [_named(_read(words[one.name], one, ends[there]), one.name) for one in several]
    shown += [_named(words[one.name], f"sent {one.name}") for one in several]
    values = exp.union(
        *(_values(ways, fields, ends, side, own=side == there) for side in (other(there), there)),
        distinct=False,
    )
    brought = exp.select("own", value, *shown).from_(values.subquery("tried"))
    compared_ = [_said(line, value), _said(line, ways.gets[there])]
    told = exp.select("own", *compared_, *(column(f"sent {one.name}") for one in several))
    rows = answer(told.from_(brought.subquery("brought")).sql(dialect="duckdb"))
    return [Tried(bool(own), value, back, tuple(written)) for own, value, back, *written in rows]


def _values(ways: Ways, fields: Fields, ends: dict[Side, End], side: Side, *, own: bool) -> exp.Select:
    """The compared values of a side, from values of its fields as its lens reads them."""
    several = fields[side]
    kinds = [_meant(ways, side, number, one) for number, one in enumerate(several)]
    rows = [tuple(literal(value, "text") for value in row) for row in rows_of(several, kinds)]
    names = [exp.to_identifier(one.name, quoted=True) for one in several]
    alias = exp.TableAlias(this=exp.to_identifier("shown"), columns=names)
    shown = exp.Values(expressions=[exp.Tuple(expressions=list(row)) for row in rows], alias=alias)
    reads = [_named(_read(column(one.name), one, ends[side]), one.name) for one in several]
    typed = exp.select(*reads).from_(shown)
    value = _named(ways.gets[side], VALUE)
    return exp.select(_named(exp.true() if own else exp.false(), "own"), value).from_(typed.subquery("typed"))


def _meant(ways: Ways, side: Side, number: int, field: Field) -> FieldType:
    """What a field holds; what its catalog does not say is what the line writes to it."""
    return ways.puts[side][number].type if field.type == "unknown" else field.type


def _read(words: exp.Expression, field: Field, end: End) -> exp.Expression:
    return read(words, field, empty_is_null=end.stream.empty_is_null, physical="VARCHAR")


def _said(line: CompiledLine, value: exp.Expression) -> exp.Expression:
    return cast(compared(value.copy(), line.type, caseless=line.caseless), named_type("TEXT"))


def _named(value: exp.Expression, name: str) -> exp.Alias:
    return exp.Alias(this=value.copy(), alias=exp.to_identifier(name, quoted=True))


def _tell_broken(draft: Draft, line: CompiledLine, fields: Fields, there: Side, one: Tried) -> None:
    here = " and ".join(f"`{field.name}`" for field in fields[other(there)])
    written = _assigned(fields[there], one)
    draft.findings.add(
        "no-way-back",
        f"{_value(one.value)} of {here} does not come back: it would be written as {written}, "
        f"and that is {_value(one.back)} again on the other side.",
        line.spec.span,
        hint="make the two conversions undo each other. An expression may give NULL for a value without a form there: "
        "its record is then held.",
    )


def _tell_lacking(draft: Draft, line: CompiledLine, fields: Sequence[Field], one: Tried) -> None:
    lacking = _needed(fields, one)
    name = lacking.name if lacking else ""
    draft.findings.add(
        "no-way-back",
        f"{_value(one.value)} would be written as {_assigned(fields, one)}, and `{name}` must have a value.",
        line.spec.span,
        hint=f"let `{name}` get what there is: by the other `split`, or by `alone`.",
    )


def _assigned(fields: Sequence[Field], one: Tried) -> str:
    return ", ".join(
        f"`{field.name}` = {_value(value)}" for field, value in zip(fields, one.written, strict=True)
    )


def _value(value: str | None) -> str:
    return "nothing" if value is None else f"`{value}`"
