"""Converted: one line for a value that the two sides say differently: in several fields, times a factor, by SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from engine.compiler.bind.habits import at_home
from engine.compiler.draft.draft import Draft, place
from engine.compiler.draft.names import resolve
from engine.compiler.draft.parts import CompiledLine, End
from engine.compiler.fields.alike import level, told_as
from engine.compiler.fields.computed import check_writable
from engine.compiler.fields.expressions import expressions
from engine.compiler.fields.factor import multiplied
from engine.compiler.fields.joined import joined
from engine.compiler.fields.laws import check_laws
from engine.compiler.fields.terms import column
from engine.expr.build import all_of, any_of, call, cast, is_null, named_type, not_null, text
from engine.expr.canonical import compared, too_long, unreadable
from engine.expr.lattice import FAMILY, said
from engine.plan import Trouble
from engine.record import SIDES, Side, other

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.catalog import Field
    from engine.compiler.fields.ways import Fields, Ways
    from engine.spec.model import MappedField

Fail = tuple["exp.Expression", Trouble]


def compile_converted(
    draft: Draft, spec: MappedField, arrow: str, ends: dict[Side, End]
) -> CompiledLine | None:
    """A line that converts, or None after findings."""
    fields = _fields(draft, spec, ends)
    if fields is None:
        return None
    written: list[Side] = [side for side in SIDES if arrow in ("<->", "->" if side == "right" else "<-")]
    for side in written:
        for one in fields[side]:
            check_writable(draft, spec, side, one, ends)
    ways = _ways(draft, spec, arrow, fields, ends)
    if ways is None:
        return None
    line = _line(spec, arrow, fields, ways, written)
    if spec.cut and len(written) > 1:
        message = "What is converted both ways cannot be cut: what is left would not say the whole value."
        draft.findings.add("contradiction", message, spec.span, hint="Leave `cut` out.")
    else:
        level(draft, line, [one for several in fields.values() for one in several])
    if len(written) > 1 and not draft.findings.found:
        check_laws(draft, line, ways, fields, ends)
    for side in SIDES:
        line.fails[side] = [*_untyped(spec, line, fields[side]), *_troubles(line, side, fields, ways)]
    return line


def _line(spec: MappedField, arrow: str, fields: Fields, ways: Ways, written: list[Side]) -> CompiledLine:
    left, right = fields["left"], fields["right"]
    return CompiledLine(
        key=right[0].name if "right" in written else f"<{left[0].name}",
        text=f"{_named(left)} {arrow} {_named(right)}",
        type=ways.type,
        scale=ways.scale,
        spec=spec,
        targets={side: fields[side][0] for side in written},
        puts={side: ways.puts[side] for side in written},
        get=dict(ways.gets),
        reads={side: tuple(one.name for one in fields[side]) for side in SIDES},
        caseless=any(one.caseless for one in (*left, *right)),
        converts=ways.how,
    )


def _named(fields: Sequence[Field]) -> str:
    names = ", ".join(one.name for one in fields)
    return f"[{names}]" if len(fields) > 1 else names


def _fields(draft: Draft, spec: MappedField, ends: dict[Side, End]) -> Fields | None:
    """The fields of both sides; None after findings."""
    found: Fields = {}
    for side, texts in zip(SIDES, (spec.lefts, spec.rights), strict=True):
        end, names = ends[side], [text.value for text in texts]
        known = [resolve(draft, draft.scope(end.ref, end.stream), text) for text in texts]
        found[side] = tuple(at_home(one, draft.spec.systems[end.ref.system]) for one in known if one)
        for name in texts:
            if names.count(name.value) > 1:
                message = f"`{name}` stands twice in one line."
                draft.findings.add("two-writers", message, name.span, hint="Name each field once.")
    return (
        found if len(found["left"]) == len(spec.lefts) and len(found["right"]) == len(spec.rights) else None
    )


def _ways(draft: Draft, spec: MappedField, arrow: str, fields: Fields, ends: dict[Side, End]) -> Ways | None:
    """How the line brings its value from one side to the other: by exactly one kind of conversion."""
    kinds = {
        "join": bool(spec.join or spec.split),
        "alone": spec.alone is not None,
        "times": spec.times is not None,
        "right": bool(spec.to_right or spec.to_left),
        "values": bool(spec.values),
        "refers": spec.refers is not None,
    }
    several = [f"`{name}`" for name, there in kinds.items() if there]
    if len(several) > 1 or kinds["values"] or kinds["refers"]:
        message = f"A line over several fields takes no {several[0]}."
        if len(several) > 1:
            message = f"A value is converted in one way, but this line says {' and '.join(several)}."
        draft.findings.add("contradiction", message, spec.span, hint="Keep one of them.")
        return None
    if kinds["right"]:
        return expressions(draft, spec, arrow, fields, ends)
    if kinds["times"]:
        return multiplied(draft, spec, fields)
    return joined(draft, spec, arrow, fields)


def _untyped(spec: MappedField, line: CompiledLine, fields: Sequence[Field]) -> list[Fail]:
    """Where a number or a day is meant, a text whose catalog does not say more may hold something else."""
    if line.spec.times is None and len(fields) > 1:
        return []
    found = []
    for one in fields:
        if (
            FAMILY[one.type] == "text"
            and FAMILY[line.type] != "text"
            and (spec.times or one.type == "unknown")
        ):
            trouble = _trouble(line, "unreadable", f"`{one.name}` cannot be read as {said(line.type)}.")
            known = told_as(one, line.type)
            wrong = unreadable(column(one.name), known, empty_is_null=True, physical="VARCHAR")
            found.append((wrong, trouble))
    return found


def _troubles(line: CompiledLine, side: Side, fields: Fields, ways: Ways) -> list[Fail]:
    """Why the value of a side cannot be brought to the other one: then the record is held, and nothing overwritten."""
    there = other(side)
    if there not in line.targets:
        return []
    found = [*_unfit(line, side, there, ways)]
    if not ways.sure:
        found.append((_lost(line, side, there, ways), _no_form(line, fields[side], fields[there])))
    if not ways.sure and side in ways.puts and len(line.targets) > 1:
        found.append((_nothing(line, side, fields[side]), _no_form(line, fields[side], fields[there])))
    return found


def _unfit(line: CompiledLine, side: Side, there: Side, ways: Ways) -> Iterator[Fail]:
    """A part that is longer than its field takes, or that its field needs and the value does not have."""
    value = line.get[side]
    for one in ways.puts[there]:
        name, longest = one.field.name, one.field.max_length
        if longest is not None and FAMILY[one.field.type] == "text" and not line.spec.cut:
            words = f"`{name}` takes {longest} characters: `{line.text}` gives more here."
            yield too_long(one.of(value), one.type, longest), _trouble(line, "does-not-fit", words)
        if one.field.required and len(ways.puts[there]) > 1:
            words = f"`{name}` must have a value, and `{line.text}` leaves it empty here."
            yield all_of(not_null(value), is_null(one.of(value))), _trouble(line, "missing-value", words)


def _lost(line: CompiledLine, side: Side, there: Side, ways: Ways) -> exp.Expression:
    """Whether a value would not come back as it is, were it brought over."""
    back = ways.back(there, ways.sent(there, line.get[side]))
    words = [compared(one, line.type, caseless=line.caseless) for one in (back, line.get[side])]
    return all_of(not_null(line.get[side]), exp.NullSafeNEQ(this=words[0], expression=words[1]))


def _nothing(line: CompiledLine, side: Side, fields: Sequence[Field]) -> exp.Expression:
    """Whether a side holds something that means nothing on the other."""
    filled = [
        not_null(call("NULLIF", cast(column(one.name), named_type("TEXT")), text(""))) for one in fields
    ]
    return all_of(is_null(line.get[side]), any_of(*filled))


def _no_form(line: CompiledLine, here: Sequence[Field], there: Sequence[Field]) -> Trouble:
    words = f"What {_quoted(here)} holds has no form in {_quoted(there)} that would come back as it is."
    return _trouble(line, "does-not-fit", words)


def _quoted(fields: Sequence[Field]) -> str:
    return " and ".join(f"`{one.name}`" for one in fields)


def _trouble(line: CompiledLine, code: str, words: str) -> Trouble:
    remedy = f"Correct the value, or the conversion of `{line.text}`."
    return Trouble(code=code, message=words, remedy=remedy, place=place(line.spec.span))
