"""`engine preview`: what a run would change and what it would cost; nothing is written."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.cli.shared.command import engine_command
from engine.cli.shared.options import CHOICES, FULL, LEDGER, MODULES, SANDBOX, SPEC
from engine.cli.shared.output import answer, say
from engine.cli.shared.plan_lookup import module_words, modules_aim
from engine.cli.shared.prepared_run import prepared
from engine.exit_codes import ExitCode
from engine.render.changes import changeset_text
from engine.run.session.sync_pass import Accepted

if TYPE_CHECKING:
    from engine.cli.shared.context import CommandContext


@engine_command(SPEC, FULL, MODULES, CHOICES, SANDBOX, LEDGER)
@click.option(
    "--limit",
    type=click.IntRange(min=0),
    default=20,
    show_default=True,
    help="Records of each module to show field by field.",
)
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 3 when a run would change something.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Save every change in this file, for `engine run --changes FILE` to apply exactly these.",
)
def preview(
    context: CommandContext,
    *,
    limit: int,
    detailed_exitcode: bool,
    output: Path | None,
    full: bool,
    modules: tuple[str, ...],
) -> ExitCode:
    """Read both sides and show what a run would do, record by record, and what it would cost.

    Nothing is written, neither to a system nor to the ledger.
    """
    if output is not None and modules:
        raise click.UsageError(
            "-o cannot be combined with --module: a saved changeset covers the whole spec."
        )
    from engine.run.operations.preview import preview as look
    from engine.run.operations.preview import save

    approved = Accepted(everything=context.sandbox is not None)  # as `run` has it
    with prepared(context) as (plan, offered):
        request = replace(offered, accepted=approved, whole=full, aim=modules_aim(plan, modules))
        changes = (
            look(plan, request, limit=limit) if output is None else save(plan, request, output, limit=limit)
        )
    again = context.words(more=module_words(modules))
    if output is not None:
        say(f"Saved the changeset: {output}")
        again += f" --changes {shlex.quote(str(output))}"
    answer(
        context.form,
        changes.as_json,
        lambda screen: changeset_text(changes, screen, spec=again, saved=output is not None),
    )
    return ExitCode.CHANGES if detailed_exitcode and changes.writes else ExitCode.DONE
