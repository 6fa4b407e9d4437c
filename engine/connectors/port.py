"""The port: what every connector offers, in which units, and what it may raise.

A connector package names a `ConnectorType` under the entry point group `engine.connectors`. The type describes
itself without any I/O (so that `engine validate` can check a stranger's spec); `open` gives a `Connector`, which
talks to the system.

Must: raise only `UserError` (a person must act), `TemporaryError` (try later) or `RecordError` from its methods;
send a create at most once; keep ids and versions as text; deliver what changed at or after `since`, server time.
May: deliver a record twice; deliver more than a view asks for; return pages of any size.
Must not: retry a write whose outcome is unknown, log a credential, follow a redirect to another host.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from engine.event import Listener, ignore
from engine.record import Kind, Operation, Receipt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    import pyarrow as pa

    from engine.catalog import Catalog


@dataclass(frozen=True, slots=True, kw_only=True)
class Contains:
    """Records are looked for by what people call them."""

    fields: tuple[str, ...]
    text: str  #: in one of the fields, in any case; or across several, as a first and a last name


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadRequest:
    """Which records of a stream are wanted."""

    stream: str
    fields: tuple[str, ...]  #: dotted names; the id and the modified field are always delivered too
    since: str | None = (
        None  #: server time as the stream's modified field shows it, inclusive; None = everything
    )
    ids: tuple[str, ...] | None = (
        None  #: only these records; those that do not exist are simply not delivered
    )
    view: str | None = None  #: a view saved in the system; None = all records
    #: only records that have this text; a connector that cannot ask its system for them delivers all
    contains: Contains | None = None
    #: True = the ids of records deleted at or after `since`, with the time of the deletion in the modified field;
    #: to be asked only of streams with `Capabilities.deleted_feed`
    deleted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some records of a stream: either JSON records or an Arrow table, never both."""

    #: Nested records as the API showed them, numbers as int or Decimal (never float). None = see `table`.
    records: Sequence[Mapping[str, Any]] | None = None
    #: One column a requested field, named by its dotted name; no Python object a record. None = see `records`.
    table: pa.Table | None = None
    #: True on the last page if the connector certifies that everything asked for has been delivered.
    complete: bool = False
    #: All records of the stream, if the system says so early; None = unknown.
    total: int | None = None

    def __len__(self) -> int:
        """Records in this page."""
        if self.records is not None:
            return len(self.records)
        return 0 if self.table is None else int(self.table.num_rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Writes of one kind to one stream, in order, as a table.

    Columns: `_op` (text), `_id` and `_version` (text or null), for updates `_set` (list of the field names that
    this row writes), then one column a field, by the target's dotted names.
    """

    kind: Kind
    table: pa.Table
    #: creates only: the unique field by which the system finds a record that is already there and changes it
    #: instead, so that a create may be repeated (`Capabilities.upsert`); None = always a new record
    unique: str | None = None

    def __len__(self) -> int:
        """Writes in this batch."""
        return int(self.table.num_rows)

    def operations(self) -> Iterator[Operation]:
        """The writes one by one, for systems that take JSON bodies."""
        meta = {"_op", "_id", "_version", "_set"}
        names = [name for name in self.table.column_names if name not in meta]
        for row in self.table.to_pylist():
            wanted = row.get("_set")
            kept = names if wanted is None else [name for name in names if name in wanted]
            yield Operation(
                op=row["_op"],
                kind=self.kind,
                id=row.get("_id"),
                version=row.get("_version"),
                values={name: row[name] for name in kept},
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class AllApplied:
    """Every write of a batch was applied, in one transaction: the answer of a bulk target."""

    ids: pa.Array | pa.ChunkedArray  #: text, in the order of the batch
    versions: pa.Array | pa.ChunkedArray | None = None  #: None = the stream has no versions


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What reading or writing would cost, told before it is done."""

    calls: int
    method: str  #: in plain words, such as `list, 200 a page`
    credits: int | None = None  #: that the calls cost; None = the system counts none


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """How fast a system lets us call it."""

    per_minute: int | None = None  #: None = no limit known
    per_day: int | None = None  #: None = no limit known


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a connector may use of the world: where to cache, how to wait, whom to tell."""

    folder: Path  #: for caches such as tokens; exists; private to the person who runs the engine
    clock: Callable[[], float]  #: seconds since the epoch, as time.time
    sleep: Callable[[float], None]
    #: False = network access to loopback is refused for hosts that a connector file does not own
    sandbox: bool = False
    emit: Listener = field(default=ignore)
    #: what the spec was compiled against, where that was observed in the system itself; None = the connector's own
    catalog: Catalog | None = None


class Connector(Protocol):
    """An open connection to one system. Not shared between threads unless it says so."""

    def catalog(self) -> Catalog:
        """The streams as this account has them; may ask the system."""
        ...

    def check(self) -> str:
        """Prove that the credentials work; says in a few words whom we are connected to."""
        ...

    def read(self, request: ReadRequest) -> Iterator[Page]:
        """Pages of a stream. The last page says whether the read was complete."""
        ...

    def write(self, stream: str, batch: Batch) -> Iterable[Receipt] | AllApplied:
        """Write a batch; one receipt an operation, by `op`, in any order. Never raises for a single record."""
        ...

    def budget(self) -> Budget:
        """The rate that the system allows at the moment."""
        ...

    def forecast_read(self, request: ReadRequest, records: int | None) -> Forecast:
        """Calls that `read` would make; `records` = how many are expected, None = unknown."""
        ...

    def forecast_write(self, stream: str, kind: Kind, records: int) -> Forecast:
        """Calls that `write` would make for so many records."""
        ...

    @property
    def calls(self) -> int:
        """Requests sent to the system since this connector was opened; 0 for a local store."""
        ...

    def close(self) -> None:
        """Give everything back."""
        ...


@runtime_checkable
class Metered(Protocol):
    """What a connector offers besides, if its system counts credits instead of requests."""

    @property
    def credits(self) -> int | None:
        """Credits that the requests since this connector was opened have cost; None = it counts none."""
        ...

    @property
    def ways(self) -> Sequence[str]:
        """How streams were read since then, in plain words."""
        ...


@runtime_checkable
class Observing(Protocol):
    """What a connector offers besides, if its catalog ships with it and an account may have made more of it."""

    def observe(self, streams: Iterable[str]) -> Catalog:
        """Those of the streams that the system tells about, as it does now. Raises UserError and TemporaryError."""
        ...


class ConnectorType(Protocol):
    """What an entry point names: a kind of system, described without any I/O."""

    @property
    def name(self) -> str:
        """The word that a spec uses, such as `sql`."""
        ...

    @property
    def summary(self) -> str:
        """One sentence for `engine connectors`."""
        ...

    @property
    def settings(self) -> Mapping[str, Any]:
        """JSON Schema of the keys that `with:` takes."""
        ...

    def describe(self, settings: Mapping[str, Any]) -> Catalog:
        """The catalog that is known without connecting; `open` where only the system knows."""
        ...

    def open(self, settings: Mapping[str, Any], surroundings: Surroundings) -> Connector:
        """Connect. Raises UserError if the settings cannot work."""
        ...
