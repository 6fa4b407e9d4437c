"""Asking: what somebody at the command line confirms before it is done."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from engine.cli.shared.command import say
from engine.errors import UserError

if TYPE_CHECKING:
    from engine.run.session.report import ChangeLine


def can_ask() -> bool:
    """Whether a person is there to answer."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def confirm(what: str, lines: tuple[ChangeLine, ...] | None, *, yes: bool) -> None:
    """Show what is about to be written (None = that was shown), and ask. Raises UserError where nobody can answer."""
    from engine.render.changes import lines_text

    if lines is not None:
        say(lines_text(what, list(lines)) if lines else f"{what}: everything is so already.")
    if yes:
        return
    if not can_ask():
        raise UserError("Nothing was done: nobody is there to confirm it.", remedy="Add --yes to do it.")
    click.confirm("Do it?", abort=True, err=True)
