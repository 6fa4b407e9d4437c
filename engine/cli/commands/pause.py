"""`engine pause` and `resume`: no run until somebody says so; nothing else changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from engine.cli.shared.command import EngineCommand, answer, formats, ledger_options
from engine.cli.shared.memory import changing, integration_in, reading
from engine.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path

    from engine.ledger.standing import Standing, State

_BY = click.option("--by", metavar="ADDRESS", envvar="ENGINE_BY", help="Your mail address; it is kept.")


@click.command(cls=EngineCommand)
@click.argument("spec", metavar="SPEC")
@_BY
@ledger_options
@formats()
def pause(*, spec: str, by: str | None, folder: Path, ledger: str | None, form: str) -> None:
    """Let nothing of SPEC run until `engine resume`; what is scheduled is refused, too (exit 7)."""
    _tell(form, _move(spec, "active", "paused", by=by, folder=folder, ledger=ledger))


@click.command(cls=EngineCommand)
@click.argument("spec", metavar="SPEC")
@_BY
@ledger_options
@formats()
def resume(*, spec: str, by: str | None, folder: Path, ledger: str | None, form: str) -> None:
    """Let a paused integration run again; the next run goes on from the last sync."""
    _tell(form, _move(spec, "paused", "active", by=by, folder=folder, ledger=ledger))


def _move(
    spec: str, before: State, after: State, *, by: str | None, folder: Path, ledger: str | None
) -> Standing:
    """From one state to another. Raises UserError where it stands elsewhere, LockedError while a run is on."""
    with reading(folder, ledger) as memory:
        name = integration_in(memory, spec)
    with changing(folder, ledger, name) as (memory, lease):
        standing = memory.standing(name)
        if standing.state == after:
            return standing
        if standing.state != before:
            raise UserError(
                f"`{name}` is {standing.state}, so `engine {'pause' if after == 'paused' else 'resume'}` "
                "does nothing.",
                remedy="`engine status` shows where it stands.",
            )
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        moved = replace(standing, state=after, since=now, by=by)
        memory.stand(lease, moved)
    return moved


def _tell(form: str, standing: Standing) -> None:
    from engine.render.lifecycle import standing_json, state_words

    answer(
        form, lambda: standing_json(standing), lambda _: f"{standing.integration}: {state_words(standing)}\n"
    )
