"""The part of the ledger that knows where integrations stand, and forgets what people say."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from engine.ledger import leases
from engine.ledger.database.transaction import SqlTransaction
from engine.ledger.read.reports import Reports
from engine.ledger.standing import Pin, Standing
from engine.ledger.tables import schema
from engine.ledger.tables.cells import from_json, to_json

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from engine.ledger.model import Lease

#: Everything that is known of single records, by integration and module.
_KNOWN = (
    schema.links,
    schema.modules,
    schema.held,
    schema.approvals,
    schema.turns,
    schema.skips,
    schema.sightings,
    schema.waits,
    schema.conflicts,
    schema.enrolments,
)
#: Batches whose outcome is not known are given up with the links that they would have made.
_OPEN = ("pending", "uncertain")


class IntegrationStates(Reports, ABC):
    """The part of the ledger that knows where integrations stand."""

    @abstractmethod
    def _fenced(self, lease: Lease) -> AbstractContextManager[sa.Connection]:
        """A write transaction of the run that holds the lease."""

    def standing(self, integration: str) -> Standing:
        """Where the integration stands; active, with nothing agreed to, where nobody has said anything."""
        table = schema.integrations
        query = sa.select(table).where(table.c.integration == integration)
        with self._database.reading() as connection:
            row = connection.execute(query).mappings().first()
        if row is None:
            return Standing(integration=integration)
        pins = {name: Pin(**pin) for name, pin in (from_json(row["pins"]) or {}).items()}
        texts = {"options": from_json(row["options"]), "agreed": from_json(row["agreed"]) or {}}
        return Standing(**{**row, **texts, "pins": pins})

    def at_work(self, integration: str) -> Lease | None:
        """The run that is on now; None = none, or the process that held it has ended."""
        with self._database.reading() as connection:
            holder = leases.current(connection, integration)
            gone = holder is None or self._database.is_gone(connection, holder)
        return None if gone else holder

    def stand(self, lease: Lease, standing: Standing) -> None:
        """Remember where the integration stands."""
        with self._fenced(lease) as connection:
            SqlTransaction(connection).upsert(schema.integrations, [_row(standing)])

    def forget(self, lease: Lease, modules: Sequence[str] | None = None) -> None:
        """Forget all that is known of the records of these modules; None = of every one.

        The history of runs, the values that were overwritten and what people were told stay.
        """
        with self._fenced(lease) as connection:
            links = schema.links
            mine = sa.select(links.c.id).where(*_at(links, lease, modules))
            connection.execute(sa.delete(schema.bases).where(schema.bases.c.link_id.in_(mine)))
            for table in _KNOWN:
                connection.execute(sa.delete(table).where(*_at(table, lease, modules)))
            _give_up(connection, lease, modules)
            if modules is None:
                shown = schema.associations
                connection.execute(sa.delete(shown).where(shown.c.integration == lease.integration))

    def start_anew(self, lease: Lease, modules: Sequence[str]) -> None:
        """Let these modules be read from the beginning by their next run; their links stay."""
        with self._fenced(lease) as connection:
            for table in (schema.modules, schema.sightings):
                connection.execute(sa.delete(table).where(*_at(table, lease, modules)))


def _row(standing: Standing) -> dict[str, Any]:
    pins = {name: asdict(pin) for name, pin in standing.pins.items()}
    return {
        "integration": standing.integration,
        "state": standing.state,
        "since": standing.since or "",
        "pins": to_json(pins),
        "options": None if standing.options is None else to_json(dict(standing.options)),
        "agreed": to_json(dict(standing.agreed)),
        "by": standing.by,
    }


def _at(table: sa.Table, lease: Lease, modules: Sequence[str] | None) -> list[sa.ColumnElement[bool]]:
    mine = [table.c.integration == lease.integration]
    return mine if modules is None else [*mine, table.c.module.in_(list(modules))]


def _give_up(connection: sa.Connection, lease: Lease, modules: Sequence[str] | None) -> None:
    """Batches that are still open are never looked up again."""
    table = schema.intents
    lost = {"state": "failed", "payload": None}
    where = [*_at(table, lease, modules), table.c.state.in_(_OPEN)]
    connection.execute(sa.update(table).where(*where).values(lost))
