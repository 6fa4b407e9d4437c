"""`engine do SPEC MODULE.enrol` and `MODULE.withdraw`: one record takes part in a module, or no longer does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from engine.cli.shared.confirmation import can_ask, confirm
from engine.cli.shared.interrupt import interruptible
from engine.cli.shared.output import answer, say
from engine.cli.shared.plan_lookup import plan_of
from engine.cli.shared.prepared_run import prepared
from engine.compiler.draft.parts import Hand
from engine.errors import UserError
from engine.record import other
from engine.render.do import enrolled_json, enrolled_text, withdrawn_text
from engine.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.cli.shared.context import CommandContext
    from engine.plan import ModulePlan, Plan
    from engine.record import Held, Side
    from engine.run.operations.offers import Offer
    from engine.run.session.report import RunReport
    from engine.run.session.run_request import RunRequest

WORDS = ("enrol", "withdraw")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody at the command line wants of one record."""

    word: str  #: one of WORDS
    record: str  #: STREAM:ID
    given: Mapping[str, str]  #: places that are chosen already
    yes: bool
    form: str


def enrolment(name: str) -> tuple[str, str] | None:
    """(module, word) of a name such as `tasks.enrol`; None for any other."""
    module, _, word = name.rpartition(".")
    return (module, word) if module and word in WORDS else None


def enrol_or_withdraw(module: str, wish: Wish, context: CommandContext) -> None:
    """Do it. Raises UserError with the reason where nothing can be done."""
    hand = Hand(trigger=module, answers={}, enrol=True)
    side, record = _record(plan_of(context, hand).modules[0], wish)
    with interruptible() as stop, prepared(context, stop=stop, hand=hand) as (plan, request):
        do = _enrol if wish.word == "enrol" else _withdraw
        do(plan, request, side, record, wish)


def _record(module: ModulePlan, wish: Wish) -> tuple[Side, str]:
    """The side and the id of the record. Raises UserError for one that is not enrolled here."""
    place, colon, record = wish.record.partition(":")
    sides = module.enrol.sides if module.enrol else ()
    found = next((side for side in sides if module.side(side).name == place), None)
    if found is None or not colon or not record:
        names = " or ".join(module.side(side).name for side in sides)
        raise UserError(
            f"`{module.name}.{wish.word}` is for a record of {names}, not for `{wish.record}`.",
            remedy=f"Write --record {module.side(sides[0]).name}:ID",
        )
    return found, record


def _enrol(plan: Plan, request: RunRequest, side: Side, record: str, wish: Wish) -> None:
    from engine.run.operations.enrol import enrol, foresee_enrolment, offered

    module = plan.modules[0]
    place = _place(module, offered(plan, request, side, record), wish)
    lines = foresee_enrolment(plan, request, side, record, place)
    confirm(f"{module.name}.enrol", lines, yes=wish.yes)
    report, target = enrol(plan, request, side, record, place)
    held = _held(report, module, record)
    if target is None and held is not None:
        raise UserError(f"{wish.record} is enrolled, and held for now: {held.message}", remedy=held.remedy)
    there = f"{module.side(other(side)).name}:{target}" if target is not None else None
    answer(
        wish.form,
        lambda: enrolled_json(wish.word, wish.record, there, lines, report),
        lambda _: enrolled_text(module, wish.record, there, report),
    )


def _held(report: RunReport, module: ModulePlan, record: str) -> Held | None:
    """What holds the record now."""
    found = (one.held for one in report.held if one.module == module.name and one.held.id == record)
    return next(found, None)


def _withdraw(plan: Plan, request: RunRequest, side: Side, record: str, wish: Wish) -> None:
    from engine.run.operations.enrol import counterpart, withdraw

    module = plan.modules[0]
    target = counterpart(plan, request, side, record)
    there = f"{module.side(other(side)).name}:{target}" if target is not None else None
    fate = "would be deleted" if module.deletes == "propagate" else "stays as it is"
    say(f"{wish.record} would no longer be enrolled" + (f"; {there} {fate}." if there else "."))
    confirm(f"{module.name}.withdraw", None, yes=wish.yes)
    report, _ = withdraw(plan, request, side, record)
    held = _held(report, module, record)
    if held is not None:
        raise UserError(
            f"{wish.record} is no longer enrolled, but {there} is not deleted yet: {held.message}",
            remedy=held.remedy,
        )
    answer(
        wish.form,
        lambda: enrolled_json(wish.word, wish.record, there, (), report),
        lambda _: withdrawn_text(module, wish.record, there, report),
    )


def _place(module: ModulePlan, offers: Sequence[Offer], wish: Wish) -> dict[str, str]:
    """What the new record gets, of what is offered. Raises UserError where nothing, or nothing offered, is chosen."""
    fields = [one.to for one in module.enrol.places] if module.enrol else []
    for name in wish.given:
        if name not in fields:
            raise UserError(
                f"`{module.name}.enrol` does not ask for `{name}`.",
                remedy=did_you_mean(name, fields, otherwise="It asks for") or "It asks for nothing.",
            )
    place: dict[str, str] = {}
    for name in fields:
        place.update(_choice(module, name, [one for one in offers if one.to == name], wish).place)
    return place


def _choice(module: ModulePlan, name: str, offers: Sequence[Offer], wish: Wish) -> Offer:
    if not offers:
        raise UserError(
            f"{wish.record}: nothing can be chosen for `{name}`.",
            remedy="What it belongs to has to be linked first; `engine links list` shows what is.",
        )
    said = wish.given.get(name)
    if said is None and len(offers) > 1 and can_ask() and not wish.yes:
        say(f"{name}: which one?" + "".join(f"\n  {one.id}  {one}" for one in offers))
        said = click.prompt(name, default=offers[0].id, err=True)
    chosen = [one for one in offers if said is None or one.id == said.rpartition(":")[2]]
    if len(chosen) == 1:
        return chosen[0]
    listed = "".join(f"\n  --give {name}={one.id}   {one}" for one in offers)
    what = (
        f"`{said}` is not offered for `{name}`"
        if said
        else f"`{module.name}.enrol` needs a value for `{name}`"
    )
    raise UserError(f"{what}. For {wish.record} there are:{listed}", remedy="Give one of these.")
