"""A compiled condition as it would be written in a spec: no casts, defaults or quotes that only the engine needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlglot import exp


def written_condition(sql: str) -> str:
    """The condition in the language of specs."""
    from sqlglot import exp, parse_one

    tree = exp.Paren(this=parse_one(sql, dialect="duckdb"))
    for node in reversed(list(tree.walk())):  # inner ones first
        if node is not tree:
            node.replace(_plain(node))
    return tree.unnest().sql(dialect="duckdb", normalize_functions="lower")


def _plain(node: exp.Expr) -> Any:
    from sqlglot import exp

    inner = node.this
    if isinstance(node, exp.NullSafeEQ | exp.NullSafeNEQ):
        kind = exp.EQ if isinstance(node, exp.NullSafeEQ) else exp.NEQ
        return kind(this=inner, expression=node.expression)
    if isinstance(node, exp.Identifier):
        return exp.to_identifier(inner, quoted=False)
    default = isinstance(node, exp.Coalesce) and node.expressions == [exp.false()]
    number = isinstance(node, exp.Cast) and isinstance(inner, exp.Literal)
    return inner if default or number or _is_bracket_too_many(node) else node


def _is_bracket_too_many(node: exp.Expr) -> bool:
    from sqlglot import exp

    if not isinstance(node, exp.Paren):
        return False
    if isinstance(node.this, exp.Connector):
        return isinstance(node.parent, exp.Paren | type(node.this))
    return isinstance(node.this, exp.Predicate | exp.Not) and isinstance(
        node.parent, exp.Connector | exp.Paren
    )
