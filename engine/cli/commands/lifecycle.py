"""`engine disable`, `enable`, `delete` and `migrate`: each shows what it will do, and asks for confirmation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from engine.cli.shared.command import engine_command
from engine.cli.shared.lifecycle_stage import STAGE_PARAMETERS, carried_out, ordered
from engine.cli.shared.output import answer
from engine.exit_codes import ExitCode
from engine.render.lifecycle import carried_json, carried_text

if TYPE_CHECKING:
    from engine.cli.shared.context import CommandContext
    from engine.plan.lifecycle import StageName


@engine_command(*STAGE_PARAMETERS)
def disable(context: CommandContext, *, yes: bool, by: str | None) -> ExitCode:
    """Stop all sync until `engine enable`, and carry out what the spec says of it.

    Its links stay: once enabled, it continues from where it ended.
    """
    return _carry_out("disable", context, yes=yes, by=by)


@engine_command(*STAGE_PARAMETERS)
def enable(context: CommandContext, *, yes: bool, by: str | None) -> ExitCode:
    """Let a disabled integration continue from its last sync.

    With the accounts that it was connected to. Where the spec allows another account, the links of the former one
    are deleted, and the next run starts with first contact.
    """
    return _carry_out("enable", context, yes=yes, by=by)


@engine_command(*STAGE_PARAMETERS)
@click.option(
    "--choice", metavar="NAME", help="Which of the spec's ways to delete it; without it they are listed."
)
def delete(context: CommandContext, *, yes: bool, by: str | None, choice: str | None) -> ExitCode:
    """Delete a disabled integration permanently: its links are deleted, and what the spec says is carried out.

    Its history stays. `engine connect` would connect it as new.
    """
    return _carry_out("delete", context, yes=yes, by=by, choice=choice)


@engine_command(*STAGE_PARAMETERS)
def migrate(context: CommandContext, *, yes: bool, by: str | None) -> ExitCode:
    """Take over what an older integration has linked. This cannot be undone."""
    return _carry_out("migrate", context, yes=yes, by=by)


def _carry_out(
    stage: StageName, context: CommandContext, *, yes: bool, by: str | None, choice: str | None = None
) -> ExitCode:
    with ordered(stage, context, by=by, choice=choice) as (plan, request, foreseen):
        carried = carried_out(plan, request, foreseen, yes=yes)
    answer(context.form, lambda: carried_json(foreseen, carried), lambda _: carried_text(plan, carried))
    return ExitCode.HELD if any(one.refused for one in carried.steps) else ExitCode.DONE
