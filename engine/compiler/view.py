"""View: which records of a side take part, by a condition, by a view saved in the system, or by both."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from engine.expr.error import ExprError
from engine.expr.sql import Expr, compile_condition

if TYPE_CHECKING:
    from engine.compiler.draft import Draft
    from engine.compiler.line import End
    from engine.record import Side
    from engine.spec.diagnostic import Text
    from engine.spec.model import Module

#: `saved(…)` alone, or first and joined by AND.
SAVED = re.compile(r"\s*(saved\([^()]*\))\s*(?:AND\s+(.*))?", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What one side shows."""

    sql: str | None = None  #: a condition over its fields; None = every record
    reads: tuple[str, ...] = ()
    saved: str | None = None  #: the name of a view saved in the system; None = none
    slots: tuple[str, ...] = field(default=())  #: columns that the condition needs beside the fields


def compile_view(draft: Draft, module: Module, ends: dict[Side, End]) -> dict[Side, View]:
    """The views of a module by side; a view of a system that is at neither end is a finding."""
    views: dict[Side, View] = {"left": View(), "right": View()}
    for system, text in module.view.items():
        sides = [side for side, end in ends.items() if end.ref.system == system]
        if not sides:
            named = " and ".join(f"`{end.ref.system}`" for end in ends.values())
            draft.findings.add(
                "unknown-system",
                f"`{system}` is at neither end of this module; those are {named}.",
                text.span,
            )
            continue
        views[sides[0]] = _one(draft, ends[sides[0]], text)
    return views


def _one(draft: Draft, end: End, text: Text) -> View:
    try:
        saved, rest, offset = _split(draft, end, text)
        if rest is None:
            return View(saved=saved or None)
        expr = _condition(draft, end, rest, offset)
    except ExprError as error:
        draft.findings.expression(error, text)
        return View()
    slots = tuple(call.slot for call in expr.calls)
    return View(sql=expr.sql, reads=expr.reads, saved=saved or None, slots=slots)


def _split(draft: Draft, end: End, text: Text) -> tuple[str | None, str | None, int]:
    """(name of the saved view, the condition beside it, where that starts)."""
    found = SAVED.fullmatch(text.value)
    if found is None:
        return None, text.value, 0
    if not end.stream.can.saved_views:
        message = f"`{end.ref.system}` has no saved views for `{end.ref.stream}`."
        raise ExprError("not-allowed", message, length=len("saved"))
    call = compile_condition(found[1], draft.scope(end.ref, end.stream, "saved")).calls[0]
    return call.args[0] or "", found[2], found.start(2)


def _condition(draft: Draft, end: End, rest: str, offset: int) -> Expr:
    try:
        expr = compile_condition(rest, draft.scope(end.ref, end.stream))
    except ExprError as error:
        raise ExprError(
            error.code, error.message, offset=error.offset + offset, length=error.length, hint=error.hint
        ) from error
    if offset and _has_bare_or(rest):
        raise ExprError(
            "not-allowed",
            "Beside `saved(…)` an OR is ambiguous.",
            offset=offset,
            length=len(rest),
            hint="Put it in ().",
        )
    return expr


def _has_bare_or(condition: str) -> bool:
    from sqlglot import exp, parse_one

    return isinstance(parse_one(condition, dialect="duckdb"), exp.Or)
