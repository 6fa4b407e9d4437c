"""Lines of a trigger: what is written once, what a person says instead, and what tells a made record apart."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from engine.compiler.bind.choices import holds
from engine.compiler.fields.line import arrow_within, compile_line
from engine.compiler.rules.sense import check_fits, check_names, check_targets
from engine.expr.lattice import FAMILY
from engine.spec.diagnostic import Text
from engine.spec.model import MappedField

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.compiler.draft.draft import Draft
    from engine.compiler.draft.parts import CompiledLine, End, Hand
    from engine.record import Side
    from engine.spec.model import Module


def compile_lines(
    draft: Draft, module: Module, act: str, ends: dict[Side, End], hand: Hand | None
) -> tuple[CompiledLine, ...]:
    """The lines that stand, those of a person before all others; a record that is deleted needs none."""
    mapping = draft.spec.mappings.get(module.mapping.value) if module.mapping else None
    if mapping is not None:
        check_fits(draft, module, mapping)
    on: Literal["always", "create"] = "create" if act == "create" else "always"
    answers = [_const(name, value, module, on) for name, value in (hand.answers if hand else {}).items()]
    answers += [_const(name, value, module, on) for name, value in _defaults(draft, hand).items()]
    given = {line.right.value for line in answers if line.right}
    specs = [*(mapping.fields if mapping else ()), *module.fields]
    specs += [_const(name, value, module, on) for name, value in module.set.items()]
    kept: list[CompiledLine] = []
    for number, spec in enumerate((*specs, *answers)):
        line = _line(draft, replace(spec, on=on), ends, number)
        answered = spec.right is not None and spec.right.value in given and spec not in answers
        if line is not None and not answered and act != "delete":
            kept.append(line)
    check_targets(draft, kept)
    check_names(draft, kept)
    return tuple(kept)


def _defaults(draft: Draft, hand: Hand | None) -> dict[str, object]:
    """What holds where a person who asks by hand says nothing."""
    if hand is None:
        return {}
    ask = draft.spec.triggers[hand.trigger].ask
    known = {name: one.get("default") for name, one in ask.items() if name not in hand.answers}
    return {name: value for name, value in known.items() if value not in (None, "")}


def _const(name: str, value: object, module: Module, on: Literal["always", "create"]) -> MappedField:
    """What `set` or a person says of a field of the target; a text may be a template over the watched record."""
    right, span = Text(value=name, span=module.span), module.span
    if isinstance(value, str) and "{{" in value and name not in module.set:
        text = Text(value=value, span=span)
        return MappedField(arrow="->", left=None, right=right, text=text, on=on, span=span)
    const = value if isinstance(value, (str, int, float, bool)) else None
    return MappedField(arrow="->", left=None, right=right, const=const, has_const=True, on=on, span=span)


def _line(draft: Draft, spec: MappedField, ends: dict[Side, End], number: int) -> CompiledLine | None:
    """One line, if it stands and goes to the target."""
    arrow, part = arrow_within("->", spec), draft.part()
    stands = holds(draft, spec.only_if) and arrow is not None
    line = compile_line(part, spec, arrow or spec.arrow, ends, number)
    draft.findings.take(part.findings, stands=stands)
    return line if stands else None


def telling(watched: End, lines: Sequence[CompiledLine]) -> tuple[int, ...]:
    """The lines by which a record that was made is recognised: the one that writes the watched record's id.

    Where none does, all values together; lists and objects come back with more in them than was sent,
    and what a line with `at-most` gives depends on the others.
    """
    own = [
        nr
        for nr, line in enumerate(lines)
        if line.spec.left is not None
        and line.spec.left.value == watched.stream.id
        and not (line.spec.values or line.spec.refers)
    ]
    plain = [
        nr for nr, line in enumerate(lines) if FAMILY[line.type] != "nested" and line.spec.at_most is None
    ]
    return tuple(own[:1] or plain or range(len(lines)))
