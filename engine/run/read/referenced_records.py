"""Referenced records: those that references of a page lead to, read by id and each once, as a table beside the page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from engine.connectors.read_port import Page, ReadRequest
from engine.record import SIDES
from engine.run.read.pull import whole_read
from engine.run.read.text_columns import text_columns
from engine.run.session.columns import sql_name
from engine.run.session.foreseen import NEW

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.connectors.read_port import Reader
    from engine.plan import SidePlan, WalkPlan
    from engine.run.session.columns import Columns
    from engine.run.session.sync_pass import SyncPass


class Looking(Protocol):
    """Who looks at records, and may ask their system for others."""

    @property
    def columns(self) -> Columns:
        """Where the tables are."""
        ...

    def connector(self, side: Any) -> Reader:
        """The open connection to the system of such a side."""
        ...


def empty_all_referenced(sync: SyncPass) -> None:
    """The tables of a module, empty: what stood behind references in another module or run is read anew."""
    for side in SIDES:
        empty_referenced(sync, sync.module.side(side).walks)


def empty_referenced(sync: Looking, walks: Sequence[WalkPlan]) -> None:
    """The tables of these references, empty."""
    for one in walks:
        with sync.columns.shown("page", text_columns(Page(records=()), one, one.reads)):
            sync.columns.share_answer(one.table, one.lens)


def read_referenced(sync: SyncPass, side: SidePlan, page: pa.Table) -> None:
    """Read what the references of a staged page lead to, unless it was read for an earlier page."""
    read_referenced_by(sync, side, side.walks, page)


def read_referenced_by(sync: Looking, side: object, walks: Sequence[WalkPlan], page: pa.Table) -> None:
    """Read what these references lead to, unless it was read before; `page` has a text column for each."""
    for one in walks:
        wanted = _wanted(sync, one, page)
        if wanted:
            _read(sync, side, one, wanted)


def read_referenced_anew(sync: SyncPass, side: SidePlan, walks: Sequence[WalkPlan], table: str) -> None:
    """Read what the rows of a table refer to, whatever was read before."""
    empty_referenced(sync, walks)
    for one in walks:
        ids = f"SELECT DISTINCT CAST({sql_name(one.by)} AS VARCHAR) AS {sql_name(one.by)} FROM {table}"
        read_referenced_by(sync, side, (one,), sync.columns.table(ids))


def _wanted(sync: Looking, one: WalkPlan, page: pa.Table) -> list[str]:
    """Ids that no earlier page has asked for; a record that is only foreseen cannot be read."""
    ids = {str(value).strip() for value in pc.unique(page[one.by]).to_pylist() if value is not None}
    ids = {one for one in ids if not one.startswith(NEW)}
    known = {str(row[0]) for row in sync.columns.rows(f'SELECT _id FROM "{one.table}"')} if ids else set()
    return sorted(ids - known - {""})


def _read(sync: Looking, side: object, one: WalkPlan, ids: list[str]) -> None:
    """Their rows, and a mark for each that is not there, so that nobody asks for it again."""
    request = ReadRequest(stream=one.stream, fields=one.reads, ids=tuple(ids) if one.by_ids else None)
    for page in whole_read(sync.connector(side), one.name, request):
        new = f'SELECT * FROM ({one.lens}) AS n WHERE n._id NOT IN (SELECT _id FROM "{one.table}")'
        with sync.columns.shown("page", text_columns(page, one, one.reads)):
            sync.columns.run(f'INSERT INTO "{one.table}" {new}')
    missing = set(ids) - {str(row[0]) for row in sync.columns.rows(f'SELECT _id FROM "{one.table}"')}
    marks = pa.table({"_id": pa.array(sorted(missing), pa.string())})
    with sync.columns.shown("arriving", marks):
        sync.columns.run(f'INSERT INTO "{one.table}" BY NAME SELECT _id, false AS _found FROM arriving')
