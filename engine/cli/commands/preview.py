"""`engine preview`: what a run would change and what it would cost; nothing is written."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path

import click

from engine.cli.shared.aimed import aim_at, module_option, module_words
from engine.cli.shared.command import PENDING, answer, formats, ledger_options, repeated, say
from engine.cli.shared.prepare import prepared
from engine.cli.shared.spec import spec_arguments, spec_words
from engine.cli.shared.stand_in import Sandbox, SandboxCommand, sandbox_option, words


@click.command(cls=SandboxCommand)
@spec_arguments
@sandbox_option
@click.option(
    "--limit",
    type=click.IntRange(min=0),
    default=20,
    show_default=True,
    help="Records of each module that are shown field by field.",
)
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 3 when a run would change something.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Save every change in this file, for `engine run --changes FILE` to do exactly that.",
)
@click.option("--full", is_flag=True, help="Read everything again, not only what changed since the last run.")
@module_option
@ledger_options
@formats()
def preview(
    *,
    spec: str,
    choices: dict[str, str],
    sandbox: Sandbox | None,
    limit: int,
    detailed_exitcode: bool,
    output: Path | None,
    full: bool,
    modules: tuple[str, ...],
    folder: Path,
    ledger: str | None,
    form: str,
) -> int:
    """Read both sides and show what a run would do, record by record, and what it would cost.

    Nothing is written, neither to a system nor to the ledger.
    """
    if output is not None and modules:
        raise click.UsageError("-o goes without --module: a saved changeset is of the whole spec.")
    from engine.render.changes import changeset_text
    from engine.run.operations.preview import preview as look
    from engine.run.operations.preview import save
    from engine.run.session.sync_pass import Accepted

    with prepared(spec, choices, sandbox=sandbox, folder=folder, ledger=ledger, stop=lambda: False) as (
        plan,
        request,
    ):
        trying = Accepted(everything=sandbox is not None)  # as `run` has it
        request = replace(request, accepted=trying, whole=full, aim=aim_at(plan, modules))  # noqa: PLW2901
        changes = (
            look(plan, request, limit=limit) if output is None else save(plan, request, output, limit=limit)
        )
    again = spec_words(spec, choices) + module_words(modules) + words(sandbox) + repeated(folder, ledger)
    if output is not None:
        say(f"Saved the changeset: {output}")
        again += f" --changes {shlex.quote(str(output))}"
    answer(
        form,
        changes.as_json,
        lambda screen: changeset_text(changes, screen, spec=again, saved=output is not None),
    )
    return PENDING if detailed_exitcode and changes.writes else 0
