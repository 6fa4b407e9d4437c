"""Requirements: conditions over one-record streams; those over options alone are decided here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.compiler.bind.choices import holds
from engine.compiler.draft.draft import Draft, place
from engine.compiler.fields.singles import single_scope, told_by
from engine.expr.error import ExprError
from engine.expr.sql import Expr, compile_condition, evaluate_options
from engine.plan import RequirementPlan

if TYPE_CHECKING:
    from engine.spec.model import Check


def decide_requirement(draft: Draft, check: Check) -> None:
    """Check a condition; a choice that breaks a rule over options alone is a finding."""
    stands, expr = holds(draft, check.only_if), compile_requirement(draft, check)
    if stands and expr is not None and not expr.reads:
        _decide(draft, check)


def check_requirements(draft: Draft) -> tuple[RequirementPlan, ...]:
    """What a run must ask the systems."""
    plans = []
    for check in draft.spec.requires:
        if not holds(draft, check.only_if):
            continue
        expr = compile_requirement(draft, check)
        if expr is not None and expr.reads:
            plans.append(requirement(draft, check, expr))
    return tuple(plans)


def compile_requirement(draft: Draft, check: Check) -> Expr | None:
    """The checked condition; None after a finding."""
    try:
        return compile_condition(check.check.value, single_scope(draft))
    except ExprError as error:
        draft.findings.expression(error, check.check)
        return None


def _decide(draft: Draft, check: Check) -> None:
    if not evaluate_options(check.check.value, draft.options):
        draft.findings.add(
            "choice-not-allowed",
            check.otherwise.value,
            check.check.span,
            hint=check.remedy.value
            if check.remedy
            else f"It must hold that {check.check.value}; choose the options so (--set).",
        )


def requirement(draft: Draft, check: Check, expr: Expr) -> RequirementPlan:
    """What must be asked of the systems."""
    reads, canonical = told_by(draft, expr)
    return RequirementPlan(
        sql=expr.sql,
        reads=reads,
        canonical=canonical,
        message=check.otherwise.value,
        text=check.check.value,
        place=place(check.span),
        remedy=check.remedy.value if check.remedy else None,
    )
