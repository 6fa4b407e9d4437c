"""What a run would change: totals, the first records field by field, and what it would cost."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from engine.render.held import causes_of, causes_text
from engine.render.outcome import add, counts_text, skipped_text, written
from engine.render.table import Column, Screen, number, table
from engine.render.text import count, duration, printable, shorten, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.run.session.report import Ask, ChangeLine, Changeset, FieldChange, SystemForecast

_MARKS = {"create": "+", "update": "~", "delete": "-"}
_CAUSES_SHOWN = 10  #: causes of held records that are named; the rest is counted


def changeset_text(changes: Changeset, screen: Screen, *, spec: str, saved: bool = False) -> str:
    """A preview for a person; `spec` is how she named it on the command line.

    `saved`: it is in a file, which `spec` names; what is in it needs no further word.
    """
    parts = [counts_text(changes.modules, screen)] if changes.modules else []
    parts += [why] if (why := skipped_text(changes.modules)) else []
    parts += [
        lines_text(module, list(lines)) for module, lines in groupby(changes.lines, lambda one: one.module)
    ]
    parts += [_rest(changes)] if changes.writes > len(changes.lines) else []
    parts += [_held_text(changes)] if changes.held else []
    parts += [forecast_text(changes.forecast, screen)] if changes.forecast else []
    parts += [_ask_text(ask) for ask in changes.asks]
    parts += [f"{printable(note)}\n" for note in changes.notes]
    parts.append(_sentence(changes, spec, () if saved else changes.asks))
    return "\n".join(parts)


def _ask_text(ask: Ask) -> str:
    lines = [f"{printable(ask.module)} requires confirmation: {printable(ask.what)}"]
    lines += [f"  {printable(one)}" for one in ask.details]
    return "".join(f"{line}\n" for line in lines)


def lines_text(module: str, lines: list[ChangeLine]) -> str:
    """The records of one module, field by field."""
    return f"{printable(module)}\n" + "".join(_record_text(line) for line in lines)


def _record_text(line: ChangeLine) -> str:
    known = f" ({printable(line.id)})" if line.id else ""
    label = shorten(printable(line.label), 80)
    what = f"{_MARKS[line.kind]} {line.kind} on the {line.side}"
    fields = [_field_text(change, created=line.kind == "create") for change in line.fields]
    return "".join([f"  {what}: {label}{known} because {printable(line.why)}\n", *fields])


def _field_text(change: FieldChange, *, created: bool) -> str:
    before = "" if created else f"{shown(change.before)} -> "
    return f"      {printable(change.field)}: {before}{shown(change.after)}\n"


def _rest(changes: Changeset) -> str:
    more = changes.writes - len(changes.lines)
    return f"… and {count(more, 'more record')}; --limit shows more of them.\n"


def _held_text(changes: Changeset) -> str:
    causes = causes_of((one.module, one.held.id, one.held) for one in changes.held)
    told = causes_text(causes, _CAUSES_SHOWN, "--format json lists every record")
    return f"{count(len(changes.held), 'record')} would be held\n{told}"


def forecast_text(forecast: tuple[SystemForecast, ...], screen: Screen) -> str:
    """Calls and time per system, and credits where one counts them; a dash where it has no rate limit."""
    counted = any(one.read_credits is not None for one in forecast)
    columns = [
        Column(title="system"),
        number("read calls"),
        number("write calls"),
        number("at its rate limit"),
    ]
    columns += [number("credits")] if counted else []
    columns.append(Column(title="how"))
    rows = [
        [
            one.system,
            f"{one.read_calls:,}",
            f"{one.write_calls:,}",
            "-" if one.seconds is None else duration(one.seconds),
            *([_credits(one)] if counted else []),
            "; ".join(one.methods),
        ]
        for one in forecast
    ]
    return table(columns, rows, screen)


def _credits(one: SystemForecast) -> str:
    """Those of the reads and of the writes; a dash where there are none."""
    if one.read_credits is None:
        return "-"
    return f"{one.read_credits:,} + {one.write_credits or 0:,}"


def _sentence(changes: Changeset, spec: str, asks: Sequence[Ask]) -> str:
    took = f"(previewed in {duration(changes.seconds)})"
    if not changes.writes:
        return f"Nothing would change; nothing was written {took}.\n"
    would = written(add(changes.modules))
    agree = "".join(f" --accept {ask.code}" for ask in asks)
    return f"A run would result in {would}; nothing was written {took}.\nTo do it: engine run {spec}{agree}\n"
