"""Storing the fields that wait for a person's decision, each by a number that stands for its values."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from engine.ledger.database.transaction import wholly
from engine.ledger.tables import schema
from engine.ledger.write.counters import allocate

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from engine.ledger.database.transaction import NewRow, WriteTransaction
    from engine.ledger.model import Conflict
    from engine.ledger.settlement import Settlement

_CONFLICTS = schema.conflicts


def remember(transaction: WriteTransaction, scope: Mapping[str, str], settlement: Settlement) -> None:
    """Replace the conflicts of each pair that is named or agreed; one with the same values stays what it is."""
    found = {(one.left_id, one.key): one for one in settlement.conflicts}
    forget(transaction, scope, settlement.agreed)
    known = _known(transaction, scope, list({left_id for left_id, _ in found}))
    gone = [pair for pair in known if pair not in found]
    transaction.delete(_CONFLICTS, [{**scope, "left_id": left_id, "key": key} for left_id, key in gone])
    numbers = _numbers(transaction, scope["integration"], list(found.values()), known)
    rows = [
        {**asdict(one), **scope, "number": number}
        for one, number in zip(found.values(), numbers, strict=True)
    ]
    transaction.upsert(_CONFLICTS, rows, _again)


def forget(transaction: WriteTransaction, scope: Mapping[str, str], left_ids: Iterable[str]) -> None:
    """Drop all conflicts of these pairs."""
    transaction.delete(_CONFLICTS, [{**scope, "left_id": left_id} for left_id in left_ids])


def _again(table: sa.Table, new: NewRow) -> Mapping[str, sa.ColumnElement[Any]]:
    """A decision holds for the values it was made for, and these have one number."""
    same = table.c.number == new["number"]
    return {
        **wholly(table, new),
        "since": table.c.since,
        "take": sa.case((same, table.c.take), else_=new["take"]),
    }


#: The number of a conflict and its values, as `_sign` writes them.
_Known = tuple[int, str, str]


def _known(
    transaction: WriteTransaction, scope: Mapping[str, str], left_ids: Sequence[str]
) -> dict[tuple[str, str], _Known]:
    """The conflicts that are stored for these pairs, by left id and key."""
    table = _CONFLICTS
    columns = (table.c.left_id, table.c.key, table.c.number, _signed(table.c.left), _signed(table.c.right))
    query = sa.select(*columns).where(*[table.c[name] == value for name, value in scope.items()])
    rows = transaction.rows_by(query, table.c.left_id, left_ids)
    return {(left_id, key): (int(number), left, right) for left_id, key, number, left, right in rows}


def _signed(column: sa.Column[Any]) -> sa.ColumnElement[str]:
    return sa.func.coalesce(sa.literal("=", column.type) + column, "")


def _sign(value: str | None) -> str:
    """A value that may be null as text that never is, as the bulk way must have it."""
    return "" if value is None else f"={value}"


def _numbers(
    transaction: WriteTransaction,
    integration: str,
    conflicts: Sequence[Conflict],
    known: Mapping[tuple[str, str], _Known],
) -> list[int]:
    """The number of each; new values get a new one, so that nobody decides about values not seen."""
    kept = [_same(one, known.get((one.left_id, one.key))) for one in conflicts]
    fresh = iter(allocate(transaction, f"next_conflict/{integration}", kept.count(None)))
    return [next(fresh) if number is None else number for number in kept]


def _same(conflict: Conflict, known: _Known | None) -> int | None:
    """The number under which it is stored with these very values; None = it is not."""
    if known is None:
        return None
    number, *values = known
    return number if values == [_sign(conflict.left), _sign(conflict.right)] else None
