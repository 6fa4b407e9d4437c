"""`engine undo`: undo a finished run; previewed first, done with --apply."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from engine.cli.shared.choices import choices_for
from engine.cli.shared.command import engine_command
from engine.cli.shared.interrupt import interruptible
from engine.cli.shared.ledger_access import reading
from engine.cli.shared.options import CHOICES, LEDGER, SANDBOX
from engine.cli.shared.output import answer
from engine.cli.shared.prepared_run import prepared
from engine.errors import UserError
from engine.exit_codes import ExitCode
from engine.render.undo import undone_text

if TYPE_CHECKING:
    from engine.cli.shared.context import CommandContext
    from engine.ledger import RunRow

#: As many runs as are looked through for the one that was named.
_RUNS = 100_000


@engine_command(CHOICES, SANDBOX, LEDGER)
@click.argument("run", metavar="RUN")
@click.argument("spec", metavar="[SPEC]", required=False)
@click.option("--apply", "do", is_flag=True, help="Do it; without this it is only shown.")
@click.option("--limit", type=click.IntRange(min=0), default=20, show_default=True, help="Records to show.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 3 when there is something to undo.")
def undo(context: CommandContext, *, run: str, do: bool, limit: int, detailed_exitcode: bool) -> ExitCode:
    """Show what undoing RUN would change, and with --apply undo it. `engine history` lists the runs.

    What it updated gets its former values, what it created is deleted, what it deleted is created again with the
    mapped fields. A record that somebody or a later run has changed since is skipped and reported. No later run
    repeats the undone changes; later edits are still synced.

    SPEC is the spec that ran; leave it out if its file has not moved.
    """
    from engine.run.operations.undo import look_back, put_back

    with reading(context) as memory:
        row = _row(memory.runs(None, _RUNS), run)
    with (
        interruptible() as stop,
        prepared(_with_spec(context, row.spec_file), stop=stop) as (plan, request),
    ):
        undone = (put_back if do else look_back)(plan, request, row.id, limit=limit)
    again = f"{row.id} {context.words()}"
    answer(context.form, undone.as_json, lambda screen: undone_text(undone, spec=again, screen=screen))
    return ExitCode.CHANGES if detailed_exitcode and undone.writes and not do else ExitCode.DONE


def _with_spec(context: CommandContext, ran: str) -> CommandContext:
    """With the spec that ran, where none was named."""
    if context.spec:
        return context
    return replace(context, spec=ran, choices=choices_for(ran, context.sets, context.profile))


def _row(runs: list[RunRow], run: str) -> RunRow:
    """The run that a person names by its id, or by the beginning of it."""
    found = [one for one in runs if one.id == run] or [one for one in runs if run and one.id.startswith(run)]
    if len(found) == 1:
        return found[0]
    these = ", ".join(one.id for one in found[:3] or runs[:3]) or "none"
    what = "is not a run of this ledger" if not found else "begins the name of several runs"
    raise UserError(f"`{run}` {what}.", remedy=f"`engine history` lists the runs, such as {these}.")
