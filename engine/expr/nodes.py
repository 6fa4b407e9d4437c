"""Nodes: which parts of a parsed tree the language knows; anything else could change what an expression means."""

from __future__ import annotations

from sqlglot import exp

from engine.expr.error import ExprError
from engine.expr.parse import span

COMPARES: dict[type, str] = {
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
}
COMPUTES: dict[type, str] = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/", exp.Mod: "%"}
#: Parts of a sqlglot node that we understand; one with any other part set is refused.
_PARTS: dict[type, frozenset[str]] = {
    **{kind: frozenset({"this", "expression"}) for kind in (*COMPARES, *COMPUTES, exp.And, exp.Or, exp.Is)},
    exp.Div: frozenset({"this", "expression", "typed", "safe"}),
    exp.Like: frozenset({"this", "expression", "negate"}),
    exp.In: frozenset({"this", "expressions"}),
    exp.Between: frozenset({"this", "low", "high", "negate"}),
    exp.Not: frozenset({"this"}),
    exp.Neg: frozenset({"this"}),
    exp.Paren: frozenset({"this"}),
    exp.Null: frozenset(),
    exp.Boolean: frozenset({"this"}),
    exp.Literal: frozenset({"this", "is_string"}),
    exp.Column: frozenset({"this", "table", "db", "catalog"}),
    exp.Dot: frozenset({"this", "expression"}),
    exp.Case: frozenset({"this", "ifs", "default"}),
    exp.If: frozenset({"this", "true"}),
    exp.Cast: frozenset({"this", "to"}),
    exp.Anonymous: frozenset({"this", "expressions"}),
}


def refuse_unknown(node: exp.Expression) -> None:
    """A kind of node, or a part of one, that we do not know could change what the expression means."""
    known = _PARTS.get(type(node))
    if isinstance(node, exp.Alias):
        offset, length = span(node.args["alias"])
        message = "There is no operator between these two values."
        raise ExprError("syntax", message, offset=offset, length=length, hint="Write AND, OR, or a comma.")
    if known is None or any(value and part not in known for part, value in node.args.items()):
        word = node.key.replace("_", " ").upper()
        raise ExprError("not-allowed", f"`{word}` in this form does not belong to the language.")


def parts_of(node: exp.Expression) -> tuple[str, ...]:
    """The words of a dotted name."""
    if isinstance(node, exp.Dot):
        return (*parts_of(node.this), *parts_of(node.expression))
    if isinstance(node, exp.Column):
        return tuple(part.name for part in node.parts)
    if isinstance(node, exp.Identifier):
        return (node.name,)
    raise ExprError("syntax", "Dots can only be used inside names.")


def names_below(node: exp.Expression) -> list[tuple[str, ...]]:
    """The words of each dotted name in a tree."""
    whole = (exp.Column, exp.Dot)
    names = [one for one in node.find_all(*whole) if not isinstance(one.parent, whole)]
    return [parts_of(one) for one in names]
