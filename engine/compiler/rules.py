"""Rules: guards, associations and the lifecycle, checked against the catalogs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from engine.compiler.choices import holds
from engine.compiler.later import note_rules
from engine.compiler.line import resolve
from engine.compiler.module import end_of
from engine.expr.error import ExprError
from engine.expr.scope import ManyScope, Scope
from engine.expr.sql import compile_condition
from engine.spec.diagnostic import Span, Text
from engine.spec.model import Association, Check, LifecycleStep, StreamRef

if TYPE_CHECKING:
    from engine.compiler.draft import Draft
    from engine.compiler.parts import End


def check_rules(draft: Draft) -> None:
    """Every name and expression outside the modules; rules that stand are noted as not built."""
    spec = draft.spec
    for association in spec.associations.values():
        _association(draft, association)
    for step in spec.lifecycle.values():
        _step(draft, step)
    rules = [one for one in spec.associations.values() if holds(draft, one.only_if)]
    note_rules(draft, [("association", one.name, one.span) for one in rules])


def condition(draft: Draft, text: Text, scope: Scope) -> None:
    """Check a condition; what is wrong is a finding."""
    try:
        compile_condition(text.value, scope)
    except ExprError as error:
        draft.findings.expression(error, text)


def _sets(draft: Draft, values: Mapping[str, Any], end: End, near: Span) -> None:
    """`set:` names fields of the target, and its words must be choices of theirs."""
    for name, value in values.items():
        text = Text(value=name, span=near)
        found = resolve(draft, draft.scope(end.ref, end.stream), text)
        if found is not None and found.choices and str(value) not in found.choices:
            draft.findings.add(
                "unknown-choice",
                f"`{value}` is not a choice of `{found.name}`.",
                near,
                hint=f"It accepts: {', '.join(found.choices)}.",
            )


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


def _step(draft: Draft, step: LifecycleStep) -> None:
    for need in step.needs:
        if isinstance(need, Check):
            condition(draft, need.check, single_scope(draft))
    for pin in step.pins:
        try:
            single_scope(draft).resolve(tuple(pin.value.split(".")))
        except ExprError as error:
            draft.findings.expression(error.at(0, len(pin.value)), pin)
    for action in (*step.does, *(one for several in step.choices.values() for one in several)):
        _action(draft, action, step.span)


def _action(draft: Draft, action: Mapping[str, Any], span: Span) -> None:
    """`{ delete: STREAM, only: condition }` and the like."""
    named = action.get("delete") or action.get("set")
    if not isinstance(named, str) or "." not in named:
        return
    system, _, stream = named.partition(".")
    end = end_of(draft, _ref(system, stream, span), "right")
    if end is None:
        return
    if isinstance(action.get("only"), str):
        scope = draft.scope(end.ref, end.stream, "linked", "origin", walk=True)
        condition(draft, Text(value=action["only"], span=span), scope)
    if isinstance(action.get("to"), Mapping):
        _sets(draft, action["to"], end, span)


NOWHERE = Span(file="", line=1, column=1, end_line=1, end_column=1)


def _ref(system: str, stream: str, span: Span) -> StreamRef:
    return StreamRef(system=system, stream=stream, text=Text(value=f"{system}.{stream}", span=span))
