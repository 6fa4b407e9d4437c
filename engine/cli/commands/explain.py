"""`engine explain`: everything that is known of one record, and what a run would do with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from engine.cli.shared.command import engine_command
from engine.cli.shared.options import CHOICES, LEDGER, SANDBOX, SPEC
from engine.cli.shared.output import answer
from engine.cli.shared.plan_lookup import plan_of
from engine.cli.shared.prepared_run import prepared
from engine.render.explain import explained_json, explained_text
from engine.run.session.run_request import RunRequest

if TYPE_CHECKING:
    from engine.cli.shared.context import CommandContext
    from engine.run.operations.explain import Explained


@engine_command(SPEC, CHOICES, SANDBOX, LEDGER)
@click.argument("record", metavar="SYSTEM.STREAM:ID")
@click.option("--offline", is_flag=True, help="Use the ledger only; connect to no system.")
def explain(context: CommandContext, *, record: str, offline: bool) -> None:
    """Say of one record what it is linked to, what holds it, and what the next run would do with it.

    It reads the record and its counterpart by their ids, and writes nothing. Name the record as its system does,
    such as crm.Accounts:460000000026049.
    """
    explained = _by_ledger(context, record) if offline else _by_systems(context, record)
    again = context.words(sandbox=False)
    answer(context.form, lambda: explained_json(explained), lambda _: explained_text(explained, spec=again))


def _by_ledger(context: CommandContext, record: str) -> Explained:
    """What the ledger alone knows."""
    from engine.run.operations.explain import explain as look
    from engine.run.operations.explain import parse_name

    plan = plan_of(context)
    request = RunRequest(folder=context.folder, overrides={}, ledger=context.ledger)
    return look(plan, request, parse_name(record, plan), offline=True)


def _by_systems(context: CommandContext, record: str) -> Explained:
    """What the ledger knows and both systems show."""
    from engine.run.operations.explain import explain as look
    from engine.run.operations.explain import parse_name

    with prepared(context) as (plan, request):
        return look(plan, request, parse_name(record, plan))
