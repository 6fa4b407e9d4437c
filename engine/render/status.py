"""Where an integration stands: its state, its last run, and how far each module has come."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from engine.render.history import ending
from engine.render.lifecycle import standing_json, standing_text
from engine.render.table import Column, Screen, number, table
from engine.render.text import moment, one_line, printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.ledger.model import Lease, ModuleStatus, RunRow
    from engine.ledger.standing import Standing


def status_text(
    integration: str,
    last: RunRow | None,
    modules: Sequence[ModuleStatus],
    standing: Standing | None,
    at_work: Lease | None,
    screen: Screen,
) -> str:
    """One integration at a glance: where it stands, its last run, and how far each module has come."""
    columns = [Column(title="module"), Column(title="read up to (l)"), Column(title="read up to (r)")]
    columns += [number(title) for title in ("linked", "held", "skipped", "unsettled")]
    rows = [
        [
            one.state.module,
            one.state.left_cursor or "-",
            one.state.right_cursor or "-",
            *(f"{figure:,}" for figure in (one.links, one.held, one.skipped, one.intents)),
        ]
        for one in modules
    ]
    head = f"{printable(integration)}: {_last(last)}\n"
    if at_work is not None:
        head += f"  sync in progress, by {printable(at_work.holder)}\n"
    if standing is not None and standing.since is not None:
        head += standing_text(standing)
    return head + ("\n" + table(columns, rows, screen) if rows else "")


def status_json(
    integration: str,
    last: RunRow | None,
    modules: Sequence[ModuleStatus],
    standing: Standing | None = None,
    at_work: Lease | None = None,
) -> dict[str, Any]:
    """The same as one object."""
    return {
        **(standing_json(standing) if standing is not None else {}),
        "integration": integration,
        "sync_in_progress": at_work is not None,
        "last_run": asdict(last) if last else None,
        "modules": {
            one.state.module: {
                "left_cursor": one.state.left_cursor,
                "right_cursor": one.state.right_cursor,
                "linked": one.links,
                "held": one.held,
                "skipped": one.skipped,
                "unsettled": one.intents,
            }
            for one in modules
        },
    }


def _last(run: RunRow | None) -> str:
    if run is None:
        return "never run"
    return f"last run {moment(run.started)}, {ending(run)}" + (
        f": {printable(one_line(run.error))}" if run.error else ""
    )
