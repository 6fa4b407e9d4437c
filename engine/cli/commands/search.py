"""`engine search`: find records by name where a module reads them from, whether or not they are synced."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from engine.cli.shared.command import engine_command
from engine.cli.shared.options import CHOICES, LEDGER, SANDBOX, SPEC
from engine.cli.shared.output import answer
from engine.cli.shared.plan_lookup import module_of
from engine.cli.shared.prepared_run import prepared
from engine.render.search import found_json, found_text

if TYPE_CHECKING:
    from engine.cli.shared.context import CommandContext


@engine_command(SPEC, CHOICES, SANDBOX, LEDGER)
@click.argument("module", metavar="MODULE")
@click.argument("words", metavar="TEXT")
def search(context: CommandContext, *, module: str, words: str) -> None:
    """Find records of MODULE that contain TEXT in the fields that its `search` names, ignoring case.

    It searches all records, also those outside a saved view, says which are synced, and prints the command that
    fetches the others.
    """
    from engine.run.operations.search import search as look

    with prepared(context) as (plan, request):
        where = module_of(plan, module)
        found = look(plan, request, where, words)
    fetch = f"engine fetch {context.words()}"
    place = where.side(where.search.side).name if where.search else where.name
    answer(
        context.form,
        lambda: found_json(found),
        lambda _: found_text(found, place=place, words=words, fetch=fetch),
    )
