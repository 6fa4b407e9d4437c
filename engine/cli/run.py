"""`engine run`: bring both sides in step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from engine.cli.command import HELD, INTERRUPTED, TEMPORARY, answer, formats, ledger_options
from engine.cli.progress import telling
from engine.cli.spec import find_spec, spec_arguments
from engine.cli.stand_in import (
    Company,
    SandboxCommand,
    private_folder,
    sandbox_option,
    sandbox_settings,
)
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
    from engine.compiler import compile_file
    from engine.render.outcome import run_text
    from engine.run.execute import Call, execute

    plan = compile_file(str(find_spec(spec)), profile=choices)
    kept = private_folder(folder)
    with sandbox_settings(sandbox, plan, kept) as settings, telling() as listen, stopping() as stop:
        report = execute(plan, Call(folder=kept, overrides=settings, ledger=ledger, listen=listen, stop=stop))
    answer(form, report.as_json, lambda screen: run_text(report, screen, spec=spec))
    return _EXIT_CODES[report.outcome]
