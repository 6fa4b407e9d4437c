"""`engine init`: ask for the options of a spec, show what they change, and write its profile."""

from __future__ import annotations

from decimal import InvalidOperation
from typing import TYPE_CHECKING

import click

from engine import compiler
from engine.cli.shared import confirmation
from engine.cli.shared.choices import choice_text, choices_in, choices_text, profile_file
from engine.cli.shared.command import engine_command
from engine.cli.shared.ledger_access import reading
from engine.cli.shared.options import CHOICES, LEDGER, YES
from engine.cli.shared.output import answer, say, screen
from engine.cli.shared.spec_file import find_spec, read_spec_file
from engine.compiler.bind.choices import expected, means_something, parse
from engine.compiler.bind.profile_text import profile_text
from engine.errors import UserError
from engine.plan.difference import differences
from engine.render.findings import findings_text
from engine.render.init import init_json, init_text, written_text
from engine.spec.diagnostic import SpecError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from engine.cli.shared.context import CommandContext
    from engine.plan import Plan
    from engine.spec.model import Option, Spec


@engine_command(YES, CHOICES, LEDGER)
@click.argument("name", metavar="SPEC")
def init(context: CommandContext, *, name: str, yes: bool) -> None:
    """Choose the options of SPEC, and save them in its profile, which every command uses.

    On a terminal it asks for each option that applies given the others; Enter keeps the present value. Without a
    terminal it takes what --set says. What the choices change is shown before anything is written: compared with
    the last run, or with the profile where nothing has run. They take effect with the next run.
    """
    file = find_spec(name)
    spec, target = read_spec_file(file), context.profile or profile_file(file)
    kept = dict(choices_in(target, file)) if target.is_file() else None
    ran = _as_last_run(spec, context)
    start = kept if kept is not None else ran or {}
    asks = confirmation.can_ask() and not yes
    chosen, plan = _settled(file, spec, {**start, **context.sets}, context.sets, asks=asks)
    before = _plan_if_any(file, spec, ran if ran is not None else kept)
    found = None if before is None else differences(before, plan)
    if asks:
        say(init_text(plan, found, None, screen()))
        click.confirm(f"Write {target}?", abort=True, err=True)
    target.write_text(profile_text(spec, chosen), encoding="utf-8")
    answer(
        context.form,
        lambda: init_json(str(target), chosen, plan, found),
        lambda on: written_text(plan, str(target)) if asks else init_text(plan, found, str(target), on),
    )


def _as_last_run(spec: Spec, context: CommandContext) -> dict[str, str] | None:
    """What was chosen when the integration last ran; None = it has not."""
    try:
        with reading(context) as memory:
            options = memory.standing(spec.name).options
    except UserError:
        return None  # nothing has run here; whatever else is wrong with the ledger a run will say
    if options is None:
        return None
    return choices_text({name: value for name, value in options.items() if name in spec.options})


def _settled(
    file: Path, spec: Spec, start: dict[str, str], sets: Mapping[str, str], *, asks: bool
) -> tuple[dict[str, str], Plan]:
    """Choices that go together, and their plan. Raises SpecError or UserError where nobody can be asked again."""
    chosen = start
    while True:
        chosen = _asked(spec, chosen) if asks else _meaningful(spec, chosen, sets)
        try:
            return chosen, compiler.compile_file(str(file), profile=chosen)
        except SpecError as error:
            if not asks or not any(one.code == "choice-not-allowed" for one in error.findings):
                raise
            say(findings_text(error.findings))
            click.confirm(
                "These choices cannot be combined. Choose again?", abort=True, default=True, err=True
            )


def _asked(spec: Spec, start: Mapping[str, str]) -> dict[str, str]:
    """What a person answers, option by option; those that do not apply given the answers so far are skipped."""
    chosen: dict[str, str] = {}
    for option in spec.options.values():
        if means_something(spec, option, chosen):
            chosen[option.name] = _ask(option, start.get(option.name, _default(option)))
    return chosen


def _ask(option: Option, now: str | None) -> str:
    def check(word: str) -> str:
        try:
            parse(option, word)
        except (ValueError, KeyError, InvalidOperation):
            raise click.BadParameter(expected(option, word)) from None
        return word

    if option.help:
        say(f"\n{option.help}")
    kinds = {"boolean": "true or false", "number": "a number", "date": "a date", "text": "text"}
    words = ", ".join(option.choices) or kinds[option.type]
    return str(click.prompt(f"{option.name} ({words})", default=now, value_proc=check, err=True))


def _meaningful(spec: Spec, start: Mapping[str, str], sets: Mapping[str, str]) -> dict[str, str]:
    """Every option that applies, as chosen or by default; what `--set` says stays, to be refused by name."""
    chosen: dict[str, str] = dict(sets)
    for option in spec.options.values():
        value = start.get(option.name, _default(option))
        if value is not None and means_something(spec, option, {**start, **chosen}):
            chosen[option.name] = value
    return chosen


def _default(option: Option) -> str | None:
    return None if option.default is None else choice_text(option.default)


def _plan_if_any(file: Path, spec: Spec, chosen: Mapping[str, str] | None) -> Plan | None:
    """The plan of earlier choices; None = there were none, or the spec does not take them any more."""
    if chosen is None:
        return None
    try:
        return compiler.compile_file(str(file), profile=_meaningful(spec, chosen, {}))
    except (SpecError, UserError):
        return None
