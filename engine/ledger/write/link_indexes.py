"""The indexes of `links`: taken away for the very first load, and built again at its end.

Filling an indexed table of random ids costs thrice the time. While the indexes are away nothing stops two
links of one record; building them finds such links, keeps the first and holds the other ends of the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from engine.ledger import leases
from engine.ledger.database.transaction import inserting
from engine.ledger.tables import schema
from engine.ledger.tables.cells import moment
from engine.record import SIDES, other

if TYPE_CHECKING:
    from engine.ledger.database.port import Database
    from engine.ledger.model import Lease
    from engine.record import Side

_MARK = schema.meta.c.key == "bulk_load"
_LINKS = schema.links


def take_away(connection: sa.Connection, lease: Lease) -> bool:
    """Drop the indexes if there is no link at all; says whether it did."""
    if connection.scalar(sa.select(_LINKS.c.id).limit(1)) is not None or _loading(connection) is not None:
        return False
    for index in schema.link_indexes:
        index.drop(connection)
    connection.execute(sa.insert(schema.meta).values(key="bulk_load", value=lease.integration))
    return True


def build(database: Database) -> None:
    """Make the indexes; they were built already where another run has seen to it."""
    with database.writing() as connection:
        for side, index in zip(SIDES, schema.link_indexes, strict=True):
            try:
                with connection.begin_nested():
                    index.create(connection, checkfirst=True)
            except sa.exc.IntegrityError:
                _part_doubles(connection, side)
                index.create(connection)
        connection.execute(sa.delete(schema.meta).where(_MARK))


def repair(database: Database, lease: Lease, now: str) -> None:
    """Make the indexes if the run that took them away is not going on."""
    with database.reading() as connection:
        loading = _loading(connection)
        if loading is None:
            return
        holder = leases.current(connection, loading)
    alive = holder is not None and moment(holder.expires) > moment(now)
    if loading == lease.integration or not alive:
        build(database)


def _loading(connection: sa.Connection) -> str | None:
    """The integration that has taken the indexes away."""
    return connection.scalar(sa.select(schema.meta.c.value).where(_MARK))


def _part_doubles(connection: sa.Connection, side: Side) -> None:
    """Where a record of this side has several links, keep the first; hold the other ends of the rest."""
    key = [_LINKS.c.integration, _LINKS.c.module, _LINKS.c[f"{side}_id"]]
    first = sa.select(*key, sa.func.min(_LINKS.c.id).label("first")).group_by(*key)
    several = first.having(sa.func.count() > 1).subquery()
    same = sa.and_(*[column == several.c[column.name] for column in key])
    doubles = sa.select(_LINKS.c.id).join(several, same).where(_LINKS.c.id != several.c.first)
    _hold_ends(connection, other(side), doubles)
    _forget_conflicts(connection, doubles)
    connection.execute(sa.delete(schema.bases).where(schema.bases.c.link_id.in_(doubles)))
    connection.execute(sa.delete(_LINKS).where(_LINKS.c.id.in_(doubles)))


def _forget_conflicts(connection: sa.Connection, doubles: sa.Select[tuple[int]]) -> None:
    """Forget what was to be decided about the pairs of these links."""
    names = ("integration", "module", "left_id", "right_id")
    pairs = sa.select(*[_LINKS.c[name] for name in names]).where(_LINKS.c.id.in_(doubles))
    mine = sa.tuple_(*[schema.conflicts.c[name] for name in names])
    connection.execute(sa.delete(schema.conflicts).where(mine.in_(pairs)))


def _hold_ends(connection: sa.Connection, side: Side, doubles: sa.Select[tuple[int]]) -> None:
    """Hold the record that each of these links has on a side."""
    started = (
        sa.select(schema.runs.c.started).where(schema.runs.c.id == _LINKS.c.created_run).scalar_subquery()
    )
    opposite = _LINKS.c[f"{other(side)}_id"]
    row: dict[str, sa.ColumnElement[Any]] = {
        "integration": _LINKS.c.integration,
        "module": _LINKS.c.module,
        "side": sa.literal(side),
        "record_id": _LINKS.c[f"{side}_id"],
        "code": sa.literal("linked-twice"),
        "message": sa.literal(f"Its record on the {other(side)} is linked to another one already: ")
        + opposite,
        "remedy": sa.literal("Look whether a system uses the same id for two records."),
        "since": sa.func.coalesce(started, ""),
        "run": _LINKS.c.created_run,
        "temporary": sa.false(),
        "attempts": sa.literal(1),
    }
    rows = sa.select(*row.values()).where(_LINKS.c.id.in_(doubles))
    # A record may have lost several links; once held is held.
    hold = inserting(connection.dialect.name, schema.held).from_select(list(row), rows)
    connection.execute(hold.on_conflict_do_nothing())
