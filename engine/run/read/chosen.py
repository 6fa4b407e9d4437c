"""Chosen: the records that a step of the lifecycle is about, read in full and looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from engine.connectors.read_port import ReadRequest
from engine.run.read.pull import whole_read
from engine.run.read.referenced_records import empty_referenced, read_referenced_by
from engine.run.read.text_columns import text_columns

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from engine.connectors.read_port import Reader
    from engine.ledger.store import Ledger
    from engine.plan import Plan
    from engine.plan.lifecycle import Chosen, Counterpart, Keeping
    from engine.run.session.columns import Columns


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """What a step works with."""

    plan: Plan
    ledger: Ledger
    systems: Mapping[str, Reader]
    columns: Columns

    def connector(self, side: Chosen | Counterpart) -> Reader:
        """The open connection to that system."""
        return self.systems[side.system]


@dataclass(frozen=True, slots=True, kw_only=True)
class One:
    """A record that was looked at."""

    id: str
    version: str | None
    label: str
    chosen: bool  #: the condition of the step holds
    other: str | None  #: the id that an older integration has kept; None = none


def read_chosen(room: Room, chosen: Chosen) -> list[One]:
    """Every record of the stream, in the order of the system. Raises TemporaryError if it is not read in full."""
    room.columns.share("own", _own_links(room, chosen))
    empty_referenced(room, chosen.walks)
    found: dict[str, One] = {}
    request = ReadRequest(stream=chosen.stream, fields=chosen.reads)
    again = "Run the step again; what was done so far is recorded."
    for page in whole_read(room.connector(chosen), chosen.name, request, again):
        staged = text_columns(page, chosen, chosen.reads)
        read_referenced_by(room, chosen, chosen.walks, staged)
        found |= {one.id: one for one in _answers(room, chosen, staged)}
    return list(found.values())


def _answers(room: Room, chosen: Chosen, staged: pa.Table) -> Iterator[One]:
    with room.columns.shown("page", staged):
        rows = room.columns.rows(f"SELECT id, version, label, chosen, other FROM ({chosen.lens})")
    for record, version, label, is_chosen, other in rows:
        yield One(id=record, version=version, label=label or record, chosen=bool(is_chosen), other=other)


def _own_links(room: Room, chosen: Chosen) -> pa.Table:
    """The links of these records in whatever module, and the system that each pair came from."""
    rows = [row for kept in chosen.kept for row in _links(room, kept)]
    columns = {"id": [row[0] for row in rows], "origin": [row[1] for row in rows]}
    return pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})


def _links(room: Room, kept: Keeping) -> Iterator[tuple[str, str | None]]:
    """A record that a run made came from the other side; a pair that was there before came from neither."""
    table = room.ledger.links_table(room.plan.name, kept.module, columns=(f"{kept.side}_id", "made"))
    for record, made in zip(table[0].to_pylist(), table[1].to_pylist(), strict=True):
        yield record, None if made is None else kept.there if made == kept.side else kept.here


def present(room: Room, where: Counterpart, ids: list[str]) -> set[str]:
    """Those of the ids that the system has."""
    if not ids:
        return set()
    request = ReadRequest(
        stream=where.stream, fields=(where.id_field,), ids=tuple(ids) if where.by_ids else None
    )
    there: set[str] = set()
    for page in room.connector(where).read(request):
        records = page.records or (page.table.to_pylist() if page.table is not None else ())
        there |= {str(record[where.id_field]) for record in records}
    return there & set(ids)
