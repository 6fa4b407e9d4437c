"""Foreseen: the links that a preview's own changes would make, so that what refers to them is previewed as it would be.

A record that is still to be made has no id, so it is called by where it comes from. A saved changeset says the same
name; the run that carries it out knows by it which record is meant.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.record import Side

#: How the name of a record begins that is still to be made.
NEW = "(new) "
LINKS = pa.schema([("left_id", pa.string()), ("right_id", pa.string()), ("made", pa.string())])


def name_of_new(module: str, side: Side, record: str) -> str:
    """What the record is called that a module would make of one of that side."""
    return f"{NEW}{module} {side}:{record}"


def sql_name_of_new(module: str, side: Side, column: str) -> str:
    """The same in SQL, of a column of ids."""
    start = name_of_new(module, side, "").replace("'", "''")
    return f"'{start}' || {column}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """Ids of records that were made by now, each with the name under which it was foreseen, by their side."""

    left: Mapping[str, str]
    right: Mapping[str, str]

    def of(self, side: Side) -> Mapping[str, str]:
        """Those of one side."""
        return self.left if side == "left" else self.right


@dataclass(slots=True, kw_only=True)
class Foreseen:
    """By module: the links that would be there once it has been worked off, beside those of the ledger."""

    wanted: frozenset[str]  #: modules that others go through; of the rest nothing is kept
    links: dict[str, list[pa.Table]] = field(default_factory=dict)
    ids: dict[tuple[str, Side], set[str]] = field(
        default_factory=dict
    )  #: for `has`, once nothing is added any more

    def add(self, module: str, links: pa.Table) -> None:
        """Further links of a module."""
        if module in self.wanted and links.num_rows:
            self.links.setdefault(module, []).append(links.cast(LINKS))

    def has(self, module: str, side: Side, record: str) -> bool:
        """Whether a record of a side would have a link by then."""
        known = self.ids.get((module, side))
        if known is None:
            known = self.ids[(module, side)] = set(self.of(module)[f"{side}_id"].to_pylist())
        return record in known

    def of(self, module: str) -> pa.Table:
        """All of a module's."""
        return pa.concat_tables([LINKS.empty_table(), *self.links.get(module, ())])
