"""The half of the port that looks: what is asked of a system, what it delivers, and what that costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import pyarrow as pa

    from engine.catalog import Catalog
    from engine.record import Kind


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


class Reader(Protocol):
    """An open connection to one system, as whoever only looks sees it. Not shared between threads unless it says so."""

    def catalog(self) -> Catalog:
        """The streams as this account has them; may ask the system."""
        ...

    def check(self) -> str:
        """Prove that the credentials work; says in a few words whom we are connected to."""
        ...

    def read(self, request: ReadRequest) -> Iterator[Page]:
        """Pages of a stream. The last page says whether the read was complete."""
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
class Answering(Protocol):
    """What a connector offers besides, if its system's answers to writes may show the record as it now is."""

    def shows(self, stream: str, kind: Kind) -> bool:
        """Whether they do for this kind of write; else the record is asked for again."""
        ...


@runtime_checkable
class Observing(Protocol):
    """What a connector offers besides, if its catalog ships with it and an account may have made more of it."""

    def observe(self, streams: Iterable[str]) -> Catalog:
        """Those of the streams that the system tells about, as it does now. Raises UserError and TemporaryError."""
        ...


@runtime_checkable
class Demanding(Protocol):
    """What a connector offers besides, if it can tell more than its catalog of what it takes."""

    def demands(self, stream: str) -> str:
        """Its schema, the connector's file: another text as soon as the stream may take what it refused."""
        ...


@runtime_checkable
class Located(Protocol):
    """What a connector offers besides, if no account of its system tells whose records they are."""

    def location(self) -> str:
        """Where the records are, the same in every run as long as they are the same; without a credential."""
        ...
