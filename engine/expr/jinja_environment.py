"""The environment of templates: values are looked into like data, and what is computed stays small."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from jinja2 import StrictUndefined, pass_context
from jinja2.runtime import LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment

from engine.expr.error import ExprError

if TYPE_CHECKING:
    from jinja2.runtime import Context

MAX_TURNS = 10_000  #: turns of all loops in one rendering
MAX_TEXT = 65_536  #: characters that one filter may give

FILTERS = [
    "abs",
    "capitalize",
    "count",
    "default",
    "d",
    "first",
    "float",
    "int",
    "join",
    "last",
    "length",
    "list",
    "lower",
    "map",
    "rejectattr",
    "replace",
    "reverse",
    "round",
    "selectattr",
    "sort",
    "string",
    "sum",
    "title",
    "trim",
    "truncate",
    "unique",
    "upper",
    "wordcount",
]
TESTS = [
    "boolean",
    "defined",
    "divisibleby",
    "eq",
    "equalto",
    "even",
    "false",
    "float",
    "ge",
    "gt",
    "greaterthan",
    "in",
    "integer",
    "le",
    "lower",
    "lt",
    "lessthan",
    "mapping",
    "ne",
    "none",
    "number",
    "odd",
    "sequence",
    "string",
    "true",
    "undefined",
    "upper",
    "==",
]
_LOOP = frozenset({"index", "index0", "first", "last", "length", "revindex", "revindex0"})


class _Environment(ImmutableSandboxedEnvironment):
    """Values are looked into like data: `a.b` and `a['b']` are keys, never attributes of Python."""

    intercepted_binops = frozenset({"+", "*", "**", "%", "//"})

    def getattr(self, obj: Any, attribute: str) -> Any:
        """A key of an object, or a fact about the loop."""
        if isinstance(obj, LoopContext) and attribute in _LOOP:
            return getattr(obj, attribute)
        return self.getitem(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """A key of an object, or a place in a list or a text."""
        keyed = isinstance(obj, Mapping) and isinstance(argument, str)
        placed = isinstance(obj, list | tuple | str) and isinstance(argument, int | slice)
        try:
            return obj[argument] if keyed or placed else self.undefined(obj=obj, name=argument)
        except LookupError:
            return self.undefined(obj=obj, name=argument)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Numbers only, except that texts and lists may be added; results stay small."""
        del context
        numeric = all(isinstance(value, int | float | Decimal) for value in (left, right))
        if not numeric and operator != "+":
            raise ExprError("failed", f"`{operator}` needs numbers.")
        result = self.binop_table[operator](left, right)
        if isinstance(result, int) and abs(result) > 10**30:
            raise ExprError("failed", "A number grew too large.")
        return _small(result)


def _small(result: Any) -> Any:
    if isinstance(result, str | list | tuple) and len(result) > MAX_TEXT:
        raise ExprError("failed", f"A part grew longer than {MAX_TEXT} characters.")
    return result


def _replace(value: Any, old: str, new: str) -> str:
    """The filter `replace`, refused before a result that is too long is built."""
    words, old, new = _shown(value), str(old), str(new)
    grown = words.count(old) * (len(new) - len(old))
    if not old or len(words) + grown > MAX_TEXT:
        raise ExprError("failed", "`replace` needs a text to look for, and its result must stay short.")
    return words.replace(old, new)


def _join(value: Any, between: str = "", attribute: str | None = None) -> str:
    """The filter `join`, refused before a result that is too long is built."""
    items = [item.get(attribute) if attribute and isinstance(item, Mapping) else item for item in value]
    words = [_shown(item) for item in items]
    if sum(len(word) + len(between) for word in words) > MAX_TEXT:
        raise ExprError("failed", f"`join` grew longer than {MAX_TEXT} characters.")
    return str(between).join(words)


@pass_context
def _turns(context: Context, value: Any) -> Iterator[Any]:
    """What a loop runs over, counted over the whole rendering."""
    counter: list[int] = context["_turns"]
    for item in value or ():
        counter[0] += 1
        if counter[0] > MAX_TURNS:
            raise ExprError("failed", f"The loops of the template run more than {MAX_TURNS} times.")
        yield item


def _shown(value: Any) -> str:
    """How a value looks in a text: null as nothing, a decimal in plain digits, booleans in JSON's words."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        digits = format(value, "f")
        return digits.rstrip("0").rstrip(".") if "." in digits else digits
    return str(value)


@lru_cache(maxsize=1)
def environment() -> _Environment:
    """The one environment: no loader, no globals, the filters and tests of our lists."""
    made = _Environment(undefined=StrictUndefined, finalize=_shown, keep_trailing_newline=False, cache_size=0)
    made.globals.clear()
    made.filters = {name: made.filters[name] for name in FILTERS}
    made.filters |= {"replace": _replace, "join": _join, "string": _shown, "_turns": _turns}
    made.tests = {name: made.tests[name] for name in TESTS}
    return made
