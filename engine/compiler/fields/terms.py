"""Terms: SQL expressions of the lens, built with sqlglot over columns that are named like the fields."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from engine.catalog import Field, FieldType
from engine.compiler.draft.draft import Draft, place
from engine.expr.build import literal, sql_type, try_cast
from engine.expr.canonical import read, value_map
from engine.expr.error import ExprError, did_you_mean
from engine.expr.lattice import FAMILY
from engine.expr.path import compile_path
from engine.expr.sql import compile_value
from engine.expr.template import compile_template
from engine.plan import SlowField, Trouble
from engine.record import Side, other

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.compiler.draft.parts import End, Line
    from engine.spec.diagnostic import Text
    from engine.spec.model import MappedField


def column(name: str) -> exp.Expression:
    """A column by its exact name; dots belong to the name."""
    return exp.column(exp.to_identifier(name, quoted=True))


def parsed(sql: str) -> exp.Expression:
    """SQL that the expression language has emitted, as a tree again."""
    return exp.maybe_parse(sql, dialect="duckdb")


def cast_to(value: exp.Expression, given: FieldType, wanted: FieldType, scale: int | None) -> exp.Expression:
    """A canonical value of one type as one of another that holds it."""
    if given == wanted and scale is None:
        return value
    if sql_type(given) == sql_type(wanted) and wanted not in ("decimal", "money"):
        return value
    return try_cast(value, sql_type(wanted, scale=scale))


def mapped(spec: MappedField, left: Field, right: Field) -> exp.Expression:
    """The left field in the right one's words and type; NULL where the value map does not say."""
    otherwise = spec.otherwise.value if spec.otherwise else None
    words = value_map(column(left.name), left.type, spec.values, otherwise=otherwise)
    return words if FAMILY[right.type] == "text" else try_cast(words, sql_type(right.type, scale=right.scale))


def check_words(draft: Draft, spec: MappedField, fields: dict[Side, Field]) -> None:
    """The words of a value map must be values of the fields; one that goes both ways needs a way back."""
    lefts = [word for words, _ in spec.values for word in words]
    rights = [word for _, word in spec.values]
    if spec.otherwise:
        rights.append(spec.otherwise.value)
    for words, one in ((lefts, fields["left"]), (rights, fields["right"])):
        for word in words:
            _check_word(draft, spec, one, word)
    if spec.arrow == "<->":
        _check_laws(draft, spec, fields)


def _check_word(draft: Draft, spec: MappedField, one: Field, word: str) -> None:
    if one.choices and word not in one.choices:
        hint = did_you_mean(word, one.choices)
        draft.findings.add(
            "unknown-choice", f"`{word}` is not a choice of `{one.name}`.", spec.span, hint=hint
        )
    elif one.type == "boolean" and word not in ("true", "false"):
        message = f"`{word}` is neither `true` nor `false`, and `{one.name}` holds nothing else."
        draft.findings.add("bad-literal", message, spec.span)


def _check_laws(draft: Draft, spec: MappedField, fields: dict[Side, Field]) -> None:
    """Both ways needs every word of the right side to have a way back, also the one that `else:` writes."""
    back = {right for _, right in spec.values}
    words = [*fields["right"].choices, *([spec.otherwise.value] if spec.otherwise else [])]
    lost = [word for word in dict.fromkeys(words) if word not in back]
    if lost:
        named = ", ".join(f"`{word}`" for word in lost)
        draft.findings.add(
            "no-way-back",
            f"{named} of `{fields['right'].name}` has no word on the left, but the line goes both ways.",
            spec.span,
            hint="List every word of the right side, or make the line `->`.",
        )


def computed(
    draft: Draft, line: Line, source: Side, target: Field, ends: dict[Side, End], number: int
) -> bool:
    """Fill in what the source gives for a computed line; False after findings."""
    spec = line.spec
    if spec.has_const:
        return _constant(draft, line, source, target)
    if spec.value is not None:
        return _value(draft, line, source, target, ends[source], spec.value)
    text = spec.text or spec.path
    if text is None:
        draft.findings.add("missing-key", "The line says where to write but not what.", spec.span)
        return False
    return _slow(draft, line, source, target, ends[source], text, number)


def word_of(const: object) -> str:
    """A constant as its field writes it."""
    return "true" if const is True else "false" if const is False else str(const)


def _constant(draft: Draft, line: Line, source: Side, target: Field) -> bool:
    text = word_of(line.spec.const)
    if target.choices and text not in target.choices:
        draft.findings.add(
            "unknown-choice",
            f"`{text}` is not a choice of `{target.name}`.",
            line.spec.span,
            hint=did_you_mean(text, target.choices),
        )
        return False
    line.get[source] = read(literal(text, "text"), Field(name="const", type=line.type), empty_is_null=False)
    return True


def _value(draft: Draft, line: Line, source: Side, target: Field, end: End, text: Text) -> bool:
    from engine.compiler.fields.linked import with_links  # it is built of terms

    want = None if target.type == "unknown" else target.type
    try:
        scope = draft.scope(end.ref, end.stream, "linked", walk=True)
        expr = compile_value(text.value, scope, want=want)
    except ExprError as error:
        draft.findings.expression(error, text)
        return False
    found = with_links(draft, expr, text, end.ref, f"`{line.text}`")
    if found is None:
        return not draft.findings.wrong
    sql, line.asked = found
    line.reads[source] = (*expr.reads, *expr.via)
    line.get[source] = parsed(sql)
    if want is None:
        line.type = expr.type
        shown = Field(name=target.name, type=expr.type)
        line.get[other(source)] = read(column(target.name), shown, empty_is_null=False)
    return True


def _slow(draft: Draft, line: Line, source: Side, target: Field, end: End, text: Text, number: int) -> bool:
    name = f"slow {number}"
    kind = "text" if line.spec.text is not None else "path"
    try:
        if kind == "text":
            template = compile_template(text.value, draft.scope(end.ref, end.stream))
            reads, options = template.reads, template.options
        else:
            compile_path(text.value)
            reads, options = _roots(text.value, end.stream.fields), ()
    except ExprError as error:
        draft.findings.expression(error, text)
        return False
    line.slow[source] = SlowField(
        column=name,
        kind="text" if kind == "text" else "path",
        source=text.value,
        reads=reads,
        options={name: draft.options[name].value for name in options},
        place=place(text.span),
    )
    line.reads[source] = reads
    line.get[source] = read(
        column(name), Field(name=name, type=line.type, scale=target.scale), empty_is_null=False
    )
    line.fails[source] = [
        (
            column(f"{name}!").is_(exp.Null()).not_(),
            Trouble(
                code="not-computed",
                message=f"`{' '.join(text.value.split())}` could not be computed for this record.",
                remedy="Look at the fields it reads; the line of the spec says which.",
                place=place(text.span),
            ),
        )
    ]
    return True


def _roots(path: str, fields: Mapping[str, Field]) -> tuple[str, ...]:
    """Fields of the catalog whose name a path mentions, so that they are asked for."""
    return tuple(name for name in fields if name.split(".")[0] in path)
