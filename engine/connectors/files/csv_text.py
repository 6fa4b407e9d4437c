"""Rows as lines of CSV, column by column: quotes only where they must be."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

_ROWS_AT_ONCE = 100_000


def header_line(names: list[str], delimiter: str, end: str) -> bytes:
    """The line that names the columns."""
    special = re.compile(_needs_quotes(delimiter))
    cells = ['"' + name.replace('"', '""') + '"' if special.search(name) else name for name in names]
    return (delimiter.join(cells) + end).encode()


def lines(rows: pa.Table, delimiter: str, end: str) -> Iterator[bytes]:
    """Many lines at once; all columns of `rows` are text. Null is an empty value, an empty text is `""`."""
    for batch in rows.to_batches(max_chunksize=_ROWS_AT_ONCE):
        yield "".join(_lines(batch, delimiter, end)).encode()


def _lines(batch: pa.RecordBatch, delimiter: str, end: str) -> list[str]:
    import pyarrow.compute as pc

    cells = [_cells(column, delimiter) for column in batch.columns]
    joined = pc.binary_join_element_wise(*cells, delimiter)
    return list(pc.binary_join_element_wise(joined, end, "").to_pylist())


def _cells(column: pa.Array, delimiter: str) -> pa.Array:
    import pyarrow.compute as pc

    needs = pc.match_substring_regex(column, _needs_quotes(delimiter))
    cells = column
    if pc.any(needs).as_py():
        doubled = pc.replace_substring(column, '"', '""')
        cells = pc.if_else(needs, pc.binary_join_element_wise('"', doubled, '"', ""), column)
    return pc.fill_null(cells, "")


def _needs_quotes(delimiter: str) -> str:
    """What a value must not hold without quotes; empty texts and outer blanks get them too."""
    return rf'["\r\n{delimiter}]|^$|^\s|\s$'
