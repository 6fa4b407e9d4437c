"""View: which records of a side take part, by a condition, by a view saved in the system, or by both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.compiler.draft.parts import View
from engine.expr.error import ExprError
from engine.expr.sql import compile_condition

if TYPE_CHECKING:
    from engine.compiler.draft.draft import Draft
    from engine.compiler.draft.parts import End
    from engine.record import Side
    from engine.spec.diagnostic import Text
    from engine.spec.model import Module


def compile_view(draft: Draft, module: Module, ends: dict[Side, End]) -> dict[Side, View]:
    """The views of a module by side; a view of a system that is at neither end is a finding."""
    views: dict[Side, View] = {"left": View(), "right": View()}
    for system, text in module.view.items():
        sides = [side for side, end in ends.items() if system in (end.ref.system, side)]
        if len(sides) > 1:
            message = (
                f"Both ends of this module are in `{system}`, so its name does not say whose view it is."
            )
            draft.findings.add("unclear-side", message, text.span, hint="Write `left` or `right`.")
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
        expr = compile_condition(text.value, draft.scope(end.ref, end.stream, "saved"))
    except ExprError as error:
        draft.findings.expression(error, text)
        return View()
    saved = [call.args[0] for call in expr.calls if call.name == "saved"]
    if saved and not end.stream.can.saved_views:
        message = f"`{end.ref.system}` has no saved views for `{end.ref.stream}`."
        draft.findings.add("not-allowed", message, text.span)
    return View(
        sql=None if expr.sql == "TRUE" else expr.sql,
        reads=expr.reads,
        saved=saved[0] or None if saved else None,
    )
