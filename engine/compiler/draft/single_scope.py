"""Rules: what names mean outside the modules: those of one-record streams."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from engine.expr.scope import ManyScope
from engine.spec.diagnostic import Span, Text
from engine.spec.model import StreamRef

if TYPE_CHECKING:
    from engine.compiler.draft.draft import Draft


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
