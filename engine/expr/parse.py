"""Text to a sqlglot tree: a parser that knows no function, so that every call keeps its name and place."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.errors import ParseError, TokenError

from engine.expr.bounds import OPERATORS, check_text, check_tokens
from engine.expr.error import ExprError
from engine.expr.nesting import KEYWORDS
from engine.expr.term import FLATTER, TOO_HIGH

if TYPE_CHECKING:
    from sqlglot.tokens import Token  # type: ignore[attr-defined]  # re-exported there in every version

MAX_TREE = 120  #: levels of a parsed tree; more than any that is accepted once its types are known

Primary = Callable[["_Parser", "Token"], Any]


def _placed(primary: Primary) -> Primary:
    """The parser of a literal, noting where the literal stands; not every version of sqlglot does."""

    def place(parser: _Parser, token: Token) -> Any:
        node = primary(parser, token)
        if isinstance(node, exp.Expression) and node.meta.get("start") is None:
            node.update_positions(token)
        return node

    return place


class _Parser(DuckDB.Parser):  # type: ignore[misc,valid-type]  # sqlglot sets it by a metaclass
    """DuckDB's grammar of expressions without its functions: our own table says which exist."""

    FUNCTIONS: dict[str, Any] = {}  # noqa: RUF012  # the class attribute is sqlglot's
    NO_PAREN_FUNCTIONS: dict[Any, Any] = {}  # noqa: RUF012  # the class attribute is sqlglot's
    NO_PAREN_FUNCTION_PARSERS = {"CASE": DuckDB.Parser.NO_PAREN_FUNCTION_PARSERS["CASE"]}  # noqa: RUF012  # sqlglot's
    FUNCTION_PARSERS = {"CAST": DuckDB.Parser.FUNCTION_PARSERS["CAST"]}  # noqa: RUF012  # sqlglot's
    PRIMARY_PARSERS = {kind: _placed(primary) for kind, primary in DuckDB.Parser.PRIMARY_PARSERS.items()}  # noqa: RUF012  # sqlglot's


def parse(text: str) -> exp.Expression:
    """The tree of one expression; leaves carry `start` and `end` in their meta. Raises ExprError."""
    check_text(text)
    tokens = _tokenize(text)
    check_tokens(text, tokens)
    try:
        trees = _Parser(dialect=_dialect()).parse(tokens, text)
    except ParseError as error:
        raise _syntax(text, tokens, error) from error
    if len(trees) != 1 or not isinstance(trees[0], exp.Expression):
        raise ExprError("syntax", "The expression is not complete.")
    _check_height(text, trees[0])
    return trees[0]


def _check_height(text: str, tree: exp.Expression) -> None:
    """Refuse a chain of operators that would be too high to walk; chains of AND or OR count as one level."""
    level, height = [tree], 0
    while level:
        height += 1
        if height > MAX_TREE:
            raise ExprError("too-deep", TOO_HIGH, offset=0, length=len(text), hint=FLATTER)
        level = [child for node in level for child in _below(node)]


def _below(node: exp.Expression) -> list[exp.Expression]:
    chain = type(node) in (exp.And, exp.Or)
    parts = node.flatten(unnest=False) if chain else node.iter_expressions()
    return [part for part in parts if isinstance(part, exp.Expression)]


@lru_cache(maxsize=1)
def _dialect() -> DuckDB:
    return DuckDB()


def _tokenize(text: str) -> list[Token]:
    try:
        return list(_dialect().tokenize(text))
    except TokenError as error:
        offset = _open_quote(text)
        raise ExprError(
            "syntax",
            "A quote is opened and never closed.",
            offset=offset,
            length=len(text) - offset,
            hint="Inside a text, a single quote is written twice: 'it''s'.",
        ) from error


def _open_quote(text: str) -> int:
    """Where the quote stands that is never closed."""
    quote, start = "", 0
    for offset, char in enumerate(text):
        if quote and char == quote:
            quote = ""
        elif not quote and char in "'\"":
            quote, start = char, offset
    return start


def _syntax(text: str, tokens: list[Token], error: ParseError) -> ExprError:
    """What the parser missed; it names a token by line and column, at or just before the trouble."""
    detail = error.errors[0] if error.errors else {}
    place = (detail.get("line"), detail.get("col"))
    token = next((t for t in tokens if (t.line, t.col) == place), tokens[-1])
    source = text[token.start : token.end + 1]
    words = [text[one.start : one.end + 1] for one in tokens]
    if words.count("(") > words.count(")") and (token is tokens[-1] or source in {"(", ","}):
        message, hint = f"A bracket is not closed after `{source}`.", "Add a `)`, or an operator."
    elif source == ")" or (source[0] not in "'0123456789" and source.upper() not in KEYWORDS | OPERATORS):
        message = f"The expression cannot be read near `{source}`."
        hint = "A field whose name is a word of SQL goes in double quotes."
    else:
        message, hint = f"Something is missing beside `{source}`.", "An operator needs a value on both sides."
    return ExprError("syntax", message, offset=token.start, length=token.end - token.start + 1, hint=hint)


def span(node: exp.Expression) -> tuple[int, int]:
    """Offset and length of a part of the tree in its text; (0, 0) if none of its leaves knows its place."""
    marks = [leaf.meta for leaf in node.walk() if leaf.meta.get("start") is not None]
    if not marks:
        return (0, 0)
    start = min(int(mark["start"]) for mark in marks)
    return (start, max(int(mark["end"]) for mark in marks) + 1 - start)
