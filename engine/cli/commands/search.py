"""`engine search`: find records by name where a module takes them from, whether or not they have come over."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from engine.cli.shared.command import answer, formats, ledger_options, repeated
from engine.cli.shared.planned import module_of
from engine.cli.shared.prepare import prepared
from engine.cli.shared.spec import spec_arguments, spec_words
from engine.cli.shared.stand_in import Sandbox, SandboxCommand, sandbox_option
from engine.cli.shared.stand_in import words as sandbox_words

if TYPE_CHECKING:
    from pathlib import Path


@click.command(cls=SandboxCommand)
@spec_arguments
@click.argument("module", metavar="MODULE")
@click.argument("words", metavar="TEXT")
@sandbox_option
@ledger_options
@formats()
def search(
    *,
    spec: str,
    choices: dict[str, str],
    module: str,
    words: str,
    sandbox: Sandbox | None,
    folder: Path,
    ledger: str | None,
    form: str,
) -> None:
    """Find records of MODULE that have TEXT in the fields that its `search` names, in any case.

    It looks at all records, also those that a saved view does not show, says which have come over, and prints the
    command that brings the others over.
    """
    from engine.render.search import found_json, found_text
    from engine.run.operations.search import search as look

    with prepared(spec, choices, sandbox=sandbox, folder=folder, ledger=ledger, stop=lambda: False) as (
        plan,
        request,
    ):
        where = module_of(plan, module)
        found = look(plan, request, where, words)
    fetch = f"engine fetch {spec_words(spec, choices)}{sandbox_words(sandbox)}{repeated(folder, ledger)}"
    place = where.side(where.search.side).name if where.search else where.name
    answer(
        form, lambda: found_json(found), lambda _: found_text(found, place=place, words=words, fetch=fetch)
    )
