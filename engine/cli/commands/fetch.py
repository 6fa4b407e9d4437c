"""`engine fetch`: bring single records over, or in step again; shows what it will do and asks first."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from engine.cli.shared.asking import can_ask, confirm
from engine.cli.shared.command import HELD, answer, formats, ledger_options, say
from engine.cli.shared.prepare import prepared
from engine.cli.shared.spec import spec_arguments
from engine.cli.shared.stand_in import Sandbox, SandboxCommand, sandbox_option
from engine.cli.shared.stopping import stopping
from engine.errors import StoppedError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from engine.plan import Plan
    from engine.run.operations.explain import RecordName
    from engine.run.operations.fetch import Fetched
    from engine.run.session.report import Changeset, RunReport
    from engine.run.session.run_request import RunRequest


@click.command(cls=SandboxCommand)
@spec_arguments
@click.argument("records", nargs=-1, required=True, metavar="SYSTEM.STREAM:ID...")
@click.option("--yes", is_flag=True, help="Do it without asking.")
@sandbox_option
@ledger_options
@formats()
def fetch(
    *,
    spec: str,
    choices: dict[str, str],
    records: tuple[str, ...],
    yes: bool,
    sandbox: Sandbox | None,
    folder: Path,
    ledger: str | None,
    form: str,
) -> int:
    """Bring these records over now, or in step again, and no others; `engine search` finds them.

    A view saved in the system does not count for them, neither now nor later: what was fetched once stays in step.
    Whatever else the spec says of its records does.
    """
    from engine.render.fetch import fetched_json, fetched_text
    from engine.run.operations.explain import parse_name
    from engine.run.operations.fetch import foresee

    with (
        stopping() as stop,
        prepared(spec, choices, sandbox=sandbox, folder=folder, ledger=ledger, stop=stop) as (plan, request),
    ):
        names = [parse_name(one, plan) for one in dict.fromkeys(records)]
        changes = foresee(plan, request, names)
        _show(changes)
        if changes.writes or changes.asks:
            confirm("fetch", None, yes=yes)
        report, fetched = _fetched(plan, request, names, changes, sure=yes or sandbox is not None)
    answer(form, lambda: fetched_json(report, fetched), lambda _: fetched_text(report, fetched))
    return HELD if any(one.why is not None for one in fetched) else 0


def _show(changes: Changeset) -> None:
    """What is about to be written, and what is asked."""
    from engine.render.changes import lines_text

    for name in changes.modules:
        lines = [one for one in changes.lines if one.module == name]
        if lines:
            say(lines_text(name, lines))
    for ask in changes.asks:
        say("\n".join([f"{ask.module}: {ask.what}", *ask.details]))


def _fetched(
    plan: Plan, request: RunRequest, names: Sequence[RecordName], changes: Changeset, *, sure: bool
) -> tuple[RunReport, tuple[Fetched, ...]]:
    """Do it. What only meets once its parent is there is asked about then."""
    from engine.run.operations.fetch import fetch as bring
    from engine.run.session.sync_pass import Accepted

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
