"""The kit sees a connector that is untrue, hasty or talkative when its system fails."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from engine.connectors.memory import CAN, MEMORY, MemoryConnector, store
from engine.errors import TemporaryError, UserError
from engine.testing import Bench, ConnectorSuite, SystemUnderTest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.connectors.port import Batch, Page, ReadRequest
    from engine.record import Receipt
    from engine.testing import Fault

_NAMES = itertools.count()
SECRET = "canary-4711"


class TroubledSuite(ConnectorSuite):
    type_ = MEMORY
    can = CAN
    faults = ("busy", "down", "broken-after")
    confidential = True


class Troubled(MemoryConnector):
    """Tells the truth about a system whose next calls meet `faults`."""

    def __init__(self, settings: Any, faults: list[Fault], secrets: Sequence[str]) -> None:
        super().__init__(settings)
        self.faults = faults
        self.secrets = secrets

    def check(self) -> str:
        if list(self.secrets) != [SECRET]:
            raise UserError("The credentials are not accepted.")
        return super().check()

    def read(self, request: ReadRequest) -> Iterator[Page]:
        if self.faults:
            self.faults.pop()
            raise TemporaryError("The system does not answer.")
        return super().read(request)

    def write(self, stream: str, batch: Batch) -> list[Receipt]:
        fault = self.faults.pop() if self.faults else None
        if fault is None:
            return super().write(stream, batch)
        if fault == "broken-after":
            return self.doubtful(super().write(stream, batch))
        return self.not_done(batch)

    def doubtful(self, done: list[Receipt]) -> list[Receipt]:
        return [replace(one, outcome="unknown", message="The answer was not clear.") for one in done]

    def not_done(self, batch: Batch) -> list[Receipt]:
        raise TemporaryError(f"{len(batch)} records were not sent.")


class CallsTheUnknownRefused(Troubled):
    def doubtful(self, done: list[Receipt]) -> list[Receipt]:
        return [replace(one, outcome="refused", message="The system said no.") for one in done]


class SendsAgain(Troubled):
    def write(self, stream: str, batch: Batch) -> list[Receipt]:
        again = bool(self.faults)
        first = super().write(stream, batch)
        return super().write(stream, batch) if again else first


class CallsWhatWasNotSentDone(Troubled):
    def not_done(self, batch: Batch) -> list[Receipt]:
        return [replace(one, outcome="applied") for one in super(Troubled, self).write("nowhere", batch)]


class CallsWhatIsCertainUnknown(Troubled):
    def not_done(self, batch: Batch) -> list[Receipt]:
        return self.doubtful(super(Troubled, self).write("nowhere", batch))


class TakesHalfForWhole(Troubled):
    def read(self, request: ReadRequest) -> Iterator[Page]:
        half = bool(self.faults)
        self.faults.clear()
        for page in super().read(request):
            yield replace(page, records=list(page.records or ())[:1]) if half else page


class GivesUpForGood(Troubled):
    def read(self, request: ReadRequest) -> Iterator[Page]:
        if self.faults:
            raise UserError("It does not work.")
        return super().read(request)


class TellsTheSecret(Troubled):
    def read(self, request: ReadRequest) -> Iterator[Page]:
        if self.faults:
            raise TemporaryError("It does not work.") from ValueError(f"key={self.secrets[0]}")
        return super().read(request)


class AcceptsAnyKey(Troubled):
    def check(self) -> str:
        return "somebody"


class RepeatsTheWrongKey(Troubled):
    def check(self) -> str:
        if list(self.secrets) != [SECRET]:
            raise UserError("The credentials are not accepted.", remedy=f"Is {self.secrets[0]} right?")
        return super().check()


#: Each broken connector, the test that must see it, and what the test is told.
UNTRUE: list[tuple[type[Troubled], str, dict[str, Any]]] = [
    (CallsTheUnknownRefused, "a_receipt_is_true", {"fault": "broken-after", "kind": "create"}),
    (CallsTheUnknownRefused, "a_receipt_is_true", {"fault": "broken-after", "kind": "update"}),
    (CallsTheUnknownRefused, "a_receipt_is_true", {"fault": "broken-after", "kind": "delete"}),
    (SendsAgain, "a_receipt_is_true", {"fault": "broken-after", "kind": "create"}),
    (CallsWhatWasNotSentDone, "a_receipt_is_true", {"fault": "down", "kind": "create"}),
    (CallsWhatIsCertainUnknown, "a_receipt_is_true", {"fault": "busy", "kind": "create"}),
    (TakesHalfForWhole, "whole_or_no_read", {"fault": "down"}),
    (TakesHalfForWhole, "asks_to_try_later", {"lasting": "down"}),
    (GivesUpForGood, "asks_to_try_later", {"lasting": "down"}),
    (TellsTheSecret, "no_secret_is_in_anything", {"lasting": "down"}),
    (AcceptsAnyKey, "wrong_credentials", {}),
    (RepeatsTheWrongKey, "wrong_credentials", {}),
]


def bench_of(connector: type[Troubled]) -> Bench:
    name = f"trouble-{next(_NAMES)}"
    held, faults = store(name), list[Any]()
    said = {"store": name}
    return Bench(
        SystemUnderTest(
            connect=lambda: connector(said, faults, [SECRET]),
            denied=lambda wrong: connector(said, faults, wrong),
            stream="people",
            plant=lambda rows: [held.put("people", row) for row in rows],
            look=lambda: {row["id"]: row for row in held.rows("people")},
            edit=lambda id_, values: held.edit("people", id_, **values),
            remove=lambda id_: held.delete("people", id_),
            refused={"name": None},
            strike=lambda fault, _, times: faults.extend([fault] * times),
            secrets=[SECRET],
        )
    )


def keeps(promise: str, connector: type[Troubled], told: dict[str, Any]) -> bool:
    (test,) = (getattr(TroubledSuite, name) for name in dir(TroubledSuite) if promise in name)
    try:
        test(TroubledSuite(), bench_of(connector), **told)
    except (Exception, pytest.fail.Exception):  # noqa: BLE001 - whatever a test raises, it has seen something
        return False
    return True


@pytest.mark.parametrize(
    ("connector", "promise", "told"), UNTRUE, ids=lambda one: getattr(one, "__name__", None)
)
def test_a_connector_that_is_untrue_in_trouble_fails(
    connector: type[Troubled], promise: str, told: dict[str, Any]
) -> None:
    assert keeps(promise, Troubled, told)
    assert not keeps(promise, connector, told)
