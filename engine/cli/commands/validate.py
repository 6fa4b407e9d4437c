"""`engine validate`: every mistake in specs and mappings, at its place."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine import compiler
from engine.cli.shared.command import engine_command
from engine.cli.shared.output import say, show
from engine.exit_codes import ExitCode
from engine.render import findings as render
from engine.render.text import count

if TYPE_CHECKING:
    from engine.cli.shared.context import CommandContext

_PRINTERS = {
    "text": render.findings_text,
    "json": render.findings_json,
    "sarif": render.findings_sarif,
    "github": render.findings_github,
}


@engine_command(forms=tuple(_PRINTERS))
@click.argument(
    "paths", nargs=-1, required=True, metavar="PATH...", type=click.Path(exists=True, path_type=Path)
)
def validate(context: CommandContext, *, paths: tuple[Path, ...]) -> ExitCode:
    """Check spec and mapping files, and folders of them.

    Nothing is read from a system and nothing is written. Exit 1 if anything is wrong.
    """
    findings = compiler.check_paths(paths)
    show(_PRINTERS[context.form](findings))
    wrong = sum(one.severity == "error" for one in findings)
    if context.form == "text":
        say(f"{count(len(findings), 'finding')}, {count(wrong, 'error')}." if findings else "No findings.")
    return ExitCode.FAILED if wrong else ExitCode.DONE
