"""`engine sandbox`: serve the local stand-ins alone, until Ctrl-C."""

from __future__ import annotations

import contextlib
import signal
from typing import TYPE_CHECKING, Literal

import click

from engine.cli.shared.command import EngineCommand, answer, folder_option, formats, say
from engine.cli.shared.stand_in import COMPANIES, Company, private_folder

if TYPE_CHECKING:
    from pathlib import Path


@click.command(cls=EngineCommand)
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8765, show_default=True, help="0 = any free one."
)
@click.option(
    "--company", type=click.Choice(COMPANIES), default="clean", show_default=True, help="Whose records."
)
@click.option(
    "--limits",
    type=click.Choice(["roomy", "published"]),
    default="roomy",
    show_default=True,
    help="How many calls a minute are let through.",
)
@folder_option
@formats()
def sandbox(
    *,
    port: int,
    company: Company,
    limits: Literal["roomy", "published"],
    folder: Path,
    form: str,
) -> None:
    """Serve stand-ins for the systems on this machine, over real HTTP, and say how to connect."""
    from engine.render.stand_in import connect_text
    from engine.sandbox.serve import Running, serve_forever

    def tell(running: Running) -> None:
        served = running.connect()
        answer(form, lambda: served, lambda _: connect_text(running.url, served))
        say("Serving until Ctrl-C.")

    # How it ends, wherever it comes; said plainly, for a shell starts background jobs with Ctrl-C switched off.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt):
        serve_forever(private_folder(folder), company=company, port=port, limits=limits, ready=tell)
    say("Stopped; the records stay in the folder.")
