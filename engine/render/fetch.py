"""What became of records that a person has fetched."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from engine.render.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.run.operations.fetch import Fetched
    from engine.run.session.report import RunReport


def fetched_text(report: RunReport, fetched: Sequence[Fetched]) -> str:
    """A line for each record, and how much was written."""
    lines = [printable(line) for one in fetched for line in _told(one)]
    wrote = f"{report.wrote} written" if report.wrote else "nothing had to be written"
    return "\n".join([*lines, f"run {report.run}: {wrote}"]) + "\n"


def _told(one: Fetched) -> Iterator[str]:
    name = f"{one.record}  {one.label}" if one.label else one.record
    if one.to is not None:
        yield f"{name}  is {one.to} ({one.module})"
        if one.why is not None:
            yield f"  but: {one.why}"
    else:
        yield f"{name}  was not synced ({one.module}): {one.why}"
    if one.remedy is not None:
        yield f"  try: {one.remedy}"


def fetched_json(report: RunReport, fetched: Sequence[Fetched]) -> dict[str, Any]:
    """The same as one object."""
    return {
        "run": report.run,
        "wrote": report.wrote,
        "modules": {name: counts.as_json() for name, counts in report.modules.items()},
        "records": [asdict(one) for one in fetched],
    }
