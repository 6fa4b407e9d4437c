"""Under: a record that lives below another one: where its parent stands on each side, and which line says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.compiler.bind.arrows import arrow_of
from engine.compiler.draft.draft import Draft, place
from engine.compiler.draft.names import resolve
from engine.compiler.draft.parts import Parent
from engine.compiler.fields.refers import look_up
from engine.expr.error import ExprError
from engine.expr.sql import evaluate_options
from engine.plan import Trouble, sources
from engine.record import SIDES, Side, other
from engine.spec.diagnostic import Text
from engine.spec.model import MappedField

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.catalog import Field
    from engine.compiler.draft.parts import End, Lookup
    from engine.plan import Arrow
    from engine.spec.model import Module, StreamRef, Under


def compile_under(
    draft: Draft,
    module: Module,
    arrow: Arrow,
    ends: dict[Side, End],
    lines: Sequence[MappedField],
    standing: Sequence[MappedField],
) -> tuple[dict[Side, Parent], tuple[MappedField, ...]]:
    """Where each side finds its parent, and the lines for it that the mapping does not have itself.

    `lines` are all of the mapping, `standing` those that hold for the choices made. A line that is added here is
    written when a record is made, and not compared.
    """
    lookups: dict[Side, list[Lookup]] = {"left": [], "right": []}
    implied: list[MappedField] = []
    for under in _standing(draft, module):
        fields = _fields(draft, module, under, ends, lines)
        found = look_up(draft, under.module, ends, fields) if fields else {}
        for side, lookup in found.items():
            lookups[side].append(lookup)
        if found and fields and not _is_written(standing, fields):
            implied += _implied(draft, under, arrow, implied, fields)
    if not lookups["left"]:
        return {}, ()
    return {side: _parent(draft, module, side, lookups[side], arrow) for side in SIDES}, tuple(implied)


def _parent(draft: Draft, module: Module, side: Side, lookups: list[Lookup], arrow: Arrow) -> Parent:
    first = module.under[0]
    return Parent(
        lookups=tuple(lookups),
        skips=first.otherwise == "skip"
        or _only_theirs(module, side)
        or (first.otherwise == "fetch" and not any(_is_brought(draft, one) for one in lookups)),
        rules=side in sources(arrow),
        blocked=Trouble(
            code="blocked",
            message=f"Its parent is a record of {_named(lookups)} that has no link yet, or it has no parent.",
            remedy="It is synced automatically once that record is linked; see there what holds it back.",
            place=place(first.field.span),
        ),
    )


def _is_brought(draft: Draft, lookup: Lookup) -> bool:
    """Whether the parent's module takes records from that side: else no parent can be fetched for one of this side."""
    parent = draft.spec.modules.get(lookup.module)
    return parent is not None and lookup.side in sources(arrow_of(draft, parent))


def _only_theirs(module: Module, side: Side) -> bool:
    """Whether newcomers come from the other side only: nobody waits for one of this side whose parent has no link."""
    return module.creates is not None and module.creates.value == other(side)


def _named(lookups: Sequence[Lookup]) -> str:
    return " or ".join(dict.fromkeys(f"`{one.module}`" for one in lookups))


def _standing(draft: Draft, module: Module) -> tuple[Under, ...]:
    """The parents whose module takes part; all of them if none does, so that `else` says what happens."""
    return tuple(one for one in module.under if _takes_part(draft, one.module.value)) or module.under


def _takes_part(draft: Draft, name: str) -> bool:
    found = draft.spec.modules.get(name)
    try:
        return found is None or found.only_if is None or evaluate_options(found.only_if.value, draft.options)
    except ExprError:
        return True  # a finding at that module says so


def _fields(
    draft: Draft, module: Module, under: Under, ends: dict[Side, End], lines: Sequence[MappedField]
) -> dict[Side, Field] | None:
    """The parent's field on each side; None after a finding."""
    left = resolve(draft, draft.scope(ends["left"].ref, ends["left"].stream), under.field)
    right = _right_name(draft, module, under, ends["right"], lines) if left else None
    found = resolve(draft, draft.scope(ends["right"].ref, ends["right"].stream), right) if right else None
    return {"left": left, "right": found} if left and found else None


def _right_name(
    draft: Draft, module: Module, under: Under, end: End, lines: Sequence[MappedField]
) -> Text | None:
    """The field of the right side that says the same: as written, as a line maps it, or the only one that can be."""
    if under.written_as is not None:
        return under.written_as
    for line in lines:
        if (
            line.refers
            and line.left
            and (line.refers.value, line.left.value) == (under.module.value, under.field.value)
        ):
            return line.right
    parent = _right_stream(draft, under, module)
    able = [
        one.name for one in end.stream.fields.values() if parent is not None and one.refers == parent.stream
    ]
    if len(able) == 1:
        return Text(value=able[0], span=under.field.span)
    if parent is not None:
        _unclear(draft, under, end, parent, able)
    return None


def _right_stream(draft: Draft, under: Under, module: Module) -> StreamRef | None:
    """The parent's stream in the right system; None where the names are unknown, which is a finding elsewhere."""
    parent = draft.spec.modules.get(under.module.value)
    if parent is None:
        return None
    straight = parent.left.system == module.left.system and parent.right.system == module.right.system
    return parent.right if straight else parent.left


def _unclear(draft: Draft, under: Under, end: End, parent: StreamRef, able: list[str]) -> None:
    stream = f"`{end.ref.system}.{end.ref.stream}`"
    draft.findings.add(
        "unclear-parent",
        f"{' and '.join(f'`{one}`' for one in able)} of {stream} both refer to `{parent.stream}`."
        if able
        else f"No field of {stream} is known to refer to `{parent.stream}`.",
        under.field.span,
        hint=f"Say which one holds the parent: `under: {{ {under.field}: {under.module}, as: FIELD }}`.",
    )


def _is_written(lines: Sequence[MappedField], fields: dict[Side, Field]) -> bool:
    """Whether a line of the mapping joins these two, or writes the right one already."""
    return any(line.right is not None and line.right.value == fields["right"].name for line in lines)


def _implied(
    draft: Draft, under: Under, arrow: Arrow, others: Sequence[MappedField], fields: dict[Side, Field]
) -> list[MappedField]:
    """The line that the mapping lacks; of two parents in one field only the mapping can say when which is written."""
    if not _is_written(others, fields):
        return [_line(under, arrow, fields)]
    line = f"{{ map: {under.field} -> {fields['right'].name}, refers: {under.module} }}"
    draft.findings.add(
        "unclear-parent",
        f"Two parents would be written to `{fields['right'].name}`.",
        under.field.span,
        hint=f"Write a line for each in the mapping, such as {line}.",
    )
    return []


def _line(under: Under, arrow: Arrow, fields: dict[Side, Field]) -> MappedField:
    span = under.field.span
    return MappedField(
        arrow=arrow,
        left=under.field,
        right=Text(value=fields["right"].name, span=span),
        refers=under.module,
        required=True,
        on="create",
        span=span,
    )
