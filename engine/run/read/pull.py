"""Pull: read a stream page by page, stage each page, and remember how far the server's time has come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.connectors.read_port import Page
from engine.errors import TemporaryError
from engine.run.read.computed_fields import add_computed
from engine.run.read.text_columns import text_columns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pyarrow as pa

    from engine.connectors.read_port import Reader, ReadRequest
    from engine.plan import SidePlan
    from engine.run.session.columns import Compute


@dataclass(slots=True, kw_only=True)
class Reading:
    """What one read has delivered so far."""

    records: int = 0
    complete: bool = False  #: the connector certifies that everything asked for was delivered


def pull(
    connector: Reader,
    side: SidePlan,
    request: ReadRequest,
    functions: dict[str, Compute],
    reading: Reading,
    arrived: Callable[[Page], None],
) -> Iterator[pa.Table]:
    """Staged pages of a stream, at least one, which may be empty; `arrived` is told of each, `reading` counts them.

    Raises TemporaryError if the read ends without the connector certifying that it was complete, because a
    cursor that moved past records nobody saw would lose them.
    """
    for page in connector.read(request):
        reading.records += len(page)
        reading.complete = page.complete
        arrived(page)
        if len(page):
            yield add_computed(text_columns(page, side, request.fields), page, functions)
    if not reading.records:
        nothing = Page(records=())
        yield add_computed(text_columns(nothing, side, request.fields), nothing, functions)
    demand_whole(side, complete=reading.complete)


def demand_whole(side: SidePlan, *, complete: bool) -> None:
    """Raises TemporaryError where a read was not certified to be complete."""
    if not complete:
        raise TemporaryError(
            f"Reading {side.name} ended before the system had delivered everything.",
            remedy="Run again; nothing was remembered of the incomplete read.",
        )
