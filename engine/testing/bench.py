"""The bench: asks a connector and tells what came of it, one way for records and for tables."""

from __future__ import annotations

import time
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from engine.connectors.port import AllApplied, Batch, Page, ReadRequest, Surroundings
from engine.connectors.records import lookup
from engine.errors import EngineError, UserError
from engine.record import Receipt
from engine.testing.samples import PEOPLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from engine.catalog import Stream
    from engine.connectors.port import Connector
    from engine.event import Event
    from engine.record import Kind
    from engine.testing.system import SystemUnderTest


class _Absent:
    def __repr__(self) -> str:
        return "ABSENT"


#: Stands where a record does not have a field at all; null and empty are other things.
ABSENT = _Absent()


def surroundings(folder: Path, seen: list[Event] | None = None, *, sandbox: bool = False) -> Surroundings:
    """The world as a connector may use it; what it tells goes to `seen`. `sandbox` allows loopback."""
    heard = [] if seen is None else seen
    return Surroundings(folder=folder, clock=time.time, sleep=time.sleep, sandbox=sandbox, emit=heard.append)


def batch(kind: Kind, rows: Sequence[Mapping[str, Any]], unique: str | None = None) -> Batch:
    """A batch from rows with `_id`, `_version` and `_set` where they matter, and fields by their dotted names."""
    names = [name for name in dict.fromkeys(name for row in rows for name in row) if not name.startswith("_")]
    columns: dict[str, Any] = {
        "_op": pa.array([f"op-{place}" for place in range(len(rows))], pa.string()),
        "_id": pa.array([row.get("_id") for row in rows], pa.string()),
        "_version": pa.array([row.get("_version") for row in rows], pa.string()),
    }
    if kind == "update":
        columns["_set"] = pa.array([row["_set"] for row in rows], pa.list_(pa.string()))
    columns |= {name: pa.array([row.get(name) for row in rows]) for name in names}
    return Batch(kind=kind, table=pa.table(columns), unique=unique)


def receipts(answer: Iterable[Receipt] | AllApplied, size: int) -> list[Receipt]:
    """One receipt a write in the order of the batch, also where a bulk target says that all were applied."""
    if isinstance(answer, AllApplied):
        ids = answer.ids.to_pylist()
        assert len(ids) == size, "one id for each write"
        versions = answer.versions.to_pylist() if answer.versions is not None else [None] * size
        return [
            Receipt(op=f"op-{place}", outcome="applied", id=ids[place], version=versions[place])
            for place in range(size)
        ]
    by_op = {receipt.op: receipt for receipt in answer}
    assert sorted(by_op) == sorted(f"op-{place}" for place in range(size)), "one receipt for each write"
    return [by_op[f"op-{place}"] for place in range(size)]


def read(connector: Connector, stream: str, *fields: str, **wanted: Any) -> list[dict[str, Any]]:
    """Every record, nested or flat as the connector gives it; the read must certify itself complete."""
    pages = list(connector.read(ReadRequest(stream=stream, fields=fields, **wanted)))
    assert pages, "a read has at least one page"
    assert pages[-1].complete, "the last page certifies that everything has been delivered"
    assert not any(page.complete for page in pages[:-1]), "no page but the last is the end"
    return [row for page in pages for row in rows_of(page)]


def rows_of(page: Page) -> list[dict[str, Any]]:
    """The records of a page."""
    assert (page.records is None) != (page.table is None), "a page has records or a table, never both"
    if page.table is not None:
        return list(page.table.to_pylist())
    return [dict(row) for row in page.records or ()]


def texts(rows: Iterable[Mapping[str, Any]], *names: str) -> list[tuple[str | None, ...]]:
    """The named fields of each record as text; absent as null."""
    found = [tuple(field_of(row, name) for name in names) for row in rows]
    return [tuple(None if value is ABSENT else value for value in row) for row in found]


def field_of(row: Mapping[str, Any], name: str) -> Any:
    """One field of a nested or flat record as text, null or ABSENT."""
    value, present = (row[name], True) if name in row else lookup(row, name)
    if not present:
        return ABSENT
    return None if value is None else str(value)


def rows_or_words(ask: Callable[[], list[dict[str, Any]]]) -> tuple[list[dict[str, Any]], str]:
    """The records that a read gives, or what is said by the UserError that refuses it."""
    try:
        return ask(), ""
    except UserError as error:
        return [], error.message


