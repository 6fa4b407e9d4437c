"""What every endpoint stands on: the store, the clock, the limits, the faults, and the log of calls."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, cast

from engine.sandbox.server.clock import crm_time
from engine.sandbox.server.faults import Faults
from engine.sandbox.server.store import Row, Store

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from engine.sandbox.server.bulk_job import Job
    from engine.sandbox.server.clock import Clock
    from engine.sandbox.server.throttle import Throttle

CompanyName = Literal["clean", "awkward", "bare"]

#: The field of a product's organisation that identifies it.
_ACCOUNT_ID = {"books": "organization_id", "erp": "organization_id", "projects": "id"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One sandbox: everything that its endpoints share."""

    store: Store
    clock: Clock
    throttle: Throttle
    company: CompanyName
    move_in: Callable[[Store], None]  #: fills an empty store with the company
    faults: Faults = field(default_factory=Faults)
    #: Every request since the start or the last reset, in order.
    calls: list[dict[str, Any]] = field(default_factory=list)
    jobs: dict[str, Job] = field(default_factory=dict)  #: bulk reads by id

    def settle(self) -> None:
        """Move the company into the empty store, and set the clock; inside the caller's transaction."""
        self.move_in(self.store)
        self.clock.set_out()
        self.remember_clock()

    def remember_clock(self) -> None:
        """Keep how far the clock is ahead across restarts."""
        self.store.remember("clock/offset_s", repr(self.clock.offset_s))

    def today(self) -> str:
        """The company's date: `2026-11-02`."""
        return crm_time(self.second())[:10]

    def account(self, product: str) -> str:
        """The id of a product's organisation or portal, as paths and parameters name it now."""
        return str(json.loads(self.store.setting(f"company/{product}") or "{}").get(_ACCOUNT_ID[product], ""))

    def make(self, product: str, module: str, id_: str, body: dict[str, Any], key: str | None = None) -> Row:
        """Keep a new record, made now."""
        now = self.second()
        row = Row(id=id_, key=key, created=now, modified=now, deleted=None, body=body)
        self.store.add(product, module, row, since=self.clock.now())
        return row

    def change(self, product: str, module: str, row: Row, **values: Any) -> Row:
        """Keep a record with other values, changed now."""
        return self._put(product, module, replace(row, modified=self.second(), **values))

    def delete(self, product: str, module: str, row: Row) -> Row:
        """Keep that a record was deleted now."""
        return self._put(product, module, replace(row, deleted=self.second()))

    def _put(self, product: str, module: str, row: Row) -> Row:
        self.store.replace(product, module, row, since=self.clock.now())
        return row

    def second(self) -> int:
        """The present moment as the products stamp it."""
        return int(self.clock.now())


def site_of(request: Request) -> Site:
    """The sandbox that a request came to."""
    return cast("Site", request.app.state.site)


def as_of(request: Request) -> float | None:
    """The moment whose state a listing shall show; None = the present."""
    return cast("float | None", request.scope.get("sandbox.as_of"))


def whole_number(request: Request, name: str, default: int) -> int | None:
    """A query parameter that counts, from 1 on; None = it is no such number."""
    text = request.query_params.get(name)
    if text is None:
        return default
    fits = text.isascii() and text.isdigit() and len(text) < 10 and int(text) > 0  # noqa: PLR2004  # ten digits are no page
    return int(text) if fits else None
