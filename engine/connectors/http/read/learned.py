"""Learned: what a connection has found out from answers and needs again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.connectors.http.send.private_file import PrivateFile

Row = Mapping[str, Any]


@dataclass(slots=True, kw_only=True)
class Learned:
    """What answers have told. One for a connection; written by reading, used by writing."""

    kept: PrivateFile  #: what outlives the connection: which lists compare times, by stream
    #: stream -> id of a record -> id of its parent, as the last lists had it
    parents: dict[str, dict[str, str]] = field(default_factory=dict)
    #: stream -> id -> the record as its last reading by id showed it; only of the last such reading
    fresh: dict[str, dict[str, Row]] = field(default_factory=dict)
    #: stream of children -> list requests that its last complete list took, those for its parents included
    lists: dict[str, int] = field(default_factory=dict)

    def compares(self, stream: str) -> bool | None:
        """Whether the list of a stream heeds a moment; None = nobody has tried yet."""
        told = self.kept.load().get(stream)
        return told if isinstance(told, bool) else None

    def keep_compares(self, stream: str, *, heeds: bool) -> None:
        """Remember it, for all processes. Raises UserError and TemporaryError as Kept."""
        with self.kept.changing() as kept:
            kept[stream] = heeds


def dig(row: Row, name: str) -> Any:
    """The value under a dotted name; None = there is none."""
    found: Any = row
    for key in name.split("."):
        found = found.get(key) if isinstance(found, Mapping) else None
    return found


def put(row: Row, name: str, value: Any) -> Row:
    """The row with a value under a dotted name."""
    key, _, rest = name.partition(".")
    below = row.get(key)
    return {**row, key: put(below if isinstance(below, Mapping) else {}, rest, value) if rest else value}
