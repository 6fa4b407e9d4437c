"""`engine associations`: records that are shown on each other; see them, what may be, put together, take apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from engine.cli.shared.command import answer, formats, ledger_options
from engine.cli.shared.prepare import prepared
from engine.cli.shared.spec import spec_arguments
from engine.cli.shared.stand_in import Sandbox, SandboxCommand, sandbox_option

if TYPE_CHECKING:
    from pathlib import Path


@click.group()
def associations() -> None:
    """Records of one system that are shown on records of another, such as deals on invoices.

    Triggers make some when they make a record; people make and remove the others, as far as the spec allows.
    """


@associations.command("list", cls=SandboxCommand)
@spec_arguments
@click.option("--of", "of", metavar="STREAM:ID", help="Only those of one record, such as crm.Deals:4711.")
@sandbox_option
@ledger_options
@formats()
def list_(
    *,
    spec: str,
    choices: dict[str, str],
    of: str | None,
    sandbox: Sandbox | None,
    folder: Path,
    ledger: str | None,
    form: str,
) -> None:
    """Show which records are associated, as their systems show them now."""
    from engine.render.associations import listed_json, listed_text
    from engine.run.operations.associate import known_associations, show
    from engine.run.sync.opened import remembered

    with prepared(spec, choices, sandbox=sandbox, folder=folder, ledger=ledger, stop=lambda: False) as (
        plan,
        request,
    ):
        with remembered(request) as memory:
            stored = known_associations(plan, memory, of)
        shown = show(plan, request, stored)
    answer(form, lambda: listed_json(shown), lambda screen: listed_text(shown, screen))


@associations.command("offer", cls=SandboxCommand)
@spec_arguments
@click.argument("name", metavar="NAME")
@click.option("--of", "of", metavar="STREAM:ID", help="What this record may be associated with.")
@sandbox_option
@ledger_options
@formats()
def offer(
    *,
    spec: str,
    choices: dict[str, str],
    name: str,
    of: str | None,
    sandbox: Sandbox | None,
    folder: Path,
    ledger: str | None,
    form: str,
) -> None:
    """Show which records may be associated under NAME, an association of the spec, and are not yet."""
    from engine.render.associations import offers_json, offers_text
    from engine.run.operations.associate import offers
    from engine.run.sync.opened import remembered

    with (
        prepared(spec, choices, sandbox=sandbox, folder=folder, ledger=ledger, stop=lambda: False) as (
            plan,
            request,
        ),
        remembered(request) as memory,
    ):
        found = offers(plan, request, memory, name, of)
    answer(form, lambda: offers_json(found), lambda screen: offers_text(found, screen))


@associations.command("add", cls=SandboxCommand)
@spec_arguments
@click.argument("name", metavar="NAME")
@click.option("--of", "of", required=True, metavar="STREAM:ID", help="One record, such as crm.Deals:4711.")
@click.option("--to", "to", required=True, metavar="STREAM:ID", help="The other, such as books.invoices:9.")
@sandbox_option
@ledger_options
@formats()
def add(
    *,
    spec: str,
    choices: dict[str, str],
    name: str,
    of: str,
    to: str,
    sandbox: Sandbox | None,
    folder: Path,
    ledger: str | None,
    form: str,
) -> None:
    """Associate two records under NAME, an association of the spec, which must offer them."""
    from engine.render.associations import added_text, offers_json
    from engine.run.operations.associate import put_together

    with prepared(spec, choices, sandbox=sandbox, folder=folder, ledger=ledger, stop=lambda: False) as (
        plan,
        request,
    ):
        pair = put_together(plan, request, name=name, of=of, to=to)
    answer(form, lambda: offers_json([pair]), lambda _: added_text(pair))


@associations.command("remove", cls=SandboxCommand)
@spec_arguments
@click.option("--of", "of", required=True, metavar="STREAM:ID", help="One record, such as crm.Deals:4711.")
@click.option("--to", "to", required=True, metavar="STREAM:ID", help="The other, such as books.invoices:9.")
@sandbox_option
@ledger_options
@formats()
def remove(
    *,
    spec: str,
    choices: dict[str, str],
    of: str,
    to: str,
    sandbox: Sandbox | None,
    folder: Path,
    ledger: str | None,
    form: str,
) -> None:
    """Take two associated records apart; both stay. What a trigger has locked stays together."""
    from engine.render.associations import removed_json, removed_text
    from engine.run.operations.associate import take_apart

    with prepared(spec, choices, sandbox=sandbox, folder=folder, ledger=ledger, stop=lambda: False) as (
        plan,
        request,
    ):
        gone = take_apart(plan, request, of, to)
    answer(form, lambda: removed_json(gone), lambda _: removed_text(gone))
