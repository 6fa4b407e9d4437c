"""Rules: associations, checked against the catalogs; and the names of one-record streams."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from engine.compiler.choices import holds
from engine.compiler.later import note_rules
from engine.compiler.module import end_of
from engine.expr.error import ExprError
from engine.expr.scope import ManyScope, Scope
from engine.expr.sql import compile_condition
from engine.spec.diagnostic import Span, Text
from engine.spec.model import Association, StreamRef

if TYPE_CHECKING:
    from engine.compiler.draft import Draft


def check_rules(draft: Draft) -> None:
    """Every name and expression outside the modules; rules that stand are noted as not built."""
    spec = draft.spec
    for association in spec.associations.values():
        _association(draft, association)
    rules = [one for one in spec.associations.values() if holds(draft, one.only_if)]
    note_rules(draft, [("association", one.name, one.span) for one in rules])


def condition(draft: Draft, text: Text, scope: Scope) -> None:
    """Check a condition; what is wrong is a finding."""
    try:
        compile_condition(text.value, scope)
    except ExprError as error:
        draft.findings.expression(error, text)


def _association(draft: Draft, one: Association) -> None:
    left = end_of(draft, one.of, "left")
    if left is None:
        return
    for ref in one.to:
        right = end_of(draft, ref, "right")
        if right is not None and one.when is not None:
            scopes = {
                "left": draft.scope(left.ref, left.stream, "linked", walk=True),
                "right": draft.scope(right.ref, right.stream, "linked", walk=True),
            }
            condition(
                draft,
                one.when,
                ManyScope(scopes=scopes, options=draft.options, functions=frozenset({"today", "linked"})),
            )
    if one.offer is not None:
        condition(draft, one.offer, draft.scope(left.ref, left.stream, "linked", walk=True))


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
