"""Needs: what a record must meet before it is copied, checked on the side that it is copied from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlglot import exp

from engine.compiler.bind.choices import holds
from engine.compiler.draft.draft import Draft, place
from engine.compiler.draft.parts import PairCheck
from engine.compiler.fields.linked import with_links
from engine.compiler.fields.terms import parsed
from engine.expr.error import ExprError
from engine.expr.sql import Expr, compile_condition
from engine.plan import Trouble, sources
from engine.record import Side, other

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.compiler.draft.parts import End, Lookup
    from engine.plan import Arrow
    from engine.spec.model import Check, Module

CheckSql = tuple[Side, "Check", str, tuple[str, ...]]  #: with SQL and the fields it reads


@dataclass(slots=True, kw_only=True)
class Needs:
    """The checks of a module that stand."""

    kept: tuple[CheckSql, ...] = ()  #: of one record
    asked: dict[Side, tuple[Lookup, ...]] = field(default_factory=dict)  #: links that they look at
    together: tuple[PairCheck, ...] = ()  #: of both records of a pair


def compile_needs(draft: Draft, module: Module, arrow: Arrow, ends: dict[Side, End]) -> Needs:
    """Every check that stands, by the side that it is made on.

    Where records go both ways a check is made on each side that has all the fields it names; on none is a finding.
    """
    return compile_checks(draft, module, module.needs, sources(arrow), ends)


def compile_checks(
    draft: Draft, module: Module, checks: Iterable[Check], sides: tuple[Side, ...], ends: dict[Side, End]
) -> Needs:
    """The same of any checks."""
    needs = Needs()
    for check in checks:
        stands = holds(draft, check.only_if)
        for side, expr in _by_side(draft, module, check, sides, ends):
            if stands and _looks_across(expr, side):
                _together(draft, needs, module, check, side, expr)
            elif stands:
                _alone(draft, needs, module, check, side, expr, ends[side])
    return needs


def _alone(
    draft: Draft, needs: Needs, module: Module, check: Check, side: Side, expr: Expr, end: End
) -> None:
    """A check of one record, which may look at links and behind references."""
    found = with_links(draft, expr, check.check, end.ref, f"module `{module.name}`", module)
    if found is not None:
        sql, looked = found
        own = _own_names(parsed(sql), side).sql(dialect="duckdb")
        reads = tuple(dict.fromkeys(name.removeprefix(f"{side}.") for name in expr.reads))
        needs.kept = (*needs.kept, (side, check, own, reads))
        needs.asked[side] = tuple(dict.fromkeys((*needs.asked.get(side, ()), *looked)))


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
    listed = [(side, expr) for side, expr in found if _lists(ends[side], expr)]
    return listed or found


def _lists(end: End, expr: Expr) -> bool:
    """Whether the catalog lists every name, be it behind a reference that it lists."""
    known = end.stream.fields
    walks = tuple(f"{step}." for step in expr.via if step in known)
    plain = [name for name in expr.reads if not name.startswith(("left.", "right."))]
    return all(name in known or (walks and name.startswith(walks)) for name in plain)


def _looks_across(expr: Expr, side: Side) -> bool:
    return any(name.startswith(f"{other(side)}.") for name in expr.reads)


def _own_names(sql: exp.Expr, side: Side) -> exp.Expr:
    """With the side's own fields named as the side itself names them."""

    def named(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Column) and node.name.startswith(f"{side}."):
            return exp.column(exp.to_identifier(node.name.removeprefix(f"{side}."), quoted=True))
        return node

    return sql.transform(named)


def _together(draft: Draft, needs: Needs, module: Module, check: Check, side: Side, expr: Expr) -> None:
    """A check of a pair: over both rows, and with nulls in the place of the counterpart where there is none."""
    if expr.via or any(call.name != "today" for call in expr.calls):
        what = f"module `{module.name}`: a check of both records that looks at further ones"
        draft.findings.not_yet(what, check.span)
        return
    across, sql = f"{other(side)}.", expr.sql.replace('"_today"', "CAST(getvariable('today') AS DATE)")
    reads: dict[Side, tuple[str, ...]] = {
        side: _names(expr, f"{side}.", but=across),
        other(side): tuple(name.removeprefix(across) for name in expr.reads if name.startswith(across)),
    }
    one = PairCheck(
        side=side,
        sql=_beside(parsed(sql), side).sql(dialect="duckdb"),
        alone=_without(parsed(sql), side).sql(dialect="duckdb"),
        reads=reads,
        trouble=failed(check, later=True),
    )
    needs.together = (*needs.together, one)


def _names(expr: Expr, start: str, *, but: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.removeprefix(start) for name in expr.reads if not name.startswith(but)))


def _beside(sql: exp.Expr, side: Side) -> exp.Expr:
    """Over the columns that a lens gives besides: of the record itself and of its counterpart."""

    def named(node: exp.Expr) -> exp.Expr:
        if not isinstance(node, exp.Column):
            return node
        across = node.name.startswith(f"{other(side)}.")
        name = node.name.removeprefix("left.").removeprefix("right.")
        return exp.column(exp.to_identifier(f"field {name}", quoted=True), table="o" if across else "w")

    return sql.transform(named)


def _without(sql: exp.Expr, side: Side) -> exp.Expr:
    """For a record that has no counterpart yet."""

    def empty(node: exp.Expr) -> exp.Expr:
        across = isinstance(node, exp.Column) and node.name.startswith(f"{other(side)}.")
        return exp.null() if across else node

    return _own_names(sql.transform(empty), side)


def failed(check: Check, *, later: bool) -> Trouble:
    """What a record is told that does not pass; `later`: it is looked at again by and by."""
    words = check.remedy.value if check.remedy else None
    return Trouble(
        code="not-allowed",
        message=check.otherwise.value,
        remedy=words or f"It is synced automatically once this holds: {check.check.value}",
        place=place(check.span),
        later=later,
    )
