"""`engine associations`: records that are shown on each other; list them, see what may be, add, remove."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from engine.cli.shared.command import engine_command
from engine.cli.shared.interrupt import interruptible
from engine.cli.shared.options import CHOICES, LEDGER, SANDBOX, SPEC
from engine.cli.shared.output import answer
from engine.cli.shared.prepared_run import prepared
from engine.render import associations as render

if TYPE_CHECKING:
    from engine.cli.shared.context import CommandContext

_OF = click.option(
    "--of", "of", required=True, metavar="STREAM:ID", help="One record, such as crm.Deals:4711."
)
_TO = click.option(
    "--to", "to", required=True, metavar="STREAM:ID", help="The other, such as books.invoices:9."
)


@click.group()
def associations() -> None:
    """Records of one system that are shown on records of another, such as deals on invoices.

    Triggers create some when they create a record; people add and remove the others, as far as the spec allows.
    """


@engine_command(SPEC, CHOICES, SANDBOX, LEDGER, group=associations, name="list")
@click.option("--of", "of", metavar="STREAM:ID", help="Only those of one record, such as crm.Deals:4711.")
def list_(context: CommandContext, *, of: str | None) -> None:
    """Show which records are associated, as their systems show them now."""
    from engine.run.operations.associated import known_associations, show
    from engine.run.sync.opened import remembered

    with prepared(context) as (plan, request):
        with remembered(request) as memory:
            stored = known_associations(plan, memory, of)
        shown = show(plan, request, stored)
    answer(context.form, lambda: render.listed_json(shown), lambda screen: render.listed_text(shown, screen))


@engine_command(SPEC, CHOICES, SANDBOX, LEDGER, group=associations)
@click.argument("name", metavar="NAME")
@click.option("--of", "of", metavar="STREAM:ID", help="What this record may be associated with.")
def offer(context: CommandContext, *, name: str, of: str | None) -> None:
    """Show which records may be associated under NAME, an association of the spec, and are not yet."""
    from engine.run.operations.associated import offers
    from engine.run.sync.opened import remembered

    with prepared(context) as (plan, request), remembered(request) as memory:
        found = offers(plan, request, memory, name, of)
    answer(context.form, lambda: render.offers_json(found), lambda screen: render.offers_text(found, screen))


@engine_command(SPEC, CHOICES, SANDBOX, LEDGER, group=associations)
@click.argument("name", metavar="NAME")
@_OF
@_TO
def add(context: CommandContext, *, name: str, of: str, to: str) -> None:
    """Associate two records under NAME, an association of the spec, which must offer them."""
    from engine.run.operations.put_together import put_together

    with interruptible(), prepared(context) as (plan, request):
        pair = put_together(plan, request, name=name, of=of, to=to)
    answer(context.form, lambda: render.offers_json([pair]), lambda _: render.added_text(pair))


@engine_command(SPEC, CHOICES, SANDBOX, LEDGER, group=associations)
@_OF
@_TO
def remove(context: CommandContext, *, of: str, to: str) -> None:
    """Remove the association of two records; both stay. One that a trigger has locked cannot be removed."""
    from engine.run.operations.put_together import take_apart

    with interruptible(), prepared(context) as (plan, request):
        gone = take_apart(plan, request, of, to)
    answer(context.form, lambda: render.removed_json(gone), lambda _: render.removed_text(gone))
