"""Pull: read a stream page by page, each as a table of texts; a read that may have missed records is an error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.connectors.read_port import Page
from engine.errors import TemporaryError
from engine.event import PageRead
from engine.run.read.computed_fields import add_computed
from engine.run.read.text_columns import text_columns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import pyarrow as pa

    from engine.connectors.read_port import Reader, ReadRequest
    from engine.plan import SidePlan
    from engine.run.session.columns import Compute
    from engine.run.session.sync_pass import SyncPass


@dataclass(slots=True, kw_only=True)
class Reading:
    """What one read has delivered so far."""

    records: int = 0


def pull(
    connector: Reader,
    side: SidePlan,
    request: ReadRequest,
    functions: Mapping[str, Compute] | None = None,
    reading: Reading | None = None,
    arrived: Callable[[Page], None] = lambda _page: None,
) -> Iterator[pa.Table]:
    """Staged pages of a stream, at least one, which may be empty; `arrived` is told of each, `reading` counts them.

    Raises TemporaryError if the read ends without the connector certifying that it was complete, because a
    cursor that moved past records nobody saw would lose them.
    """
    records = 0
    for page in whole_read(connector, side.name, request):
        records += len(page)
        if reading is not None:
            reading.records = records
        arrived(page)
        if len(page):
            yield add_computed(text_columns(page, side, request.fields), page, functions or {})
    if not records:
        nothing = Page(records=())
        yield add_computed(text_columns(nothing, side, request.fields), nothing, functions or {})


def whole_read(
    connector: Reader,
    stream: str,
    request: ReadRequest,
    remedy: str = "Run again; nothing of the incomplete read was recorded.",
) -> Iterator[Page]:
    """The pages of a read. Raises TemporaryError at its end where the system did not deliver everything."""
    complete = False
    for page in connector.read(request):
        complete = page.complete
        yield page
    if not complete:
        raise TemporaryError(
            f"Reading {stream} ended before the system had delivered everything.", remedy=remedy
        )


def announced(sync: SyncPass, side: SidePlan) -> Callable[[Page], None]:
    """What is done for each page of a long read: the lease is renewed, and whoever listens is told."""

    def arrived(page: Page) -> None:
        if sync.writer:
            sync.writer.renew()
        sync.listen(PageRead(module=sync.module.name, side=side.side, records=len(page)))

    return arrived
