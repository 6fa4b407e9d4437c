"""The reference connector: streams of records in named stores of this process.

It shows in one small file what the port asks for, and lets tests and examples run without a file or a server.
"""

from __future__ import annotations

import copy
import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from engine.catalog import Capabilities, Catalog, Field, Stream
from engine.connectors.columns import fields_of
from engine.connectors.declared import declare_stream, declared, streams_schema
from engine.connectors.port import Batch, Budget, Forecast, Page, ReadRequest, Surroundings
from engine.connectors.records import lookup, nest, pick, plain
from engine.record import Kind, Operation, Receipt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

#: What every stream of a store lets us do.
CAN = Capabilities(
    create=True, update=True, delete=True, batch_size=1_000, page_size=1_000, since=True, by_ids=1_000
)
_ID, _MODIFIED = "id", "modified"


def _utc_now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


class MemoryStore:
    """What one memory system holds, as long as the process lives. Its own clock stamps every change."""

    def __init__(self, clock: Callable[[], dt.datetime] = _utc_now) -> None:
        self.clock = clock  #: aware; two changes never get the same stamp, even if the clock stands still
        self.streams: dict[str, dict[str, dict[str, Any]]] = {}
        self._last = dt.datetime.min.replace(tzinfo=dt.UTC)
        self._next_id = 1

    def put(
        self, stream: str, record: Mapping[str, Any], *, key: str = _ID, modified: str = _MODIFIED
    ) -> str:
        """Keep a new record, or replace the one with its id; without an id it gets one. Returns the id."""
        rows = self.streams.setdefault(stream, {})
        given = record.get(key)
        identity = self._new_id(rows) if given is None else str(given)
        rows[identity] = {**plain(copy.deepcopy(dict(record))), key: identity, modified: self._stamp()}
        return identity

    def edit(self, stream: str, identity: str, *, modified: str = _MODIFIED, **values: Any) -> None:
        """Change some fields of a record, as somebody in that system would. Raises KeyError without it."""
        rows = self.streams[stream]
        rows[identity] = {**nest(plain(values), rows[identity]), modified: self._stamp()}

    def delete(self, stream: str, identity: str) -> None:
        """Take a record away. Raises KeyError if it is not there."""
        del self.streams[stream][identity]

    def rows(self, stream: str) -> list[dict[str, Any]]:
        """The records of a stream in the order they were made: copies, so nothing is changed through them."""
        return copy.deepcopy(list(self.streams.get(stream, {}).values()))

    def _new_id(self, rows: Mapping[str, Any]) -> str:
        while str(self._next_id) in rows:
            self._next_id += 1
        self._next_id += 1
        return str(self._next_id - 1)

    def _stamp(self) -> str:
        self._last = max(self.clock(), self._last + dt.timedelta(microseconds=1))
        return self._last.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


_STORES: dict[str, MemoryStore] = {}


def store(name: str) -> MemoryStore:
    """The store of that name in this process; made when it is first asked for."""
    return _STORES.setdefault(name, MemoryStore())


