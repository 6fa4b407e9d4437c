"""Names and types: a parsed tree becomes a checked one, or an error at the token that is wrong."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, cast

from sqlglot import exp

from engine.expr import arguments
from engine.expr.constants import argument_of, constant_of
from engine.expr.error import ExprError
from engine.expr.fit import as_condition, fit_all, pair_up, wrong
from engine.expr.functions import FUNCTIONS
from engine.expr.lattice import FAMILY, said
from engine.expr.nodes import COMPARES, COMPUTES, names_below, parts_of, refuse_unknown
from engine.expr.parse import span
from engine.expr.scope import CALLS, Name, Scope
from engine.expr.term import FLATTER, MAX_HEIGHT, MAX_WEIGHT, TOO_HIGH, Term
from engine.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable


class Checker:
    """Checks one expression against what its names mean."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def check(self, node: exp.Expression) -> Term:
        """The checked form of a tree. Raises ExprError at the token that is wrong."""
        offset, length = span(node)
        try:
            refuse_unknown(node)
            term = _CHECKS[type(node)](self, node)
        except ExprError as error:
            untold = self._untold(node, error)
            if untold is None:
                raise error.at(offset, length) from error.__cause__
            term = untold
        return self._placed(term, offset, length)

    def condition(self, node: exp.Expression) -> Term:
        """The checked form of a condition; TRUE where only the connected system knows its types. Raises ExprError."""
        term = self.check(node)
        if term.untold:
            return Term(op="literal", type="boolean", value=True, args=(term,), total=True)
        return as_condition(term)

    def _untold(self, node: exp.Expression, error: ExprError) -> Term | None:
        """The fields in place of what does not fit, where their types are known only once connected; else None."""
        if error.code not in ("type-mismatch", "bad-literal"):
            return None
        names = [self._scope.resolve(parts) for parts in names_below(node)]
        untold = [Term(op="name", type=name.type, name=name) for name in names if name.untold]
        return replace(untold[0], args=tuple(untold[1:])) if untold else None

    def _placed(self, term: Term, offset: int, length: int) -> Term:
        """The term with its place and its size, if it is not too large to be evaluated safely."""
        weight = 1 + sum(arg.weight for arg in term.args) + _copies(term)
        height = 1 + max((arg.height for arg in term.args), default=0)
        if height > MAX_HEIGHT or weight > MAX_WEIGHT:
            raise ExprError("too-deep", TOO_HIGH, offset=offset, length=length, hint=FLATTER)
        return Term(
            op=term.op,
            type=term.type,
            args=term.args,
            value=term.value,
            name=term.name,
            call=term.call,
            total=term.total,
            offset=offset,
            length=length,
            weight=weight,
            height=height,
        )

    def _all(self, nodes: list[exp.Expression]) -> list[Term]:
        return [self.check(node) for node in nodes]

    def paren(self, node: exp.Expression) -> Term:
        """Brackets group and mean nothing else."""
        return self.check(node.this)

    def name(self, node: exp.Expression) -> Term:
        """A field, or an option, which is a constant."""
        name = self._resolve(node)
        if name.option is None:
            return Term(op="name", type=name.type, name=name)
        value = constant_of(name, name.option)
        return Term(op="literal", type=name.type, name=name, value=value, total=value is not None)

    def _resolve(self, node: exp.Expression) -> Name:
        parts = parts_of(node)
        try:
            return self._scope.resolve(parts)
        except ExprError as error:
            if isinstance(node, exp.Column) and len(parts) == 1 and node.this.args.get("quoted"):
                quoted = parts[0].replace("'", "''")
                error.hint = f"Text goes in single quotes: '{quoted}'."
            raise

    def literal(self, node: exp.Expression) -> Term:
        """A text in quotes, or a number."""
        if node.is_string:
            return Term(op="literal", type="text", value=str(node.this), total=True)
        text = str(node.this)
        if "." in text:
            return Term(op="literal", type="decimal", value=Decimal(text), total=True)
        return Term(op="literal", type="integer", value=int(text), total=True)

    def null(self, node: exp.Expression) -> Term:
        """NULL takes the type of its neighbours."""
        del node
        return Term(op="literal", type="unknown")

    def boolean(self, node: exp.Expression) -> Term:
        """TRUE and FALSE."""
        return Term(op="literal", type="boolean", value=bool(node.this), total=True)

    def logic(self, node: exp.Expression) -> Term:
        """AND and OR: chains become one flat term."""
        op = "and" if isinstance(node, exp.And) else "or"
        parts = [self.condition(cast("exp.Expression", part)) for part in node.flatten(unnest=False)]
        return Term(op=op, type="boolean", args=tuple(parts), total=True)

    def negation(self, node: exp.Expression) -> Term:
        """NOT of a condition; over null it is true."""
        return Term(op="not", type="boolean", args=(self.condition(node.this),), total=True)

    def comparison(self, node: exp.Expression) -> Term:
        """Two values of one family; `=` and `<>` also compare NULL."""
        first, second = pair_up(self.check(node.this), self.check(node.expression))
        op = COMPARES[type(node)]
        if op not in {"=", "<>"} and first.type == "boolean":
            raise ExprError(
                "type-mismatch", "Booleans cannot be compared by size.", hint="Compare them with `=` or `<>`."
            )
        return Term(op=op, type="boolean", args=(first, second), total=True)

    def is_null(self, node: exp.Expression) -> Term:
        """IS NULL; nothing else is looked at with IS."""
        if not isinstance(node.expression, exp.Null):
            raise ExprError(
                "not-allowed",
                "`IS` can only be followed by NULL or NOT NULL.",
                hint="Write `Field = true` or `NOT Field`.",
            )
        return Term(op="is-null", type="boolean", args=(self.check(node.this),), total=True)

    def between(self, node: exp.Expression) -> Term:
        """BETWEEN, both ends included."""
        value, low, high = (self.check(node.args[part]) for part in ("this", "low", "high"))
        low = pair_up(value, low)[1]
        value, high = pair_up(value, high)
        if value.type == "boolean":
            raise ExprError("type-mismatch", "Booleans cannot be compared by size.")
        return _maybe_not(node, Term(op="between", type="boolean", args=(value, low, high), total=True))

    def like(self, node: exp.Expression) -> Term:
        """LIKE with a pattern in quotes."""
        value, pattern = self.check(node.this), self.check(node.expression)
        if FAMILY[value.type] != "text":
            raise ExprError("type-mismatch", f"`LIKE` compares texts; this is {said(value.type)}.")
        if not pattern.flexible or not isinstance(pattern.value, str):
            raise ExprError(
                "not-allowed", "The pattern of `LIKE` is a text in quotes.", hint="Use `contains(a, b)`."
            )
        return _maybe_not(node, Term(op="like", type="boolean", args=(value, pattern), total=True))

    def within(self, node: exp.Expression) -> Term:
        """IN a list of values."""
        value = self.check(node.this)
        listed = self._all(node.expressions)
        if not listed:
            raise ExprError(
                "syntax", "`IN` needs a list in brackets.", hint="Write `Status IN ('open', 'won')`."
            )
        for item in listed:
            if item.flexible and item.value is None:
                raise wrong(
                    item,
                    "NULL cannot be an element of the list.",
                    code="not-allowed",
                    hint="Write `… OR Field IS NULL`.",
                )
        fitted = [pair_up(value, item) for item in listed]
        return Term(op="in", type="boolean", args=(fitted[0][0], *(item for _, item in fitted)), total=True)

    def case(self, node: exp.Expression) -> Term:
        """CASE: conditions and values in turn, the ELSE last; all values agree in type."""
        operand = self.check(node.this) if node.args.get("this") else None
        branches: list[exp.Expression] = node.args["ifs"]
        conditions = [
            self.condition(branch.this) if operand is None else self._when(operand, branch.this)
            for branch in branches
        ]
        default = node.args.get("default")
        last = self.check(default) if default is not None else Term(op="literal", type="unknown")
        type_, values = fit_all([*(self.check(branch.args["true"]) for branch in branches), last])
        turns = [part for turn in zip(conditions, values, strict=False) for part in turn]
        total = all(value.total for value in values)
        return Term(op="case", type=type_, args=(*turns, values[-1]), total=total)

    def _when(self, operand: Term, node: exp.Expression) -> Term:
        """`CASE x WHEN y` is `CASE WHEN x = y`."""
        value = self.check(node)
        if value.flexible and value.value is None:
            raise ExprError(
                "not-allowed", "`WHEN NULL` asks nothing.", hint="Write `CASE WHEN Field IS NULL THEN …`."
            )
        args = pair_up(operand, value)
        offset, length = value.offset, value.length
        return self._placed(Term(op="=", type="boolean", args=args, total=True), offset, length)

    def computation(self, node: exp.Expression) -> Term:
        """+ - * / % of numbers, and days added to a date."""
        op = COMPUTES[type(node)]
        return arguments.compute(op, self.check(node.this), self.check(node.expression))

    def minus(self, node: exp.Expression) -> Term:
        """A number with its sign turned; of a literal it is a literal."""
        term = self.check(node.this)
        if FAMILY[term.type] != "numeric":
            raise ExprError("type-mismatch", f"`-` negates numbers; this is {said(term.type)}.")
        if term.flexible and isinstance(term.value, int | Decimal):
            return Term(op="literal", type=term.type, value=-term.value, total=True)
        return Term(op="minus", type=term.type, args=(term,))

    def cast(self, node: exp.Expression) -> Term:
        """CAST(x AS type): NULL where x cannot be read as one."""
        target = arguments.cast_target(node.args["to"].sql(dialect="duckdb"))
        return arguments.cast(self.check(node.this), target)

    def function(self, node: exp.Expression) -> Term:
        """A function of the language, or one that the engine answers."""
        name = str(node.this).lower()
        args = self._all(node.expressions)
        try:
            return arguments.apply(FUNCTIONS[name], args) if name in FUNCTIONS else self._call(name, args)
        except ExprError as error:
            raise error.at(span(node)[0], len(name)) from error.__cause__

    def _call(self, name: str, args: list[Term]) -> Term:
        call = self._scope.function(name, tuple(argument_of(name, arg) for arg in args))
        if call is None:
            hint = (
                did_you_mean(name, [*FUNCTIONS, *CALLS]) or "docs/language.md lists the functions there are."
            )
            raise ExprError("unknown-function", f"There is no function `{name}`.", hint=hint)
        looked_at = tuple(arg for arg in args if arg.op == "name")
        return Term(op="call", type=call.type, call=call, args=looked_at, total=call.name != "origin")


