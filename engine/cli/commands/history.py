"""`engine history`: the runs so far. It does not wait for a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from engine.cli.shared.command import engine_command
from engine.cli.shared.ledger_access import integration_in, reading
from engine.cli.shared.options import LEDGER, OPTIONAL_SPEC
from engine.cli.shared.output import answer
from engine.render.history import history_json, history_text

if TYPE_CHECKING:
    from engine.cli.shared.context import CommandContext


@engine_command(OPTIONAL_SPEC, LEDGER)
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="Runs to show.")
def history(context: CommandContext, *, limit: int) -> None:
    """Show the runs so far, newest first: of one integration, or of all in the folder."""
    with reading(context) as memory:
        runs = memory.runs(integration_in(memory, context.spec) if context.spec else None, limit)
    answer(context.form, lambda: history_json(runs), lambda screen: history_text(runs, screen))