def refuses(make: Callable[[], object], *words: str) -> UserError:
    """The UserError that `make` raises; its message and remedy hold the words."""
    with pytest.raises(UserError) as caught:
        make()
    said = f"{caught.value.message} {caught.value.remedy or ''}"
    for word in words:
        assert word in said
    return caught.value


class Bench:
    """A system under test; the connections that are opened here are closed when the test ends."""

    def __init__(self, system: SystemUnderTest) -> None:
        self.system = system
        self.stream = system.stream
        self._opened: list[Connector] = []

    def open(self) -> Connector:
        """One more connection."""
        return self.keep(self.system.connect())

    def keep(self, connector: Connector) -> Connector:
        """Close this one, too, when the test ends."""
        self._opened.append(connector)
        return connector

    def close(self) -> None:
        """Close what was opened."""
        while self._opened:
            self._opened.pop().close()

    @cached_property
    def reader(self) -> Connector:
        """The connection that reads; each write goes through one of its own, as if another run wrote."""
        return self.open()

    @cached_property
    def described(self) -> Stream:
        """The stream as an open connection describes it."""
        streams = self.reader.catalog().streams
        assert self.stream in streams, "the catalog names the stream"
        return streams[self.stream]

    @property
    def key(self) -> str:
        """The id field."""
        return self.described.id

    def row(self, name: str, city: str | None, number: int = 0) -> dict[str, Any]:
        """A new record, with an id if whoever creates it chooses that."""
        system = self.system
        given = {self.key: f"k{number}"} if system.given_ids else {}
        return {**given, **system.also, system.text: name, system.other: city}

    def plant_people(self) -> list[str]:
        """Put PEOPLE there; their ids."""
        return self.plant([(str(one["name"]), one["city"]) for one in PEOPLE])

    def plant(self, people: Sequence[tuple[str, str | None]]) -> list[str]:
        """Put records there behind the connector's back; their ids."""
        system = self.system
        rows = [{**system.also, system.text: name, system.other: city} for name, city in people]
        ids = list(system.plant(rows))
        assert len(set(ids)) == len(rows), "planting gives one id a record"
        return ids

    def create(self, *rows: Mapping[str, Any], unique: str | None = None) -> list[Receipt]:
        """Create records through a new connection."""
        return receipts(self.open().write(self.stream, batch("create", rows, unique)), len(rows))

    def change(self, *rows: Mapping[str, Any]) -> list[Receipt]:
        """Change records through a new connection; each row names its `_id` and what it sets."""
        sets = [{"_set": [name for name in row if not name.startswith("_")], **row} for row in rows]
        return receipts(self.open().write(self.stream, batch("update", sets)), len(rows))

    def delete(self, *ids: str) -> list[Receipt]:
        """Delete records through a new connection."""
        return receipts(
            self.open().write(self.stream, batch("delete", [{"_id": one} for one in ids])), len(ids)
        )

    def send(self, kind: Kind, row: Mapping[str, Any]) -> tuple[Receipt | None, EngineError | None]:
        """One write, and what was said: its receipt, and the error that ended the batch; either may be missing."""
        got: list[Receipt] = []
        try:
            answer = self.open().write(self.stream, batch(kind, [row]))
            if isinstance(answer, AllApplied):
                got += receipts(answer, 1)
            else:
                for receipt in answer:
                    got.append(receipt)
        except EngineError as error:
            return (got[0] if got else None), error
        assert len(got) == 1, "one receipt for each write"
        return got[0], None

    def read(self, *fields: str, **wanted: Any) -> list[dict[str, Any]]:
        """Every record, through the connection that reads."""
        return read(self.reader, self.stream, *fields, **wanted)

    def people(self) -> dict[str, tuple[Any, Any]]:
        """Id to name and city, as the connector reads them."""
        system, key = self.system, self.key
        rows = self.read(system.text, system.other)
        found = {str(field_of(row, key)): self._pair(row) for row in rows}
        assert len(found) == len(rows), "every record comes once"
        return found

    def held(self) -> dict[str, tuple[Any, Any]]:
        """Id to name and city, as the system holds them."""
        return {id_: self._pair(row) for id_, row in self.system.look().items()}

    def _pair(self, row: Mapping[str, Any]) -> tuple[Any, Any]:
        return field_of(row, self.system.text), field_of(row, self.system.other)
