"""COQL, CRM's query language, as a dialect of sqlglot; and the query that reads on from the last record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp, generator, tokens
from sqlglot.dialects.dialect import Dialect

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.connectors.http.read.query_language import RecordQuery


class Coql(Dialect):
    """What differs from plain SQL: `!=`, escaped quotes, conditions joined in bracketed pairs, no NULLS FIRST."""

    class Tokenizer(tokens.Tokenizer):
        """Reading."""

        STRING_ESCAPES = ["\\"]  # noqa: RUF012  sqlglot copies the list

    class Generator(generator.Generator):
        """Writing; names are never quoted."""

        TRANSFORMS = {  # noqa: RUF012  sqlglot reads it from the class
            **generator.Generator.TRANSFORMS,
            exp.NEQ: lambda self, node: self.binary(node, "!="),
            exp.And: lambda self, node: f"({self.sql(node, 'this')} and {self.sql(node, 'expression')})",
            exp.Or: lambda self, node: f"({self.sql(node, 'this')} or {self.sql(node, 'expression')})",
            exp.Ordered: lambda self, node: (
                f"{self.sql(node, 'this')} {'desc' if node.args.get('desc') else 'asc'}"
            ),
            exp.Identifier: lambda _, node: node.name,
        }


def read_on(question: RecordQuery) -> str:
    """The statement for the records at or after a moment, oldest change first.

    `after_id` leaves out those of exactly that moment whose ids come first: every record comes once.
    """
    time, id_ = exp.column(question.modified), exp.column(question.id)
    moment = exp.Literal.string(question.since)
    if question.after_id is None:
        condition: exp.Expr = exp.GTE(this=time, expression=moment)
    else:
        behind = exp.GT(this=id_.copy(), expression=exp.Literal.string(question.after_id))
        same = exp.And(this=exp.EQ(this=time.copy(), expression=moment.copy()), expression=behind)
        condition = exp.Or(this=same, expression=exp.GT(this=time, expression=moment))
    fields, words = question.contains or ((), ())
    for word in words:
        condition = exp.And(this=condition, expression=_holds(fields, word))
    select = (
        exp.select(*(exp.column(name) for name in question.columns))
        .from_(exp.to_table(question.stream))
        .where(condition)
        .order_by(exp.Ordered(this=time.copy(), desc=False), exp.Ordered(this=id_, desc=False))
        .limit(question.limit)
    )
    return select.sql(dialect=Coql)


def _holds(fields: Sequence[str], word: str) -> exp.Expr:
    """Whether one of the fields has the word in it, in any case."""
    pattern = exp.Literal.string(f"%{word}%")
    first, *others = (exp.Like(this=exp.column(name), expression=pattern.copy()) for name in fields)
    found: exp.Expr = first
    for one in others:
        found = exp.Or(this=found, expression=one)
    return found
