"""Steps: what a stage of the lifecycle deletes, sets, converts, forgets or imports, compiled."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from engine.compiler.bind.choices import holds
from engine.compiler.draft.draft import Draft, place
from engine.compiler.draft.names import end_of, resolve
from engine.compiler.sides.chosen import choose_records, kept_links
from engine.plan.lifecycle import Counterpart, StepPlan
from engine.spec.diagnostic import Span, Text
from engine.spec.model import StreamRef

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.compiler.draft.parts import End
    from engine.plan.lifecycle import Chosen, Keeping
    from engine.spec.model import Step

Written = Mapping[str, Any]
#: A condition that looks at no record.
_OPTIONS_ONLY = re.compile(r"(options\.\w+|AND|OR|NOT|[()\s])+", re.IGNORECASE)


def compile_steps(draft: Draft, steps: Sequence[Step], title: str) -> tuple[StepPlan, ...]:
    """The steps that stand for the choices made, in their order; all of them are checked."""
    plans = []
    for step in steps:
        plan = _step(draft, step.said, step.span, title)
        stands = "if" not in step.said or holds(draft, Text(value=step.said["if"], span=step.span))
        if plan is not None and stands:
            plans.append(plan)
    return tuple(plans)


def _step(draft: Draft, step: Written, span: Span, title: str) -> StepPlan | None:
    """One step; None after a finding, or where its condition never holds for the choices made."""
    if "convert" in step:
        return _convert(draft, str(step["convert"]), span, title)
    if "forget" in step:
        return StepPlan(
            act="forget", key=f"{title}: forget links", text="forget all links", place=place(span)
        )
    if "import" in step:
        return _import(draft, step, span, title)
    return (
        _write(draft, step, span, title) if "delete" in step or "set" in step else None
    )  # told by the schema


def _convert(draft: Draft, name: str, span: Span, title: str) -> StepPlan | None:
    if name not in draft.spec.modules:
        return None  # the reader has said so
    text = f"let the records of `{name}` become plain ones"
    return StepPlan(act="convert", key=f"{title}: convert {name}", text=text, place=place(span), module=name)


def _write(draft: Draft, step: Written, span: Span, title: str) -> StepPlan | None:
    """`{ delete: STREAM, only: condition }` and `{ set: STREAM, only: condition, to: … }`."""
    act = "delete" if "delete" in step else "set"
    end = _end(draft, str(step[act]), span)
    if end is None:
        return None
    _check_can(draft, end, step, span)
    chosen = choose_records(draft, end, _only(step, span))
    if chosen is None:
        return None
    to = dict(step.get("to") or {}) if act == "set" else None
    return StepPlan(
        act="delete" if act == "delete" else "set",
        key=f"{title}: {act} {chosen.name}",
        text=_said(act, chosen, step),
        place=place(span),
        chosen=chosen,
        to=to,
    )


def _said(act: str, chosen: Chosen, step: Written) -> str:
    only = _where(step)
    if act == "delete":
        return f"delete {chosen.name}{only}"
    values = ", ".join(f"{name} = {_word(value)}" for name, value in step.get("to", {}).items())
    return f"set {values} in {chosen.name}{only}"


def _where(step: Written) -> str:
    """The condition for a person; one over options alone has been decided."""
    words = " ".join(str(step.get("only", "")).split())
    return f" where {words}" if words and not _OPTIONS_ONLY.fullmatch(words) else ""


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else "nothing" if value is None else str(value)


def _check_can(draft: Draft, end: End, step: Written, span: Span) -> None:
    """Whether the system lets it be done, as far as the catalog tells."""
    name, can = f"{end.ref.system}.{end.ref.stream}", end.stream.can
    unlisted = end.stream.open and not end.stream.fields
    if "delete" in step and not can.delete and not unlisted:
        draft.findings.add("cannot-delete", f"Records of `{name}` cannot be deleted.", span)
    for field, value in (step.get("to") or {}).items():
        found = resolve(draft, draft.scope(end.ref, end.stream), Text(value=field, span=span))
        if found is not None and not found.writable:
            draft.findings.add("read-only", f"`{field}` is set by {end.ref.system} itself.", span)
        if found is not None and found.choices and str(value) not in found.choices:
            message = f"`{value}` is not a choice of `{found.name}`."
            draft.findings.add(
                "unknown-choice", message, span, hint=f"It accepts: {', '.join(found.choices)}."
            )


def _import(draft: Draft, step: Written, span: Span, title: str) -> StepPlan | None:
    """`{ import: links, from: SYSTEM.STREAM.FIELD, only: condition }`."""
    stream, _, field = str(step["from"]).rpartition(".")
    end = _end(draft, stream, span)
    if end is None:
        return None
    known = resolve(draft, draft.scope(end.ref, end.stream), Text(value=field, span=span))
    kept = _importing(draft, end, span)
    chosen = choose_records(draft, end, _only(step, span), kept=field) if known else None
    if chosen is None or kept is None:
        return None
    module = draft.spec.modules[kept.module]
    ref = module.left if kept.side == "right" else module.right
    there = draft.stream(ref)
    if there is None:
        return None
    return StepPlan(
        act="import",
        key=f"{title}: import {step['from']}",
        text=f"link {chosen.name} with {ref.system}.{ref.stream} by {field}{_where(step)}",
        place=place(span),
        chosen=chosen,
        module=kept.module,
        side=kept.side,
        source="right" if module.arrow == "<-" else "left",
        other=Counterpart(
            system=ref.system, stream=ref.stream, id_field=there.id, by_ids=there.can.by_ids > 0
        ),
    )


def _importing(draft: Draft, end: End, span: Span) -> Keeping | None:
    """The one module that gets the links; a finding where it cannot be told."""
    found = [one for one in kept_links(draft, end.ref) if one.module in draft.spec.modules]
    if len(found) == 1:
        return found[0]
    name = f"{end.ref.system}.{end.ref.stream}"
    several = ", ".join(f"`{one.module}`" for one in found)
    message = (
        f"Links of `{name}` belong to several modules: {several}." if found else f"No module links `{name}`."
    )
    draft.findings.add("unknown-module", message, span)
    return None


def _only(step: Written, span: Span) -> Text | None:
    return Text(value=str(step["only"]), span=span) if "only" in step else None


def _end(draft: Draft, name: str, span: Span) -> End | None:
    system, _, stream = name.partition(".")
    text = Text(value=name, span=span)
    if system not in draft.spec.systems:
        return None  # the reader has said so
    return end_of(draft, StreamRef(system=system, stream=stream, text=text), "right")
