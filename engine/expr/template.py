"""`text:` templates: Jinja2 for what a person reads, fenced in.

A template sees plain values and nothing else: no calls, no attributes of Python, no globals. Field names are
replaced by variables before compiling. It is bounded before it is compiled, because Jinja2 computes constants
while compiling; rendering never raises: it gives the text or an error.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from engine.expr.error import ExprError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from jinja2 import Template as JinjaTemplate

    from engine.expr.scope import Scope
    from engine.record import Value

MAX_OUTPUT = 65_536  #: characters of a rendered text


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A checked template."""

    text: str  #: as written
    reads: tuple[str, ...]  #: columns that it looks at, sorted
    options: tuple[str, ...] = ()  #: options that it looks at, sorted
    variables: Mapping[str, str] = field(
        default_factory=dict
    )  #: column -> its name inside the compiled template
    constants: Mapping[str, Any] = field(default_factory=dict)  #: values of options, by their name inside
    compiled: JinjaTemplate = field(repr=False)

    def render(self, values: Mapping[str, Value]) -> str | ExprError:
        """The text for one record, given by the columns that `reads` names; never raises.

        What is null or not given renders as nothing. A rendering that fails or grows too long is an error.
        """
        inside = {name: values.get(column) for column, name in self.variables.items()}
        try:
            return _joined(self.compiled.generate({**self.constants, **inside, "_turns": [0]}))
        except ExprError as error:
            return error
        except RecursionError:
            return ExprError("failed", "The template nests too deeply for this record.")
        except Exception as error:  # noqa: BLE001  # whatever a stranger's template does must only hold its record
            reason = str(error).partition("\n")[0][:200]
            return ExprError("failed", f"The template failed on this record: {reason}.")


def compile_template(text: str, scope: Scope) -> Template:
    """A template whose names are all known. Raises ExprError."""
    from engine.expr import jinja  # Jinja2 is loaded when the first template comes

    tree, found = jinja.parse(text, scope)
    fields = {name.sql: variable for variable, name in found.items() if name.option is None}
    chosen = {variable: name.option.value for variable, name in found.items() if name.option is not None}
    return Template(
        text=text,
        reads=tuple(sorted(fields)),
        options=tuple(sorted({name.sql for name in found.values() if name.option is not None})),
        variables=fields,
        constants=chosen,
        compiled=jinja.compile_tree(tree),
    )


def _joined(pieces: Iterable[str]) -> str:
    kept: list[str] = []
    length = 0
    for piece in pieces:
        length += len(piece)
        if length > MAX_OUTPUT:
            raise ExprError("failed", f"The text grew longer than {MAX_OUTPUT} characters.")
        kept.append(piece)
    return "".join(kept)
