"""Fold: what options decide by themselves is decided while compiling, so that a field nobody needs is never read."""

from __future__ import annotations

from dataclasses import replace

from engine.expr.error import ExprError
from engine.expr.options import evaluate
from engine.expr.term import Term


def fold(term: Term) -> Term:
    """The same condition without the parts that its constants settle; its value is the same on every record."""
    folded = replace(term, args=tuple(fold(arg) for arg in term.args)) if term.args else term
    if folded.op in {"and", "or"}:
        return _logic(folded)
    constant = folded.args and all(arg.op == "literal" for arg in folded.args)
    if folded.type != "boolean" or not constant:
        return folded
    try:
        return _literal(folded, evaluate(folded) is True)
    except ExprError:
        # A function that only the database has: it decides on every record, with the same answer.
        return folded


def _logic(term: Term) -> Term:
    """FALSE ends an AND, TRUE ends an OR; the other one says nothing."""
    decisive = term.op == "or"
    if any(_is(arg, decisive) for arg in term.args):
        return _literal(term, decisive)
    kept = tuple(arg for arg in term.args if not _is(arg, not decisive))
    if not kept:
        return _literal(term, not decisive)
    return kept[0] if len(kept) == 1 else replace(term, args=kept)


def _is(term: Term, value: bool) -> bool:  # noqa: FBT001 - one of the two constants
    return term.op == "literal" and term.value is value


def _literal(term: Term, value: bool) -> Term:  # noqa: FBT001 - one of the two constants
    return Term(op="literal", type="boolean", value=value, total=True, offset=term.offset, length=term.length)
