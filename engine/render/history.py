"""The runs so far: when, how each ended, and what it did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from engine.render.table import Column, Screen, number, table
from engine.render.text import duration, moment, one_line, printable

if TYPE_CHECKING:
    from engine.ledger.model import RunRow


def ending(run: RunRow) -> str:
    """The outcome in a word; a run without one is still going or was killed."""
    return run.outcome or "running or killed"


def history_text(runs: Sequence[RunRow], screen: Screen) -> str:
    """The runs, newest first."""
    if not runs:
        return "Nothing has run yet.\n"
    columns = [
        Column(title="run"),
        Column(title="integration"),
        Column(title="started"),
        Column(title="outcome"),
    ]
    columns += [number(title) for title in ("took", "read", "add/upd/del", "held", "calls")]
    lines = table(columns, [_run_row(run) for run in runs], screen)
    errors = [f"{run.id}: {printable(one_line(run.error))}\n" for run in runs if run.error]
    return lines + ("\n" + "".join(errors) if errors else "")


def _run_row(run: RunRow) -> list[str]:
    took = "-" if run.seconds is None else duration(run.seconds)
    figures = [
        f"{_sum(run, 'read'):,}",
        "/".join(f"{_sum(run, kind):,}" for kind in ("created", "updated", "deleted")),
        f"{_sum(run, 'held'):,}",
        f"{sum(run.calls.values()):,}",
    ]
    return [run.id, run.integration, moment(run.started), ending(run), took, *figures]


def _sum(run: RunRow, *names: str) -> int:
    counts = [module.get(name, 0) for module in run.counts.values() for name in names]
    return sum(sum(one.values()) if isinstance(one, Mapping) else one for one in counts)


def history_json(runs: Sequence[RunRow]) -> dict[str, Any]:
    """The same as one object."""
    return {"runs": [asdict(run) for run in runs]}
