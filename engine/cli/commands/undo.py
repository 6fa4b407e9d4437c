"""`engine undo`: take a finished run back; shown first, done with --apply."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import click

from engine.cli.shared.choices import PROFILE, Choices, gathered, words_of
from engine.cli.shared.command import PENDING, answer, formats, ledger_options, repeated
from engine.cli.shared.memory import reading
from engine.cli.shared.prepare import prepared
from engine.cli.shared.spec import set_option
from engine.cli.shared.stand_in import Sandbox, SandboxCommand, sandbox_option, words
from engine.cli.shared.stopping import stopping
from engine.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from engine.ledger import RunRow


@click.command(cls=SandboxCommand)
@click.argument("run", metavar="RUN")
@click.argument("spec", metavar="[SPEC]", required=False)
@set_option
@click.option("--apply", "do", is_flag=True, help="Do it; without this it is only shown.")
@click.option(
    "--limit", type=click.IntRange(min=0), default=20, show_default=True, help="Records that are shown."
)
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 3 when there is something to take back.")
@sandbox_option
@ledger_options
@formats()
def undo(
    *,
    run: str,
    spec: str | None,
    choices: dict[str, str],
    do: bool,
    limit: int,
    detailed_exitcode: bool,
    sandbox: Sandbox | None,
    folder: Path,
    ledger: str | None,
    form: str,
) -> int:
    """Show what taking RUN back would change, and with --apply take it back. `engine history` names the runs.

    What it changed gets its former values, what it made is deleted, what it deleted is made again with the mapped
    fields. A record that somebody or a later run has changed since is left alone and told. No later run does the
    same again; later edits still come over.

    SPEC is the spec that ran; leave it out if it still stands where it did.
    """
    from engine.render.undo import undone_text
    from engine.run.operations.undo import look_back, put_back

    with reading(folder, ledger) as memory:
        row = _row(memory.runs(None, _RUNS), run)
    named = spec or row.spec_file
    if spec is None:
        choices = gathered(named, choices, click.get_current_context().meta.get(PROFILE))
    with (
        stopping() as stop,
        prepared(named, choices, sandbox=sandbox, folder=folder, ledger=ledger, stop=stop) as (plan, request),
    ):
        undone = (put_back if do else look_back)(plan, request, row.id, limit=limit)
    again = _again(row.id, spec, choices) + words(sandbox) + repeated(folder, ledger)
    answer(form, undone.as_json, lambda screen: undone_text(undone, spec=again, screen=screen))
    return PENDING if detailed_exitcode and undone.writes and not do else 0


_RUNS = 100_000


def _row(runs: list[RunRow], run: str) -> RunRow:
    """The run that a person names by its id, or by the beginning of it."""
    found = [one for one in runs if one.id == run] or [one for one in runs if run and one.id.startswith(run)]
    if len(found) == 1:
        return found[0]
    these = ", ".join(one.id for one in found[:3] or runs[:3]) or "none"
    what = "is not a run of this ledger" if not found else "begins the name of several runs"
    raise UserError(f"`{run}` {what}.", remedy=f"`engine history` lists the runs, such as {these}.")


def _again(run: str, spec: str | None, choices: Mapping[str, str]) -> str:
    said = choices.words if isinstance(choices, Choices) else words_of(choices)
    return shlex.join([run, *([spec] if spec else [])]) + said
