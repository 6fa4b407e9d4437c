"""`path:` expressions: JMESPath into one record, bounded before parsing; evaluation never raises."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from engine.expr.bounds import check_text
from engine.expr.error import ExprError
from engine.suggest import did_you_mean

if TYPE_CHECKING:
    from engine.record import Value

MAX_DEPTH = 30  #: parts of a path inside each other
_TOO_DEEP = "The path has too many parts inside each other."


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """A checked path."""

    text: str  #: as written
    #: Fields of the record that the path starts from, sorted; empty = it looks at the whole record.
    roots: tuple[str, ...]
    compiled: Any = field(repr=False)  #: a parsed JMESPath expression

    def search(self, record: Mapping[str, Value]) -> Value | ExprError:
        """What the path finds in a record, None if nothing; never raises: an error is returned."""
        from jmespath.exceptions import JMESPathError  # loaded when the first path comes

        try:
            found = self.compiled.search(_loosened(record))
        except JMESPathError as error:
            reason = str(error).partition("\n")[0][:200]
            return ExprError("failed", f"The path failed on this record: {reason}.")
        except (RecursionError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
            return ExprError("failed", f"The path failed on this record: {type(error).__name__}.")
        exact: Value = _exact(found)
        return exact


class _Number(float):
    """A decimal that JMESPath takes for one of its numbers, and that is found again unchanged."""

    exact: Decimal


# JMESPath's functions look at the name of a value's type, and know `float`.
_Number.__name__ = "float"


def _loosened(value: Any) -> Any:
    """The value with decimals as floating-point numbers that remember them."""
    if isinstance(value, Decimal):
        number = _Number(value)
        number.exact = value
        return number
    if isinstance(value, Mapping):
        return {key: _loosened(item) for key, item in value.items()}
    return [_loosened(item) for item in value] if isinstance(value, list) else value


def _exact(value: Any) -> Any:
    """The value with the decimals again; a number that a function computed becomes one too."""
    if isinstance(value, float):
        return value.exact if isinstance(value, _Number) else Decimal(str(value))
    if isinstance(value, dict):
        return {key: _exact(item) for key, item in value.items()}
    return [_exact(item) for item in value] if isinstance(value, list) else value


def compile_path(text: str) -> Path:
    """A path that JMESPath can read. Raises ExprError."""
    import jmespath  # loaded when the first path comes
    from jmespath.exceptions import JMESPathError, ParseError  # see above

    check_text(text)
    _check_nesting(text)
    try:
        compiled = jmespath.compile(text)
    except ParseError as error:
        place = min(int(error.lex_position), len(text))
        message = f"The path cannot be read at `{text[place : place + 20] or 'its end'}`."
        raise ExprError(
            "syntax", message, offset=place, length=max(len(str(error.token_value or "")), 1)
        ) from error
    except JMESPathError as error:
        raise ExprError("syntax", "The path cannot be read.") from error
    _check_depth(compiled.parsed)
    _check_functions(text, compiled.parsed)
    return Path(text=text, roots=_roots(compiled.parsed), compiled=compiled)


#: Texts and literals, which are passed over; what begins anew; what goes deeper; brackets.
_NESTS = re.compile(
    r"""'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|`(?:\\.|[^`\\])*`|(?P<anew>[,|=<>]|&&)|(?P<into>!|(?<!\[)\*)"""
    r"""|(?P<rest>&)|(?P<list>\[(?=[*?\]]|-?\d*:))|(?P<open>[\[({])|(?P<close>[\])}])"""
)


def _check_nesting(text: str) -> None:
    """Refuse what a parser would follow into its own depth: it need not be the first to notice."""
    level = floor = 0  #: `floor`: where what begins anew stands
    opened: list[tuple[int, int]] = []
    for found in _NESTS.finditer(text):
        kind = found.lastgroup
        level += kind in {"into", "rest", "list"}
        if kind in {"list", "open"}:
            opened.append((level, floor))
        elif kind == "close" and opened:
            level, floor = opened.pop()
        if kind in {"list", "open", "rest"}:
            floor = level
        elif kind == "anew":
            level = floor
        if level > MAX_DEPTH:
            raise ExprError("too-deep", _TOO_DEEP, offset=found.start(), length=1, hint="Write it flatter.")


#: Kinds of node whose first child enters the record; the others look into what it found.
_INTO = frozenset(
    {
        "subexpression",
        "index_expression",
        "projection",
        "value_projection",
        "filter_projection",
        "pipe",
        "flatten",
    }
)


def _check_depth(tree: Mapping[str, Any]) -> None:
    level = [tree]
    for _ in range(MAX_DEPTH):
        level = [child for node in level for child in node["children"] if isinstance(child, dict)]
        if not level:
            return
    raise ExprError("too-deep", _TOO_DEEP, hint="Write it flatter.")


def _check_functions(text: str, tree: Mapping[str, Any]) -> None:
    from jmespath.functions import Functions  # loaded when the first path comes

    level = [tree]
    while level:
        node = level.pop()
        level.extend(child for child in node["children"] if isinstance(child, dict))
        name = node.get("value")
        if node["type"] == "function_expression" and name not in Functions.FUNCTION_TABLE:
            hint = did_you_mean(str(name), Functions.FUNCTION_TABLE)
            offset = max(text.find(f"{name}("), 0)
            message = f"There is no function `{name}` in a path."
            raise ExprError("unknown-function", message, offset=offset, length=len(str(name)), hint=hint)


def _roots(tree: Mapping[str, Any]) -> tuple[str, ...]:
    """Where the path enters the record; what stands right of a dot or a bracket looks into what was found."""
    entered, level = set(), [tree]
    whole = False
    while level:
        node = level.pop()
        kind, children = node["type"], [child for child in node["children"] if isinstance(child, dict)]
        if kind == "field":
            entered.add(str(node["value"]))
        elif kind == "current":
            whole = True
        elif kind in _INTO:
            level.append(children[0])
        elif kind != "expref":
            level.extend(children)
    return () if whole else tuple(sorted(entered))
