"""Line: compile one line of a mapping: what each side means in common terms, and what is written where."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.compiler.bind.habits import at_home
from engine.compiler.draft.draft import Draft, place
from engine.compiler.draft.names import resolve
from engine.compiler.draft.parts import CompiledLine, End
from engine.compiler.fields.alike import in_common, level, scale_in_common, told_as
from engine.compiler.fields.behind import behind
from engine.compiler.fields.computed import check_writable, compile_computed
from engine.compiler.fields.converted import compile_converted
from engine.compiler.fields.refers import look_up
from engine.compiler.fields.terms import column
from engine.compiler.fields.value_map import check_words, mapped
from engine.expr.build import all_of, case, none_of, not_null
from engine.expr.canonical import as_text, unreadable
from engine.expr.lattice import FAMILY, assignable, join, said, worded
from engine.plan import Trouble
from engine.record import Side, other

if TYPE_CHECKING:
    from sqlglot import exp

    from engine.catalog import Field, FieldType
    from engine.spec.model import MappedField


def arrow_within(draft_arrow: str, line: MappedField) -> str | None:
    """The line's arrow, narrowed to the module's; None = the module's arrow leaves nothing of it."""
    if draft_arrow in ("<->", line.arrow):
        return line.arrow
    return draft_arrow if line.arrow == "<->" else None


def compile_line(
    draft: Draft, spec: MappedField, arrow: str, ends: dict[Side, End], number: int
) -> CompiledLine | None:
    """One line, or None after findings."""
    if spec.converts:
        return compile_converted(draft, spec, arrow, ends)
    if spec.left is not None and spec.right is not None:
        return _pair(draft, spec, arrow, ends)
    side: Side = "right" if spec.right is not None else "left"
    target = spec.right or spec.left
    if target is None:
        return None
    return compile_computed(draft, spec, side, target, ends, number)


def _pair(draft: Draft, spec: MappedField, arrow: str, ends: dict[Side, End]) -> CompiledLine | None:
    fields = _both(draft, spec, ends)
    if fields is None:
        return None
    left, right = fields["left"], fields["right"]
    written: list[Side] = [side for side in ("left", "right") if _goes(arrow, side)]
    kind = _common(draft, spec, arrow, left, right)
    for side in written:
        check_writable(draft, spec, side, fields[side], ends)
    if kind is None:
        return None
    line = CompiledLine(
        key=right.name if "right" in written else f"<{left.name}",
        text=f"{left.name} {arrow} {right.name}",
        type=kind,
        scale=scale_in_common(kind, fields.values()),
        spec=spec,
        targets={side: fields[side] for side in written},
        reads={side: _reads(draft, ends[side], one) for side, one in fields.items()},
        caseless=right.caseless or (left.caseless and not spec.values),
    )
    _gets(draft, spec, line, fields, ends)
    return line


def _reads(draft: Draft, end: End, one: Field) -> tuple[str, ...]:
    """The field, and the reference behind which it stands."""
    walked = behind(draft, end.ref, one.name)
    return (one.name,) if walked is None else (one.name, walked.by.name)


def _both(draft: Draft, spec: MappedField, ends: dict[Side, End]) -> dict[Side, Field] | None:
    found: dict[Side, Field] = {}
    for side, text in (("left", spec.left), ("right", spec.right)):
        end = ends["left" if side == "left" else "right"]
        field_ = (
            resolve(draft, draft.scope(end.ref, end.stream, walk=spec.arrow != "<->"), text) if text else None
        )
        if field_ is not None:
            found["left" if side == "left" else "right"] = at_home(field_, draft.spec.systems[end.ref.system])
    return found if len(found) == len(ends) else None


def _goes(arrow: str, side: str) -> bool:
    return arrow in ("<->", "->" if side == "right" else "<-")


def _common(draft: Draft, spec: MappedField, arrow: str, left: Field, right: Field) -> FieldType | None:
    """The type in which both sides are compared; a finding where they do not agree."""
    if spec.refers:
        return "id"
    if spec.values:
        return right.type
    given, wanted = (right, left) if arrow == "<-" else (left, right)
    if "unknown" in (given.type, wanted.type):
        return wanted.type if given.type == "unknown" else given.type
    if (given.type, wanted.type) == ("instant", "date") and arrow != "<->" and given.zone is not None:
        return "date"
    shared = join(left.type, right.type) if arrow == "<->" else wanted.type
    agrees = shared is not None if arrow == "<->" else assignable(given.type, wanted.type)
    if not agrees or shared is None:
        draft.findings.add(
            "type-mismatch",
            f"`{given.name}` is {said(given.type)} and does not go into `{wanted.name}`, {said(wanted.type)}.",
            (spec.left or spec.right).span if spec.left or spec.right else spec.span,  # type: ignore[union-attr] # one of them stands
            hint=_cast_hint(given, wanted, arrow),
        )
        return None
    _check_choices(draft, spec, given, wanted)
    return worded(given.type, wanted.type) or shared


