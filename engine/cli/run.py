"""`engine run`: bring both sides in step."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import click

from engine.cli.command import HELD, INTERRUPTED, TEMPORARY, answer, formats, ledger_options, repeated
from engine.cli.prepare import prepared
from engine.cli.spec import spec_arguments
from engine.cli.stand_in import Company, SandboxCommand, sandbox_option
from engine.cli.stopping import stopping

if TYPE_CHECKING:
    from pathlib import Path

_EXIT_CODES = {"done": 0, "held": HELD, "interrupted": INTERRUPTED, "parked": TEMPORARY}


@click.command(cls=SandboxCommand)
@spec_arguments
@sandbox_option
@ledger_options
@formats()
def run(
    *,
    spec: str,
    choices: dict[str, str],
    sandbox: Company | None,
    folder: Path,
    ledger: str | None,
    form: str,
) -> int:
    """Read both sides, compare, and write what the spec asks for; remember all of it.

    Run again, it changes nothing. Killed anywhere and run again, the outcome is the same. Ctrl-C finishes the
    batch in flight and stops; a second one stops at once.
    """
    from engine.render.outcome import run_text
    from engine.run.execute import execute

    with (
        stopping() as stop,
        prepared(spec, choices, sandbox=sandbox, folder=folder, ledger=ledger, stop=stop) as (plan, call),
    ):
        report = execute(plan, call)
    again = shlex.quote(spec) + repeated(folder, ledger)
    answer(form, report.as_json, lambda screen: run_text(report, screen, spec=again))
    return _EXIT_CODES[report.outcome]
