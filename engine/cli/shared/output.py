"""Output of a command: results on stdout in the format that was asked for, everything else on stderr."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING, Any

import click

from engine.render.table import Screen
from engine.render.text import as_json

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def screen() -> Screen:
    """The width and colours of stdout: the terminal's, or plain and fixed where stdout is no terminal."""
    if not sys.stdout.isatty():
        return Screen()
    colorless = bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
    return Screen(width=shutil.get_terminal_size().columns, color=not colorless)


def answer(form: str, structured: Callable[[], Mapping[str, Any]], text: Callable[[Screen], str]) -> None:
    """Print a result on stdout in the form that was asked for."""
    show(as_json(structured()) if form == "json" else text(screen()))


def show(text: str) -> None:
    """Print a result on stdout, with a line end if it has none; no result prints nothing."""
    click.echo(text, nl=bool(text) and not text.endswith("\n"))


def say(text: str) -> None:
    """Print what is no result: progress, advice, where something was found."""
    click.echo(text, err=True)
