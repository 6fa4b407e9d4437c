"""`engine disable`, `enable`, `delete` and `migrate`: each shows what it will do, and asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from engine.cli.shared.command import HELD, answer
from engine.cli.shared.ordering import Asked, carried_out, order_options, ordered
from engine.cli.shared.stand_in import SandboxCommand

if TYPE_CHECKING:
    from engine.plan.lifecycle import StageName


@click.command(cls=SandboxCommand)
@order_options
def disable(form: str, **asked: Any) -> int:
    """Stop all sync until `engine enable`, and do what the spec says of it.

    Its links stay: once enabled, it goes on from where it ended.
    """
    return _do("disable", Asked(**asked), form)


@click.command(cls=SandboxCommand)
@order_options
def enable(form: str, **asked: Any) -> int:
    """Let a disabled integration go on from its last sync.

    With the accounts that it was connected to; where the spec allows another one, the links are of the former
    account, so they are forgotten, and the next run begins anew.
    """
    return _do("enable", Asked(**asked), form)


@click.command(cls=SandboxCommand)
@click.option(
    "--choice", metavar="NAME", help="Which of the spec's ways to delete it; without it they are told."
)
@order_options
def delete(form: str, **asked: Any) -> int:
    """Delete a disabled integration for good: its links are forgotten, and what the spec says is done.

    Its history stays. `engine connect` would connect it anew, as if it had never been.
    """
    return _do("delete", Asked(**asked), form)


@click.command(cls=SandboxCommand)
@order_options
def migrate(form: str, **asked: Any) -> int:
    """Take over what an older integration has linked. There is no way back."""
    return _do("migrate", Asked(**asked), form)


def _do(stage: StageName, asked: Asked, form: str) -> int:
    from engine.render.lifecycle import carried_json, carried_text

    with ordered(stage, asked) as (plan, request, foreseen):
        carried = carried_out(plan, request, foreseen, yes=asked.yes)
    answer(form, lambda: carried_json(foreseen, carried), lambda _: carried_text(plan, carried))
    return HELD if any(one.refused for one in carried.steps) else 0
