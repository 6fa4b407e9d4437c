"""`engine do`: start a trigger by hand for one record; shows what it will do and asks for confirmation first."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

import click

from engine.cli.shared.command import engine_command
from engine.cli.shared.confirmation import can_ask, confirm
from engine.cli.shared.enrolment import Wish, enrol_or_withdraw, enrolment
from engine.cli.shared.interrupt import interruptible
from engine.cli.shared.options import CHOICES, LEDGER, SANDBOX, SPEC, YES, name_value_pairs
from engine.cli.shared.output import answer
from engine.cli.shared.plan_lookup import plan_of
from engine.cli.shared.prepared_run import prepared
from engine.compiler.draft.parts import Hand
from engine.errors import UserError
from engine.render.do import done_json, done_text
from engine.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.cli.shared.context import CommandContext
    from engine.plan import ModulePlan, Question


@engine_command(SPEC, YES, CHOICES, SANDBOX, LEDGER)
@click.argument("trigger", metavar="TRIGGER")
@click.option("--record", required=True, metavar="STREAM:ID", help="The record, such as crm.Deals:4711.")
@click.option(
    "--give",
    "given",
    multiple=True,
    metavar="FIELD=VALUE",
    callback=name_value_pairs,
    help="Answer what the trigger asks for. Repeatable.",
)
def do(context: CommandContext, *, trigger: str, record: str, given: dict[str, str], yes: bool) -> None:
    """Start TRIGGER for one record, whether or not its condition holds; its `needs` must hold.

    MODULE.enrol instead of TRIGGER adds one record to a module whose records are added by hand; MODULE.withdraw
    removes it again. On a terminal it asks for what is not given, shows what it is about to write, and asks for
    confirmation.
    """
    enrolling = enrolment(trigger)
    if enrolling is not None:
        module_name, word = enrolling
        wish = Wish(word=word, record=record, given=given, yes=yes, form=context.form)
        enrol_or_withdraw(module_name, wish, context)
    else:
        _start(context, trigger, record, given, yes=yes)


def _start(
    context: CommandContext, trigger: str, record: str, given: Mapping[str, str], *, yes: bool
) -> None:
    """Start the trigger. Raises UserError with the reason where the record is held instead."""
    from engine.run.operations.by_hand import act, foresee

    offline = plan_of(context, Hand(trigger=trigger, answers={})).modules[0]
    source = _record(offline, record)
    hand = Hand(trigger=trigger, answers=_answers(offline, given, ask=can_ask() and not yes))
    with interruptible() as stop, prepared(context, stop=stop, hand=hand) as (plan, request):
        lines = foresee(plan, request, source)
        confirm(trigger, lines, yes=yes)
        report, target = act(plan, request, source)
    module = plan.modules[0]
    refused = [one.held for one in report.held if one.module == trigger and one.held.id == source]
    if target is None and refused:
        raise UserError(f"{record}: {refused[0].message}", remedy=refused[0].remedy)
    answer(
        context.form,
        lambda: done_json(module, source, target, lines, report),
        lambda _: done_text(module, source, target, report),
    )


def _record(module: ModulePlan, word: str) -> str:
    """The id of the record that a person names. Raises UserError for one of another stream."""
    place, colon, record = word.partition(":")
    if not colon or not record or place != module.left.name:
        raise UserError(
            f"`{module.name}` is started for a record of {module.left.name}, not for `{word}`.",
            remedy=f"Write --record {module.left.name}:ID",
        )
    return record


def _answers(module: ModulePlan, given: Mapping[str, str], *, ask: bool) -> dict[str, str]:
    """What is said of the fields that the trigger asks for. Raises UserError for what it cannot take."""
    questions = {one.field: one for one in module.trigger.asks} if module.trigger else {}
    for name in given:
        if name not in questions:
            remedy = did_you_mean(name, questions, otherwise="It asks for") or "It asks for nothing."
            raise UserError(f"`{module.name}` does not ask for `{name}`.", remedy=remedy)
    answers = dict(given)
    for question in questions.values():
        if ask and question.field not in answers:
            said = click.prompt(_prompt(question), default="", show_default=False, err=True)
            answers |= {question.field: said} if said else {}
    for name, value in answers.items():
        _check(questions[name], value)
    missing = [
        one.field
        for one in questions.values()
        if one.required and one.default is None and one.field not in answers
    ]
    if missing:
        words = " ".join(f"--give {name}=…" for name in missing)
        raise UserError(f"`{module.name}` needs: {', '.join(missing)}.", remedy=f"Add {words}")
    return answers


def _prompt(question: Question) -> str:
    help_ = f" ({question.help})" if question.help else ""
    choices = f" {'|'.join(question.choices)}" if question.choices else ""
    default = f" [{question.default}]" if question.default else ""
    return f"{question.field}{help_}{choices}{default}"


def _check(question: Question, value: str) -> None:
    """Raises UserError for an answer of another kind."""
    words = {"number": "a number", "boolean": "true or false", "date": "a day such as 2026-01-31"}
    expected = ", ".join(question.choices) if question.choices else words.get(question.type, "text")
    fits = value in question.choices if question.choices else question.type == "text"
    with suppress(ValueError, InvalidOperation):
        fits = fits or (question.type == "number" and Decimal(value).is_finite())
        fits = fits or (question.type == "boolean" and value in ("true", "false"))
        fits = fits or (question.type == "date" and bool(date.fromisoformat(value)))
    if not fits:
        raise UserError(f"`{value}` is not a valid value for `{question.field}`.", remedy=f"Give {expected}.")
