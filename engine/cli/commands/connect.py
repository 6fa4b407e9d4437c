"""`engine connect`: show whose accounts are connected and what that discloses; then sync, now or later."""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import Any

import click

from engine.cli.commands.run import EXIT_CODES, accepted
from engine.cli.shared.command import answer, repeated
from engine.cli.shared.ordering import Asked, carried_out, order_options, ordered
from engine.cli.shared.spec import spec_words
from engine.cli.shared.stand_in import SandboxCommand, words


@click.command(cls=SandboxCommand)
@click.option("--later", is_flag=True, help="Connect only; the first `engine run` syncs.")
@order_options
def connect(form: str, *, later: bool, **given: Any) -> int:
    """Connect the systems of SPEC: see the accounts, the choices and what is disclosed, agree, and sync.

    What it requires is checked, and the accounts are remembered: a run with others is refused. Connecting again
    applies other choices, and does again what the spec says of connecting.
    """
    from engine.render.lifecycle import carried_json, carried_text
    from engine.render.outcome import run_text
    from engine.run.sync.execute import execute

    asked = Asked(**given)
    with ordered("connect", asked) as (plan, request, foreseen):
        carried = carried_out(plan, request, foreseen, yes=asked.yes)
        report = None if later else execute(plan, replace(request, accepted=accepted((), asked.sandbox)))
    place = repeated(asked.folder, asked.ledger)
    again = spec_words(asked.spec, asked.choices) + words(asked.sandbox) + place
    look = shlex.quote(asked.spec) + place
    answer(
        form,
        lambda: {**carried_json(foreseen, carried), "report": report.as_json() if report else None},
        lambda screen: (
            carried_text(plan, carried)
            + (run_text(report, screen, spec=look) if report else f"To sync: engine run {again}\n")
        ),
    )
    return EXIT_CODES[report.outcome] if report else 0
