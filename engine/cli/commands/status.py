"""`engine status`: where each integration stands. It does not wait for a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.cli.shared.command import engine_command
from engine.cli.shared.ledger_access import integration_in, reading
from engine.cli.shared.options import LEDGER, OPTIONAL_SPEC
from engine.cli.shared.output import answer
from engine.render.status import status_json, status_text

if TYPE_CHECKING:
    from engine.cli.shared.context import CommandContext


@engine_command(OPTIONAL_SPEC, LEDGER)
def status(context: CommandContext) -> None:
    """Show where each integration stands: its last run, how far it has read, what is linked and held."""
    with reading(context) as memory:
        names = [integration_in(memory, context.spec)] if context.spec else memory.integrations()
        rows = [
            (name, memory.last_run(name), memory.status(name), memory.standing(name), memory.at_work(name))
            for name in names
        ]
    answer(
        context.form,
        lambda: {"integrations": [status_json(*row) for row in rows]},
        lambda screen: "\n".join(status_text(*row, screen) for row in rows),
    )
