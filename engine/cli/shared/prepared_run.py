"""From a command's context to what the run's functions take: a compiled plan and the request to run it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from engine.cli.shared.folder import private_folder
from engine.cli.shared.plan_lookup import plan_of
from engine.cli.shared.progress import show_progress
from engine.cli.shared.sandbox import sandbox_settings
from engine.run.session.run_request import RunRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from engine.cli.shared.context import CommandContext
    from engine.compiler.draft.parts import Hand
    from engine.plan import Plan


def never() -> bool:
    """For what is not asked to stop."""
    return False


@contextmanager
def prepared(
    context: CommandContext, *, stop: Callable[[], bool] = never, hand: Hand | None = None
) -> Iterator[tuple[Plan, RunRequest]]:
    """The compiled plan, with `hand` of one trigger alone, and the request to run it with.

    The sandbox and the progress display end with the block. Nothing is made on disk before the spec has compiled.
    """
    from engine.run.operations.discover import against_live

    offline = plan_of(context, hand)
    with requested(context, offline, stop) as request:
        yield against_live(offline, context.choices, request, hand), request


@contextmanager
def requested(context: CommandContext, offline: Plan, stop: Callable[[], bool]) -> Iterator[RunRequest]:
    """How to run a plan from here; the sandbox and the progress display end with the block."""
    kept = private_folder(context.folder)
    with sandbox_settings(context.sandbox, offline, kept) as settings, show_progress() as listen:
        yield RunRequest(folder=kept, overrides=settings, ledger=context.ledger, listen=listen, stop=stop)
