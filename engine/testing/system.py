"""A system under test: what a connector's author tells the suite about it, and the ways around the connector."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from engine.connectors.port import Connector
    from engine.record import Kind

#: What can go wrong between a connector and its system.
Fault = Literal["busy", "expired", "down", "page", "silent", "broken-after", "silent-after", "torn", "stale"]

#: What each fault does to the next request.
FAULTS: Mapping[Fault, str] = {
    "busy": "it is told to wait, as with HTTP 429; nothing is applied",
    "expired": "its proof of identity has just ended, as with HTTP 401; nothing is applied",
    "down": "it is told that nothing works now, as with HTTP 503; nothing is applied",
    "page": "a web page comes back instead of data; nothing is applied",
    "silent": "no answer comes; nothing is applied",
    "broken-after": "it is applied, and the answer says that it failed",
    "silent-after": "it is applied, and no answer comes",
    "torn": "it is applied, and the answer breaks off in the middle",
    "stale": "a listing shows the records as they were some seconds ago",
}


def _as_written(text: str) -> str | None:
    return text


def _no_faults(fault: Fault, what: Kind | Literal["read"], times: int) -> None:
    raise NotImplementedError(f"`strike` must let {times} requests of kind {what} meet the fault {fault}.")


def _no_denial(wrong: Sequence[str]) -> Connector:
    raise NotImplementedError(f"`denied` must connect with {len(wrong)} wrong secrets.")


@dataclass(frozen=True, kw_only=True)
class SystemUnderTest:
    """One empty stream of a system, reached by the connector and past it.

    Everything but `connect` must go past the connector, with a plain client of the system: what a connector
    writes wrongly and reads wrongly again would look right through itself.
    """

    connect: Callable[[], Connector]  #: opens one more connection; the suite closes it
    stream: str  #: the stream that the suite reads and writes
    plant: Callable[
        [Sequence[Mapping[str, Any]]], Sequence[str]
    ]  #: put records there, fields by their dotted names; gives their ids in order
    look: Callable[[], Mapping[str, Mapping[str, Any]]]  #: every living record by id, as the system holds it
    edit: Callable[[str, Mapping[str, Any]], None]  #: change fields of one, as somebody in that system would
    remove: Callable[[str], None]  #: delete one, as somebody in that system would
    refused: Mapping[str, Any]  #: values that make the system refuse a new record, once PEOPLE are there
    text: str = "name"  #: a field of short text that every record has
    other: str = "city"  #: a second one, which may be empty
    also: Mapping[str, Any] = field(default_factory=dict)  #: what a new record needs besides
    given_ids: bool = False  #: True = who creates a record chooses its id
    tidied: Callable[[str], str | None] = _as_written  #: what the system itself makes of a text it is given
    unique: str | None = None  #: the field for `Batch.unique`; None = the field `text`
    #: let that many of the next requests meet a fault; which ones it can is said by `ConnectorSuite.faults`
    strike: Callable[[Fault, Kind | Literal["read"], int], None] = _no_faults
    secrets: Sequence[str] = ()  #: values of its credentials, which must never be seen
    #: opens a connection with these instead of `secrets`, or fails to; needed if `ConnectorSuite.confidential`
    denied: Callable[[Sequence[str]], Connector] = _no_denial
