"""CRM with very many accounts, and a connector on it whose reads are counted."""

from __future__ import annotations

import time
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sandbox_visitor import visit

from engine.connectors.http.connector import HttpConnector
from engine.connectors.http.send.settings import resolve_account
from engine.connectors.port import ReadRequest, Surroundings
from engine.connectors.zoho import CRM
from engine.sandbox.crm.write import API_USER
from engine.sandbox.server.clock import START
from engine.sandbox.server.store import Row, Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sandbox_visitor import Visitor

    from engine.connectors.http.description.api import Description
    from engine.connectors.port import Forecast, Page

ODD = 'Mühle "Nord", Werk 2\nHof; Tor 3'
FIELDS = (
    "Account_Name",
    "Owner.id",
    "Employees",
    "Annual_Revenue",
    "Modified_Time",
    "Parent_Account.id",
    "Phone",
)


@contextmanager
def company_of(
    folder: Path, records: int, *, cheap_jobs: bool = False
) -> Iterator[tuple[Visitor, HttpConnector]]:
    """CRM with so many accounts in all, and our connector on it, whose waiting moves the sandbox's clock.

    `cheap_jobs`: the connector takes a job for so cheap that a small company is read in bulk.
    """
    with visit(folder) as visitor:
        present = visitor.records("crm", "Accounts")
        with closing(Store(folder / "sandbox-clean.sqlite")) as store, store.transaction():
            store.add_all(("crm", "Accounts", account(n)) for n in range(records - len(present)))
        around = Surroundings(
            folder=folder,
            clock=time.time,
            sleep=lambda seconds: void(visitor.command("clock", advance_s=seconds)),
            sandbox=True,
        )
        description = with_cheap_jobs() if cheap_jobs else CRM.description
        whom = resolve_account(description, visitor.running.connect()["zoho-crm"], sandbox=True)
        crm = HttpConnector(description, CRM.describe({}), whom, around, build=CRM._query)
        with closing(crm):
            yield visitor, crm


def with_cheap_jobs() -> Description:
    """The connector file, if a job cost one credit."""
    accounts = CRM.description.streams["Accounts"]
    assert accounts.list is not None
    assert accounts.list.bulk is not None
    listing = replace(accounts.list, bulk=replace(accounts.list.bulk, credits=1))
    streams = {**CRM.description.streams, "Accounts": replace(accounts, list=listing)}
    return replace(CRM.description, streams=streams)


def void(_: object) -> None:
    """Drop an answer."""


def account(number: int) -> Row:
    people: dict[str, Any] = dict.fromkeys(("Owner", "Created_By", "Modified_By"), API_USER)
    name = ODD if number == 0 else f"Lang & Weit {number}"
    body = {**people, "Account_Name": name, "Employees": number, "Annual_Revenue": number + 0.25}
    stamp = int(START) - 1_000_000 + number
    return Row(
        id=str(554023000002000000 + number),
        key=name.lower(),
        created=stamp,
        modified=stamp,
        deleted=None,
        body=body,
    )


def rows_of(pages: list[Page]) -> dict[str, dict[str, Any]]:
    """Every record once, by id, as flat text."""
    found: dict[str, dict[str, Any]] = {}
    for page in pages:
        if page.table is not None:
            found |= {row["id"]: row for row in page.table.to_pylist()}
        for record in page.records or ():
            parent = (record.get("Parent_Account") or {}).get("id")
            flat = {**record, "Owner.id": record["Owner"]["id"], "Parent_Account.id": parent}
            found[flat["id"]] = {
                name: None if flat.get(name) is None else str(flat[name]) for name in ("id", *FIELDS)
            }
    return found


def proven(visitor: Visitor, crm: HttpConnector, records: int) -> tuple[Forecast, dict[str, dict[str, Any]]]:
    """Read all; requests and credits are those of the forecast, on our count and on the sandbox's."""
    request = ReadRequest(stream="Accounts", fields=FIELDS)
    told = crm.forecast_read(request, records)
    crm.check()
    visitor.http.delete("/_sandbox/calls").raise_for_status()
    before, calls, spent = visitor.command("calls")["credits"], crm.calls, crm.credits or 0
    pages = list(crm.read(request))
    assert [page.complete for page in pages] == [False] * (len(pages) - 1) + [True]
    assert told.calls == crm.calls - calls == len(visitor.command("calls")["calls"])
    assert told.credits == (crm.credits or 0) - spent == visitor.command("calls")["credits"] - before
    return told, rows_of(pages)


def query() -> Any:
    listing = CRM.description.streams["Accounts"].list
    assert listing is not None
    return listing.query
