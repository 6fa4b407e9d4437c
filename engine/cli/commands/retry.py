"""`engine retry`: try held records again now, in bulk, and no others."""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from engine.cli.shared.command import engine_command
from engine.cli.shared.interrupt import interruptible
from engine.cli.shared.options import ACCEPT, CHOICES, LEDGER, SANDBOX, SPEC
from engine.cli.shared.output import answer
from engine.cli.shared.prepared_run import prepared
from engine.cli.shared.run_exit_code import exit_code_of
from engine.cli.shared.stops import with_command_to_approve
from engine.render.outcome import run_text
from engine.run.session.sync_pass import Accepted

if TYPE_CHECKING:
    from engine.cli.shared.context import CommandContext
    from engine.exit_codes import ExitCode


@engine_command(SPEC, ACCEPT, CHOICES, SANDBOX, LEDGER)
@click.argument("records", nargs=-1, metavar="[SYSTEM.STREAM:ID...]")
@click.option(
    "--code", "codes", multiple=True, metavar="CODE", help="Those held for this reason. Repeatable."
)
@click.option("--all", "every", is_flag=True, help="Every record that is held.")
def retry(
    context: CommandContext,
    *,
    records: tuple[str, ...],
    codes: tuple[str, ...],
    every: bool,
    accept: tuple[str, ...],
) -> ExitCode:
    """Try records again that are held, however long they would still wait; no others, and no cursor moves.

    A run does so by itself once a record, the spec, the catalog, the connector or the target's own rules change, and
    after a day at most. This is for what none of these tells, such as a right that was granted. `engine errors` names
    the records and their codes.
    """
    if not (records or codes or every):
        raise click.UsageError("Say which: records as SYSTEM.STREAM:ID, --code CODE, or --all.")
    if every and (records or codes):
        raise click.UsageError("--all cannot be combined with records or --code.")
    from engine.run.operations.explain import parse_name
    from engine.run.operations.retry import Chosen
    from engine.run.operations.retry import retry as try_again

    approved = Accepted(codes=frozenset(accept), everything=context.sandbox is not None)
    words = [*records, *(f"--code {shlex.quote(code)}" for code in codes), *(["--all"] if every else [])]
    again = f"engine retry {context.words()} {' '.join(words)}"
    with (
        interruptible() as stop,
        prepared(context, stop=stop) as (plan, request),
        with_command_to_approve(again, accept),
    ):
        names = tuple(parse_name(one, plan) for one in dict.fromkeys(records))
        chosen = Chosen(records=names, codes=frozenset(codes))
        report = try_again(plan, replace(request, accepted=approved), chosen)
    look = context.words(choices=False, sandbox=False)
    answer(context.form, report.as_json, lambda screen: run_text(report, screen, spec=look))
    return exit_code_of(report)
