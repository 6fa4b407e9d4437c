"""The ledger as a run uses it: one method, one transaction."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Self

import sqlalchemy as sa

from engine.errors import LockedError
from engine.ledger import leases, opening
from engine.ledger.association import Association
from engine.ledger.database.transaction import SqlTransaction
from engine.ledger.model import Intent, Lease, ModuleState, RunOutcome, RunRow
from engine.ledger.participation import Participation
from engine.ledger.tables import schema
from engine.ledger.tables.cells import later, pack, to_json
from engine.ledger.write import associations, link_indexes, links_by_hand, settlements
from engine.record import SIDES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from engine.ledger.database.transaction import WriteTransaction
    from engine.ledger.model import Approval, LinkRow, Notice, RecordKey
    from engine.ledger.settlement import Settlement, Sightings
    from engine.record import Side


def open_ledger(url: str | Path, *, readonly: bool = False, patience_s: float = 10.0) -> Ledger:
    """Open the ledger at a path, a `sqlite:///` or a `postgresql://` URL; creates or migrates it unless `readonly`.

    `patience_s` is how long a write waits for another process. Raises UserError if the file or the database
    cannot be used, or with `readonly` holds no ledger; TemporaryError if another process keeps it locked or the
    server cannot be reached.
    """
    database = opening.database_at(str(url), readonly=readonly, patience_s=patience_s)
    try:
        (opening.look if readonly else opening.prepare)(database)
    except BaseException:
        database.close()
        raise
    return Ledger(database)


class Ledger(Participation):
    """The durable memory of every integration in a folder.

    Every writing method takes the lease and raises LockedError, storing nothing, if it is no longer the
    current one. Methods raise TemporaryError where the database stays locked or the server is lost, and UserError
    where the disk is full or fails. May be used from several threads; one waits for the other.
    """

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the database. A lease that was not released counts as abandoned from now on."""
        self._database.close()

    # lease

    def take_lease(self, integration: str, holder: str, now: str, ttl_s: float) -> Lease:
        """Become the one run of an integration until `now` + `ttl_s`.

        Takes over at once from a process that has ended, else after its expiry. Raises LockedError if another
        run is alive.
        """
        wanted = Lease(integration=integration, epoch=0, holder=holder, expires=later(now, ttl_s))
        try:
            lease = self._take(wanted, now)
        except LockedError:
            if not self._database.notice_s:
                raise
            time.sleep(self._database.notice_s)
            lease = self._take(wanted, now)
        link_indexes.repair(self._database, lease, now)
        return lease

    def _take(self, wanted: Lease, now: str) -> Lease:
        with self._database.writing() as connection:
            return leases.take(connection, self._database, wanted, now)

    def renew(self, lease: Lease, now: str, ttl_s: float) -> Lease:
        """The lease with a later expiry; also the way to ask whether it is still ours."""
        with self._fenced(lease) as connection:
            self._database.grasp(lease)
            return leases.extend(connection, lease, now, ttl_s)

    def release(self, lease: Lease) -> None:
        """End the lease; does nothing to the lease of a run that took over."""
        with self._database.writing() as connection:
            leases.give_back(connection, lease)
        self._database.let_go(lease)

    # runs

    def start_run(self, lease: Lease, run: RunRow) -> None:
        """Open the history row; earlier runs that never ended are marked as interrupted."""
        row = {**asdict(run), "counts": to_json(run.counts), "calls": to_json(run.calls)}
        table = schema.runs
        open_rows = (table.c.integration == lease.integration) & table.c.outcome.is_(None)
        lost = {"outcome": "interrupted", "error": "The process ended before the run did."}
        with self._fenced(lease) as connection:
            connection.execute(sa.update(table).where(open_rows).values(lost))
            connection.execute(sa.insert(table).values(row))

    def end_run(
        self,
        lease: Lease,
        run_id: str,
        *,
        outcome: RunOutcome,
        ended: str,
        seconds: float,
        counts: Mapping[str, Any],
        calls: Mapping[str, int],
        error: str | None = None,
    ) -> None:
        """Close the history row; fields that this run has not changed are at rest."""
        row = {"outcome": outcome, "ended": ended, "seconds": seconds, "error": error}
        values = {**row, "counts": to_json(counts), "calls": to_json(calls)}
        turns = schema.turns
        past = (turns.c.integration == lease.integration) & (turns.c.run != run_id) & ~turns.c.held
        with self._fenced(lease) as connection:
            connection.execute(sa.update(schema.runs).where(schema.runs.c.id == run_id).values(values))
            connection.execute(sa.delete(turns).where(past))

    # writes

    def intend(self, lease: Lease, intent: Intent) -> int:
        """Journal a batch before it is sent; answers with the intent's id."""
        row = {name: getattr(intent, name) for name in intent.__slots__ if name != "id"}
        row |= {"integration": lease.integration, "epoch": lease.epoch}
        row |= {"payload": pack(intent.payload), "before": pack(intent.before)}
        with self._fenced(lease) as connection:
            insert = sa.insert(schema.intents).values(row).returning(schema.intents.c.id)
            return int(connection.execute(insert).scalar_one())

    def settle(self, lease: Lease, intent_id: int | None, settlement: Settlement) -> range:
        """Store what a batch has brought about, and close its intent; `intent_id` None = nothing was sent.

        Answers with the ids of the new links, in the order of their rows. Raises RecordError `linked-twice`,
        storing nothing, if a record already has a link in this module.
        """
        with self._transaction(lease, settlements.size(settlement)) as transaction:
            new = settlements.store(transaction, lease, settlement)
            if intent_id is not None:
                settlements.close_intent(transaction, lease, intent_id, settlement)
        return new

    def note(self, lease: Lease, settlement: Settlement) -> range:
        """Store what needed no write on a system: pairs that were equal, holds, skips, newer versions."""
        return self.settle(lease, None, settlement)

    def finish_module(
        self,
        lease: Lease,
        state: ModuleState,
        *,
        left: Sightings | None = None,
        right: Sightings | None = None,
        worked_off: bool = False,
    ) -> None:
        """Move the cursors and scopes of a module; keep which records have no link (None = as they were).

        Once it is worked off, what was let through of it is used up.
        """
        scope = {"integration": lease.integration, "module": state.module}
        values = {**asdict(state), **scope}
        sides = dict(zip(SIDES, (left, right), strict=True))
        with self._transaction(
            lease, sum(seen.records.num_rows for seen in sides.values() if seen)
        ) as transaction:
            transaction.upsert(schema.modules, [values])
            for side, seen in sides.items():
                if seen is not None:
                    settlements.remember_sightings(transaction, scope, side, seen)
            if worked_off:
                transaction.delete(schema.approvals, [scope])

    def approve(self, lease: Lease, several: Sequence[Approval]) -> None:
        """Keep what a person let through, before anything of it is written."""
        with self._transaction(lease, len(several)) as transaction:
            rows = [{**asdict(one), "integration": lease.integration} for one in several]
            transaction.upsert(schema.approvals, rows)

    # by people

    def add_links(self, lease: Lease, rows: Sequence[LinkRow], sources: Mapping[str, Side]) -> list[LinkRow]:
        """Link records by hand; answers with the links that were not there already.

        What held these records is over, and the next run looks at each pair, from its module's side in `sources`.
        Raises AlreadyLinked (a UserError), storing nothing, if a record has another link.
        """
        with self._transaction(lease, len(rows)) as transaction:
            return links_by_hand.add(transaction, lease, rows, sources)

    def remove_links(
        self, lease: Lease, module: str, keys: Sequence[RecordKey], *, alone: str | None = None
    ) -> list[LinkRow]:
        """Forget the links of these records, with what was in step, held or in conflict; answers with them.

        `alone`: why both records of each link are left alone from now on; None = they are not.
        Raises UserError, forgetting nothing, if one of the records has no link.
        """
        with self._transaction(lease, len(keys)) as transaction:
            return links_by_hand.remove(transaction, lease, module, keys, alone)

    def skip_records(self, lease: Lease, module: str, keys: Sequence[RecordKey], why: str) -> None:
        """Remember that these records are left alone."""
        with self._transaction(lease, len(keys)) as transaction:
            links_by_hand.leave_alone(transaction, lease, module, keys, why)

    def decide(self, lease: Lease, takes: Mapping[int, Side]) -> None:
        """Note which side conflicts take, by number; a run then applies it to exactly the values they show.

        Raises UserError, storing nothing, if one of them is not there any more.
        """
        with self._transaction(lease, len(takes)) as transaction:
            links_by_hand.decide(transaction, lease, takes)

    def associate(self, lease: Lease, one: Association) -> None:
        """Remember that two records are shown on each other."""
        with self._transaction(lease, 1) as transaction:
            associations.associate(transaction, lease, [one])

    def dissociate(self, lease: Lease, one: Association) -> None:
        """Forget that two records are shown on each other."""
        with self._transaction(lease, 1) as transaction:
            associations.dissociate(transaction, lease, one)

    def associations(self, integration: str) -> list[Association]:
        """Every pair of records that is shown on each other, in the order in which they were put together."""
        with self._database.reading() as connection:
            rows = connection.execute(associations.stored(integration)).mappings()
            return [Association(**row) for row in rows]

    def mailed(self, lease: Lease, notice: Notice) -> None:
        """Note what became of an attempt to mail a notice."""
        table, names = schema.notices, ("state", "attempts", "next_try", "error")
        mine = (table.c.integration == lease.integration) & (table.c.key == notice.key)
        with self._fenced(lease) as connection:
            values = {name: getattr(notice, name) for name in names}
            connection.execute(sa.update(table).where(mine).values(values))

    @contextmanager
    def bulk_load(self, lease: Lease) -> Iterator[None]:
        """Around the settlements of a first run: while the ledger has no links, indexes only come at the end.

        Also after an error; after a kill `take_lease` builds them. Look nothing up by record id inside.
        """
        with self._fenced(lease) as connection:
            loading = link_indexes.take_away(connection, lease)
        try:
            yield
        finally:
            if loading:
                link_indexes.build(self._database)

    def tidy(self, lease: Lease, before: str) -> None:
        """Forget what settled intents sent and replaced, where they were made before a moment."""
        table = schema.intents
        old = (table.c.integration == lease.integration) & table.c.state.in_(["done", "failed"])
        with self._fenced(lease) as connection:
            connection.execute(
                sa.update(table).where(old, table.c.created < before).values(payload=None, before=None)
            )

    @contextmanager
    def _fenced(self, lease: Lease) -> Iterator[sa.Connection]:
        """A write transaction of the run that holds the lease."""
        with self._database.writing() as connection:
            leases.fence(SqlTransaction(connection), lease)
            yield connection

    @contextmanager
    def _transaction(self, lease: Lease, rows: int) -> Iterator[WriteTransaction]:
        """The same for so many rows, by the quicker way in."""
        if rows > self._database.bulk_rows:
            with self._database.bulk_writing() as transaction:
                leases.fence(transaction, lease)
                yield transaction
        else:
            with self._fenced(lease) as connection:
                yield SqlTransaction(connection)
