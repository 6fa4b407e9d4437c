"""`engine preview`: what a run would change and what it would cost; nothing is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from engine.cli.command import PENDING, answer, formats, ledger_options
from engine.cli.progress import telling
from engine.cli.spec import find_spec, spec_arguments
from engine.cli.stand_in import (
    Company,
    SandboxCommand,
    private_folder,
    sandbox_option,
    sandbox_settings,
    words,
)

if TYPE_CHECKING:
    from pathlib import Path


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
@ledger_options
@formats()
def preview(
    *,
    spec: str,
    choices: dict[str, str],
    sandbox: Company | None,
    limit: int,
    detailed_exitcode: bool,
    folder: Path,
    ledger: str | None,
    form: str,
) -> int:
    """Read both sides and show what a run would do, record by record, and what it would cost.

    Nothing is written, neither to a system nor to the ledger.
    """
    from engine.compiler import compile_file
    from engine.render.changes import changeset_text
    from engine.run.execute import Call
    from engine.run.preview import preview as look

    plan = compile_file(str(find_spec(spec)), profile=choices)
    kept = private_folder(folder)
    with sandbox_settings(sandbox, plan, kept) as settings, telling() as listen:
        changes = look(plan, Call(folder=kept, overrides=settings, ledger=ledger, listen=listen), limit=limit)
    again = f"{spec}{words(sandbox)}"
    answer(form, changes.as_json, lambda screen: changeset_text(changes, screen, spec=again))
    return PENDING if detailed_exitcode and changes.writes else 0
