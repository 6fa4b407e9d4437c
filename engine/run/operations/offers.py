"""Offers: where a record that is about to be enrolled may be put on the other side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from engine.connectors.read_port import ReadRequest
from engine.record import other
from engine.run.decide.trigger import NUMBERED
from engine.run.read.text_columns import pick, text_of
from engine.run.session.pair import LIVE
from engine.run.session.tables import STAGED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from engine.plan import OfferPlan
    from engine.run.session.sync_pass import SyncPass


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One record of the other side that a person may choose."""

    to: str  #: the field that gets its id
    stream_in: str | None  #: the field that gets the name of its stream; None = no such field
    system: str
    stream: str
    id: str
    label: str | None  #: how people know it; None = only its id is known

    @property
    def place(self) -> Mapping[str, str]:
        """What the new record gets if this one is chosen."""
        return {self.to: self.id} | ({self.stream_in: self.stream} if self.stream_in else {})

    def __str__(self) -> str:
        name = f"{self.system}.{self.stream}:{self.id}"
        return f"{name} {self.label}" if self.label else name


def offers_of(sync: SyncPass) -> tuple[Offer, ...]:
    """What is linked to the records that the one in `staged` refers to, in the order of the spec."""
    enrol = sync.module.enrol
    return tuple(
        Offer(
            to=place.to,
            stream_in=place.stream_in,
            system=one.system,
            stream=one.stream,
            id=record,
            label=_label(sync, one, record),
        )
        for place in (enrol.places if enrol else ())
        for one in place.offers
        for record in _linked(sync, one)
    )


def _linked(sync: SyncPass, offer: OfferPlan) -> Iterator[str]:
    """Ids of what is linked to the record that ours refers to."""
    here = sync.columns.one(f'SELECT "field {offer.by}"::VARCHAR FROM {STAGED}')
    if here is None:
        return
    ids = pa.array([str(here)], pa.string())
    links = sync.ledger.links_table(offer.integration or sync.integration, offer.module, ids, offer.side)
    for row in links.to_pylist():
        if row["state"] in LIVE:
            yield str(row[f"{other(offer.side)}_id"]).partition(NUMBERED)[0]


def _label(sync: SyncPass, offer: OfferPlan, record: str) -> str | None:
    """What people call it, asked of its system."""
    if offer.label is None:
        return None
    request = ReadRequest(stream=offer.stream, fields=(offer.label,), ids=(record,))
    for page in sync.systems[offer.system].read(request):
        for one in page.records or (page.table.to_pylist() if page.table is not None else ()):
            value = pick(one, offer.label.split("."))
            return None if value is None else text_of(value)
    return None
