"""What people change in the ledger: links, decisions, records left alone. Each function is part of a transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import sqlalchemy as sa

from engine.errors import UserError
from engine.ledger.already_linked import AlreadyLinked, first_of
from engine.ledger.database.transaction import chunks
from engine.ledger.model import LinkRow, Wait
from engine.ledger.settlement import Settlement
from engine.ledger.tables import schema
from engine.ledger.write import settlements
from engine.record import SIDES, other

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from engine.ledger.database.transaction import WriteTransaction
    from engine.ledger.model import Lease, RecordKey
    from engine.record import Side

#: `links.created_run` and `Settlement.run` of what no run has made.
BY_HAND = ""

_LINKS = schema.links
#: Links that the next run brings in step.
_LIVE = ("active", "missing-left", "missing-right")


def add(
    transaction: WriteTransaction, lease: Lease, rows: Sequence[LinkRow], sources: Mapping[str, Side]
) -> list[LinkRow]:
    """Make these links, never in step so far; answers with those that were not there already."""
    new: list[LinkRow] = []
    for module in dict.fromkeys(row.module for row in rows):
        several = [row for row in rows if row.module == module]
        missing = _missing(transaction, lease, module, several)
        _make(transaction, lease, module, missing, sources.get(module, "left"))
        new += missing
    return new


def _missing(
    transaction: WriteTransaction, lease: Lease, module: str, rows: Sequence[LinkRow]
) -> list[LinkRow]:
    """Those of the links that are not there yet. Raises AlreadyLinked."""
    wanted, clashes, missing = _Ends(), [], []
    present = _Ends()
    for side in SIDES:
        for found in _found(transaction, lease, module, side, [_id(row, side) for row in rows]):
            present.take(found)
    for row in rows:
        if row in present or row in wanted:
            continue
        missing.append(row)
        clashes += [(row, one) for one in dict.fromkeys([*present.meet(row), *wanted.meet(row)])]
        wanted.take(row)
    if clashes:
        raise AlreadyLinked(clashes)
    return missing


class _Ends:
    """Links by either end."""

    def __init__(self) -> None:
        self._by_end: dict[RecordKey, LinkRow] = {}

    def take(self, row: LinkRow) -> None:
        """One more; the first of several with the same end stays."""
        for side in SIDES:
            self._by_end.setdefault((side, _id(row, side)), row)

    def meet(self, row: LinkRow) -> list[LinkRow]:
        """The links that have an end in common with this one."""
        ends = [self._by_end.get((side, _id(row, side))) for side in SIDES]
        return [one for one in ends if one is not None]

    def __contains__(self, row: LinkRow) -> bool:
        return self._by_end.get(("left", row.left_id)) == row


def _id(row: LinkRow, side: Side) -> str:
    return row.left_id if side == "left" else row.right_id


def _found(
    transaction: WriteTransaction, lease: Lease, module: str, side: Side, ids: Sequence[str]
) -> list[LinkRow]:
    """The links that these records of a side have."""
    query = sa.select(_LINKS.c.left_id, _LINKS.c.right_id, _LINKS.c.state)
    query = query.where(_LINKS.c.integration == lease.integration, _LINKS.c.module == module)
    rows = transaction.rows_by(query, _LINKS.c[f"{side}_id"], ids)
    return [LinkRow(module=module, left_id=left, right_id=right, state=state) for left, right, state in rows]


def _make(
    transaction: WriteTransaction, lease: Lease, module: str, rows: Sequence[LinkRow], source: Side
) -> None:
    """Store the links; what held their records back is over, and the next run looks at them."""
    if not rows:
        return
    columns = {name: [getattr(row, name) for row in rows] for name in ("left_id", "right_id", "state")}
    ends = _ends(rows)
    settlement = Settlement(
        run=BY_HAND,
        module=module,
        links=pa.table(columns),
        released=ends,
        unskipped=ends,
        waits=tuple(_look(row, source) for row in rows if row.state in _LIVE),
    )
    settlements.store(transaction, lease, settlement)


def _look(row: LinkRow, source: Side) -> Wait:
    """Nothing tells a run that a link was made by hand; a record that waits for its counterpart's link is looked at."""
    target = other(source)
    return Wait(
        side=source,
        record_id=_id(row, source),
        root_module=row.module,
        root_side=target,
        root_id=_id(row, target),
    )


def _ends(rows: Iterable[LinkRow]) -> tuple[RecordKey, ...]:
    return tuple((side, _id(row, side)) for row in rows for side in SIDES)


def remove(
    transaction: WriteTransaction, lease: Lease, module: str, keys: Sequence[RecordKey], alone: str | None
) -> list[LinkRow]:
    """Forget the links of these records with all that hangs on them; answers with what went.

    `alone`: why both records of each link are left alone from now on; None = they are not.
    """
    gone = [row for side in SIDES for row in _found(transaction, lease, module, side, _of(keys, side))]
    _need_all(module, keys, gone)
    rows = list(dict.fromkeys(gone))
    query = sa.select(_LINKS.c.id).where(_LINKS.c.integration == lease.integration, _LINKS.c.module == module)
    ids = [
        int(number)
        for (number,) in transaction.rows_by(query, _LINKS.c.left_id, [row.left_id for row in rows])
    ]
    ends = _ends(rows)
    dropping = Settlement(run=BY_HAND, module=module, dropped=tuple(ids), released=ends, unwaits=ends)
    settlements.store(transaction, lease, dropping)
    if alone is not None:
        leave_alone(transaction, lease, module, ends, alone)
    return rows


def _of(keys: Iterable[RecordKey], side: Side) -> list[str]:
    return [record_id for key_side, record_id in keys if key_side == side]


def _need_all(module: str, keys: Iterable[RecordKey], found: Iterable[LinkRow]) -> None:
    """Raise UserError for records that have no link."""
    linked = set(_ends(found))
    lacking = [
        f"{module}: no link of {side} {record_id}."
        for side, record_id in keys
        if (side, record_id) not in linked
    ]
    if lacking:
        raise UserError(first_of(lacking), remedy="`engine links list` shows the links that there are.")


def leave_alone(
    transaction: WriteTransaction, lease: Lease, module: str, keys: Iterable[RecordKey], why: str
) -> None:
    """Remember records as skipped: no run links them, makes them elsewhere or writes to them."""
    rows = pa.Table.from_pylist([{"side": side, "record_id": one, "why": why} for side, one in keys])
    if rows.num_rows:
        settlements.store(transaction, lease, Settlement(run=BY_HAND, module=module, skips=rows))


def decide(transaction: WriteTransaction, lease: Lease, takes: Mapping[int, Side]) -> None:
    """Note which side each of these conflicts takes. Raises UserError if one is not there (any more)."""
    table = schema.conflicts
    mine = table.c.integration == lease.integration
    found = transaction.rows_by(sa.select(table.c.number).where(mine), table.c.number, list(takes))
    known = {int(number) for (number,) in found}
    lacking = [str(number) for number in takes if number not in known]
    if lacking:
        raise UserError(
            f"There is no conflict {', '.join(lacking)} now.",
            remedy="It was settled, or its values have changed and it has another number: see `engine conflicts list`.",
        )
    for side in SIDES:
        for some in chunks([number for number, take in takes.items() if take == side]):
            transaction.run(sa.update(table).where(mine, table.c.number.in_(some)).values(take=side))
