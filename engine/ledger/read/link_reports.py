"""What can be asked of links and of what their records held when they were last in step."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from engine.ledger.database.transaction import chunks
from engine.ledger.read import arrow_answers
from engine.ledger.read.conditions import at
from engine.ledger.settlement import LINK_COLUMNS
from engine.ledger.tables import schema
from engine.ledger.tables.cells import from_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa

    from engine.ledger.database.port import Database
    from engine.record import Side

_LINKS = schema.links
#: Where a module has so large a part of all links, reading them all is quicker than looking each of its own up.
_PART = 8


class LinkReports:
    """The part of the ledger that tells of links."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def links_table(
        self,
        integration: str,
        module: str,
        ids: pa.Array | None = None,
        side: Side | None = None,
        *,
        columns: Sequence[str] = LINK_COLUMNS,
    ) -> pa.Table:
        """Links of a module in any state: these of LINK_COLUMNS, in no particular order.

        All of them, or some: `ids` are then record ids of `side`, or link ids if `side` is None.
        """
        if ids is None:
            return arrow_answers.table_of(self._database, self._all_links(integration, module, columns))
        # SQLite takes the index of a module, however large, for better than the key of the table.
        mine = at(_LINKS, integration, module, indexed=side is not None)
        column = _LINKS.c.id if side is None else _LINKS.c[f"{side}_id"]
        query = sa.select(*_link_columns(columns)).where(*mine)
        return arrow_answers.table_by_ids(self._database, query, column, ids)

    @contextmanager
    def links_reader(
        self, integration: str, module: str, columns: Sequence[str]
    ) -> Iterator[pa.RecordBatchReader]:
        """All links of a module as `links_table` has them, bit by bit; nothing else is asked meanwhile."""
        query = self._all_links(integration, module, columns)
        with arrow_answers.reader_of(self._database, query) as reader:
            yield reader

    def _all_links(self, integration: str, module: str, columns: Sequence[str]) -> sa.Select[Any]:
        """The query for all links of a module, through an index where few of the ledger's are."""
        mine, every = at(_LINKS, integration, module), sa.select(sa.func.max(_LINKS.c.id))
        with self._database.reading() as connection:
            place = (connection.scalar(every) or 0) // _PART
            beyond = sa.select(_LINKS.c.id).where(*mine).offset(place).limit(1)
            many = connection.scalar(beyond) is not None
        return sa.select(*_link_columns(columns)).where(*at(_LINKS, integration, module, indexed=not many))

    def run_links(self, integration: str, run: str) -> pa.Table:
        """The links that a run made and that are still there: LINK_COLUMNS, and `module`."""
        query = sa.select(*_link_columns(LINK_COLUMNS), _LINKS.c.module)
        query = query.where(*at(_LINKS, integration, None, indexed=False), _LINKS.c.created_run == run)
        return arrow_answers.table_of(self._database, query)

    def link_count(self, integration: str, module: str) -> int:
        """The pairs of a module that are kept in step, those that are missing on a side included."""
        query = sa.select(sa.func.count()).where(*at(_LINKS, integration, module))
        with self._database.reading() as connection:
            # Neither question looks at a row of the table: the indexes hold the answers.
            every, unkept = (connection.scalar(one) or 0 for one in (query, query.where(schema.unkept)))
        return every - unkept

    def bases_table(self, link_ids: pa.Array) -> pa.Table:
        """What the sides of some links held when last in step: BASE_COLUMNS, values as JSON text."""
        return arrow_answers.table_by_ids(
            self._database, sa.select(schema.bases), schema.bases.c.link_id, link_ids
        )

    def bases(
        self, link_ids: Sequence[int]
    ) -> dict[int, tuple[dict[str, Any] | None, dict[str, Any] | None]]:
        """The same by link id, parsed: (left, right); where both held the same, right is left."""
        found: dict[int, tuple[dict[str, Any] | None, dict[str, Any] | None]] = {}
        table = schema.bases
        with self._database.reading() as connection:
            for chunk in chunks(link_ids):
                for link_id, left, right in connection.execute(
                    sa.select(table).where(table.c.link_id.in_(chunk))
                ):
                    found[link_id] = (from_json(left), from_json(left if right is None else right))
        return found


def _link_columns(names: Sequence[str]) -> list[sa.ColumnElement[Any]]:
    return [_LINKS.c.id.label(name) if name == "link_id" else _LINKS.c[name] for name in names]
