"""Jinja2 behind a fence: a template's tree, checked, with its field names replaced by variables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jinja2 import TemplateSyntaxError, nodes

from engine.expr.error import ExprError
from engine.expr.jinja_bounds import check_text, check_tree, find_word, line_at
from engine.expr.jinja_environment import environment

if TYPE_CHECKING:
    from jinja2 import Template

    from engine.expr.scope import Name, Scope


def parse(text: str, scope: Scope) -> tuple[nodes.Template, dict[str, Name]]:
    """The tree of a template, and what its variables stand for. Raises ExprError."""
    check_text(text)
    try:
        tree = environment().parse(text)
    except TemplateSyntaxError as error:
        place = line_at(text, error.lineno)
        message, hint = "The template cannot be read in this line.", "Check its tags, quotes and brackets."
        raise ExprError("syntax", message, offset=place[0], length=place[1], hint=hint) from error
    check_tree(text, tree)
    names = _Names(text, scope)
    names.visit(tree, frozenset())
    return tree, names.found


def compile_tree(tree: nodes.Template) -> Template:
    """A checked tree, ready to render. Raises ExprError if Python refuses what Jinja2 made of it."""
    try:
        return environment().from_string(tree)
    except ExprError:
        raise
    except (RecursionError, SyntaxError, MemoryError, ValueError, TypeError, ArithmeticError) as error:
        raise ExprError("syntax", "The template cannot be compiled.", hint="Write it simpler.") from error


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
            raise error.at(*find_word(self._text, node.lineno, ".".join(path))) from None

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
