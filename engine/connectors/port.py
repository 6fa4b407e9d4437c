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
from typing import TYPE_CHECKING, Any, Protocol

from engine.connectors.read_port import (
    Budget,
    Contains,
    Demanding,
    Forecast,
    Located,
    Metered,
    Observing,
    Page,
    Reader,
    ReadRequest,
)
from engine.event import Listener, ignore
from engine.record import Kind, Operation, Receipt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    import pyarrow as pa

    from engine.catalog import Catalog


__all__ = [
    "AllApplied",
    "Batch",
    "Budget",
    "Connector",
    "ConnectorType",
    "Contains",
    "Demanding",
    "Forecast",
    "Located",
    "Metered",
    "Observing",
    "Page",
    "ReadRequest",
    "Reader",
    "Surroundings",
]


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
    #: creates only: fields that are sent although they are null; of all others a null is left out, so that the
    #: system's own defaults apply
    nulls: frozenset[str] = frozenset()
    #: updates only: these records exchange values that must be unique, so that one after the other cannot be written;
    #: a system that can write them all at once does
    exchange: bool = False

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
            if self.kind == "create":
                kept = [name for name in kept if row[name] is not None or name in self.nulls]
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


class Connector(Reader, Protocol):
    """An open connection to one system. In the engine, only the one door for writes knows more than its reader."""

    def write(self, stream: str, batch: Batch) -> Iterable[Receipt] | AllApplied:
        """Write a batch; one receipt an operation, by `op`, in any order. Never raises for a single record."""
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
