"""`engine status`, `history` and `errors`: what the ledger remembers. None of them waits for a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from engine.cli.shared.command import EngineCommand, answer, formats, ledger_options
from engine.cli.shared.memory import integration_in, reading

if TYPE_CHECKING:
    from pathlib import Path

    from engine.ledger.store import Ledger


def _wanted(memory: Ledger, spec: str | None) -> str | None:
    """The integration that SPEC means; None = all."""
    return None if spec is None else integration_in(memory, spec)


@click.command(cls=EngineCommand)
@click.argument("spec", required=False, metavar="[SPEC]")
@ledger_options
@formats()
def status(*, spec: str | None, folder: Path, ledger: str | None, form: str) -> None:
    """Show where each integration stands: its last run, how far it has read, what is linked and held."""
    from engine.render.past import status_json, status_text

    with reading(folder, ledger) as memory:
        wanted = _wanted(memory, spec)
        names = [wanted] if wanted else memory.integrations()
        rows = [
            (name, memory.last_run(name), memory.status(name), memory.standing(name), memory.at_work(name))
            for name in names
        ]
    answer(
        form,
        lambda: {"integrations": [status_json(*row) for row in rows]},
        lambda screen: "\n".join(status_text(*row, screen) for row in rows),
    )


@click.command(cls=EngineCommand)
@click.argument("spec", required=False, metavar="[SPEC]")
@click.option(
    "--limit", type=click.IntRange(min=1), default=20, show_default=True, help="Runs that are shown."
)
@ledger_options
@formats()
def history(*, spec: str | None, limit: int, folder: Path, ledger: str | None, form: str) -> None:
    """Show the runs so far, newest first: of one integration, or of all in the folder."""
    from engine.render.past import history_json, history_text

    with reading(folder, ledger) as memory:
        wanted = _wanted(memory, spec)
        runs = memory.runs(wanted, limit)
    answer(form, lambda: history_json(runs), lambda screen: history_text(runs, screen))


@click.command(cls=EngineCommand)
@click.argument("spec", required=False, metavar="[SPEC]")
@click.option("--module", help="Only this module.")
@ledger_options
@formats()
def errors(
    *,
    spec: str | None,
    module: str | None,
    folder: Path,
    ledger: str | None,
    form: str,
) -> None:
    """Show the records that are held, what resolves each, and what people were told of refused changes."""
    from engine.render.past import errors_json, errors_text, notices_text

    with reading(folder, ledger) as memory:
        wanted = _wanted(memory, spec)
        held, told = memory.held_rows(wanted, module), memory.notices(wanted, module)
    answer(form, lambda: errors_json(held, told), lambda _: errors_text(held) + notices_text(told))
