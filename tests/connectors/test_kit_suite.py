"""The kit sees: a connector that breaks one promise fails the test of that promise, and only tests that apply exist."""

from __future__ import annotations

import inspect
import itertools
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from engine.catalog import Capabilities
from engine.connectors.memory import CAN, MEMORY, MemoryConnector, MemoryStore, store
from engine.connectors.port import Page
from engine.testing import Bench, ConnectorSuite, SystemUnderTest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.connectors.port import Batch, Forecast, ReadRequest
    from engine.record import Operation, Receipt

_NAMES = itertools.count()


class WholeSuite(ConnectorSuite):
    type_ = MEMORY
    can = CAN
    conditional = True
    number = "worth"


class LosesTheLastRecord(MemoryConnector):
    def read(self, request: ReadRequest) -> Iterator[Page]:
        for page in super().read(request):
            yield replace(page, records=list(page.records or ())[:-1])


class CountsPages(MemoryConnector):
    """Reads each page when it is wanted, as a list does that is asked for by page numbers."""

    def read(self, request: ReadRequest) -> Iterator[Page]:
        held, place, size = list(super().read(request)), 0, CAN.page_size
        while place == 0 or place < sum(map(len, held)):
            rows = [row for page in held for row in page.records or ()]
            yield Page(records=rows[place : place + size], complete=place + size >= len(rows))
            held, place = list(super().read(request)), place + size


class NeverSaysThatItIsComplete(MemoryConnector):
    def read(self, request: ReadRequest) -> Iterator[Page]:
        return (replace(page, complete=False) for page in super().read(request))


class SaysTooEarlyThatItIsComplete(MemoryConnector):
    def read(self, request: ReadRequest) -> Iterator[Page]:
        return (replace(page, complete=True) for page in super().read(request))


class DeliversTwice(MemoryConnector):
    def read(self, request: ReadRequest) -> Iterator[Page]:
        return (replace(page, records=[*(page.records or ())] * 2) for page in super().read(request))


class MakesAbsentNull(MemoryConnector):
    def read(self, request: ReadRequest) -> Iterator[Page]:
        for page in super().read(request):
            yield replace(
                page, records=[dict.fromkeys(request.fields) | dict(row) for row in page.records or ()]
            )


class MakesNullEmpty(MemoryConnector):
    def read(self, request: ReadRequest) -> Iterator[Page]:
        for page in super().read(request):
            blank = [{name: value or "" for name, value in row.items()} for row in page.records or ()]
            yield replace(page, records=blank)


class LeavesTheMomentOut(MemoryConnector):
    def read(self, request: ReadRequest) -> Iterator[Page]:
        for page in super().read(request):
            rows = [
                row
                for row in page.records or ()
                if request.since in (None, "") or row["modified"] != request.since
            ]
            yield replace(page, records=rows)


class FindsIdsThatLookAlike(MemoryConnector):
    def read(self, request: ReadRequest) -> Iterator[Page]:
        ids = request.ids and tuple(one.strip("0 .") for one in request.ids)
        return super().read(replace(request, ids=ids))


class IgnoresIds(MemoryConnector):
    def read(self, request: ReadRequest) -> Iterator[Page]:
        return super().read(replace(request, ids=None))


class ReadsEveryField(MemoryConnector):
    def read(self, request: ReadRequest) -> Iterator[Page]:
        return super().read(replace(request, fields=("name", "city", *request.fields)))


class Writing(MemoryConnector):
    """Breaks in one write."""

    def _apply(self, stream: Any, operation: Operation) -> Receipt:
        return super()._apply(stream, self.turned(operation))

    def turned(self, operation: Operation) -> Operation:
        return operation


class Trims(Writing):
    def turned(self, operation: Operation) -> Operation:
        values = {
            name: value.strip() if isinstance(value, str) else value
            for name, value in operation.values.items()
        }
        return replace(operation, values=values)


class MakesDecimalsFloats(Writing):
    def turned(self, operation: Operation) -> Operation:
        values = {
            name: float(value) + 0.004 if isinstance(value, Decimal) else value
            for name, value in operation.values.items()
        }
        return replace(operation, values=values)


class IgnoresVersions(Writing):
    def turned(self, operation: Operation) -> Operation:
        return replace(operation, version=None)


class CreatesTwice(Writing):
    def _apply(self, stream: Any, operation: Operation) -> Receipt:
        super()._apply(stream, operation)
        return super()._apply(stream, operation)


class SaysDoneAndDoesNothing(Writing):
    def _apply(self, stream: Any, operation: Operation) -> Receipt:
        return replace(
            super()._apply(stream, replace(operation, kind="update", id="no")), outcome="applied", id="x"
        )


class RefusesWithoutAWord(Writing):
    def _apply(self, stream: Any, operation: Operation) -> Receipt:
        return replace(super()._apply(stream, operation), message=None)


class DeletesWhateverIsNotThere(Writing):
    def _apply(self, stream: Any, operation: Operation) -> Receipt:
        receipt = super()._apply(stream, operation)
        return replace(receipt, outcome="applied") if operation.kind == "delete" else receipt


class TellsAnotherVersion(Writing):
    def _apply(self, stream: Any, operation: Operation) -> Receipt:
        return replace(super()._apply(stream, operation), version="1")


class WritesEveryField(MemoryConnector):
    def write(self, stream: str, batch: Batch) -> list[Receipt]:
        names = [name for name in batch.table.column_names if name != "_set"]
        return super().write(stream, replace(batch, table=batch.table.select(names)))


