"""The fence around Jinja2: the parts of a template that may stand, in an environment that can do no more."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from jinja2 import StrictUndefined, TemplateSyntaxError, nodes, pass_context
from jinja2.runtime import LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment

from engine.expr.error import ExprError, did_you_mean

if TYPE_CHECKING:
    from jinja2 import Template
    from jinja2.runtime import Context

    from engine.expr.scope import Name, Scope

MAX_LENGTH = 16_384  #: characters of a template
MAX_NODES = 1_000  #: parts of a template
MAX_DEPTH = 30  #: parts inside each other
MAX_BRACKETS = 15  #: brackets inside each other
MAX_TURNS = 10_000  #: turns of all loops in one rendering
MAX_TEXT = 65_536  #: characters that one filter may give

_FILTERS = [
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
_TESTS = [
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
_ALLOWED = (
    *(nodes.Output, nodes.TemplateData, nodes.Template, nodes.For, nodes.If),
    *(nodes.Name, nodes.Const, nodes.List, nodes.Tuple, nodes.Getattr, nodes.Getitem, nodes.Slice),
    *(nodes.Filter, nodes.Test, nodes.CondExpr, nodes.Compare, nodes.Operand, nodes.Concat, nodes.Keyword),
    *(nodes.And, nodes.Or, nodes.Not, nodes.Neg, nodes.Pos),
    *(nodes.Add, nodes.Sub, nodes.Mul, nodes.Div, nodes.FloorDiv, nodes.Mod),
)


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
            raise ExprError("failed", f"`{operator}` computes with numbers.")
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
            raise ExprError("failed", f"The loops of the template turn more than {MAX_TURNS} times.")
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
    made.filters = {name: made.filters[name] for name in _FILTERS}
    made.filters |= {"replace": _replace, "join": _join, "string": _shown, "_turns": _turns}
    made.tests = {name: made.tests[name] for name in _TESTS}
    return made


def compile_tree(tree: nodes.Template) -> Template:
    """A checked tree, ready to render. Raises ExprError if Python refuses what Jinja2 made of it."""
    try:
        return environment().from_string(tree)
    except ExprError:
        raise
    except (RecursionError, SyntaxError, MemoryError, ValueError, TypeError, ArithmeticError) as error:
        raise ExprError("syntax", "The template cannot be compiled.", hint="Write it simpler.") from error


def parse(text: str, scope: Scope) -> tuple[nodes.Template, dict[str, Name]]:
    """The tree of a template, and what its variables stand for. Raises ExprError."""
    _check_bounds(text)
    try:
        tree = environment().parse(text)
    except TemplateSyntaxError as error:
        place = _line(text, error.lineno)
        message = f"The template cannot be read: {str(error.message).rstrip('.')}."
        raise ExprError("syntax", message, offset=place[0], length=place[1]) from error
    except (RecursionError, ValueError, MemoryError) as error:
        raise ExprError("syntax", "The template cannot be read.", hint="Write it simpler.") from error
    _check_tree(text, tree)
    names = _Names(text, scope)
    names.visit(tree, frozenset())
    return tree, names.found


def _check_bounds(text: str) -> None:
    if len(text) > MAX_LENGTH:
        raise ExprError("too-long", f"The template is {len(text)} characters long; at most {MAX_LENGTH}.")
    depth = 0
    for block in re.finditer(r"\{[{%].*?[}%]\}", text, re.DOTALL):
        depth = 0
        for at, char in enumerate(block[0][2:-2]):
            depth += (char in "([{") - (char in ")]}")
            if depth > MAX_BRACKETS:
                offset = block.start() + 2 + at
                raise ExprError("too-deep", f"More than {MAX_BRACKETS} brackets.", offset=offset, length=1)


def _check_tree(text: str, tree: nodes.Template) -> None:
    """Only parts of our list, not too many, not too deep; walked without recursion."""
    level: list[nodes.Node] = [tree]
    seen = depth = 0
    while level:
        depth += 1
        seen += len(level)
        if depth > MAX_DEPTH or seen > MAX_NODES:
            raise ExprError("too-deep", "The template has too many parts.", hint="Write it simpler.")
        for node in level:
            _check_node(text, node)
        level = [child for node in level for child in node.iter_child_nodes()]


def _check_node(text: str, node: nodes.Node) -> None:
    offset, length = _line(text, node.lineno)
    word = type(node).__name__
    hint = "Use a filter: `{{ name|upper }}`." if isinstance(node, nodes.Call) else None
    if not isinstance(node, _ALLOWED) or (isinstance(node, nodes.For) and node.recursive):
        message = f"`{word}` does not belong to templates here."
        raise ExprError("not-allowed", message, offset=offset, length=length, hint=hint)
    if isinstance(node, nodes.Filter | nodes.Test):
        _check_name(text, node, _FILTERS if isinstance(node, nodes.Filter) else _TESTS)
    if isinstance(node, nodes.Getattr | nodes.Getitem):
        _check_part(text, node)


def _check_part(text: str, node: nodes.Getattr | nodes.Getitem) -> None:
    """What begins with two underscores is the inside of Python, never a field: no template has business there."""
    part = node.attr if isinstance(node, nodes.Getattr) else getattr(node.arg, "value", "")
    if isinstance(part, str) and part.startswith("__"):
        offset, length = _find(text, node.lineno, part)
        raise ExprError(
            "not-allowed", f"`{part}` does not belong to templates here.", offset=offset, length=length
        )


def _check_name(text: str, node: nodes.Filter | nodes.Test, known: list[str]) -> None:
    if node.name not in known:
        offset, length = _find(text, node.lineno, node.name)
        message = f"There is no {type(node).__name__.lower()} `{node.name}`."
        hint = did_you_mean(node.name, known)
        raise ExprError("unknown-function", message, offset=offset, length=length, hint=hint)


class _Names:
    """Replaces each field name of a tree by a variable, and counts the turns of loops."""

    def __init__(self, text: str, scope: Scope) -> None:
        self._text = text
        self._scope = scope
        self.found: dict[str, Name] = {}

    def visit(self, node: nodes.Node, local: frozenset[str]) -> None:
        """Walks the tree; `local` are the variables of the loops around."""
        if isinstance(node, nodes.For):
            self._visit_loop(node, local)
            return
        for name, value in list(node.iter_fields()):
            if isinstance(value, list):
                value[:] = [self._replaced(item, local) for item in value]
            elif isinstance(value, nodes.Node):
                setattr(node, name, self._replaced(value, local))

    def _visit_loop(self, loop: nodes.For, local: frozenset[str]) -> None:
        over = self._replaced(loop.iter, local)
        loop.iter = nodes.Filter(over, "_turns", [], [], None, None, lineno=loop.lineno)
        inside = local | {name.name for name in loop.target.find_all(nodes.Name)} | {"loop"}
        if isinstance(loop.target, nodes.Name):
            inside |= {loop.target.name}
        loop.body = [self._replaced(item, inside) for item in loop.body]
        loop.else_ = [self._replaced(item, local) for item in loop.else_]
        if loop.test is not None:
            loop.test = self._replaced(loop.test, inside)

    def _replaced(self, node: Any, local: frozenset[str]) -> Any:
        if not isinstance(node, nodes.Node):
            return node
        path = _path(node)
        if path is not None and path[0] not in local:
            return self._variable(node, path)
        self.visit(node, local)
        return node

    def _variable(self, node: nodes.Node, path: tuple[str, ...]) -> nodes.Node:
        """The longest start of a path that is a field becomes a variable; the rest looks into its value."""
        name, rest = self._resolve(node, path)
        variable = next(
            (known for known, other in self.found.items() if other == name), f"v{len(self.found)}"
        )
        self.found[variable] = name
        made: nodes.Expr = nodes.Name(variable, "load", lineno=node.lineno)
        for step in rest:
            made = nodes.Getattr(made, step, "load", lineno=node.lineno)
        return made

    def _resolve(self, node: nodes.Node, path: tuple[str, ...]) -> tuple[Name, tuple[str, ...]]:
        try:
            return self._scope.resolve(path), ()
        except ExprError as error:
            for cut in range(len(path) - 1, 0, -1):
                name = self._known(path[:cut])
                if name is not None and name.type in {"list", "object", "unknown"}:
                    return name, path[cut:]
            raise error.at(*_find(self._text, node.lineno, ".".join(path))) from None

    def _known(self, path: tuple[str, ...]) -> Name | None:
        try:
            return self._scope.resolve(path)
        except ExprError:
            return None


def _path(node: nodes.Node) -> tuple[str, ...] | None:
    """The words of `a.b.c`; None if the node is something else."""
    words: list[str] = []
    while isinstance(node, nodes.Getattr):
        words.append(node.attr)
        node = node.node
    return (node.name, *reversed(words)) if isinstance(node, nodes.Name) else None


def _line(text: str, number: int | None) -> tuple[int, int]:
    """Offset and length of a line; Jinja2 knows no columns."""
    lines = text.splitlines(keepends=True)
    at = min(max(number or 1, 1), len(lines)) - 1
    return (sum(map(len, lines[:at])), len(lines[at].rstrip("\r\n"))) if lines else (0, 0)


def _find(text: str, number: int | None, words: str) -> tuple[int, int]:
    """Offset and length of a word in a line; of the whole line if it is spelled otherwise."""
    offset, length = _line(text, number)
    found = re.search(rf"(?<![\w.]){re.escape(words)}(?!\w)", text[offset : offset + length])
    return (offset + found.start(), len(words)) if found else (offset, length)
