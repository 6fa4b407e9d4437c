"""Trigger: check one trigger against the catalogs, as a module of one direction that acts once on a record.

What it watches is the left side and its condition the view; what it makes or changes is the right side. A record
that was acted on has a link and never looks changed, so journal, recovery, held records and history are those of
modules.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from engine.compiler.bind.choices import holds
from engine.compiler.draft.names import end_of, resolve
from engine.compiler.draft.parts import Checked, End, View
from engine.compiler.fields.linked import with_links
from engine.compiler.rules.policies import compile_policies
from engine.compiler.rules.sense import check_sense
from engine.compiler.rules.trigger_lines import compile_lines, telling
from engine.expr.error import ExprError
from engine.expr.sql import Expr, compile_condition
from engine.plan import Limits, Question, TriggerPlan, digest
from engine.spec.diagnostic import Text
from engine.spec.model import Module, StreamRef, Trigger

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.compiler.draft.draft import Draft
    from engine.compiler.draft.parts import Hand, Lookup
    from engine.expr.scope import Scope
    from engine.record import Side
    from engine.spec.model import Check

TriggerAct = Literal["create", "change", "delete"]
#: A trigger is stopped by nothing: it acts on what has just become so, and on nothing else.
UNLIMITED = Limits(creates=None, updates=None, deletes=None, conflicts=None)


def check_trigger(draft: Draft, trigger: Trigger) -> Checked | None:
    """Everything that names and types can say about a trigger; None where its streams are not known."""
    ends = _ends(draft, trigger)
    if ends is None:
        return None
    hand = draft.hand if draft.hand is not None and draft.hand.trigger == trigger.name else None
    act: TriggerAct = "create" if trigger.create else "change" if trigger.change else "delete"
    module = _as_module(trigger, ends)
    _check_name(draft, trigger)
    _check_act(draft, trigger, act, ends["right"])
    views, signature = _views(draft, trigger, act, ends)
    needs, asked = _needs(draft, trigger, ends["left"])
    lines = compile_lines(draft, module, act, ends, hand)
    _check_questions(draft, trigger, ends["right"])
    checked = Checked(
        module=module,
        arrow="->",
        ends=ends,
        lines=lines,
        keys=(),
        views=views if hand is None else {**views, "left": View()},
        needs=needs,
        duplicates="overwrite",
        creates=("right",) if act == "create" else (),
        limits=UNLIMITED,
        asked={"left": asked},
        telling=telling(ends["left"], lines) if act == "create" else (),
        trigger=_plan(trigger, act, signature, hand),
    )
    checked = replace(checked, policies=compile_policies(draft, checked))
    check_sense(draft, checked)
    _note_later(draft, trigger)
    return checked


def _plan(trigger: Trigger, act: TriggerAct, signature: str, hand: Hand | None) -> TriggerPlan:
    of = trigger.change or trigger.delete
    return TriggerPlan(
        act=act,
        of=of.value if of else None,
        becomes=_words(trigger.becomes) if hand is None else None,
        signature=signature,
        again=trigger.again == "each-time",
        by_hand=trigger.by_hand,
        only=_words(trigger.only),
        asks=tuple(_question(name, one) for name, one in trigger.ask.items()),
        associate=trigger.associate,
    )


def _question(name: str, said: Mapping[str, Any]) -> Question:
    default = said.get("default")
    shown = str(default).lower() if isinstance(default, bool) else default
    return Question(
        field=name,
        type="choice" if "choices" in said else said.get("type", "text"),
        choices=tuple(said.get("choices", ())),
        default=None if shown in (None, "") else str(shown),
        help=said.get("help"),
        required=bool(said.get("required")),
    )


def _words(text: Text | None) -> str | None:
    return " ".join(text.value.split()) if text is not None else None


def _ends(draft: Draft, trigger: Trigger) -> dict[Side, End] | None:
    watched = end_of(draft, trigger.watch, "left")
    made = _made(draft, trigger)
    target = end_of(draft, made, "right") if made else None
    return {"left": watched, "right": target} if watched and target else None


def _made(draft: Draft, trigger: Trigger) -> StreamRef | None:
    """The stream whose record a trigger makes, changes or deletes."""
    if trigger.create is not None:
        return trigger.create
    other = trigger.change or trigger.delete
    made_by = draft.spec.triggers.get(other.value) if other else None
    return made_by.create if made_by else None


def _as_module(trigger: Trigger, ends: Mapping[Side, End]) -> Module:
    """The trigger in the words of a module, for what the two have in common."""
    return Module(
        name=trigger.name,
        title=None,
        only_if=trigger.only_if,
        left=ends["left"].ref,
        right=ends["right"].ref,
        arrow="->",
        arrow_at=ends["right"].ref.text.span,
        narrowing=None,
        creates=None,
        view={},
        match=(),
        duplicates=None,
        same_key=None,
        conflicts=(),
        deletes=None,
        mapping=trigger.mapping,
        fields=trigger.fields,
        set=trigger.set,
        under=(),
        only_referenced_by=None,
        needs=(),
        enrol=None,
        pairs=None,
        precedence=(),
        search=(),
        before_write="check",
        limits={},
        schedule=None,
        span=trigger.span,
    )


def _check_name(draft: Draft, trigger: Trigger) -> None:
    """Links, history and held records go by name, so a trigger cannot be called like a module."""
    if trigger.name in draft.spec.modules:
        message = f"`{trigger.name}` is a module already, and a trigger cannot have its name."
        draft.findings.add("name-taken", message, trigger.span, hint="give the trigger another name")


def _check_act(draft: Draft, trigger: Trigger, act: TriggerAct, target: End) -> None:
    """Keys that say nothing for what the trigger does, and what its target cannot do."""
    if act == "create" and trigger.only is not None:
        message = (
            "`only` looks at the record that is changed or deleted; a record that is made has none before."
        )
        draft.findings.add(
            "contradiction", message, trigger.only.span, hint="use `needs` for the watched record"
        )
    if act == "change" and not (trigger.set or trigger.fields or trigger.mapping):
        message = f"Trigger `{trigger.name}` changes nothing: it needs `set`, `fields` or `mapping`."
        draft.findings.add("missing-key", message, trigger.span)
    stream = target.stream
    if act == "delete" and not stream.can.delete and not (stream.open and not stream.fields):
        message = f"Records of `{target.ref.system}.{target.ref.stream}` cannot be deleted."
        draft.findings.add("cannot-delete", message, trigger.span)


def _views(
    draft: Draft, trigger: Trigger, act: TriggerAct, ends: Mapping[Side, End]
) -> tuple[dict[Side, View], str]:
    """Which records it acts on and which it may change; and a fingerprint of the former."""
    becomes = _condition(draft, trigger, trigger.becomes, ends["left"])
    only = _condition(draft, trigger, trigger.only, ends["right"]) if act != "create" else None
    signature = digest([ends["left"].ref.text.value, becomes.sql if becomes else None])
    return {"left": _view(becomes), "right": _view(only)}, signature


def _view(expr: Expr | None) -> View:
    return View(sql=None if expr.sql == "TRUE" else expr.sql, reads=expr.reads) if expr else View()


def _condition(draft: Draft, trigger: Trigger, text: Text | None, end: End) -> Expr | None:
    """A condition over one stream; those that look at other records are not answered yet."""
    scope = draft.scope(end.ref, end.stream, "linked", walk=True)
    expr = _compiled(draft, text, scope) if text is not None else None
    if expr is None or text is None:
        return None
    if expr.via or any(call.name != "today" for call in expr.calls):
        what = f"trigger `{trigger.name}`: a condition that looks at other records"
        draft.findings.not_yet(what, text.span)
        return None
    return expr


def _compiled(draft: Draft, text: Text, scope: Scope) -> Expr | None:
    try:
        return compile_condition(text.value, scope)
    except ExprError as error:
        draft.findings.expression(error, text)
        return None


def _needs(
    draft: Draft, trigger: Trigger, watched: End
) -> tuple[tuple[tuple[Side, Check, str, tuple[str, ...]], ...], tuple[Lookup, ...]]:
    """The checks that stand, with their SQL and what it reads, and the links that they look at."""
    kept: list[tuple[Side, Check, str, tuple[str, ...]]] = []
    asked: list[Lookup] = []
    for check in trigger.needs:
        stands = holds(draft, check.only_if)
        scope = draft.scope(watched.ref, watched.stream, "linked", walk=True)
        expr = _compiled(draft, check.check, scope)
        if expr is None or not stands:
            continue
        found = with_links(draft, expr, check.check, watched.ref, f"trigger `{trigger.name}`")
        if found is not None:
            kept.append(("left", check, found[0], expr.reads))
            asked += found[1]
    return tuple(kept), tuple(dict.fromkeys(asked))


def _check_questions(draft: Draft, trigger: Trigger, target: End) -> None:
    """A person is asked for fields of the target."""
    for name in trigger.ask:
        text = Text(value=name, span=trigger.span)
        field = resolve(draft, draft.scope(target.ref, target.stream), text)
        if field is not None and not field.writable:
            message = (
                f"`{name}` is read-only: {target.ref.system} sets it itself, so nobody can be asked for it."
            )
            draft.findings.add("read-only", message, trigger.span)


def _note_later(draft: Draft, trigger: Trigger) -> None:
    if trigger.mail is not None:
        what = f"trigger `{trigger.name}`: `mail`"
        draft.findings.not_yet(what, trigger.span)
