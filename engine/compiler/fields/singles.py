"""Singles: what names mean outside the modules, and how fields of one-record streams are read."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from engine.catalog import Field
from engine.compiler.fields.terms import column
from engine.expr.canonical import read
from engine.expr.scope import ManyScope
from engine.spec.diagnostic import Span, Text
from engine.spec.model import StreamRef

if TYPE_CHECKING:
    from engine.compiler.draft.draft import Draft
    from engine.expr.sql import Expr


def single_scope(draft: Draft) -> ManyScope:
    """Names as requirements see them: `crm.org.currency`."""
    scopes = {}
    for system, catalog in draft.catalogs.items():
        for name, stream in catalog.streams.items():
            if stream.singleton:
                scope = draft.scope(_ref(system, name, NOWHERE), stream)
                scopes[f"{system}.{name}"] = replace(scope, prefix=f"{system}.{name}.")
    return ManyScope(scopes=scopes, options=draft.options)


NOWHERE = Span(file="", line=1, column=1, end_line=1, end_column=1)


def _ref(system: str, stream: str, span: Span) -> StreamRef:
    return StreamRef(system=system, stream=stream, text=Text(value=f"{system}.{stream}", span=span))


def told_by(draft: Draft, expr: Expr) -> tuple[tuple[tuple[str, str, str], ...], tuple[str, ...]]:
    """(the fields of one-record streams that an expression looks at, how each becomes canonical)."""
    scope = single_scope(draft)
    reads, canonical = [], []
    for name in expr.reads:
        start = next(one for one in sorted(scope.scopes, key=len, reverse=True) if name.startswith(one + "."))
        system, _, stream = start.partition(".")
        field = name[len(start) + 1 :]
        known = draft.catalogs[system].streams[stream]
        reads.append((system, stream, field))
        one = known.fields.get(field, Field(name=field, type="unknown"))
        value = read(column(name), one, empty_is_null=known.empty_is_null)
        canonical.append(value.as_(name, quoted=True).sql(dialect="duckdb"))
    return tuple(reads), tuple(canonical)
