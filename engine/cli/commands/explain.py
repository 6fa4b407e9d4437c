"""`engine explain`: everything that is known of one record, and what a run would do with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from engine.cli.shared.command import answer, formats, ledger_options, repeated
from engine.cli.shared.prepare import prepared
from engine.cli.shared.spec import spec_arguments, spec_words
from engine.cli.shared.stand_in import Sandbox, SandboxCommand, sandbox_option

if TYPE_CHECKING:
    from pathlib import Path

    from engine.run.operations.explain import Explained


@click.command(cls=SandboxCommand)
@spec_arguments
@click.argument("record", metavar="SYSTEM.STREAM:ID")
@click.option("--offline", is_flag=True, help="Ask the ledger only, no system.")
@sandbox_option
@ledger_options
@formats()
def explain(
    *,
    spec: str,
    choices: dict[str, str],
    record: str,
    offline: bool,
    sandbox: Sandbox | None,
    folder: Path,
    ledger: str | None,
    form: str,
) -> None:
    """Say of one record what it is linked to, what holds it, and what the next run would do with it.

    It reads the record and its counterpart by their ids, and writes nothing. Name the record as its system does,
    such as crm.Accounts:460000000026049.
    """
    from engine.render.explain import explained_json, explained_text

    if offline:
        explained = _remembered(spec, choices, record, folder, ledger)
    else:
        explained = _asked(spec, choices, record, sandbox, folder, ledger)
    again = spec_words(spec, choices) + repeated(folder, ledger)
    answer(form, lambda: explained_json(explained), lambda _: explained_text(explained, spec=again))


def _remembered(
    spec: str, choices: dict[str, str], record: str, folder: Path, ledger: str | None
) -> Explained:
    """What the ledger alone knows."""
    from engine.cli.shared.planned import plan_of
    from engine.run.operations.explain import explain as look
    from engine.run.operations.explain import parse_name
    from engine.run.session.run_request import RunRequest

    plan = plan_of(spec, choices)
    request = RunRequest(folder=folder, overrides={}, ledger=ledger)
    return look(plan, request, parse_name(record, plan), offline=True)


def _asked(
    spec: str,
    choices: dict[str, str],
    record: str,
    sandbox: Sandbox | None,
    folder: Path,
    ledger: str | None,
) -> Explained:
    """What the ledger knows and both systems show."""
    from engine.run.operations.explain import explain as look
    from engine.run.operations.explain import parse_name

    with prepared(spec, choices, sandbox=sandbox, folder=folder, ledger=ledger, stop=lambda: False) as (
        plan,
        request,
    ):
        return look(plan, request, parse_name(record, plan))
