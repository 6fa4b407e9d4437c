"""Where an integration stands as people have left it, and what is forgotten of it when they say so."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import sqlalchemy as sa

from engine.ledger import leases, schema
from engine.ledger.codec import from_json, to_json
from engine.ledger.reports import Reports
from engine.ledger.work import OrdinaryWork

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import AbstractContextManager

    from engine.ledger.model import Lease

#: active: runs may be made · paused, disabled: they are refused · deleted: gone for good, until it is connected anew ·
#: connecting … migrating: what somebody ordered has begun; a run is refused until the same order is finished
State = Literal[
    "active", "paused", "disabled", "deleted", "connecting", "disabling", "enabling", "deleting", "migrating"
]

#: Everything that is known of single records, by integration and module.
_KNOWN = (
    schema.links,
    schema.modules,
    schema.held,
    schema.skips,
    schema.sightings,
    schema.waits,
    schema.conflicts,
    schema.enrolments,
)
#: Batches whose outcome is not known are given up with the links that they would have made.
_OPEN = ("pending", "uncertain")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """The account of a system that an integration was connected to."""

    value: str  #: what identifies it, such as the id of an organisation
    name: str | None = None  #: what people call it; None = the system does not say
    #: Fingerprint of the settings with which it was seen last: with these it need not be asked for; None = ask again.
    settings: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where an integration stands as people have left it."""

    integration: str
    state: State = "active"
    since: str | None = None  #: when it came to stand so; None = nobody has said anything of it yet
    pins: Mapping[str, Pin] = field(default_factory=dict)  #: by `SYSTEM.STREAM.FIELD`
    options: Mapping[str, Any] | None = None  #: what was chosen when it was connected; None = it was not
    #: What people have agreed to: `discloses`, `connected` (fingerprints of what was told and done then), `choice`
    #: (of a stage that has begun), `migrated` (the moment).
    agreed: Mapping[str, str] = field(default_factory=dict)
    by: str | None = None  #: the mail address of who ordered it; None = it was not given


class Standings(Reports, ABC):
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
        told = {"options": from_json(row["options"]), "agreed": from_json(row["agreed"]) or {}}
        return Standing(**{**row, **told, "pins": pins})

    def at_work(self, integration: str) -> Lease | None:
        """The run that is on now; None = none, or the process that held it has ended."""
        with self._database.reading() as connection:
            holder = leases.current(connection, integration)
            gone = holder is None or self._database.is_gone(connection, holder)
        return None if gone else holder

    def stand(self, lease: Lease, standing: Standing) -> None:
        """Remember where the integration stands."""
        with self._fenced(lease) as connection:
            OrdinaryWork(connection).upsert(schema.integrations, [_row(standing)])

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
