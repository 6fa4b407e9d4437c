"""`engine validate`: every mistake in specs and mappings, at its place."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.cli.shared.command import FINDINGS, EngineCommand, formats, say, show

if TYPE_CHECKING:
    from engine.spec.diagnostic import Diagnostic


@click.command(cls=EngineCommand)
@click.argument(
    "paths", nargs=-1, required=True, metavar="PATH...", type=click.Path(exists=True, path_type=Path)
)
@formats("sarif", "github")
def validate(*, paths: tuple[Path, ...], form: str) -> int:
    """Check spec and mapping files, and folders of them.

    Nothing is read from a system and nothing is written. Exit 1 if anything is wrong.
    """
    from engine.compiler import check_paths

    findings = check_paths(paths)
    show(_rendered(findings, form))
    wrong = sum(one.severity == "error" for one in findings)
    if form == "text":
        say(_summary(len(findings), wrong))
    return FINDINGS if wrong else 0


def _rendered(findings: tuple[Diagnostic, ...], form: str) -> str:
    from engine.render import findings as render

    printers = {
        "text": render.findings_text,
        "json": render.findings_json,
        "github": render.findings_github,
        "sarif": render.findings_sarif,
    }
    return printers[form](findings)


def _summary(findings: int, wrong: int) -> str:
    from engine.render.text import count

    return f"{count(findings, 'finding')}, {count(wrong, 'error')}." if findings else "No findings."
