"""What is wrong with a CSV file, and in which line: the slow pass that runs only once something is wrong."""

from __future__ import annotations

import codecs
import csv
import io
import os
from collections import Counter
from typing import TYPE_CHECKING

from engine.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_CHUNK_BYTES = 1 << 20
_VALUE_BYTES = 1 << 28


def header(path: Path, delimiter: str) -> list[str]:
    """The names of the columns. Raises UserError if there are none, or one stands twice or is empty."""
    try:
        names = next(csv.reader(_text_lines(path), delimiter=delimiter, strict=True), [])
    except csv.Error as error:
        raise UserError(f"{path}:1: The header row is no CSV: {error}.") from error
    if not names:
        raise UserError(f"{path} is empty.", remedy="Its first line must name the columns.")
    twice = [name for name, times in Counter(names).items() if times > 1]
    if twice or "" in names:
        what = f"names `{twice[0]}` twice" if twice else "has a column without a name"
        raise UserError(f"{path}:1: The header row {what}.", remedy="Give every column a name of its own.")
    return names


def habits(path: Path) -> tuple[bytes, str]:
    """The mark at the start of the file (or nothing) and its line end, so that a rewrite keeps them."""
    with path.open("rb") as file:
        first = file.readline()
    mark = codecs.BOM_UTF8 if first.startswith(codecs.BOM_UTF8) else b""
    return mark, "\r\n" if first.endswith(b"\r\n") else "\n"


def ends_a_line(path: Path) -> bool:
    """Whether the next row can follow at once."""
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"


class _LastLineEnded(io.RawIOBase):
    """A file that does not end its last line, read as if it did."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._file = path.open("rb")
        self._rest = b"\n"

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        chunk = self._file.read(size)
        if not chunk:
            chunk, self._rest = self._rest, b""
        return chunk

    def close(self) -> None:
        self._file.close()
        super().close()


def ended(path: Path) -> Path | io.RawIOBase:
    """What to read the file from. Without its last line end Arrow takes the null of `"2",` for an empty text."""
    return path if ends_a_line(path) else _LastLineEnded(path)


def require_closed_quotes(path: Path, delimiter: str, key: str) -> None:
    """Raises UserError if a value in quotes does not end: the rest of the file would become part of it."""
    with path.open("rb") as file:
        quotes = sum(chunk.count(b'"') for chunk in iter(lambda: file.read(_CHUNK_BYTES), b""))
    if quotes % 2:  # one is missing, or one stands inside a value without quotes, which is harmless
        _search(path, delimiter, key)


def complaint(path: Path, delimiter: str, key: str, otherwise: str) -> UserError:
    """The first thing that is wrong with the file, with its line; `otherwise` if this pass finds nothing."""
    try:
        _search(path, delimiter, key)
    except UserError as found:
        return found
    return UserError(f"{path} is no CSV that could be read: {otherwise}.")


def _search(path: Path, delimiter: str, key: str) -> None:
    """Raises UserError for the first row that is wrong."""
    names = header(path, delimiter)
    place = names.index(key)
    csv.field_size_limit(_VALUE_BYTES)  # of the whole process; the default would call a long note an error
    rows = csv.reader(_text_lines(path), delimiter=delimiter, strict=True)
    seen: dict[str, int] = {}
    line = 1
    try:
        for row in rows:
            if line > 1 and row:
                _check_row(path, line, row, len(names))
                _check_id(path, line, key, row[place], seen)
            line = rows.line_num + 1
    except csv.Error as error:
        raise UserError(
            f"{path}:{line}: The row that starts here is no CSV: {error}.",
            remedy='A value with a quote stands in quotes, and its own quotes are doubled: "5"" pipe".',
        ) from error


def _check_row(path: Path, line: int, row: list[str], width: int) -> None:
    if len(row) != width:
        raise UserError(
            f"{path}:{line}: The row has {len(row)} values, but the header names {width} columns.",
            remedy="A value that holds the delimiter or a line end must stand in quotes.",
        )


def _check_id(path: Path, line: int, key: str, identity: str, seen: dict[str, int]) -> None:
    if not identity:
        raise UserError(f"{path}:{line}: The record has no `{key}`.", remedy="Every record needs its id.")
    if identity in seen:
        raise UserError(
            f"{path}:{line}: The {key} `{identity}` also stands in line {seen[identity]}.",
            remedy="Name a column under `id:` that is different in every row, or remove one of the two.",
        )
    seen[identity] = line


def _text_lines(path: Path) -> Iterator[str]:
    """The lines as text with their line ends. Raises UserError with the line of bytes that are no UTF-8."""
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                yield line.removeprefix(codecs.BOM_UTF8).decode() if number == 1 else line.decode()
            except UnicodeDecodeError as error:
                raise UserError(
                    f"{path}:{number}: This line is not UTF-8 (byte {error.start + 1} of it).",
                    remedy="Save the file as UTF-8.",
                ) from error
