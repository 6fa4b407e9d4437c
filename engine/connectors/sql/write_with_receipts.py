"""From a transaction that can fail to receipts: repeat what may be repeated, halve what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.connectors.port import AllApplied
from engine.connectors.sql.failures import NotAppliedError, RowRefusedError, UnconfirmedError
from engine.record import Receipt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import pyarrow as pa

    from engine.record import Outcome

    #: Writes some rows in one transaction. In the answer an id is null where there was no row.
    Apply = Callable[[pa.Table], AllApplied]

_TRIES = 3


def write_with_receipts(apply: Apply, rows: pa.Table, source: str) -> AllApplied | Iterable[Receipt]:
    """Write all rows in one transaction, or all but those that the database refuses or does not have.

    The first transaction is over when this returns; others run while the receipts are taken.
    """
    try:
        done = _patiently(apply, rows)
    except RowRefusedError as refused:
        return _halves(apply, rows, source, refused)
    except NotAppliedError as error:
        return _all(rows, "retry", "try-later", error.message)
    except UnconfirmedError as error:
        return _all(rows, "unknown", "connection-lost", str(error))
    return done if done.ids.null_count == 0 else _each(rows, done, source)


def _patiently(apply: Apply, rows: pa.Table) -> AllApplied:
    """Again, where the database itself has undone everything because of other transactions."""
    for _ in range(_TRIES - 1):
        try:
            return apply(rows)
        except NotAppliedError as error:
            if not error.again:
                raise
    return apply(rows)


def _halves(apply: Apply, rows: pa.Table, source: str, refused: RowRefusedError) -> Iterator[Receipt]:
    """Receipts for rows of which the database refused at least one."""
    if rows.num_rows == 1:
        yield Receipt(
            op=rows["_op"][0].as_py(),
            outcome="refused",
            code=refused.code,
            message=refused.words,
            remedy=f"Correct the record, or change what table {source} demands.",
        )
        return
    middle = rows.num_rows // 2
    for part in (rows.slice(0, middle), rows.slice(middle)):
        done = write_with_receipts(apply, part, source)
        yield from _each(part, done, source) if isinstance(done, AllApplied) else done


def _all(rows: pa.Table, outcome: Outcome, code: str, message: str) -> list[Receipt]:
    return [Receipt(op=op, outcome=outcome, code=code, message=message) for op in rows["_op"].to_pylist()]


def _each(rows: pa.Table, done: AllApplied, source: str) -> Iterator[Receipt]:
    """One receipt a row; a row without an id in `done` was not there."""
    versions = done.versions.to_pylist() if done.versions is not None else [None] * rows.num_rows
    asked = rows["_id"].to_pylist()
    for op, identity, was, version in zip(
        rows["_op"].to_pylist(), done.ids.to_pylist(), asked, versions, strict=True
    ):
        if identity is None:
            message = f"{source} has no row with the id `{was}`."
            yield Receipt(op=op, outcome="gone", code="gone", message=message)
        else:
            yield Receipt(op=op, outcome="applied", id=identity, version=version)
