"""What becomes of each write to a file, and the receipts that say so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.connectors.columns import as_text
from engine.connectors.port import AllApplied
from engine.record import Receipt

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pyarrow as pa

#: Code of a write that is not done -> the sentence, with {id}, {key} and {path}.
SENTENCES = {
    "gone": "{path} has no record with the id `{id}`.",
    "no-id": "The record has no value for `{key}`, which identifies a record of {path}.",
    "duplicate": "{path} already has a record with the id `{id}`.",
    "unfit": "A value of the record does not fit the type that its column has in {path}.",
    "id-change": "An update must not change `{key}`, which identifies the record `{id}` of {path}.",
}


def answer(
    rows: pa.Table, ids: pa.ChunkedArray, codes: pa.ChunkedArray, *, path: Path, key: str
) -> AllApplied | list[Receipt]:
    """The answer to a batch; `codes` holds a code of SENTENCES for each row, null where it was written."""
    if codes.null_count == len(codes):
        return AllApplied(ids=ids)
    return list(_receipts(rows, ids, codes, path, key))


def of_creates(ids: pa.ChunkedArray, held: pa.ChunkedArray) -> pa.ChunkedArray:
    """`no-id` for records without one, `duplicate` for those whose id is taken; null for the others."""
    import pyarrow as pa
    import pyarrow.compute as pc

    first = pc.equal(pc.index_in(ids, ids.combine_chunks()), pa.array(range(len(ids)), pa.int32()))
    taken = pc.or_(pc.is_in(ids, held.combine_chunks()), pc.invert(first))
    empty = pc.fill_null(pc.equal(ids, ""), fill_value=True)
    return pc.if_else(empty, "no-id", pc.if_else(taken, "duplicate", pa.scalar(None, pa.string())))


def of_moves(rows: pa.Table, key: str) -> pa.ChunkedArray:
    """`id-change` for rows whose update would give the record another id; null for the others."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if key not in rows.column_names:
        return nothing(rows)
    named = pa.array([key in names for names in rows["_set"].to_pylist()], pa.bool_())
    same = pc.fill_null(pc.equal(as_text(rows[key]), rows["_id"]), fill_value=False)
    return pc.if_else(pc.and_(named, pc.invert(same)), "id-change", pa.scalar(None, pa.string()))


def nothing(rows: pa.Table) -> pa.ChunkedArray:
    """A column of text with nothing in it, as long as `rows`."""
    import pyarrow as pa

    return pa.chunked_array([pa.nulls(rows.num_rows, pa.string())])


def _receipts(
    rows: pa.Table, ids: pa.ChunkedArray, codes: pa.ChunkedArray, path: Path, key: str
) -> Iterator[Receipt]:
    for op, identity, code in zip(rows["_op"].to_pylist(), ids.to_pylist(), codes.to_pylist(), strict=True):
        if code is None:
            yield Receipt(op=op, outcome="applied", id=identity)
        else:
            message = SENTENCES[code].format(path=path, key=key, id=identity)
            yield Receipt(op=op, outcome="gone" if code == "gone" else "refused", code=code, message=message)
