"""`engine pause` and `resume`: no run until an integration is resumed; nothing else changes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from engine.cli.shared.command import engine_command
from engine.cli.shared.ledger_access import changing, integration_in, now_iso, reading
from engine.cli.shared.options import BY, LEDGER, SPEC
from engine.cli.shared.output import answer
from engine.errors import UserError
from engine.render.lifecycle import standing_json, state_words

if TYPE_CHECKING:
    from engine.cli.shared.context import CommandContext
    from engine.ledger.standing import Standing, State


@engine_command(SPEC, BY, LEDGER)
def pause(context: CommandContext, *, by: str | None) -> None:
    """Run nothing of SPEC until `engine resume`; scheduled runs are refused, too (exit 7)."""
    _show(context, _move(context, "active", "paused", by))


@engine_command(SPEC, BY, LEDGER)
def resume(context: CommandContext, *, by: str | None) -> None:
    """Let a paused integration run again; the next run continues from the last sync."""
    _show(context, _move(context, "paused", "active", by))


def _move(context: CommandContext, before: State, after: State, by: str | None) -> Standing:
    """From one state to another. Raises UserError in any other state, LockedError while it is running."""
    with reading(context) as memory:
        name = integration_in(memory, context.spec)
    with changing(context, name) as (memory, lease):
        standing = memory.standing(name)
        if standing.state == after:
            return standing
        if standing.state != before:
            raise UserError(
                f"`{name}` is {standing.state}, so `engine {'pause' if after == 'paused' else 'resume'}` "
                "does nothing.",
                remedy="`engine status` shows where it stands.",
            )
        moved = replace(standing, state=after, since=now_iso(), by=by)
        memory.stand(lease, moved)
    return moved


def _show(context: CommandContext, standing: Standing) -> None:
    words = f"{standing.integration}: {state_words(standing)}\n"
    answer(context.form, lambda: standing_json(standing), lambda _: words)
