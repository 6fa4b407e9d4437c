"""`engine fetch`: sync single records now; shows what it will do and asks for confirmation first."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from engine.cli.shared.command import engine_command
from engine.cli.shared.confirmation import can_ask, confirm
from engine.cli.shared.interrupt import interruptible
from engine.cli.shared.options import CHOICES, LEDGER, SANDBOX, SPEC, YES
from engine.cli.shared.output import answer, say
from engine.cli.shared.prepared_run import prepared
from engine.errors import StoppedError
from engine.exit_codes import ExitCode
from engine.render.changes import lines_text
from engine.render.fetch import fetched_json, fetched_text
from engine.run.session.sync_pass import Accepted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.cli.shared.context import CommandContext
    from engine.plan import Plan
    from engine.run.operations.explain import RecordName
    from engine.run.operations.fetch import Fetched
    from engine.run.session.report import Changeset, RunReport
    from engine.run.session.run_request import RunRequest


@engine_command(SPEC, YES, CHOICES, SANDBOX, LEDGER)
@click.argument("records", nargs=-1, required=True, metavar="SYSTEM.STREAM:ID...")
def fetch(context: CommandContext, *, records: tuple[str, ...], yes: bool) -> ExitCode:
    """Sync these records now, and no others; `engine search` finds them.

    A view saved in the system does not apply to them, neither now nor later: what was fetched once stays in sync.
    Whatever else the spec says of its records does apply.
    """
    from engine.run.operations.explain import parse_name
    from engine.run.operations.fetch import foresee

    with interruptible() as stop, prepared(context, stop=stop) as (plan, request):
        names = [parse_name(one, plan) for one in dict.fromkeys(records)]
        changes = foresee(plan, request, names)
        _show(changes)
        if changes.writes or changes.asks:
            confirm("fetch", None, yes=yes)
        sure = yes or context.sandbox is not None
        report, fetched = _fetched(plan, request, names, changes, sure=sure)
    answer(context.form, lambda: fetched_json(report, fetched), lambda _: fetched_text(report, fetched))
    return ExitCode.HELD if any(one.why is not None for one in fetched) else ExitCode.DONE


def _show(changes: Changeset) -> None:
    """What is about to be written, and what requires confirmation."""
    for name in changes.modules:
        lines = [one for one in changes.lines if one.module == name]
        if lines:
            say(lines_text(name, lines))
    for ask in changes.asks:
        say("\n".join([f"{ask.module}: {ask.what}", *ask.details]))


def _fetched(
    plan: Plan, request: RunRequest, names: Sequence[RecordName], changes: Changeset, *, sure: bool
) -> tuple[RunReport, tuple[Fetched, ...]]:
    """Do it. A stop that shows only once a parent is synced is confirmed then."""
    from engine.run.operations.fetch import fetch as bring

    codes = frozenset(ask.code for ask in changes.asks)
    while True:
        try:
            return bring(plan, replace(request, accepted=Accepted(codes=codes, everything=sure)), names)
        except StoppedError as error:
            if not can_ask() or not error.codes:
                raise
            say(error.message)
            click.confirm("Do it?", abort=True, err=True)
            codes |= frozenset(error.codes)
