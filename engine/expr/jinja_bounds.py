"""What may stand in a template: its words looked at before it is parsed, its parts before it is compiled."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from jinja2 import TemplateSyntaxError, nodes

from engine.expr.error import ExprError
from engine.expr.jinja_environment import FILTERS, TESTS, environment
from engine.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_LENGTH = 16_384  #: characters of a template
MAX_NODES = 1_000  #: parts of a template
MAX_DEPTH = 30  #: parts inside each other
MAX_BRACKETS = 15  #: brackets inside each other
MAX_CHAIN = 100  #: signs, NOTs and IFs of one value, brackets inside it included
MAX_LOOPS = 15  #: loops inside each other
MAX_NUMBER = 40  #: characters of a number

_ALLOWED = (
    *(nodes.Output, nodes.TemplateData, nodes.Template, nodes.For, nodes.If),
    *(nodes.Name, nodes.Const, nodes.List, nodes.Tuple, nodes.Getattr, nodes.Getitem, nodes.Slice),
    *(nodes.Filter, nodes.Test, nodes.CondExpr, nodes.Compare, nodes.Operand, nodes.Concat, nodes.Keyword),
    *(nodes.And, nodes.Or, nodes.Not, nodes.Neg, nodes.Pos),
    *(nodes.Add, nodes.Sub, nodes.Mul, nodes.Div, nodes.FloorDiv, nodes.Mod),
)


_TAGS = frozenset({"for", "if", "elif", "else", "endfor", "endif", "raw", "endraw"})
_DEEPER = frozenset({"+", "-", "not", "if"})


@dataclass(frozen=True, slots=True)
class _Token:
    """One word of a template outside of what is copied as it is."""

    kind: str  #: the lexer's word for it
    text: str
    offset: int


def check_text(text: str) -> None:
    """Refuse what is too long or too deep to be parsed, and tags that have no place here. Raises ExprError."""
    if len(text) > MAX_LENGTH:
        raise ExprError("too-long", f"The template is {len(text)} characters long; at most {MAX_LENGTH}.")
    tokens = list(_tokens(text))
    _check_tags(tokens)
    _check_values(tokens)


def _tokens(text: str) -> Iterator[_Token]:
    """The tokens up to the first that cannot be read, which the parser will meet too."""
    offset = 0
    try:
        for _, kind, word in environment().lex(text):
            offset = max(text.find(word, offset), offset)
            if kind not in {"data", "whitespace", "comment", "string"}:
                yield _Token(kind, word, offset)
            offset += len(word)
    except TemplateSyntaxError:
        return


def _check_tags(tokens: list[_Token]) -> None:
    opened: list[str] = []
    for begin, tag in pairwise(tokens):
        if begin.kind != "block_begin" or tag.kind != "name":
            continue
        if tag.text not in _TAGS:
            message = f"`{{% {tag.text} %}}` is not allowed in a template."
            hint = did_you_mean(tag.text, _TAGS)
            raise ExprError("not-allowed", message, offset=tag.offset, length=len(tag.text), hint=hint)
        if tag.text in {"for", "if"}:
            opened.append(tag.text)
        elif tag.text in {"endfor", "endif"}:
            opened = opened[:-1]
        if len(opened) > MAX_DEPTH or opened.count("for") > MAX_LOOPS:
            message = f"At most {MAX_DEPTH} blocks, {MAX_LOOPS} of them loops, can be nested."
            raise _too_deep(message, tag)


def _check_values(tokens: list[_Token]) -> None:
    levels = [0]  # what goes deeper in one value: outside of brackets, inside the first …
    for token in tokens:
        if token.kind.endswith("_begin"):
            levels = [0]
        elif token.text in "([{":
            levels.append(levels[-1])
        elif token.text in ")]}":
            levels = levels[:-1] or [0]
        elif token.text == ",":
            levels[-1] = levels[-2] if len(levels) > 1 else 0
        levels[-1] += token.text in _DEEPER
        if len(levels) - 1 > MAX_BRACKETS:
            raise _too_deep(f"More than {MAX_BRACKETS} brackets.", token)
        if levels[-1] > MAX_CHAIN:
            raise _too_deep("The template has too many parts.", token)
        if token.kind in {"integer", "float"} and len(token.text) > MAX_NUMBER:
            message = f"A number has {len(token.text)} characters; at most {MAX_NUMBER}."
            raise ExprError("too-long", message, offset=token.offset, length=len(token.text))


def _too_deep(message: str, token: _Token) -> ExprError:
    return ExprError("too-deep", message, offset=token.offset, length=1, hint="Write it simpler.")


def check_tree(text: str, tree: nodes.Template) -> None:
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


#: Parts that are refused, as an author writes them.
_WRITTEN: dict[type, str] = {nodes.Pow: "**", nodes.Dict: "{…}", nodes.Call: "(…)", nodes.For: "recursive"}


def _check_node(text: str, node: nodes.Node) -> None:
    offset, length = line_at(text, node.lineno)
    word = _WRITTEN.get(type(node), type(node).__name__.lower())
    hint = "Use a filter: `{{ name|upper }}`." if isinstance(node, nodes.Call) else None
    if not isinstance(node, _ALLOWED) or (isinstance(node, nodes.For) and node.recursive):
        message = f"`{word}` is not allowed in a template."
        raise ExprError("not-allowed", message, offset=offset, length=length, hint=hint)
    if isinstance(node, nodes.Filter | nodes.Test):
        _check_name(text, node, FILTERS if isinstance(node, nodes.Filter) else TESTS)
    if isinstance(node, nodes.Getattr | nodes.Getitem):
        _check_part(text, node)


def _check_part(text: str, node: nodes.Getattr | nodes.Getitem) -> None:
    """What begins with two underscores is the inside of Python, never a field: no template has business there."""
    part = node.attr if isinstance(node, nodes.Getattr) else getattr(node.arg, "value", "")
    if isinstance(part, str) and part.startswith("__"):
        offset, length = find_word(text, node.lineno, part)
        raise ExprError(
            "not-allowed", f"`{part}` is not allowed in a template.", offset=offset, length=length
        )


def _check_name(text: str, node: nodes.Filter | nodes.Test, known: list[str]) -> None:
    if node.name not in known:
        offset, length = find_word(text, node.lineno, node.name)
        message = f"There is no {type(node).__name__.lower()} `{node.name}`."
        hint = did_you_mean(node.name, known)
        raise ExprError("unknown-function", message, offset=offset, length=length, hint=hint)


def line_at(text: str, number: int | None) -> tuple[int, int]:
    """Offset and length of a line; Jinja2 knows no columns."""
    lines = text.splitlines(keepends=True)
    at = min(max(number or 1, 1), len(lines)) - 1
    return (sum(map(len, lines[:at])), len(lines[at].rstrip("\r\n"))) if lines else (0, 0)


def find_word(text: str, number: int | None, words: str) -> tuple[int, int]:
    """Offset and length of a word in a line; of the whole line if it is spelled otherwise."""
    offset, length = line_at(text, number)
    found = re.search(rf"(?<![\w.]){re.escape(words)}(?!\w)", text[offset : offset + length])
    return (offset + found.start(), len(words)) if found else (offset, length)
