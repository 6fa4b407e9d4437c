"""The records that are held, by cause, with what resolves each; and the notices about refused changes."""

from __future__ import annotations

from dataclasses import asdict
from itertools import groupby
from typing import TYPE_CHECKING, Any

from engine.render.held import causes_of, values_text
from engine.render.text import count, moment, one_line, printable, shorten, times

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.ledger.model import HeldRow, Notice

_SHOWN = 10  #: held records named per group; the rest is counted


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


def _values(row: HeldRow) -> tuple[tuple[str, str], ...]:
    """What records are put together by, within their cause; sorts."""
    return tuple((name, value or "") for name, value in row.offending.items())


def _cause(row: HeldRow) -> tuple[str, str, str]:
    return (row.message, remedy_of(row), row.place or "")


def _cause_text(rows: list[HeldRow]) -> str:
    """What all these records have in common is said once, above their names."""
    first = rows[0]
    lines = [f"  why: {printable(first.message)}", f"  try: {printable(remedy_of(first))}"]
    lines += [f"  spec: {printable(first.place)}"] if first.place else []
    by_value = [list(same) for _, same in groupby(sorted(rows, key=_values), _values)]
    by_value.sort(key=len, reverse=True)
    for same in by_value[:_SHOWN]:
        lines += _value_lines(same)
    rest = sum(map(len, by_value[_SHOWN:]))
    lines += [f"    … and {rest:,} more; --format json lists them all"] if rest > 0 else []
    return "".join(f"{line}\n" for line in lines)


def _value_lines(rows: list[HeldRow]) -> list[str]:
    """The value that these records are held for, how often it is so, and the first of the records."""
    values = values_text(rows[0].offending.items())
    if not values:
        return _records(rows, "    ")
    return [f"    {values} {times(len(rows))}", *_records(rows, "      ")]


def _records(rows: list[HeldRow], indent: str) -> list[str]:
    rest = len(rows) - _SHOWN
    more = [f"{indent}… and {rest:,} more; --format json lists them all"] if rest > 0 else []
    return [*(f"{indent}{_record(row)}" for row in rows[:_SHOWN]), *more]


def _record(row: HeldRow) -> str:
    name = shorten(printable(row.label), 80) if row.label else "(no name)"
    tries = f", tried {row.attempts} times" if row.attempts > 1 else ""
    again = f", next retry after {moment(row.next_try)}" if row.next_try else ""
    return f"{name}  ({row.side} {printable(row.record_id)}, since {moment(row.since)}{tries}{again})"


def remedy_of(row: HeldRow) -> str:
    """What a person can do: what the system or the engine advised, else what always helps."""
    if row.remedy:
        return row.remedy
    if row.temporary:
        return "Nothing; it is retried automatically."
    return f"Correct the record on the {row.side}; the next run after that retries it."


#: What became of the mail about a notice.
_MAIL = {"kept": "", "pending": "mail pending", "sent": "mailed", "failed": "mail not delivered"}


def notices_text(notices: Sequence[Notice]) -> str:
    """What people were told, the latest last: refused changes, and what became of the integration itself."""
    refused = [one for one in notices if one.module]
    whole = [one for one in notices if not one.module]
    heads = (f"{count(len(refused), 'change')} refused by guards", "Notices about the integration itself")
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
    told = f" ({printable(one_line(' '.join(part for part in mail if part)))})" if any(mail) else ""
    return f"  {moment(one.at)} {name}: {printable(one.message)}{told}\n"


def errors_json(rows: Sequence[HeldRow], notices: Sequence[Notice] = ()) -> dict[str, Any]:
    """The same as one object; every record, none left out."""
    hidden = ("content_hash", "plan_fingerprint", "demands")
    held = []
    for row in sorted(rows, key=_group):
        shown = {key: value for key, value in asdict(row).items() if key not in hidden}
        held.append(shown | {"remedy": remedy_of(row)})
    causes = causes_of((row.module, row.record_id, row) for row in rows)
    return {
        "held": held,
        "causes": [one.as_json() for one in causes],
        "notices": [asdict(one) for one in notices],
    }
