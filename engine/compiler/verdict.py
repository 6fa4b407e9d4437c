"""Verdict: what a lens says of a record beside its values: what was not shown, what holds it, what it lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from engine.compiler.draft import place
from engine.compiler.terms import column
from engine.expr.build import call, case, cast, is_null, named_type, not_null, scale_of, text
from engine.expr.canonical import too_long, unwritable
from engine.expr.lattice import FAMILY
from engine.plan import Trouble
from engine.record import other

if TYPE_CHECKING:
    from engine.catalog import Field
    from engine.compiler.lens_parts import LensParts
    from engine.compiler.parts import Line


def absent(parts: LensParts) -> exp.Expression:
    """Canonical columns that rest on a field the system did not show."""
    turns = []
    for nr, line in parts.shown:
        reads = line.reads.get(parts.side, ())
        if reads and line.spec.on == "always":
            names = exp.Array(expressions=[text(name) for name in reads])
            turns.append(case((call("LIST_HAS_ANY", column("_absent"), names), text(f"c{nr}"))))
    shown = exp.Is(this=column("_absent"), expression=exp.null())
    listed = call("LIST_FILTER", exp.Array(expressions=turns), _not_null_lambda()) if turns else exp.null()
    return case((shown, cast(exp.null(), named_type("TEXT[]"))), default=listed)


def _not_null_lambda() -> exp.Expression:
    return exp.Lambda(
        this=exp.Not(this=exp.Is(this=exp.column("x"), expression=exp.null())),
        expressions=[exp.to_identifier("x")],
    )


def trouble(parts: LensParts) -> exp.Expression:
    """Index of the first reason why a record cannot be compared; NULL if there is none."""
    turns = [(not_null(column("_unreadable")), column("_unreadable"))]
    for _, line in parts.shown:
        turns += [(wrong.copy(), parts.trouble(one)) for wrong, one in line.fails.get(parts.side, ())]
        turns += _misfits(parts, line)
    for condition, _, one in parts.needs:
        turns.append((exp.Not(this=exp.Paren(this=condition.copy())), parts.trouble(one)))
    return case(*turns)


def _misfits(parts: LensParts, line: Line) -> list[tuple[exp.Expression, exp.Expression]]:
    """A value that has no exact form in the field it goes to is held, not rounded."""
    target = line.targets.get(other(parts.side))
    if target is None or line.spec.values or line.spec.refers:
        return []
    if FAMILY[target.type] == "text":
        return _too_long(parts, line, target)
    if target.type == line.type and scale_of(target.scale) == scale_of(line.scale):
        return []
    wrong = unwritable(line.get[parts.side], line.type, target)
    if wrong == exp.false():
        return []
    one = Trouble(
        code="does-not-fit",
        message=f"The value of `{line.text}` has no exact form in `{target.name}` ({target.type}).",
        remedy="Correct the value, or convert it in the mapping with `value:`.",
        place=place(line.spec.span),
    )
    return [(wrong, parts.trouble(one))]


def _too_long(parts: LensParts, line: Line, target: Field) -> list[tuple[exp.Expression, exp.Expression]]:
    """A text that the target is known to refuse or to cut is held, unless the mapping says to cut it."""
    if target.max_length is None or line.spec.cut:
        return []
    longest = _own_length(parts, line)
    if longest is not None and longest <= target.max_length and line.type in ("text", "enum", "id"):
        return []
    known = f", and `{line.reads[parts.side][0]}` {longest}" if longest is not None else ""
    one = Trouble(
        code="does-not-fit",
        message=f"`{target.name}` takes {target.max_length} characters{known}: `{line.text}` gives more here.",
        remedy="Shorten the value, or say `cut: true` in the line of the mapping.",
        place=place(line.spec.span),
    )
    return [(too_long(line.get[parts.side], line.type, target.max_length), parts.trouble(one))]


def _own_length(parts: LensParts, line: Line) -> int | None:
    """How long the value may be by its own catalog; None = as long as it likes, or computed."""
    reads = line.reads.get(parts.side, ())
    plain = line.spec.left is not None and line.spec.right is not None and len(reads) == 1
    return parts.field(reads[0]).max_length if plain else None


def lacks(parts: LensParts) -> exp.Expression:
    """Index of the first value that a new record on the other side cannot do without, if it is missing."""
    turns = []
    for _, line in parts.shown if parts.makes else ():
        target = line.targets.get(other(parts.side))
        if target is None or not (target.required or line.spec.required):
            continue
        one = Trouble(
            code="missing-value",
            message=f"`{target.name}` must have a value, and `{line.text}` gives none.",
            remedy="Fill in the field; the record comes over by itself then.",
            place=place(line.spec.span),
        )
        turns.append((is_null(line.get[parts.side]), parts.trouble(one)))
    return case(*turns) if turns else cast(exp.null(), named_type("BIGINT"))
