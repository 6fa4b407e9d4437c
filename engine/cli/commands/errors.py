"""`engine errors`: the records that are held. It does not wait for a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.cli.shared.command import engine_command
from engine.cli.shared.ledger_access import integration_in, reading
from engine.cli.shared.options import LEDGER, MODULE, OPTIONAL_SPEC
from engine.cli.shared.output import answer
from engine.render.errors import errors_json, errors_text, notices_text

if TYPE_CHECKING:
    from engine.cli.shared.context import CommandContext


@engine_command(OPTIONAL_SPEC, MODULE, LEDGER)
def errors(context: CommandContext, *, module: str | None) -> None:
    """Show the records that are held, what resolves each, and which notices of refused changes were sent."""
    with reading(context) as memory:
        integration = integration_in(memory, context.spec) if context.spec else None
        held, notices = memory.held_rows(integration, module), memory.notices(integration, module)
    answer(
        context.form,
        lambda: errors_json(held, notices),
        lambda _: errors_text(held) + notices_text(notices),
    )
