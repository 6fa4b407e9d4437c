"""What becomes of each write to a file, and the receipts that say so."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
    "id-change": "An update must not change `{key}`, which identifies the record `{id}` of {path}.",
}


def answer(
    rows: pa.Table, ids: pa.ChunkedArray, verdict: pa.ChunkedArray, *, path: Path, key: str
) -> AllApplied | list[Receipt]:
    """The answer to a batch; `verdict` holds a code of SENTENCES for each row, null where it was written."""
    if verdict.null_count == len(verdict):
        return AllApplied(ids=ids)
    return list(_receipts(rows, ids, verdict, path, key))


def _receipts(
    rows: pa.Table, ids: pa.ChunkedArray, verdict: pa.ChunkedArray, path: Path, key: str
) -> Iterator[Receipt]:
    for op, identity, code in zip(rows["_op"].to_pylist(), ids.to_pylist(), verdict.to_pylist(), strict=True):
        if code is None:
            yield Receipt(op=op, outcome="applied", id=identity)
        else:
            message = SENTENCES[code].format(path=path, key=key, id=identity)
            yield Receipt(op=op, outcome="gone" if code == "gone" else "refused", code=code, message=message)
