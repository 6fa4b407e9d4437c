"""What every connector must do, whatever its system: one class of tests, run with a small harness for each.

A test class inherits `ConnectorSuite` and gives a fixture `harness`. All values are compared as text, because
a file or a table may hold nothing else. A test module takes over the fixture `close_all`.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from engine.connectors.port import AllApplied, Batch, ReadRequest, Surroundings
from engine.connectors.records import lookup
from engine.errors import UserError
from engine.record import Receipt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from engine.connectors.port import Connector
    from engine.event import Event
    from engine.record import Kind

ODD_TEXTS = (
    "007",
    "",
    " leading and trailing ",
    'says "hello", twice ""',
    "two\nlines",
    "carriage\r\nreturn",
    "Ünï✓ 日本語 🎉 e\u0301",
    "=1+1",
    "NULL",
    "null",
    "1e5",
    "{{ 7*7 }}",
    "'; DROP TABLE people; --",
    "a\tb",
    "\\N",
    "#hash",
    "x" * 5_000,
)


@dataclass(kw_only=True)
class Harness:
    """One system under test: the connector, and ways to look after its system without the connector."""

    connect: Callable[[], Connector]
    stream: str
    key: str  #: the id field
    seed: Callable[
        [Sequence[Mapping[str, Any]]], None
    ]  #: put records with ids there, before anything is read
    edit: Callable[[str, Mapping[str, Any]], None]  #: change one as somebody in that system would
    refused: Mapping[str, Any]  #: values of a create that the system does not take, once PEOPLE are there
    given_ids: bool = False  #: True = a create brings its id in the id field
    seen: list[Event] = field(default_factory=list)


#: Three records that most tests start from.
PEOPLE = (
    {"id": "1", "name": "Ada", "city": "London"},
    {"id": "2", "name": "Bo", "city": None},
    {"id": "3", "name": "Cy", "city": "Rome"},
)


_OPENED: list[Connector] = []


def opened(connector: Any) -> Any:
    """A connector that is closed when the test ends."""
    _OPENED.append(connector)
    return connector


@pytest.fixture(autouse=True)
def close_all() -> Iterator[None]:
    """Close what the test has opened."""
    yield
    while _OPENED:
        _OPENED.pop().close()


def surroundings(folder: Path, seen: list[Event] | None = None) -> Surroundings:
    """The world as a connector may use it; what it tells goes to `seen`."""
    heard = [] if seen is None else seen
    return Surroundings(folder=folder, clock=time.time, sleep=time.sleep, emit=heard.append)


def batch(kind: Kind, rows: Sequence[Mapping[str, Any]]) -> Batch:
    """A batch from rows with `_id` and `_set` where they matter; columns in the order they first appear."""
    names = [name for name in dict.fromkeys(name for row in rows for name in row) if not name.startswith("_")]
    columns: dict[str, Any] = {
        "_op": [f"op-{place}" for place in range(len(rows))],
        "_id": pa.array([row.get("_id") for row in rows], pa.string()),
        "_version": pa.array([row.get("_version") for row in rows], pa.string()),
    }
    if kind == "update":
        columns["_set"] = pa.array([row["_set"] for row in rows], pa.list_(pa.string()))
    columns |= {name: pa.array([row.get(name) for row in rows]) for name in names}
    return Batch(kind=kind, table=pa.table(columns))


def receipts(answer: Any, size: int) -> list[Receipt]:
    """One receipt a write in the order of the batch, also where a bulk target says that all were applied."""
    if isinstance(answer, AllApplied):
        ids = answer.ids.to_pylist()
        assert len(ids) == size
        return [Receipt(op=f"op-{place}", outcome="applied", id=one) for place, one in enumerate(ids)]
    by_op = {receipt.op: receipt for receipt in answer}
    assert sorted(by_op) == sorted(f"op-{place}" for place in range(size)), "one receipt for each write"
    return [by_op[f"op-{place}"] for place in range(size)]


def read(connector: Connector, stream: str, *fields: str, **wanted: Any) -> list[dict[str, Any]]:
    """Every record, nested or flat as the connector gives it; the read must certify itself complete."""
    pages = list(connector.read(ReadRequest(stream=stream, fields=fields, **wanted)))
    assert pages[-1].complete
    assert not any(page.complete for page in pages[:-1])
    rows: list[dict[str, Any]] = []
    for page in pages:
        if page.table is not None:
            rows += page.table.to_pylist()
        else:
            rows += [dict(row) for row in page.records or ()]
    return rows


def texts(rows: Sequence[Mapping[str, Any]], *names: str) -> list[tuple[str | None, ...]]:
    """The named fields of each record as text."""
    found = [tuple(lookup(row, name)[0] if name not in row else row[name] for name in names) for row in rows]
    return [tuple(None if value is None else str(value) for value in row) for row in found]


class ConnectorSuite:
    """The promises of the port."""

    @pytest.fixture
    def people(self, harness: Harness) -> Harness:
        harness.seed(PEOPLE)
        return harness

    def test_the_catalog_names_the_stream_and_its_id(self, people: Harness) -> None:
        stream = people.connect().catalog().streams[people.stream]
        assert stream.id == people.key
        assert stream.can.create
        assert stream.can.update

    def test_a_complete_read_delivers_every_record_once(self, people: Harness) -> None:
        rows = read(people.connect(), people.stream, "name", "city")
        assert sorted(texts(rows, "name", "city")) == [("Ada", "London"), ("Bo", None), ("Cy", "Rome")]

    def test_an_empty_stream_is_read_completely_too(self, harness: Harness) -> None:
        harness.seed([])
        assert read(harness.connect(), harness.stream) == []

    def test_only_requested_fields_come_and_always_the_id(self, people: Harness) -> None:
        rows = read(people.connect(), people.stream, "city")
        assert all("name" not in row for row in rows)
        assert sorted(texts(rows, people.key)) == [("1",), ("2",), ("3",)]

    def test_records_are_found_by_id_and_missing_ones_are_not_delivered(self, people: Harness) -> None:
        rows = read(people.connect(), people.stream, "name", ids=("3", "no-such", "1", "01"))
        assert sorted(texts(rows, people.key, "name")) == [("1", "Ada"), ("3", "Cy")]

    def test_reading_what_changed_includes_the_very_moment_asked_for(self, people: Harness) -> None:
        connector = people.connect()
        stream = connector.catalog().streams[people.stream]
        if not stream.can.since:
            refuses(lambda: read(connector, people.stream, since="2026-01-01T00:00:00Z"), "as a whole")
            return
        assert stream.modified is not None
        before = read(connector, people.stream)
        people.edit("2", {"name": "Bob"})
        newest = max(texts(read(people.connect(), people.stream), stream.modified))[0]
        changed = read(people.connect(), people.stream, "name", since=newest)
        assert ("Bob",) in texts(changed, "name")
        assert len(changed) <= len(before)

    def test_odd_texts_come_back_as_they_were_written(self, harness: Harness) -> None:
        harness.seed([])
        rows = [{"id": f"k{place}", "name": odd, "city": "x"} for place, odd in enumerate(ODD_TEXTS)]
        written = self._create(harness, rows)
        assert {receipt.outcome for receipt in written} == {"applied"}
        found = texts(read(harness.connect(), harness.stream, "name"), harness.key, "name")
        expected = [(receipt.id, odd) for receipt, odd in zip(written, ODD_TEXTS, strict=True)]
        assert sorted(found) == sorted(expected)

    def test_null_and_empty_are_two_things(self, harness: Harness) -> None:
        harness.seed([])
        self._create(harness, [{"id": "a", "name": "n", "city": None}, {"id": "b", "name": "e", "city": ""}])
        assert sorted(texts(read(harness.connect(), harness.stream, "name", "city"), "name", "city")) == [
            ("e", ""),
            ("n", None),
        ]

    def test_a_created_record_has_an_id_under_which_it_is_read_back(self, people: Harness) -> None:
        (receipt,) = self._create(people, [{"id": "9", "name": "Di", "city": "Oslo"}])
        assert receipt.outcome == "applied"
        assert receipt.id is not None
        rows = read(people.connect(), people.stream, "name", ids=(receipt.id,))
        assert texts(rows, people.key, "name") == [(receipt.id, "Di")]

    def test_an_update_writes_only_the_fields_it_names(self, people: Harness) -> None:
        changes: list[Mapping[str, Any]] = [
            {"_id": "1", "_set": ["name"], "name": "Eve", "city": "must not be written"},
            {"_id": "2", "_set": ["city"], "name": "must not be written", "city": "Bonn"},
            {"_id": "3", "_set": ["name", "city"], "name": "Flo", "city": None},
        ]
        answer = people.connect().write(people.stream, batch("update", changes))
        assert [receipt.outcome for receipt in receipts(answer, 3)] == ["applied"] * 3
        rows = read(people.connect(), people.stream, "name", "city")
        assert sorted(texts(rows, people.key, "name", "city")) == [
            ("1", "Eve", "London"),
            ("2", "Bo", "Bonn"),
            ("3", "Flo", None),
        ]

    def test_an_update_of_a_record_that_is_not_there_is_gone_and_the_others_are_written(
        self, people: Harness
    ) -> None:
        changes = [
            {"_id": "1", "_set": ["name"], "name": "Eve"},
            {"_id": "no-such", "_set": ["name"], "name": "Nobody"},
        ]
        answer = people.connect().write(people.stream, batch("update", changes))
        first, second = receipts(answer, 2)
        assert (first.outcome, second.outcome) == ("applied", "gone")
        assert second.message
        assert sorted(texts(read(people.connect(), people.stream, "name"), "name")) == [
            ("Bo",),
            ("Cy",),
            ("Eve",),
        ]

    def test_a_refused_record_does_not_stop_the_others(self, people: Harness) -> None:
        rows = [
            {"id": "8", "name": "Di", "city": "Oslo"},
            {"id": "9", "name": "Ed", "city": "Kyiv", **people.refused},
            {"id": "10", "name": "Fi", "city": "Lima"},
        ]
        first, second, third = self._create(people, rows)
        assert (first.outcome, second.outcome, third.outcome) == ("applied", "refused", "applied")
        assert second.code
        assert second.message
        names = {name for (name,) in texts(read(people.connect(), people.stream, "name"), "name")}
        assert names == {"Ada", "Bo", "Cy", "Di", "Fi"}

    def test_a_deleted_record_is_not_read_again(self, people: Harness) -> None:
        answer = people.connect().write(people.stream, batch("delete", [{"_id": "2"}, {"_id": "no-such"}]))
        assert [receipt.outcome for receipt in receipts(answer, 2)] == ["applied", "gone"]
        assert sorted(texts(read(people.connect(), people.stream), people.key)) == [("1",), ("3",)]

    def test_more_records_than_fit_in_a_page_all_arrive_in_order_of_pages(self, harness: Harness) -> None:
        count = 2_500
        harness.seed([{"id": str(place), "name": f"n{place}", "city": None} for place in range(1, count + 1)])
        rows = read(harness.connect(), harness.stream, "name")
        assert sorted(texts(rows, harness.key, "name")) == sorted(
            (str(n), f"n{n}") for n in range(1, count + 1)
        )

    def test_a_batch_of_many_creates_gives_the_ids_in_its_order(self, harness: Harness) -> None:
        harness.seed([])
        count = 1_000
        written = self._create(
            harness, [{"id": f"k{n}", "name": f"n{n}", "city": None} for n in range(count)]
        )
        rows = texts(read(harness.connect(), harness.stream, "name"), harness.key, "name")
        by_id = {row[0]: row[1] for row in rows}
        assert [by_id[receipt.id] for receipt in written] == [f"n{n}" for n in range(count)]

    def test_a_local_store_costs_no_calls(self, people: Harness) -> None:
        connector = people.connect()
        request = ReadRequest(stream=people.stream, fields=("name",))
        assert connector.forecast_read(request, 10).calls >= connector.calls == 0

    def test_it_says_whom_it_is_connected_to(self, people: Harness) -> None:
        connector = people.connect()
        assert connector.check()
        connector.close()

    @staticmethod
    def _create(harness: Harness, rows: Sequence[Mapping[str, Any]]) -> list[Receipt]:
        """Create the rows; systems that give ids themselves are not told any."""
        kept: list[Mapping[str, Any]] = [
            {name: value for name, value in row.items() if name != "id" or harness.given_ids} for row in rows
        ]
        return receipts(harness.connect().write(harness.stream, batch("create", kept)), len(rows))


def refuses(make: Callable[[], object], *words: str) -> UserError:
    """The UserError that `make` raises; its message and remedy hold the words."""
    with pytest.raises(UserError) as caught:
        make()
    said = f"{caught.value.message} {caught.value.remedy or ''}"
    for word in words:
        assert word in said
    return caught.value