class StopsAtTheFirstRefusal(MemoryConnector):
    def write(self, stream: str, batch: Batch) -> list[Receipt]:
        receipts = super().write(stream, batch)
        refused = [place for place, receipt in enumerate(receipts) if receipt.outcome == "refused"]
        return receipts[: refused[0] + 1] if refused else receipts


class CountsCallsThatItDidNotForecast(MemoryConnector):
    def read(self, request: ReadRequest) -> Iterator[Page]:
        self.calls += 1
        return super().read(request)


class ForecastsNoCallForWrites(MemoryConnector):
    def forecast_write(self, stream: str, kind: Any, records: int) -> Forecast:
        return replace(super().forecast_write(stream, kind, records), calls=records)


class ClosesOnce(MemoryConnector):
    closed = False

    def close(self) -> None:
        assert not self.closed
        self.closed = True


#: Each broken connector, and a word of the promise that must catch it.
BROKEN: dict[type[MemoryConnector], str] = {
    LosesTheLastRecord: "every_record_once",
    CountsPages: "deleted_while_pages",
    NeverSaysThatItIsComplete: "every_record_once",
    SaysTooEarlyThatItIsComplete: "fill_several_pages",
    DeliversTwice: "every_record_once",
    MakesAbsentNull: "absent_null_and_empty",
    MakesNullEmpty: "absent_null_and_empty",
    LeavesTheMomentOut: "very_moment",
    FindsIdsThatLookAlike: "found_by_id",
    IgnoresIds: "no_id_however_it_looks_finds",
    ReadsEveryField: "only_requested_fields",
    Trims: "odd_texts_are_written",
    MakesDecimalsFloats: "digit_by_digit",
    IgnoresVersions: "older_version_is_stale",
    CreatesTwice: "there_once",
    SaysDoneAndDoesNothing: "there_once",
    RefusesWithoutAWord: "refused_record_says_why",
    DeletesWhateverIsNotThere: "cannot_be_deleted_twice",
    TellsAnotherVersion: "its_version_as_they_are_read_next",
    WritesEveryField: "only_the_fields_it_names",
    StopsAtTheFirstRefusal: "does_not_stop_the_others",
    CountsCallsThatItDidNotForecast: "costs_what_was_forecast",
    ForecastsNoCallForWrites: "writes_cost",
    ClosesOnce: "closed_twice",
}


def bench_of(connector: type[MemoryConnector]) -> Bench:
    name = f"kit-{next(_NAMES)}"
    held: MemoryStore = store(name)
    said: dict[str, Any] = {"store": name, "streams": {"people": {"fields": {"name": "text required"}}}}
    return Bench(
        SystemUnderTest(
            connect=lambda: connector(said),
            stream="people",
            plant=lambda rows: [held.put("people", row) for row in rows],
            look=lambda: {row["id"]: row for row in held.rows("people")},
            edit=lambda id_, values: held.edit("people", id_, **values),
            remove=lambda id_: held.delete("people", id_),
            refused={"name": None},
        )
    )


def promises(suite: type[ConnectorSuite]) -> dict[str, Any]:
    """The tests of a suite that only need the bench, by name."""
    tests = {name: getattr(suite, name) for name in dir(suite) if name.startswith("test_")}
    return {
        name: test for name, test in tests.items() if test and "bench" in inspect.signature(test).parameters
    }


def keeps(test: Any, connector: type[MemoryConnector]) -> bool:
    try:
        test(WholeSuite(), bench_of(connector))
    except Exception:  # noqa: BLE001 - whatever a test raises, it has seen something
        return False
    return True


@pytest.mark.parametrize("connector", BROKEN, ids=lambda connector: connector.__name__)
def test_a_connector_that_breaks_a_promise_fails_its_test(connector: type[MemoryConnector]) -> None:
    tests = [test for name, test in promises(WholeSuite).items() if BROKEN[connector] in name]
    assert tests
    assert all(keeps(test, MemoryConnector) for test in tests)
    assert not all(keeps(test, connector) for test in tests)


def test_every_promise_about_reading_and_writing_can_fail() -> None:
    """Apart from those about what a system says of itself, each is broken by at least one connector above."""
    lenient = {
        "test_a_rate_is_a_number_or_not_known",
        "test_the_catalog_says_what_the_stream_can_and_how_its_records_are_told_apart",
        "test_a_stream_that_does_not_exist_is_said_or_empty_never_made_up",
    }
    tests = {name: test for name, test in promises(WholeSuite).items() if name not in lenient}
    assert [name for name, test in tests.items() if all(keeps(test, one) for one in BROKEN)] == []


def test_only_those_tests_exist_that_the_capabilities_call_for() -> None:
    class ReadsOnly(ConnectorSuite):
        type_ = MEMORY
        can = Capabilities(by_ids=0)

    class ReadsByIdToo(ReadsOnly):
        can = Capabilities(by_ids=1)

    def names(suite: type[ConnectorSuite]) -> set[str]:
        return {name for name in dir(suite) if name.startswith("test_") and getattr(suite, name) is not None}

    assert not [name for name in names(ReadsOnly) if "write" in name or "update" in name or "fault" in name]
    assert {name for name in names(ReadsByIdToo) - names(ReadsOnly) if "id" in name}
    assert names(ReadsOnly) < names(ReadsByIdToo)
    assert len(names(ReadsByIdToo) - names(WholeSuite)) == 1, "what is only for a stream without a cursor"
