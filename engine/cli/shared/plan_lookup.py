"""What a command looks up in the compiled plan of SPEC: the plan itself, and its modules by name."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from engine import compiler
from engine.cli.shared.spec_file import find_spec, is_name_only
from engine.errors import UserError
from engine.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.cli.shared.context import CommandContext
    from engine.compiler.draft.parts import Hand
    from engine.plan import ModulePlan, Plan
    from engine.run.session.aim import Aim


def plan_of(context: CommandContext, hand: Hand | None = None) -> Plan:
    """The plan, compiled offline; with `hand`, of what it starts by hand alone."""
    return compiler.compile_file(str(find_spec(context.spec)), profile=context.choices, hand=hand)


def plan_if_file(context: CommandContext) -> Plan | None:
    """The plan; None where SPEC is only the name of an integration that has run."""
    return None if is_name_only(context.spec) else plan_of(context)


def module_of(plan: Plan, name: str) -> ModulePlan:
    """The module of that name. Raises UserError if it does not run."""
    for one in plan.modules:
        if one.name == name:
            return one
    off = " It is switched off by the options." if name in plan.switched_off else ""
    raise UserError(
        f"{plan.file} has no module `{name}` that runs.{off}",
        remedy=did_you_mean(name, [one.name for one in plan.modules], otherwise="These do"),
    )


def modules_aim(plan: Plan, modules: Sequence[str]) -> Aim | None:
    """What `--module` limits a run to; None = everything. Raises UserError for a module that does not run."""
    from engine.run.session.aim import Aim

    if not modules:
        return None
    return Aim(modules=frozenset(module_of(plan, one).name for one in modules))


def module_words(modules: Sequence[str]) -> str:
    """`--module` as it would be typed again."""
    return "".join(f" --module {shlex.quote(one)}" for one in modules)
