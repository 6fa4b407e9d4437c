"""`engine conflicts`: fields that differ on both sides, for a person to see and decide; connects to no system."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from engine.cli.shared.command import engine_command
from engine.cli.shared.ledger_access import changing, integration_in, modules_in, reading
from engine.cli.shared.options import CHOICES, LEDGER, MODULE, SPEC
from engine.cli.shared.output import answer
from engine.cli.shared.plan_lookup import plan_if_file
from engine.errors import UserError
from engine.record import SIDES, other
from engine.render import conflicts as render

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.cli.shared.context import CommandContext
    from engine.ledger import Conflict
    from engine.ledger.store import Ledger
    from engine.plan import ModulePlan, Plan
    from engine.record import Side


@click.group()
def conflicts() -> None:
    """List fields that differ on both sides, and decide which value stays.

    Each conflict has a number. When its values change it gets another one, so that a decision never applies to
    values that were not seen.
    """


@engine_command(SPEC, MODULE, LEDGER, group=conflicts, name="list")
def list_(context: CommandContext, *, module: str | None) -> None:
    """Show every conflict: the field, both values, since when, and what was decided."""
    with reading(context) as memory:
        integration = integration_in(memory, context.spec)
        if module is not None:
            modules_in(memory, integration, module)
        found = memory.conflicts(integration, module)
        labels = _labels(memory, integration)
    answer(
        context.form,
        lambda: render.conflicts_json(found),
        lambda screen: render.conflicts_text(found, labels, screen, spec=context.words()),
    )


def _labels(memory: Ledger, integration: str) -> dict[tuple[str, Side, str], str]:
    """How people recognise the records: a pair in conflict is held, under its name."""
    rows = memory.held_rows(integration)
    return {(row.module, row.side, row.record_id): row.label for row in rows if row.label}


@engine_command(SPEC, CHOICES, LEDGER, group=conflicts)
@click.argument("number", type=click.IntRange(min=1))
def show(context: CommandContext, *, number: int) -> None:
    """Show one conflict: what both sides hold now and held when last in sync, and who would win."""
    with reading(context) as memory:
        integration = integration_in(memory, context.spec)
        (found,) = _numbered(memory, integration, [number])
        labels = _labels(memory, integration)
    module = _module_of(plan_if_file(context), found)
    answer(
        context.form,
        lambda: render.conflict_json(found, module),
        lambda screen: render.conflict_text(found, module, labels, screen, spec=context.words()),
    )


def _numbered(memory: Ledger, integration: str, numbers: Sequence[int]) -> list[Conflict]:
    """The conflicts with these numbers. Raises UserError if one is not there (any more)."""
    known = {one.number: one for one in memory.conflicts(integration)}
    lacking = [str(number) for number in numbers if number not in known]
    if lacking:
        raise UserError(
            f"There is no conflict {', '.join(lacking)} now.",
            remedy="It was settled, or its values have changed and it has another number: see `engine conflicts list`.",
        )
    return [known[number] for number in dict.fromkeys(numbers)]


def _module_of(plan: Plan | None, conflict: Conflict) -> ModulePlan | None:
    """The conflict's module as the spec says it now; None = only the ledger knows it."""
    modules = plan.modules if plan else ()
    return next((one for one in modules if one.name == conflict.module), None)


@engine_command(SPEC, CHOICES, LEDGER, group=conflicts)
@click.argument("numbers", nargs=-1, type=click.IntRange(min=1), metavar="NUMBER...")
@click.option(
    "--take", required=True, metavar="SIDE", help="Whose value stays: left, right or a system's name."
)
@click.option("--all", "everything", is_flag=True, help="Every conflict that is not decided yet.")
@click.option("--module", help="With --all: only this module.")
def resolve(
    context: CommandContext, *, numbers: tuple[int, ...], take: str, everything: bool, module: str | None
) -> None:
    """Decide conflicts. The next run applies it, to exactly the values that are shown now; nothing is written yet."""
    _one_way_to_name(numbers, module, everything=everything)
    plan = plan_if_file(context)
    with reading(context) as memory:
        integration = integration_in(memory, context.spec)
        if module is not None:
            modules_in(memory, integration, module)
    with changing(context, integration) as (memory, lease):
        if everything:
            found = [one for one in memory.conflicts(integration, module) if one.take is None]
        else:
            found = _numbered(memory, integration, numbers)
        takes = {one.number: _side(take, _module_of(plan, one), one) for one in found}
        memory.decide(lease, takes)
        decided = [one for one in memory.conflicts(integration) if one.number in takes]
    answer(
        context.form,
        lambda: render.decided_json(decided),
        lambda _: render.decided_text(decided, spec=context.words()),
    )


def _one_way_to_name(numbers: tuple[int, ...], module: str | None, *, everything: bool) -> None:
    if everything == bool(numbers):
        raise click.UsageError("Name conflicts by their numbers, or say --all.")
    if module is not None and not everything:
        raise click.UsageError("--module goes with --all.")


def _side(take: str, module: ModulePlan | None, conflict: Conflict) -> Side:
    """The side that a person means. Raises UserError if that cannot be known, or could never be written."""
    side = _named(take, module, conflict)
    line = next((one for one in module.fields if one.key == conflict.key), None) if module else None
    if line is not None and not line.toward(other(side)):
        raise UserError(
            f"Conflict {conflict.number}: `{line.line}` never writes the {other(side)} side, so {take} cannot win.",
            remedy=f"Take {other(side)}, make the values equal by hand, or change the line at {line.place}.",
        )
    return side


def _named(take: str, module: ModulePlan | None, conflict: Conflict) -> Side:
    if take in SIDES:
        return "left" if take == "left" else "right"
    names = _systems(module)
    sides = [side for side, name in names.items() if name == take]
    if len(sides) == 1:
        return sides[0]
    known = f"left, right, {', '.join(names.values())}" if len(set(names.values())) > 1 else "left or right"
    raise UserError(
        f"`{take}` does not name one side of conflict {conflict.number}, in {conflict.module}.",
        remedy=f"Say one of {known}."
        if module
        else "Say left or right; systems are known where SPEC is a file.",
    )


def _systems(module: ModulePlan | None) -> Mapping[Side, str]:
    return {side: module.side(side).system for side in SIDES} if module else {}
