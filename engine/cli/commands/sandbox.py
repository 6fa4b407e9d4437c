"""`engine sandbox`: serve the local stand-ins alone, until Ctrl-C."""

from __future__ import annotations

import contextlib
import signal
from typing import TYPE_CHECKING, Literal

import click

from engine.cli.shared.command import engine_command
from engine.cli.shared.folder import private_folder
from engine.cli.shared.options import FOLDER_ONLY
from engine.cli.shared.output import answer, say
from engine.cli.shared.sandbox import COMPANIES, Company
from engine.render.sandbox import connect_text

if TYPE_CHECKING:
    from engine.cli.shared.context import CommandContext
    from engine.sandbox.serve import Running


@engine_command(FOLDER_ONLY)
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8765, show_default=True, help="0 = any free port."
)
@click.option(
    "--company", type=click.Choice(COMPANIES), default="clean", show_default=True, help="Whose records."
)
@click.option(
    "--limits",
    type=click.Choice(["roomy", "published"]),
    default="roomy",
    show_default=True,
    help="The rate limits: far above any need, or those that the vendors publish.",
)
def sandbox(
    context: CommandContext, *, port: int, company: Company, limits: Literal["roomy", "published"]
) -> None:
    """Serve stand-ins for the systems on this machine, over real HTTP, and say how to connect."""
    from engine.sandbox.serve import serve_forever

    def tell(running: Running) -> None:
        served = running.connect()
        answer(context.form, lambda: served, lambda _: connect_text(running.url, served))
        say("Serving until Ctrl-C.")

    # How it ends, wherever it comes; said plainly, for a shell starts background jobs with Ctrl-C switched off.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt):
        serve_forever(private_folder(context.folder), company=company, port=port, limits=limits, ready=tell)
    say("Stopped; the records stay in the folder.")