class MemoryConnector:
    """A connection to one store."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._settings = settings
        self._store = store(settings["store"])
        self.calls = 0

    def catalog(self) -> Catalog:
        """The declared streams and those that the store holds."""
        names = {**dict.fromkeys(declared(self._settings)), **dict.fromkeys(self._store.streams)}
        return Catalog(connector="memory", streams={name: self._stream(name) for name in names}, open=True)

    def check(self) -> str:
        """A store is always there."""
        return f"the store `{self._settings['store']}` in memory"

    def read(self, request: ReadRequest) -> Iterator[Page]:
        """Pages of nested records in the order they were made, as they stood when reading began."""
        stream = self._stream(request.stream)
        modified = stream.modified or _MODIFIED
        rows = self._store.rows(request.stream)
        if request.ids is not None:
            rows = [row for row in rows if row[stream.id] in set(request.ids)]
        if request.since is not None:
            since = dt.datetime.fromisoformat(request.since)
            rows = [row for row in rows if dt.datetime.fromisoformat(row[modified]) >= since]
        names = dict.fromkeys((stream.id, modified, *request.fields))
        size = CAN.page_size
        for start in range(0, max(len(rows), 1), size):
            part = [pick(row, names) for row in rows[start : start + size]]
            yield Page(records=part, complete=start + size >= len(rows), total=len(rows))

    def write(self, stream: str, batch: Batch) -> list[Receipt]:
        """Apply the writes one after the other; a refused one does not stop the others."""
        described = self._stream(stream)
        self._store.streams.setdefault(stream, {})
        # A store has no defaults, and shows every field of a record that it has made.
        blank = dict.fromkeys(fields_of(batch.table)) if batch.kind == "create" else {}
        operations = (replace(one, values={**blank, **one.values}) for one in batch.operations())
        return [self._apply(described, operation) for operation in operations]

    def budget(self) -> Budget:
        """No limit."""
        return Budget()

    def forecast_read(self, request: ReadRequest, records: int | None) -> Forecast:
        """Nothing is called."""
        del request, records
        return Forecast(calls=0, method="in memory")

    def forecast_write(self, stream: str, kind: Kind, records: int) -> Forecast:
        """Nothing is called."""
        del stream, kind, records
        return Forecast(calls=0, method="in memory")

    def close(self) -> None:
        """The store stays."""

    def _stream(self, name: str) -> Stream:
        said = {"modified": _MODIFIED, **declared(self._settings).get(name, {})}
        return declare_stream(name, said, can=CAN, identity=_ID)

    def _apply(self, stream: Stream, operation: Operation) -> Receipt:
        rows = self._store.streams[stream.name]
        values = plain(dict(operation.values))
        if operation.kind != "create":
            held = rows.get(operation.id or "")
            if held is None:
                return _answer(operation, "gone", "gone", f"`{stream.name}` has no record `{operation.id}`.")
            if operation.version is not None and operation.version != held[stream.modified or _MODIFIED]:
                return _answer(operation, "stale", "stale", f"`{operation.id}` changed after it was read.")
        if operation.kind == "delete":
            self._store.delete(stream.name, operation.id or "")
            return Receipt(op=operation.op, outcome="applied", id=operation.id)
        if complaint := self._complaint(stream, operation, values):
            return _answer(operation, "refused", *complaint)
        changed = nest(values, rows.get(operation.id or ""))
        if operation.kind == "update":
            changed[stream.id] = operation.id
        modified = stream.modified or _MODIFIED
        identity = self._store.put(stream.name, changed, key=stream.id, modified=modified)
        accepted = copy.deepcopy(rows[identity])
        return Receipt(
            op=operation.op, outcome="applied", id=identity, version=accepted[modified], accepted=accepted
        )

    def _complaint(
        self, stream: Stream, operation: Operation, values: Mapping[str, Any]
    ) -> tuple[str, str] | None:
        """The code and sentence with which this system refuses a write; None = it takes it."""
        rows = self._store.streams[stream.name]
        if operation.kind == "create" and str(values.get(stream.id)) in rows:
            return "duplicate", f"`{stream.name}` already has a record `{values[stream.id]}`."
        others = [row for identity, row in rows.items() if identity != operation.id]
        for name, field in stream.fields.items():
            if (operation.kind == "create" or name in values) and (
                complaint := _field_complaint(field, values.get(name), others)
            ):
                return complaint
        return None


def _field_complaint(field: Field, value: Any, others: list[dict[str, Any]]) -> tuple[str, str] | None:
    if value is None:
        return ("required", f"`{field.name}` must have a value.") if field.required else None
    if field.max_length is not None and len(str(value)) > field.max_length:
        return "too-long", f"`{field.name}` takes {field.max_length} characters at most."
    if field.unique and any(lookup(row, field.name)[0] == value for row in others):
        return "duplicate", f"Another record has the same `{field.name}`."
    return None


def _answer(operation: Operation, outcome: Any, code: str, message: str) -> Receipt:
    return Receipt(op=operation.op, outcome=outcome, code=code, message=message)


class MemoryType:
    """What the entry point names."""

    name = "memory"
    summary = "Records in a named store of this process, for tests and examples."
    settings: Mapping[str, Any] = {
        "type": "object",
        "required": ["store"],
        "additionalProperties": False,
        "properties": {
            "store": {
                "type": "string",
                "description": "The name of the store; systems with one name share it.",
            },
            "streams": streams_schema(),
        },
    }

    def describe(self, settings: Mapping[str, Any]) -> Catalog:
        """The declared streams; others may exist."""
        streams = {
            name: declare_stream(name, {"modified": _MODIFIED, **said}, can=CAN, identity=_ID)
            for name, said in declared(settings).items()
        }
        return Catalog(connector=self.name, streams=streams, open=True)

    def open(self, settings: Mapping[str, Any], surroundings: Surroundings) -> MemoryConnector:
        """Connect to the store; it is made when nobody has asked for it before."""
        del surroundings
        return MemoryConnector(settings)


MEMORY = MemoryType()
