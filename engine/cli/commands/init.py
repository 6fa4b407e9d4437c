"""`engine init`: ask what is chosen for a spec, show what that changes, and write its profile."""

from __future__ import annotations

from decimal import InvalidOperation
from typing import TYPE_CHECKING, Any

import click

from engine.cli.shared import asking
from engine.cli.shared.choices import PROFILE, chosen_by, profile_file, readable
from engine.cli.shared.command import EngineCommand, answer, formats, ledger_options, say, screen
from engine.cli.shared.memory import reading
from engine.cli.shared.spec import find_spec, set_option
from engine.errors import UserError
from engine.spec.diagnostic import SpecError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from engine.plan import Plan
    from engine.plan.difference import Difference
    from engine.spec.model import Option, Spec


@click.command(cls=EngineCommand)
@click.argument("name", metavar="SPEC")
@set_option
@click.option("--yes", is_flag=True, help="Ask nothing: take what --set says, and leave the rest as it is.")
@ledger_options
@formats()
@click.pass_context
def init(
    ctx: click.Context,
    *,
    name: str,
    choices: dict[str, str],
    yes: bool,
    folder: Path,
    ledger: str | None,
    form: str,
) -> None:
    """Choose the options of SPEC, and keep them in its profile, which every command goes by.

    On a terminal it asks for each option that means something beside the others, with what holds now as the answer
    to Enter; without one it takes what --set says. What the choices change is shown before anything is written: against
    the last run, or against the profile where nothing has run. They take effect with the next run.
    """
    from engine.plan.difference import differences
    from engine.render.init import init_json, init_text

    file = find_spec(name)
    spec, target = readable(file), ctx.meta.get(PROFILE) or profile_file(file)
    kept = dict(chosen_by(target, file)) if target.is_file() else None
    ran = _as_last_run(spec, folder, ledger)
    start = kept if kept is not None else ran or {}
    asks = asking.can_ask() and not yes
    chosen, plan = _settled(file, spec, {**start, **choices}, choices, asks=asks)
    before = _plan_if_any(file, spec, ran if ran is not None else kept)
    found = None if before is None else differences(before, plan)
    if asks:
        say(init_text(plan, found, None, screen()))
        click.confirm(f"Write {target}?", abort=True, err=True)
    _write(target, spec, chosen)
    shown = None if asks else found
    answer(
        form,
        lambda: init_json(str(target), chosen, plan, found),
        lambda on: _said(plan, shown, str(target), on, asked=asks),
    )


def _said(plan: Plan, found: tuple[Difference, ...] | None, target: str, on: Any, *, asked: bool) -> str:
    from engine.render.init import init_text, written_text

    return written_text(plan, target) if asked else init_text(plan, found, target, on)


def _as_last_run(spec: Spec, folder: Path, ledger: str | None) -> dict[str, str] | None:
    """What was chosen when the integration last ran; None = it has not."""
    try:
        with reading(folder, ledger) as memory:
            options = memory.standing(spec.name).options
    except UserError:
        return None  # nothing has run here; whatever else is wrong with the ledger a run will say
    if options is None:
        return None
    return {
        name: _word(value) for name, value in options.items() if name in spec.options and value is not None
    }


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _settled(
    file: Path, spec: Spec, start: dict[str, str], sets: Mapping[str, str], *, asks: bool
) -> tuple[dict[str, str], Plan]:
    """Choices that go together, and their plan. Raises SpecError or UserError where nobody can be asked again."""
    from engine.compiler import compile_file
    from engine.render.findings import findings_text

    chosen = start
    while True:
        chosen = _asked(spec, chosen) if asks else _meaningful(spec, chosen, sets)
        try:
            return chosen, compile_file(str(file), profile=chosen)
        except SpecError as error:
            if not asks or not any(one.code == "choice-not-allowed" for one in error.findings):
                raise
            say(findings_text(error.findings))
            click.confirm(
                "These choices do not go together. Choose again?", abort=True, default=True, err=True
            )


def _asked(spec: Spec, start: Mapping[str, str]) -> dict[str, str]:
    """What a person answers, option by option; those that mean nothing beside the answers so far are passed over."""
    chosen: dict[str, str] = {}
    for option in spec.options.values():
        if _means_something(spec, option, chosen):
            chosen[option.name] = _ask(option, start.get(option.name, _default(option)))
    return chosen


def _ask(option: Option, now: str | None) -> str:
    from engine.compiler.bind.choices import expected, parse

    def check(word: str) -> str:
        try:
            parse(option, word)
        except (ValueError, KeyError, InvalidOperation):
            raise click.BadParameter(expected(option, word)) from None
        return word

    if option.help:
        say(f"\n{option.help}")
    kinds = {"boolean": "true or false", "number": "a number", "date": "a day", "text": "a text"}
    words = ", ".join(option.choices) or kinds[option.type]
    return str(click.prompt(f"{option.name} ({words})", default=now, value_proc=check, err=True))


def _meaningful(spec: Spec, start: Mapping[str, str], sets: Mapping[str, str]) -> dict[str, str]:
    """Every option that means something, as chosen or by default; what `--set` says stays, to be refused by name."""
    chosen: dict[str, str] = dict(sets)
    for option in spec.options.values():
        value = start.get(option.name, _default(option))
        if value is not None and _means_something(spec, option, {**start, **chosen}):
            chosen[option.name] = value
    return chosen


def _means_something(spec: Spec, option: Option, chosen: Mapping[str, str]) -> bool:
    from engine.compiler.bind.choices import means_something

    return means_something(spec, option, chosen)


def _default(option: Option) -> str | None:
    return None if option.default is None else _word(option.default)


def _plan_if_any(file: Path, spec: Spec, chosen: Mapping[str, str] | None) -> Plan | None:
    """The plan of earlier choices; None = there were none, or the spec does not take them any more."""
    from engine.compiler import compile_file

    if chosen is None:
        return None
    try:
        return compile_file(str(file), profile=_meaningful(spec, chosen, {}))
    except (SpecError, UserError):
        return None


def _write(target: Path, spec: Spec, chosen: Mapping[str, str]) -> None:
    from engine.compiler.bind.profile_text import profile_text

    target.write_text(profile_text(spec, chosen), encoding="utf-8")