def _cast_hint(given: Field, wanted: Field, arrow: str) -> str:
    if arrow == "<->":
        return "Fields that are synced both ways must have the same type."
    if (given.type, wanted.type) == ("instant", "date"):
        return "Set the system's time zone, such as `zone: Asia/Kolkata` beside its connector."
    target = "left" if arrow == "<-" else "right"
    if FAMILY[wanted.type] == "text":
        return f'{{ to: {target}.{wanted.name}, value: "cast({given.name} AS text)" }} converts it.'
    return f"Convert it with `{{ to: {target}.{wanted.name}, value: … }}`."


def _check_choices(draft: Draft, spec: MappedField, given: Field, wanted: Field) -> None:
    """A word that the target does not know would be refused record by record: ask for a value map now."""
    strangers = [one for one in given.choices if wanted.choices and one not in wanted.choices]
    if given.type == wanted.type == "enum" and strangers:
        named = ", ".join(f"`{one}`" for one in strangers[:5])
        draft.findings.add(
            "unknown-choice",
            f"`{wanted.name}` does not accept {named} of `{given.name}`.",
            spec.span,
            hint=f"Write a value map; `{wanted.name}` accepts: {', '.join(wanted.choices)}.",
        )


def _gets(
    draft: Draft, spec: MappedField, line: CompiledLine, fields: dict[Side, Field], ends: dict[Side, End]
) -> None:
    """What each side holds in common terms, and what of it cannot be said in them."""
    for side, one in fields.items():
        line.get[side] = in_common(column(one.name), one, line.type, line.scale)
        if FAMILY[one.type] == "text" != FAMILY[line.type] and not spec.values:
            line.fails[side] = [_untyped(spec, one, line.type)]
    if spec.refers and spec.values:
        message = (
            "An id is translated either through links (`refers`) or by a value map (`values`), not by both."
        )
        draft.findings.add("contradiction", message, spec.refers.span, hint="Remove one of them.")
    elif spec.refers:
        line.lookups = look_up(draft, spec.refers, ends, fields)
        if line.lookups:
            line.get["left"] = column(line.lookups["left"].column)
        if line.lookups and "left" in line.targets:
            # Nothing to say as long as the id has no link; once it has one the record looks different, and is read.
            line.get["right"] = case((not_null(column(line.lookups["right"].column)), line.get["right"]))
    if spec.values:
        check_words(draft, spec, fields)
        line.get["left"] = mapped(spec, fields["left"], fields["right"])
        for side, one in fields.items():
            if other(side) in line.targets and not (side == "left" and spec.otherwise):
                line.fails.setdefault(side, []).append(_unlisted(spec, side, one))
    level(draft, line, fields.values())


def _untyped(spec: MappedField, one: Field, kind: FieldType) -> tuple[exp.Expression, Trouble]:
    """A text whose catalog does not say more, beside a field that holds no texts."""
    known = told_as(one, kind)
    trouble = Trouble(
        code="unreadable",
        message=f"`{one.name}` cannot be read as {said(kind)}.",
        remedy="Correct the value in its own system, or declare the field's type.",
        place=place(spec.span),
    )
    return unreadable(column(one.name), known, empty_is_null=True, physical="VARCHAR"), trouble


def _unlisted(spec: MappedField, side: Side, one: Field) -> tuple[exp.Expression, Trouble]:
    """A word that the value map does not know has nothing to say to the other side."""
    words = [word for words, _ in spec.values for word in words]
    listed = words if side == "left" else [right for _, right in spec.values]
    stranger = none_of(as_text(column(one.name), one.type), listed)
    trouble = Trouble(
        code="unmapped-value",
        message=f"`{one.name}` holds a value that the value map does not list.",
        remedy="Add it to `values:`, or give the map an `else:`."
        if side == "left"
        else "Add it to `values:`, or make the line `->`.",
        place=place(spec.span),
    )
    return all_of(not_null(column(one.name)), stranger), trouble
