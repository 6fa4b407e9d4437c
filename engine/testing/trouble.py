"""Promises for when something goes wrong: receipts stay true, reads stay whole, secrets stay hidden."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING, Any

import pytest

from engine.connectors.port import ReadRequest
from engine.errors import EngineError, TemporaryError, UserError
from engine.testing.applies import Promises, applies
from engine.testing.bench import Bench, rows_of
from engine.testing.samples import PEOPLE

if TYPE_CHECKING:
    from engine.record import Kind, Receipt
    from engine.testing.system import Fault

#: Faults after which it is certain that nothing was applied: `unknown` would only make work.
CERTAIN: frozenset[Fault] = frozenset({"busy", "expired"})
#: Faults that keep data from coming at all, if they last.
LASTING: frozenset[Fault] = frozenset({"down", "torn", "page", "silent"})


class TroublePromises(Promises):
    """What a receipt says is true, and what cannot be known is called unknown."""

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Each fault that the system can be made to have, with each kind of write it takes."""
        of_writes = [fault for fault in self.faults if fault != "stale"]
        lasting = [fault for fault in self.faults if fault in LASTING]
        kinds = [kind for kind in ("create", "update", "delete") if getattr(self.can, kind)]
        values: dict[str, list[Any]] = {"fault": of_writes, "lasting": lasting, "kind": kinds}
        for name, wanted in values.items():
            if name in metafunc.fixturenames:
                metafunc.parametrize(name, wanted)

    @applies(lambda suite: suite.faults and suite.can.create)
    def test_whatever_goes_wrong_a_receipt_is_true_and_nothing_is_written_twice(
        self, bench: Bench, fault: Fault, kind: Kind
    ) -> None:
        ids = bench.plant_people()
        row = _write(bench, kind, ids[0])
        bench.system.strike(fault, kind, 1)
        receipt, error = bench.send(kind, row)
        done = _done(bench, kind, ids[0])
        assert done in (0, 1)
        _is_true(receipt, done)
        assert receipt is not None or isinstance(error, TemporaryError)
        if fault in CERTAIN and receipt is not None:
            assert receipt.outcome != "unknown"

    @applies(lambda suite: suite.faults)
    def test_a_read_that_meets_a_fault_is_whole_or_no_read(self, bench: Bench, fault: Fault) -> None:
        bench.plant_people()
        bench.system.strike(fault, "read", 1)
        names, error = _names_read(bench)
        assert error is not None or names == sorted(str(one["name"]) for one in PEOPLE)

    @applies(lambda suite: set(suite.faults) & LASTING)
    def test_a_read_from_a_system_that_stays_broken_asks_to_try_later(
        self, bench: Bench, lasting: Fault
    ) -> None:
        bench.plant_people()
        bench.system.strike(lasting, "read", 1_000)
        names, error = _names_read(bench)
        assert names is None
        assert isinstance(error, TemporaryError)

    @applies(lambda suite: "stale" in suite.faults)
    def test_a_listing_that_lags_behind_is_no_error_and_the_next_one_is_right(self, bench: Bench) -> None:
        ids = bench.plant_people()
        bench.system.edit(ids[0], {bench.system.other: "Paris"})
        bench.system.strike("stale", "read", 1)
        assert set(bench.people()) <= set(ids)
        assert bench.people() == bench.held()

    @applies(lambda suite: set(suite.faults) & LASTING and suite.confidential)
    def test_no_secret_is_in_anything_that_is_said(self, bench: Bench, lasting: Fault) -> None:
        bench.plant_people()
        connector = bench.reader
        said = [repr(connector), connector.check(), repr(connector.catalog()), repr(connector.budget())]
        bench.system.strike(lasting, "read", 20)
        _, error = _names_read(bench)
        assert error is not None
        said += "".join(traceback.format_exception(error)).splitlines()
        said += [error.message, error.remedy or ""]
        assert bench.system.secrets
        assert not [secret for secret in bench.system.secrets if any(secret in text for text in said)]

    @applies(lambda suite: suite.confidential)
    def test_wrong_credentials_are_for_a_person_to_mend_and_are_not_repeated(self, bench: Bench) -> None:
        bench.plant_people()
        wrong = [f"not-{place}-{secret[::-1]}" for place, secret in enumerate(bench.system.secrets)]
        assert wrong
        with pytest.raises(UserError) as caught:
            bench.keep(bench.system.denied(wrong)).check()
        said = "".join(traceback.format_exception(caught.value)) + (caught.value.remedy or "")
        assert not [secret for secret in wrong if secret in said]


def _write(bench: Bench, kind: Kind, id_: str) -> dict[str, Any]:
    if kind == "create":
        return bench.row("Once", "Oslo")
    text = bench.system.text
    return {"_id": id_} if kind == "delete" else {"_id": id_, "_set": [text], text: "Once"}


def _done(bench: Bench, kind: Kind, id_: str) -> int:
    """How often the write was applied, seen past the connector."""
    held = bench.held()
    if kind == "delete":
        return int(id_ not in held)
    return [name for name, _ in held.values()].count("Once")


def _is_true(receipt: Receipt | None, done: int) -> None:
    if receipt is None:
        assert done == 0, "what was written, or may have been, has a receipt"
        return
    assert receipt.message or receipt.outcome == "applied"
    if receipt.outcome != "unknown":
        assert done == (1 if receipt.outcome == "applied" else 0)


def _names_read(bench: Bench) -> tuple[list[str] | None, EngineError | None]:
    """The names of a read that certified itself complete, else None; and the error that ended it."""
    pages = []
    try:
        for page in bench.open().read(ReadRequest(stream=bench.stream, fields=(bench.system.text,))):
            pages.append(page)  # noqa: PERF402  the list must hold what came before the error
    except EngineError as error:
        assert not any(page.complete for page in pages)
        return None, error
    assert pages[-1].complete
    return sorted(str(row[bench.system.text]) for page in pages for row in rows_of(page)), None
