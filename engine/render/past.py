"""What the ledger remembers: the state of integrations, their runs, and the records that are held."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import groupby
from typing import TYPE_CHECKING, Any

from engine.render.lifecycle import standing_json, standing_text
from engine.render.table import Column, Screen, number, table
from engine.render.text import count, duration, moment, printable, shorten

if TYPE_CHECKING:
    from engine.ledger.model import HeldRow, Lease, ModuleStatus, Notice, RunRow
    from engine.ledger.standing import Standing

_SHOWN = 10  #: held records named per group; the rest is counted


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
        f": {printable(_one_line(run.error))}" if run.error else ""
    )


def _one_line(error: str) -> str:
    """A stop names its pairs on lines of their own."""
    return " ".join(error.split())


def ending(run: RunRow) -> str:
    """The outcome in a word; a run without one is still going or was killed."""
    return run.outcome or "going on or killed"


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
    errors = [f"{run.id}: {printable(_one_line(run.error))}\n" for run in runs if run.error]
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


def errors_text(rows: Sequence[HeldRow]) -> str:
    """Held records by module and code: how many, which, what the system said, and what resolves it."""
    if not rows:
        return "No record is held.\n"
    ordered = sorted(rows, key=_group)
    groups = [_group_text(list(held)) for _, held in groupby(ordered, _group)]
    return "\n".join([f"{count(len(rows), 'record')} held\n", *groups])


def _group(row: HeldRow) -> tuple[str, str, str]:
    return (row.integration, row.module, row.code)


def _group_text(rows: list[HeldRow]) -> str:
    head = " · ".join(map(printable, _group(rows[0]))) + f": {len(rows):,}\n"
    causes = [list(same) for _, same in groupby(sorted(rows, key=_cause), _cause)]
    return head + "".join(_cause_text(same) for same in causes)


def _cause(row: HeldRow) -> tuple[str, str, str]:
    return (row.message, remedy_of(row), row.place or "")


def _cause_text(rows: list[HeldRow]) -> str:
    """What all these records have in common is said once, above their names."""
    first = rows[0]
    lines = [f"  why: {printable(first.message)}", f"  try: {printable(remedy_of(first))}"]
    lines += [f"  spec: {printable(first.place)}"] if first.place else []
    lines += [f"    {_record(row)}" for row in rows[:_SHOWN]]
    rest = len(rows) - _SHOWN
    lines += [f"    … and {rest:,} more; --format json lists them all"] if rest > 0 else []
    return "".join(f"{line}\n" for line in lines)


def _record(row: HeldRow) -> str:
    name = shorten(printable(row.label), 80) if row.label else "(no name)"
    tries = f", tried {row.attempts} times" if row.attempts > 1 else ""
    again = f", again after {moment(row.next_try)}" if row.next_try else ""
    return f"{name}  ({row.side} {printable(row.record_id)}, since {moment(row.since)}{tries}{again})"


def remedy_of(row: HeldRow) -> str:
    """What a person can do: what the system or the engine advised, else what always helps."""
    if row.remedy:
        return row.remedy
    if row.temporary:
        return "Nothing; it is tried again by itself."
    return f"Correct the record on the {row.side}; the next run after that tries it again."


#: What became of the mail about a notice.
_MAIL = {"kept": "", "pending": "mail waits", "sent": "mailed", "failed": "mail given up"}


def notices_text(notices: Sequence[Notice]) -> str:
    """What people were told, the latest last: refused changes, and what became of the integration itself."""
    refused = [one for one in notices if one.module]
    whole = [one for one in notices if not one.module]
    heads = (f"{count(len(refused), 'change')} refused by guards", "Told of the integration itself")
    return "".join(_told(head, several) for head, several in zip(heads, (refused, whole), strict=True))


def _told(head: str, notices: Sequence[Notice]) -> str:
    """Where there are many, only the latest."""
    if not notices:
        return ""
    rest = len(notices) - _SHOWN
    lines = [_notice(one) for one in notices[-_SHOWN:]]
    lines += [f"  and {rest:,} before\n"] if rest > 0 else []
    return f"\n{head}\n" + "".join(lines)


def _notice(one: Notice) -> str:
    name = printable(shorten(one.label or one.record_id, 40))
    mail = [
        _MAIL[one.state],
        *([f"to {one.mail_to}"] if one.mail_to else []),
        *([one.error] if one.error else []),
    ]
    told = f" ({printable(_one_line(' '.join(part for part in mail if part)))})" if any(mail) else ""
    return f"  {moment(one.at)} {name}: {printable(one.message)}{told}\n"


def errors_json(rows: Sequence[HeldRow], notices: Sequence[Notice] = ()) -> dict[str, Any]:
    """The same as one object; every record, none left out."""
    hidden = ("content_hash", "plan_fingerprint")
    held = []
    for row in sorted(rows, key=_group):
        shown = {key: value for key, value in asdict(row).items() if key not in hidden}
        held.append(shown | {"remedy": remedy_of(row)})
    return {"held": held, "notices": [asdict(one) for one in notices]}
