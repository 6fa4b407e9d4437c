"""Files of links: CSV that `engine links export` writes and `engine links import` reads, the same bytes both ways."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO, get_args

from engine.errors import UserError
from engine.ledger.model import LinkRow, LinkState
from engine.suggest import suggest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from pathlib import Path

COLUMNS = ("module", "left_id", "right_id", "state")
_NEEDED = COLUMNS[:3]
_NAMED = 20  #: of the bad lines so many are named
_LONGEST = 4096  #: characters of a cell; no id is longer


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLinks:
    """The links of a file, each with the line on which it begins."""

    file: str
    lines: tuple[tuple[int, LinkRow], ...]

    @property
    def rows(self) -> list[LinkRow]:
        """The links alone."""
        return [row for _, row in self.lines]

    def lines_of(self, wanted: Iterable[LinkRow]) -> list[int]:
        """Where each of these links stands first."""
        places = {row: number for number, row in reversed(self.lines)}
        return [places[row] for row in wanted]


def write_links(rows: Iterable[LinkRow], out: TextIO) -> None:
    """Write a file of links."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([getattr(row, name) for name in COLUMNS] for row in rows)


def read_links(path: Path, modules: Collection[str]) -> FileLinks:
    """The links of a file. Raises UserError that names every line that cannot be taken."""
    try:
        # A table program puts a mark before the text.
        with path.open(encoding="utf-8-sig", newline="") as text:
            records = list(_records(str(path), text))
    except UnicodeDecodeError as error:
        raise UserError(f"`{path}` is not UTF-8 text.", remedy="Save it as CSV in UTF-8.") from error
    _need_columns(path, records)
    taken, bad = [], []
    header = records[0][1]
    for number, cells in records[1:]:
        row = _row(header, cells, modules)
        if isinstance(row, LinkRow):
            taken.append((number, row))
        else:
            bad.append(f"{path}:{number}: {row}")
    refuse(bad)
    return FileLinks(file=str(path), lines=tuple(taken))


def refuse(bad: Sequence[str]) -> None:
    """Raise UserError that names the bad lines, if there are any."""
    if bad:
        rest = len(bad) - _NAMED
        more = [f"… and {rest:,} more."] if rest > 0 else []
        raise UserError("\n".join([*bad[:_NAMED], *more]), remedy="Correct the file; nothing was stored.")


def _records(file: str, text: Iterable[str]) -> Iterator[tuple[int, list[str]]]:
    """Every record with the line on which it begins; empty lines are no records."""
    reader, begins = csv.reader(text, strict=True), 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            remedy = "Write it as CSV with commas; a cell that holds a comma, a quote or a line end stands in quotes."
            raise UserError(f"{file}:{begins}: this is not valid CSV: {error}.", remedy=remedy) from error
        longest = max(map(len, cells), default=0)
        if longest > _LONGEST:
            raise UserError(
                f"{file}:{begins}: a cell has {longest:,} characters; at most {_LONGEST:,} are read.",
                remedy="Write ids as `engine links export` writes them.",
            )
        if cells:
            yield begins, cells
        begins = reader.line_num + 1


def _need_columns(path: Path, records: Sequence[tuple[int, list[str]]]) -> None:
    header = records[0][1] if records else []
    lacking = [name for name in _NEEDED if name not in header]
    odd = [name for name in header if name not in COLUMNS]
    if lacking or odd or len(set(header)) != len(header):
        raise UserError(
            f"{path}:1: the first line must name the columns {', '.join(COLUMNS)}.",
            remedy="`engine links export` shows how such a file looks; only `state` may be left out.",
        )


def _row(header: Sequence[str], cells: Sequence[str], modules: Collection[str]) -> LinkRow | str:
    """The link that a line means, or what is wrong with the line."""
    if len(cells) != len(header):
        return f"{len(cells)} cells, but {len(header)} columns."
    found = dict(zip(header, cells, strict=True))
    empty = [name for name in _NEEDED if not found[name]]
    if empty:
        return f"`{empty[0]}` is empty."
    if found["module"] not in modules:
        return f"the spec has no module `{found['module']}`. {suggest(found['module'], modules)}"
    state = found.get("state") or "active"
    if state not in get_args(LinkState):
        return f"`{state}` is not a state; use one of {', '.join(get_args(LinkState))}."
    return LinkRow(module=found["module"], left_id=found["left_id"], right_id=found["right_id"], state=state)  # type: ignore[arg-type]  # one of LinkState, as was just seen
