"""Promises about cost: what is forecast is what is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.connectors.port import ReadRequest
from engine.testing.applies import Promises, applies
from engine.testing.bench import Bench, batch, field_of, read, receipts

if TYPE_CHECKING:
    from engine.connectors.port import Connector
    from engine.record import Kind


class ForecastPromises(Promises):
    """Calls are counted, and told before they are made. Signing in is not counted."""

    def test_a_read_costs_what_was_forecast(self, bench: Bench) -> None:
        count = min(self.can.page_size + 1, 300)
        bench.plant([(f"n{number}", None) for number in range(count)])
        connector = _signed_in(bench)
        request = ReadRequest(stream=bench.stream, fields=(bench.system.text,))
        told, before = connector.forecast_read(request, count), connector.calls
        assert len(read(connector, bench.stream, bench.system.text)) == count
        assert connector.calls - before == told.calls
        assert told.method

    @applies(lambda suite: suite.can.by_ids)
    def test_a_read_by_id_costs_what_was_forecast(self, bench: Bench) -> None:
        ids = tuple(bench.plant([(f"n{number}", None) for number in range(min(self.can.by_ids + 1, 150))]))
        connector = _signed_in(bench)
        request = ReadRequest(stream=bench.stream, fields=(bench.system.text,), ids=ids)
        told, before = connector.forecast_read(request, len(ids)), connector.calls
        assert len(read(connector, bench.stream, bench.system.text, ids=ids)) == len(ids)
        assert connector.calls - before == told.calls

    @applies(lambda suite: suite.can.since)
    def test_a_read_of_what_changed_costs_no_more_than_was_forecast(self, bench: Bench) -> None:
        count = min(self.can.page_size + 1, 300)
        ids = bench.plant([(f"n{number}", None) for number in range(count)])
        bench.system.edit(ids[0], {bench.system.other: "Bonn"})
        modified, connector = str(bench.described.modified), _signed_in(bench)
        newest = max(str(field_of(row, modified)) for row in read(connector, bench.stream))
        request = ReadRequest(stream=bench.stream, fields=(bench.system.text,), since=newest)
        told, before = connector.forecast_read(request, 1), connector.calls
        assert ids[0] in [field_of(row, bench.key) for row in read(connector, bench.stream, since=newest)]
        assert connector.calls - before <= told.calls

    @applies(lambda suite: suite.can.create and suite.can.update and suite.can.delete)
    def test_writes_cost_what_was_forecast(self, bench: Bench) -> None:
        """What is changed has been read before, as the engine does."""
        count = min(self.can.batch_size + 1, 150)
        connector, text = _signed_in(bench), bench.system.text
        _costs(bench, connector, "create", [bench.row(f"n{one}", None, one) for one in range(count)])
        ids = [str(field_of(row, bench.key)) for row in read(connector, bench.stream, text)]
        assert len(ids) == count
        changes = [{"_id": id_, "_set": [text], text: f"m{one}"} for one, id_ in enumerate(ids)]
        _costs(bench, connector, "update", changes)
        _costs(bench, connector, "delete", [{"_id": id_} for id_ in ids])
        assert bench.held() == {}


def _signed_in(bench: Bench) -> Connector:
    """A connection that has been used once, so that nothing is learned and nobody signs in later."""
    connector = bench.open()
    connector.check()
    read(connector, bench.stream, bench.system.text)
    return connector


def _costs(bench: Bench, connector: Connector, kind: Kind, rows: list[dict[str, Any]]) -> None:
    told, before = connector.forecast_write(bench.stream, kind, len(rows)), connector.calls
    written = receipts(connector.write(bench.stream, batch(kind, rows)), len(rows))
    assert {receipt.outcome for receipt in written} == {"applied"}
    assert connector.calls - before == told.calls
