"""`engine do`: start a trigger by hand for one record; shows what it will do and asks first."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

import click

from engine.cli.shared.asking import can_ask, confirm
from engine.cli.shared.command import answer, formats, ledger_options
from engine.cli.shared.enrol import Wish, enrol_or_withdraw, enrolment
from engine.cli.shared.prepare import prepared
from engine.cli.shared.spec import find_spec, pairs, spec_arguments
from engine.cli.shared.stand_in import Sandbox, SandboxCommand, sandbox_option
from engine.cli.shared.stopping import stopping
from engine.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from engine.plan import ModulePlan, Question


@click.command(cls=SandboxCommand)
@spec_arguments
@click.argument("trigger", metavar="TRIGGER")
@click.option("--record", required=True, metavar="STREAM:ID", help="The record, such as crm.Deals:4711.")
@click.option(
    "--give",
    "given",
    multiple=True,
    metavar="FIELD=VALUE",
    callback=pairs,
    help="Answer what is asked for; may be repeated.",
)
@click.option("--yes", is_flag=True, help="Do it without asking.")
@sandbox_option
@ledger_options
@formats()
def do(
    *,
    spec: str,
    choices: dict[str, str],
    trigger: str,
    record: str,
    given: dict[str, str],
    yes: bool,
    sandbox: Sandbox | None,
    folder: Path,
    ledger: str | None,
    form: str,
) -> int:
    """Start TRIGGER for one record, whether or not its condition holds; what it needs must hold.

    MODULE.enrol in its place lets one record take part in a module whose records are added by hand; MODULE.withdraw
    takes it out again. On a terminal it asks for what is not given, shows what it is about to write, and asks once
    more.
    """
    from engine.compiler.draft.parts import Hand
    from engine.render.do import done_json, done_text
    from engine.run.operations.by_hand import act, foresee

    enrolling = enrolment(trigger)
    if enrolling is not None:
        name, word = enrolling
        wish = Wish(word=word, record=record, given=given, yes=yes, form=form)
        return enrol_or_withdraw(name, wish, spec, choices, sandbox=sandbox, folder=folder, ledger=ledger)
    asked = _module(spec, choices, trigger)
    source = _record(asked, record)
    hand = Hand(trigger=trigger, answers=_answers(asked, given, ask=can_ask() and not yes))
    with (
        stopping() as stop,
        prepared(spec, choices, sandbox=sandbox, folder=folder, ledger=ledger, stop=stop, hand=hand) as (
            plan,
            request,
        ),
    ):
        lines = foresee(plan, request, source)
        confirm(trigger, lines, yes=yes)
        report, target = act(plan, request, source)
    module = plan.modules[0]
    refused = [one.held for one in report.held if one.module == trigger and one.held.id == source]
    if target is None and refused:
        raise UserError(f"{record}: {refused[0].message}", remedy=refused[0].remedy)
    answer(
        form,
        lambda: done_json(module, source, target, lines, report),
        lambda _: done_text(module, source, target, report),
    )
    return 0


def _module(spec: str, choices: Mapping[str, str], trigger: str) -> ModulePlan:
    """The trigger, compiled offline without answers."""
    from engine.compiler import compile_file
    from engine.compiler.draft.parts import Hand

    plan = compile_file(str(find_spec(spec)), profile=choices, hand=Hand(trigger=trigger, answers={}))
    return plan.modules[0]


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
            known = ", ".join(questions) or "nothing"
            raise UserError(f"`{module.name}` does not ask for `{name}`.", remedy=f"It asks for: {known}.")
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
        raise UserError(f"`{module.name}` must be told: {', '.join(missing)}.", remedy=f"Add {words}")
    return answers


def _prompt(question: Question) -> str:
    help_ = f" ({question.help})" if question.help else ""
    choices = f" {'|'.join(question.choices)}" if question.choices else ""
    default = f" [{question.default}]" if question.default else ""
    return f"{question.field}{help_}{choices}{default}"


def _check(question: Question, value: str) -> None:
    """Raises UserError for an answer of another kind."""
    words = {"number": "a number", "boolean": "true or false", "date": "a day such as 2026-01-31"}
    expected = ", ".join(question.choices) if question.choices else words.get(question.type, "a text")
    fits = value in question.choices if question.choices else question.type == "text"
    with suppress(ValueError, InvalidOperation):
        fits = fits or (question.type == "number" and Decimal(value).is_finite())
        fits = fits or (question.type == "boolean" and value in ("true", "false"))
        fits = fits or (question.type == "date" and bool(date.fromisoformat(value)))
    if not fits:
        raise UserError(f"`{value}` is no answer for `{question.field}`.", remedy=f"Give {expected}.")
