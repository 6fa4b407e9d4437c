"""Text for a server whose text cannot hold U+0000: that character is written as two others.

An escape begins with U+0001, which is escaped itself; all other text stays as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

if TYPE_CHECKING:
    import pyarrow as pa

_MARK = "\x01"
#: In the order in which they are made; undone the other way round.
_ESCAPES = ((_MARK, "\x01b"), ("\x00", "\x01a"))


def escaped(text: str) -> str:
    """The text as it is stored."""
    if "\x00" in text or _MARK in text:
        for plain, written in _ESCAPES:
            text = text.replace(plain, written)
    return text


def unescaped(text: str) -> str:
    """The text that was stored."""
    if _MARK in text:
        for plain, written in reversed(_ESCAPES):
            text = text.replace(written, plain)
    return text


def column_escaped(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A text column as it is stored."""
    return _replaced(column, _ESCAPES, b"\x00\x01")


def column_unescaped(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A text column that was stored."""
    return _replaced(column, [(written, plain) for plain, written in reversed(_ESCAPES)], b"\x01")


def _replaced(column: pa.ChunkedArray, pairs: Any, signs: bytes) -> pa.ChunkedArray:
    """The column with replacements; nearly always no sign of one is found, and it is not touched."""
    import pyarrow.compute as pc

    if not any(sign in memory for memory in _texts(column) for sign in signs):
        return column
    for old, new in pairs:
        column = pc.replace_substring(column, old, new)
    return column


def _texts(column: pa.ChunkedArray) -> list[bytes]:
    buffers = [chunk.buffers()[2] for chunk in column.chunks]
    return [memory.to_pybytes() for memory in buffers if memory is not None]


class ServerText(sa.TypeDecorator[str]):
    """Text on a server: compared byte by byte, as SQLite does; what its text cannot hold is escaped."""

    impl = sa.Text
    cache_ok = True

    def __init__(self) -> None:
        super().__init__(collation="C")

    def process_bind_param(self, value: str | None, dialect: object) -> str | None:
        """What is stored."""
        del dialect
        return None if value is None else escaped(value)

    def process_result_value(self, value: Any, dialect: object) -> str | None:
        """What was given."""
        del dialect
        return None if value is None else unescaped(value)
