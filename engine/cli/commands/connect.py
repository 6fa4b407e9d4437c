"""`engine connect`: show which accounts are connected and what that discloses; then sync, now or later."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from engine.cli.shared.command import engine_command
from engine.cli.shared.lifecycle_stage import STAGE_PARAMETERS, carried_out, ordered
from engine.cli.shared.output import answer
from engine.cli.shared.run_exit_code import exit_code_of
from engine.exit_codes import ExitCode
from engine.render.lifecycle import carried_json, carried_text
from engine.render.outcome import run_text
from engine.run.session.sync_pass import Accepted

if TYPE_CHECKING:
    from engine.cli.shared.context import CommandContext


@engine_command(*STAGE_PARAMETERS)
@click.option("--later", is_flag=True, help="Connect only; the first `engine run` syncs.")
def connect(context: CommandContext, *, yes: bool, by: str | None, later: bool) -> ExitCode:
    """Connect the systems of SPEC: see the accounts, the choices and what is disclosed, confirm, and sync.

    What it requires is checked, and the accounts are recorded: a run with others is refused. Connecting again
    applies other choices, and repeats what the spec says of connecting.
    """
    from engine.run.sync.execute import execute

    with ordered("connect", context, by=by) as (plan, request, foreseen):
        carried = carried_out(plan, request, foreseen, yes=yes)
        to_run = replace(request, accepted=Accepted(everything=context.sandbox is not None))
        report = None if later else execute(plan, to_run)
    again, look = context.words(), context.words(choices=False, sandbox=False)
    answer(
        context.form,
        lambda: {**carried_json(foreseen, carried), "report": report.as_json() if report else None},
        lambda screen: (
            carried_text(plan, carried)
            + (run_text(report, screen, spec=look) if report else f"To sync: engine run {again}\n")
        ),
    )
    return exit_code_of(report) if report else ExitCode.DONE
