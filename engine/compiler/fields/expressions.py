"""Expressions: a value whose form on each side is said by SQL over the fields of the other one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from engine.catalog import Stream
from engine.compiler.draft.parts import Put
from engine.compiler.fields.alike import told_as
from engine.compiler.fields.terms import column, parsed
from engine.compiler.fields.ways import Fields, Ways
from engine.expr.build import any_of, call, case, not_null, text
from engine.expr.canonical import read
from engine.expr.error import ExprError
from engine.expr.lattice import FAMILY
from engine.expr.scope import FieldScope
from engine.expr.sql import compile_value
from engine.expr.words import SPACE
from engine.record import SIDES, other

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.catalog import Field, FieldType
    from engine.compiler.draft.draft import Draft
    from engine.compiler.draft.parts import End
    from engine.expr.sql import Expr
    from engine.record import Side
    from engine.spec.diagnostic import Text
    from engine.spec.model import MappedField


def expressions(
    draft: Draft, spec: MappedField, arrow: str, fields: Fields, ends: dict[Side, End]
) -> Ways | None:
    """The ways of a line with `right:` and `left:`, or None after findings."""
    said: dict[Side, tuple[Text, ...]] = {"left": spec.to_left, "right": spec.to_right}
    whole = _whole(draft, spec, arrow, fields, said)
    if whole is None:
        return None
    parts, one = other(whole), fields[whole][0]
    want = None if one.type == "unknown" else one.type
    get = _compiled(draft, said[whole][0], fields[parts], ends[parts], want)
    if get is None:
        return None
    meant = one if want else told_as(one, get.type)
    puts = _puts(draft, said[parts], fields[parts], meant, ends[whole])
    if puts is None:
        return None
    shown = (
        column(one.name) if want else read(column(one.name), meant, empty_is_null=True, physical="VARCHAR")
    )
    return Ways(
        type=meant.type,
        scale=meant.scale,
        gets={
            whole: _filled(shown, meant.type),
            parts: _unless_empty(_filled(parsed(get.sql), meant.type), fields[parts]),
        },
        puts={
            whole: (Put(field=one, type=meant.type, of=lambda value: value),),
            **({parts: puts} if puts else {}),
        },
        whole=whole,
        how="; ".join(
            f"{side}: {', '.join(' '.join(words.value.split()) for words in said[side])}"
            for side in SIDES
            if said[side]
        ),
    )


def _whole(
    draft: Draft, spec: MappedField, arrow: str, fields: Fields, said: dict[Side, tuple[Text, ...]]
) -> Side | None:
    """The side whose one field is compared as it stands; None after a finding."""
    able = [side for side in SIDES if len(fields[side]) == 1 and said[side]]
    lacking = [
        side for side in SIDES if not said[side] and arrow in ("<->", "->" if side == "right" else "<-")
    ]
    short = [side for side in SIDES if said[side] and len(said[side]) != len(fields[side])]
    if lacking:
        message = (
            f"The line also goes to the {lacking[0]}, and `{lacking[0]}:` does not say what is written there."
        )
        hint = f"Write `{lacking[0]}: EXPRESSION` over the fields of the {other(lacking[0])}."
        draft.findings.add("missing-key", message, spec.span, hint=hint)
    elif short:
        message = f"`{short[0]}:` has {len(said[short[0]])} expressions for {len(fields[short[0]])} fields."
        draft.findings.add("contradiction", message, said[short[0]][0].span, hint="Write one for each field.")
    elif not able:
        message = "One side of such a line is one field, whose value the other side's fields say together."
        draft.findings.add("contradiction", message, spec.span, hint="Write a line for each field.")
    else:
        return able[-1]
    return None


def _compiled(
    draft: Draft, words: Text, over: Sequence[Field], end: End, want: FieldType | None
) -> Expr | None:
    """An expression over the fields of a side that the line names; None after findings."""
    known = Stream(name=end.stream.name, id=end.stream.id, fields={one.name: one for one in over})
    scope = FieldScope(stream=known, options=draft.options, system=end.ref.system, functions=frozenset())
    try:
        found = compile_value(words.value, scope, want=want)
    except ExprError as error:
        if error.code == "unknown-field":
            names = ", ".join(f"`{one.name}`" for one in over)
            error.hint = (
                f"such an expression sees the fields that its line names ({names}) and `options.NAME`."
            )
        draft.findings.expression(error, words)
        return None
    return found


def _puts(
    draft: Draft, words: Sequence[Text], fields: Sequence[Field], whole: Field, end: End
) -> tuple[Put, ...] | None:
    """What each field gets, over the one field of the other side; None after findings."""
    puts = []
    for one, expression in zip(fields, words, strict=False):
        want = None if one.type == "unknown" else one.type
        found = _compiled(draft, expression, (whole,), end, want)
        if found is None:
            return None
        puts.append(Put(field=one, type=found.type, of=_over(whole.name, found)))
    return tuple(puts)


def _over(name: str, found: Expr) -> Callable[[exp.Expression], exp.Expression]:
    tree = parsed(found.sql)

    def of(value: exp.Expression) -> exp.Expression:
        def filled(node: exp.Expression) -> exp.Expression:
            own = isinstance(node, exp.Column) and node.name == name
            return exp.Paren(this=value.copy()) if own else node

        return case((not_null(value), _filled(tree.transform(filled), found.type)))

    return of


def _unless_empty(value: exp.Expression, fields: Sequence[Field]) -> exp.Expression:
    """Nothing where all fields are empty: nothing stays nothing, whatever an expression makes of it."""
    return case((any_of(*(not_null(_filled(column(one.name), one.type)) for one in fields)), value))


def _filled(value: exp.Expression, kind: FieldType) -> exp.Expression:
    """A text as it would be read: without blanks at its ends, and nothing where it is empty."""
    if FAMILY[kind] != "text":
        return value
    return call("NULLIF", call("TRIM", value, text(SPACE)), text(""))
