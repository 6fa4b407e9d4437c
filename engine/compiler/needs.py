"""Needs: what a record must meet before it is copied, checked on the side that it is copied from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.compiler.choices import holds
from engine.compiler.draft import Draft, place
from engine.expr.error import ExprError
from engine.expr.sql import Expr, compile_condition
from engine.plan import NotBuilt, sources
from engine.record import Side

if TYPE_CHECKING:
    from engine.compiler.parts import End
    from engine.plan import Arrow
    from engine.spec.model import Check, Module

Kept = tuple[Side, "Check", str, tuple[str, ...]]  #: with SQL and the fields it reads


def compile_needs(draft: Draft, module: Module, arrow: Arrow, ends: dict[Side, End]) -> tuple[Kept, ...]:
    """Every check that stands, by the side that it is made on.

    Where records go both ways a check is made on each side that has all the fields it names; on none is a finding.
    """
    kept: list[Kept] = []
    for check in module.needs:
        stands = holds(draft, check.only_if)
        for side, expr in _by_side(draft, module, check, sources(arrow), ends):
            if not stands:
                continue
            if _looks_elsewhere(expr):
                what = f"module `{module.name}`: a check that looks at other records"
                draft.not_built.append(NotBuilt(what=what, place=place(check.span)))
            else:
                kept.append((side, check, expr.sql, expr.reads))
    return tuple(kept)


def _by_side(
    draft: Draft, module: Module, check: Check, sides: tuple[Side, ...], ends: dict[Side, End]
) -> list[tuple[Side, Expr]]:
    """The check compiled for each side that knows its names; a finding if there is none."""
    found: list[tuple[Side, Expr]] = []
    wrong: list[ExprError] = []
    for side in sides:
        scope = draft.pair_scope({"left": module.left, "right": module.right}, side)
        try:
            found.append((side, compile_condition(check.check.value, scope)))
        except ExprError as error:
            wrong.append(error)
    known = [error for error in wrong if error.code != "unknown-field"]
    if known or not found:
        draft.findings.expression((known or wrong)[0], check.check)
        return []
    # A stream that does not list all its fields accepts any name; the side that lists them is meant.
    listed = [(side, expr) for side, expr in found if set(expr.reads) <= set(ends[side].stream.fields)]
    return listed or found


def _looks_elsewhere(expr: Expr) -> bool:
    others = any(name.startswith(("left.", "right.")) for name in expr.reads)
    return bool(expr.via) or others or any(call.name != "today" for call in expr.calls)