_CHECKS: dict[type, Callable[[Checker, exp.Expression], Term]] = {
    **dict.fromkeys(COMPARES, Checker.comparison),
    **dict.fromkeys(COMPUTES, Checker.computation),
    exp.And: Checker.logic,
    exp.Or: Checker.logic,
    exp.Is: Checker.is_null,
    exp.Like: Checker.like,
    exp.In: Checker.within,
    exp.Between: Checker.between,
    exp.Not: Checker.negation,
    exp.Neg: Checker.minus,
    exp.Paren: Checker.paren,
    exp.Null: Checker.null,
    exp.Boolean: Checker.boolean,
    exp.Literal: Checker.literal,
    exp.Column: Checker.name,
    exp.Dot: Checker.name,
    exp.Case: Checker.case,
    exp.Cast: Checker.cast,
    exp.Anonymous: Checker.function,
}


def _copies(term: Term) -> int:
    """What DuckDB is given twice: NULLIF is a macro, and reading a text looks at it several times."""
    if term.op == "nullif":
        return term.args[0].weight
    if term.op in {"/", "%"}:
        return term.args[1].weight
    if term.op in {"cast", "concat"}:
        return sum(arg.weight * (_LOOKS if FAMILY[arg.type] == "text" else 1) for arg in term.args)
    return 0


_LOOKS = 8  #: times that reading a text as something else names it


def _maybe_not(node: exp.Expression, term: Term) -> Term:
    """Some versions of the parser keep the NOT of `NOT LIKE` inside the node."""
    return Term(op="not", type="boolean", args=(term,), total=True) if node.args.get("negate") else term
