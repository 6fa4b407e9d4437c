"""What can be asked of the ledger: no method here writes, waits for a run, or needs a lease."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from engine.ledger import leases
from engine.ledger.database.transaction import chunks
from engine.ledger.model import (
    Approval,
    Conflict,
    Enrolment,
    HeldRow,
    Intent,
    Lease,
    Loser,
    ModuleState,
    ModuleStatus,
    Notice,
    RunRow,
    Turned,
    Turns,
    Wait,
)
from engine.ledger.read import arrow_answers
from engine.ledger.read.conditions import at
from engine.ledger.read.link_reports import LinkReports
from engine.ledger.tables import schema
from engine.ledger.tables.cells import from_json, unpack

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    import pyarrow as pa

    from engine.record import Side

_OPEN = ("pending", "uncertain")


class Reports(LinkReports):
    """The reading half of the ledger."""

    def sightings_table(self, integration: str, module: str, side: Side) -> pa.Table:
        """The records of a side as they were last seen: SIGHTING_COLUMNS."""
        table = schema.sightings
        query = sa.select(table.c.record_id, table.c.version, table.c["keys"])
        where = at(table, integration, module)
        return arrow_answers.table_of(self._database, query.where(*where, table.c.side == side))

    def skips_table(self, integration: str, module: str) -> pa.Table:
        """The records that were skipped for good: SKIP_COLUMNS."""
        table = schema.skips
        query = sa.select(table.c.side, table.c.record_id, table.c.other_id, table.c.why)
        return arrow_answers.table_of(self._database, query.where(*at(table, integration, module)))

    def integrations(self) -> list[str]:
        """Every integration that has ever run here, by name."""
        query = sa.select(schema.lease.c.integration).order_by(schema.lease.c.integration)
        with self._database.reading() as connection:
            return list(connection.scalars(query))

    def lease(self, integration: str) -> Lease | None:
        """Who runs the integration, or ran it and was killed; None = nobody."""
        with self._database.reading() as connection:
            return leases.current(connection, integration)

    def runs(self, integration: str | None = None, limit: int = 20) -> list[RunRow]:
        """The latest runs, newest first; None = of every integration."""
        table = schema.runs
        query = sa.select(table).order_by(table.c.number.desc()).limit(limit)
        if integration is not None:
            query = query.where(table.c.integration == integration)
        with self._database.reading() as connection:
            return [_run(row) for row in connection.execute(query).mappings()]

    def last_run(self, integration: str) -> RunRow | None:
        """The latest run; None = it has never run."""
        return next(iter(self.runs(integration, 1)), None)

    def run_of_link(self, integration: str, module: str, left_id: str) -> RunRow | None:
        """The run that made the link of a left record; None = there is no such link, or its run is forgotten."""
        links = schema.links
        mine = [*at(links, integration, module), links.c.left_id == left_id]
        made = sa.select(links.c.created_run).where(*mine)
        query = sa.select(schema.runs).where(schema.runs.c.id.in_(made))
        with self._database.reading() as connection:
            row = connection.execute(query).mappings().first()
        return _run(row) if row is not None else None

    def module_state(self, integration: str, module: str) -> ModuleState:
        """How far a module has come; the beginning if it never ran."""
        query = sa.select(schema.modules).where(*at(schema.modules, integration, module))
        with self._database.reading() as connection:
            row = connection.execute(query).mappings().first()
        return ModuleState(integration=integration, module=module) if row is None else ModuleState(**row)

    def held_rows(self, integration: str | None = None, module: str | None = None) -> list[HeldRow]:
        """The held records, longest held first; None = of every integration, every module."""
        table = schema.held
        query = sa.select(table).where(*at(table, integration, module))
        query = query.order_by(table.c.since, table.c.integration, table.c.module, table.c.record_id)
        with self._database.reading() as connection:
            return [_held(row) for row in connection.execute(query).mappings()]

    def held_row(self, integration: str, module: str, side: Side, record_id: str) -> HeldRow | None:
        """Why one record is held; None = it is not."""
        table = schema.held
        mine = (table.c.side == side) & (table.c.record_id == record_id)
        query = sa.select(table).where(*at(table, integration, module), mine)
        with self._database.reading() as connection:
            row = connection.execute(query).mappings().first()
        return None if row is None else _held(row)

    def approvals(self, integration: str, module: str) -> list[Approval]:
        """What a person let through of a module that has not been worked off since."""
        table = schema.approvals
        columns = [table.c[one.name] for one in fields(Approval)]
        query = sa.select(*columns).where(*at(table, integration, module))
        with self._database.reading() as connection:
            return [Approval(**row) for row in connection.execute(query).mappings()]

    def turns(self, record_ids: Collection[str]) -> list[Turns]:
        """Records with these ids that a run has changed, of any integration and of any system."""
        table, found = schema.turns, []
        with self._database.reading() as connection:
            for some in chunks(sorted(record_ids)):
                rows = connection.execute(sa.select(table).where(table.c.record_id.in_(some))).mappings()
                found += [_turns(row) for row in rows]
        return found

    def waits(self, integration: str, module: str) -> list[Wait]:
        """What the records of a module wait for."""
        table = schema.waits
        columns = [table.c[one.name] for one in fields(Wait)]
        query = sa.select(*columns).where(*at(table, integration, module))
        with self._database.reading() as connection:
            return [Wait(**row) for row in connection.execute(query).mappings()]

    def enrolments(self, integration: str, module: str | None = None) -> list[Enrolment]:
        """Records that take part because a person said so, oldest first; None = of every module."""
        table = schema.enrolments
        query = sa.select(table).where(*at(table, integration, module), table.c.state != schema.ADMITTED)
        query = query.order_by(table.c.at, table.c.record_id)
        with self._database.reading() as connection:
            return [_enrolment(row) for row in connection.execute(query).mappings()]

    def admitted(self, integration: str, module: str, side: Side) -> set[str]:
        """Ids of the records that take part whatever a saved view shows."""
        table = schema.enrolments
        query = sa.select(table.c.record_id).where(*at(table, integration, module))
        query = query.where(table.c.side == side, table.c.state == schema.ADMITTED)
        with self._database.reading() as connection:
            return set(connection.scalars(query))

    def conflicts(self, integration: str, module: str | None = None) -> list[Conflict]:
        """The fields that a person must decide, by number; None = in every module."""
        table = schema.conflicts
        query = sa.select(table).where(*at(table, integration, module)).order_by(table.c.number)
        with self._database.reading() as connection:
            return [Conflict(**row) for row in connection.execute(query).mappings()]

    def pending_intents(self, integration: str) -> list[Intent]:
        """The batches whose outcome is not settled, oldest first."""
        return self._intents(schema.intents.c.integration == integration, schema.intents.c.state.in_(_OPEN))

    def run_intents(self, integration: str, run: str) -> list[Intent]:
        """The batches that a run sent, in any state, oldest first; what they held is there until `tidy`.

        A settled create has no payload: its links say what it made.
        """
        return self._intents(schema.intents.c.integration == integration, schema.intents.c.run == run)

    def _intents(self, *where: sa.ColumnElement[bool]) -> list[Intent]:
        query = sa.select(schema.intents).where(*where).order_by(schema.intents.c.id)
        with self._database.reading() as connection:
            return [_intent(row) for row in connection.execute(query).mappings()]

    def losers(self, integration: str, run: str | None = None) -> list[Loser]:
        """The values that policies overwrote, oldest first; None = in every run."""
        table = schema.losers
        query = sa.select(table).where(table.c.integration == integration)
        if run is not None:
            query = query.where(table.c.run == run)
        with self._database.reading() as connection:
            return [_loser(row) for row in connection.execute(query.order_by(table.c.id)).mappings()]

    def notices(self, integration: str | None = None, module: str | None = None) -> list[Notice]:
        """What people were told of refused changes, oldest first; None = of all."""
        table = schema.notices
        query = sa.select(table).where(*at(table, integration, module)).order_by(table.c.at, table.c.key)
        with self._database.reading() as connection:
            return [Notice(**row) for row in connection.execute(query).mappings()]

    def known_notices(self, integration: str, keys: Sequence[str]) -> frozenset[str]:
        """Those of the keys that were told of already."""
        table = schema.notices
        query = sa.select(table.c.key).where(table.c.integration == integration)
        with self._database.reading() as connection:
            return frozenset(
                row.key
                for some in chunks(keys)
                for row in connection.execute(query.where(table.c.key.in_(some)))
            )

    def status(self, integration: str) -> list[ModuleStatus]:
        """Every module of an integration at a glance, by name."""
        counted = (schema.links, schema.held, schema.skips, schema.intents)
        with self._database.reading() as connection:
            where = schema.modules.c.integration == integration
            states = [
                ModuleState(**row)
                for row in connection.execute(sa.select(schema.modules).where(where)).mappings()
            ]
            links, held, skipped, intents = (_counts(connection, table, integration) for table in counted)
        known = {state.module: state for state in states}
        names = sorted({*known, *links, *held, *skipped, *intents})
        return [
            ModuleStatus(
                state=known.get(name, ModuleState(integration=integration, module=name)),
                links=links.get(name, 0),
                held=held.get(name, 0),
                skipped=skipped.get(name, 0),
                intents=intents.get(name, 0),
            )
            for name in names
        ]


def _counts(connection: sa.Connection, table: sa.Table, integration: str) -> dict[str, int]:
    """Rows by module; of intents only those that are open."""
    query = sa.select(table.c.module, sa.func.count().label("rows")).where(table.c.integration == integration)
    if table is schema.intents:
        query = query.where(table.c.state.in_(_OPEN))
    return {row.module: row.rows for row in connection.execute(query.group_by(table.c.module))}


def _run(row: sa.RowMapping) -> RunRow:
    values = {name: row[name] for name in row if name != "number"}
    return RunRow(**{**values, "counts": from_json(row["counts"]), "calls": from_json(row["calls"])})


def _turns(row: sa.RowMapping) -> Turns:
    said: dict[str, list[Any]] = from_json(row["fields"]) or {}
    fields = {
        name: Turned(turns=turns, sources=tuple(sources), line=line, value=value)
        for name, (turns, sources, line, value) in said.items()
    }
    return Turns(**{**row, "fields": fields})


def _held(row: sa.RowMapping) -> HeldRow:
    return HeldRow(**{**row, "offending": from_json(row["offending"]) or {}})


def _intent(row: sa.RowMapping) -> Intent:
    return Intent(**{**row, "payload": unpack(row["payload"]), "before": unpack(row["before"])})


def _enrolment(row: sa.RowMapping) -> Enrolment:
    values = {name: row[name] for name in row if name != "integration"}
    return Enrolment(**{**values, "place": from_json(row["place"])})


def _loser(row: sa.RowMapping) -> Loser:
    values = {name: row[name] for name in row if name not in {"id", "integration"}}
    return Loser(**{**values, "value": from_json(row["value"]), "winner": from_json(row["winner"])})
