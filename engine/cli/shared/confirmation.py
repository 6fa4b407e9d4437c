"""Confirmation: what somebody at the command line agrees to before it is done."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from engine.cli.shared.output import say
from engine.errors import UserError
from engine.render.changes import lines_text

if TYPE_CHECKING:
    from engine.run.session.report import ChangeLine


def can_ask() -> bool:
    """Whether a person is there to answer."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def confirm(what: str, lines: tuple[ChangeLine, ...] | None, *, yes: bool) -> None:
    """Show what is about to be written (None = that was shown), and ask. Raises UserError where nobody can answer."""
    if lines is not None:
        say(lines_text(what, list(lines)) if lines else f"{what}: everything is already up to date.")
    if yes:
        return
    if not can_ask():
        raise UserError(
            "Nothing was done: this requires confirmation, and there is no terminal to ask on.",
            remedy="Add --yes to confirm.",
        )
    click.confirm("Do it?", abort=True, err=True)
