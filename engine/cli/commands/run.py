"""`engine run`: sync both sides."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.cli.shared.command import engine_command
from engine.cli.shared.interrupt import interruptible
from engine.cli.shared.options import ACCEPT, CHOICES, FULL, LEDGER, MODULES, SANDBOX, SPEC
from engine.cli.shared.output import answer
from engine.cli.shared.plan_lookup import module_words, modules_aim
from engine.cli.shared.prepared_run import prepared
from engine.cli.shared.run_exit_code import exit_code_of
from engine.cli.shared.stops import with_command_to_approve
from engine.render.outcome import run_text
from engine.run.session.changes import open_changes
from engine.run.session.sync_pass import Accepted

if TYPE_CHECKING:
    from engine.cli.shared.context import CommandContext
    from engine.exit_codes import ExitCode
    from engine.plan import Plan
    from engine.run.session.report import RunReport
    from engine.run.session.run_request import RunRequest


@engine_command(SPEC, FULL, ACCEPT, MODULES, CHOICES, SANDBOX, LEDGER)
@click.option("--ask", is_flag=True, help="With --sandbox: stop wherever a run of a real company would.")
@click.option(
    "--changes",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Apply exactly the changes in this file of `engine preview -o`, where they still hold.",
)
def run(
    context: CommandContext,
    *,
    accept: tuple[str, ...],
    ask: bool,
    full: bool,
    modules: tuple[str, ...],
    changes: Path | None,
) -> ExitCode:
    """Read both sides, compare, and write what the spec asks for; all of it is recorded.

    A second run changes nothing. Killed at any point and run again, the outcome is the same. Ctrl-C finishes the
    batch in flight and stops; a second one stops at once.

    Where a mistake could affect many records it stops before it writes (exit 6), shows what requires confirmation,
    and names a code for --accept. The sandbox requires none, since its company is made up; with --ask it does.

    With --changes, records that have changed since the preview are skipped and reported (exit 6); the rest is
    applied. Other changes wait for a run without it.

    With --module, only the named modules run, plus the parent records they need.
    """
    if changes is not None and (accept or full or modules):
        raise click.UsageError(
            "--changes cannot be combined with --accept, --full or --module: the file says what is done."
        )
    approved = Accepted(codes=frozenset(accept), everything=context.sandbox is not None and not ask)
    again = context.words(more=module_words(modules)) + (" --ask" if ask else "")
    with (
        interruptible() as stop,
        prepared(context, stop=stop) as (plan, request),
        with_command_to_approve(f"engine run {again}", accept),
    ):
        aim = modules_aim(plan, modules)
        report = _report(plan, replace(request, accepted=approved, whole=full, aim=aim), changes)
    look = context.words(choices=False, sandbox=False)
    answer(context.form, report.as_json, lambda screen: run_text(report, screen, spec=look))
    return exit_code_of(report)


def _report(plan: Plan, request: RunRequest, changes: Path | None) -> RunReport:
    """What a run did, or one that applies a saved changeset."""
    if changes is None:
        from engine.run.sync.execute import execute

        return execute(plan, request)
    from engine.run.operations.apply import apply

    return apply(plan, request, open_changes(changes))
