"""Lifecycle: what each stage of an integration's life needs and does, checked against the catalogs and compiled."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from engine.catalog import Stream
from engine.compiler.bind.choices import holds
from engine.compiler.draft.draft import Draft, place
from engine.compiler.fields.singles import single_scope
from engine.compiler.rules.mails import ANY, template_of
from engine.compiler.rules.requirements import compile_requirement, requirement
from engine.compiler.rules.steps import compile_steps
from engine.expr.error import ExprError
from engine.expr.scope import FieldScope
from engine.expr.template import compile_template
from engine.plan.lifecycle import AccountPlan, LetterPlan, StagePlan
from engine.plan.side import SlowField
from engine.spec.diagnostic import Text
from engine.spec.model import Check, LifecycleStep

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.plan import RequirementPlan
    from engine.spec.model import Mail

#: What the template of a mail about a stage may show.
SHOWN = ("name", "title", "stage", "choice", "at", "done")
ASKED_BY = "asked_by"


def accounts(draft: Draft) -> tuple[AccountPlan, ...]:
    """For each system the record that tells whose account it is; those that tell it nowhere are left out."""
    found = []
    for system, catalog in draft.catalogs.items():
        for stream in catalog.streams.values():
            if stream.account is not None:
                one = AccountPlan(system=system, stream=stream.name, field=stream.id, name=stream.account)
                found.append(one)
    return tuple(found)


def compile_lifecycle(draft: Draft) -> Mapping[str, StagePlan]:
    """Every stage that the spec speaks of; what is wrong with one is a finding."""
    return {name: _stage(draft, stage) for name, stage in draft.spec.lifecycle.items()}


def _stage(draft: Draft, stage: LifecycleStep) -> StagePlan:
    for pin in stage.pins:
        _pin(draft, pin)
    choices = {
        name: compile_steps(draft, steps, f"{stage.stage} ({name})") for name, steps in stage.choices.items()
    }
    return StagePlan(
        stage=stage.stage,
        states=tuple(need.value for need in stage.needs if isinstance(need, Text)),
        checks=tuple(plan for need in stage.needs if (plan := _check(draft, need)) is not None),
        pins=tuple(pin.value for pin in stage.pins),
        says=" ".join(stage.says.value.split()) if stage.says else None,
        steps=compile_steps(draft, stage.does, stage.stage),
        choices=choices or None,
        letter=_letter(draft, stage.mail) if stage.mail else None,
        place=place(stage.span),
    )


def _pin(draft: Draft, pin: Text) -> None:
    """A pin names a field of a record that there is only one of."""
    try:
        single_scope(draft).resolve(tuple(pin.value.split(".")))
    except ExprError as error:
        draft.findings.expression(error.at(0, len(pin.value)), pin)


def _check(draft: Draft, need: Text | Check) -> RequirementPlan | None:
    """A check that stands, as a requirement."""
    if not isinstance(need, Check):
        return None
    expr = compile_requirement(draft, need)
    return requirement(draft, need, expr) if expr is not None and holds(draft, need.only_if) else None


def _letter(draft: Draft, mail: Mail) -> LetterPlan | None:
    """The mail to whoever has ordered a stage."""
    if mail.to.value != ASKED_BY:
        message = f"`{mail.to.value}` cannot be notified by a lifecycle stage."
        draft.findings.add("unknown-word", message, mail.to.span, hint=f"write `to: {ASKED_BY}`")
    found = template_of(draft, mail.template)
    if found is None:
        return None
    subject, body = _told(draft, found[0]), _told(draft, found[1])
    return LetterPlan(subject=subject, body=body) if subject and body else None


def _told(draft: Draft, words: Text) -> SlowField | None:
    """A text about the integration itself; None after a finding."""
    scope = FieldScope(stream=ANY, options=draft.options)
    try:
        template = compile_template(words.value, replace(scope, stream=_shown()))
    except ExprError as error:
        draft.findings.expression(error, words)
        return None
    return SlowField(
        column="text",
        kind="text",
        source=words.value,
        reads=template.reads,
        options={name: draft.options[name].value for name in template.options},
        place=place(words.span),
    )


def _shown() -> Stream:
    from engine.catalog import Field  # the names that a template may use, as if they were fields

    return Stream(
        name="integration", id="name", fields={name: Field(name=name, type="text") for name in SHOWN}
    )
