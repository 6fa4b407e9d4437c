"""Very long reads of CRM spend the fewest credits, and cost exactly what was forecast."""

from __future__ import annotations

import time
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from http_scripted import batch, ids
from sandbox_visitor import visit

from engine.compiler import compile_file
from engine.connectors.http.account import resolve_account
from engine.connectors.http.bulking import bulk_calls, is_cheaper, query_credits
from engine.connectors.http.connector import HttpConnector
from engine.connectors.port import ReadRequest, Surroundings
from engine.connectors.zoho import CRM
from engine.errors import TemporaryError
from engine.run.operations.preview import preview
from engine.run.session.run_request import RunRequest
from engine.run.sync.execute import execute
from engine.sandbox.crm import bulk_read as crm_bulk
from engine.sandbox.crm.write import API_USER
from engine.sandbox.server.clock import START, crm_time
from engine.sandbox.server.refusals import CrmRefused
from engine.sandbox.server.store import Row, Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sandbox_visitor import Visitor

    from engine.connectors.http.description import Description
    from engine.connectors.port import Forecast, Page

LARGE, SMALL = 41_000, 6_000
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


@pytest.fixture
def small(tmp_path: Path) -> Iterator[tuple[Visitor, HttpConnector]]:
    """A company that is read in bulk although it is small."""
    with company_of(tmp_path, SMALL, cheap_jobs=True) as both:
        yield both


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


def test_forty_thousand_accounts_come_in_bulk_and_cost_what_was_forecast(tmp_path: Path) -> None:
    """Three pages, a query, a count, a job, one look, the file, and what changed since: 60 credits instead of 205."""
    with company_of(tmp_path, LARGE) as (visitor, crm):
        told, found = proven(visitor, crm, LARGE)
        assert (told.calls, told.credits) == (9, 3 + 3 + 1 + 50 + 1 + 1 + 1)
        assert "in bulk" in told.method
        assert len(found) == LARGE
        odd = found["554023000002000000"]
        assert (odd["Account_Name"], odd["Owner.id"], odd["Phone"]) == (ODD, API_USER, None)
        late = found["554023000002040000"]
        assert (late["Employees"], late["Annual_Revenue"]) == ("40000", "40000.25")
        assert late["Modified_Time"] == crm_time(int(START) - 1_000_000 + 40_000)


def test_what_costs_less_by_queries_is_not_read_in_bulk(tmp_path: Path) -> None:
    with company_of(tmp_path, 5_000) as (visitor, crm):
        told, found = proven(visitor, crm, 5_000)
    assert (told.calls, told.credits, len(found)) == (3 + 1 + 3, 3 + 1 + 9, 5_000)


@pytest.mark.slow
def test_a_hundred_thousand_accounts_spend_the_fewest_credits_of_all_ways(tmp_path: Path) -> None:
    with company_of(tmp_path, 100_000) as (visitor, crm):
        told, found = proven(visitor, crm, 100_000)
    assert len(found) == 100_000
    assert told.credits == 60
    assert (told.credits or 0) < query_credits(query(), 100_000) < 500


@pytest.mark.slow
def test_ten_thousand_new_accounts_take_a_hundred_requests_and_a_credit_for_ten(tmp_path: Path) -> None:
    with company_of(tmp_path, 1_000) as (visitor, crm):
        crm.check()
        told = crm.forecast_write("Accounts", "create", 10_000)
        before, spent = visitor.command("calls")["credits"], crm.calls
        rows = [{"Account_Name": f"Neu & Neu {number}"} for number in range(10_000)]
        receipts = list(crm.write("Accounts", batch("create", *rows)))
        assert {one.outcome for one in receipts} == {"applied"}
        assert (told.calls, told.credits) == (100, 1_000)
        assert (crm.calls - spent, visitor.command("calls")["credits"] - before) == (100, 1_000)


def query() -> Any:
    listing = CRM.description.streams["Accounts"].list
    assert listing is not None
    return listing.query


def test_the_cheaper_way_is_the_cheaper_way_at_every_size() -> None:
    """Just below and above the point where one overtakes the other, and at files that do not hold all."""
    listing = CRM.description.streams["Accounts"].list
    assert listing is not None
    assert listing.bulk is not None
    after = query().after + query().at_most
    for records in (2_601, 36_600, 38_600, 100_000, 200_000, 200_001, 1_000_000):
        bulk, queries = bulk_calls(listing.bulk, records)[1], query_credits(query(), records - after)
        assert is_cheaper(listing.bulk, query(), records, after) == (bulk < queries), records


def test_a_record_that_changes_while_the_file_is_made_comes_again(
    small: tuple[Visitor, HttpConnector],
) -> None:
    visitor, crm = small
    late = "554023000002005000"
    changed = False
    versions: list[str | None] = []
    for page in crm.read(ReadRequest(stream="Accounts", fields=("Phone",))):
        if page.table is not None:
            versions += [
                phone
                for id_, phone in zip(
                    page.table["id"].to_pylist(), page.table["Phone"].to_pylist(), strict=True
                )
                if id_ == late
            ]
            if not changed:
                visitor.command("edit", product="crm", module="Accounts", id=late, set={"Phone": "+32 9"})
                changed = True
        versions += [row["Phone"] for row in page.records or () if row["id"] == late]
    assert versions[-1] == "+32 9"


def test_an_account_that_may_not_read_in_bulk_goes_on_by_queries(
    small: tuple[Visitor, HttpConnector], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: object) -> None:
        raise CrmRefused(401, "OAUTH_SCOPE_MISMATCH", "invalid oauth scope to access this URL")

    monkeypatch.setattr(crm_bulk, "_begun", refuse)
    _, crm = small
    pages = list(crm.read(ReadRequest(stream="Accounts", fields=("Phone",))))
    assert len(set(ids(pages))) == SMALL
    assert pages[-1].complete


@pytest.mark.parametrize("fault", ["torn", "html"])
def test_a_file_that_arrives_torn_is_fetched_again(fault: str, small: tuple[Visitor, HttpConnector]) -> None:
    visitor, crm = small
    visitor.command("faults", match={"method": "GET", "path": "/result$"}, fault=fault, times=1)
    pages = list(crm.read(ReadRequest(stream="Accounts", fields=("Phone",))))
    tables = [page.table for page in pages if page.table is not None]
    assert pa.concat_tables(tables).num_rows == SMALL
    assert pages[-1].complete


def test_a_file_that_lacks_records_is_no_complete_read(
    small: tuple[Visitor, HttpConnector], monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = crm_bulk._lines
    monkeypatch.setattr(crm_bulk, "_lines", lambda site, job: list(lines(site, job))[:-1])
    _, crm = small
    with pytest.raises(TemporaryError, match="said 6000 records"):
        list(crm.read(ReadRequest(stream="Accounts", fields=("Phone",))))


INWARD = """\
spec: 1
name: inward
systems:
  books: { connector: zoho-books, with: { organization: "1", credentials: {} } }
  crm:   { connector: zoho-crm,   with: { credentials: {} } }
modules:
  customers:
    sync: books.contacts -> crm.Accounts
    match: [ contact_name = Account_Name ]
    duplicates: skip
    fields: [ contact_name -> Account_Name, website -> Website ]
"""


def test_a_preview_tells_the_credits_that_the_run_then_spends(tmp_path: Path) -> None:
    """Reads and writes of both systems, and how each stream is read."""
    file = tmp_path / "specs" / "inward.yaml"
    file.parent.mkdir()
    file.write_text(INWARD, encoding="utf-8")
    with visit(tmp_path / "sandbox") as visitor:
        connect = visitor.running.connect()
        overrides = {name: connect[f"zoho-{name}"] for name in ("books", "crm")}
        call = RunRequest(folder=tmp_path / "kept", overrides=overrides)
        plan = compile_file(str(file))
        told = {one.system: one for one in preview(plan, call).forecast}
        visitor.http.delete("/_sandbox/calls").raise_for_status()
        before = visitor.command("calls")["credits"]
        execute(plan, call)
        after = visitor.command("calls")
    crm, books = told["crm"], told["books"]
    assert any("read 320 Accounts: list, 200 a page" in method for method in crm.methods)
    assert (crm.write_calls, books.read_credits) == (1, None)
    whose = 1  # a run asks once whose account it is
    assert after["credits"] - before == (crm.read_credits or 0) + (crm.write_credits or 0) + whose
    sent = [one for one in after["calls"] if one["path"].startswith("/crm/")]
    assert (
        len(sent) == crm.read_calls + crm.write_calls - 1 + whose
    )  # the preview's one access token serves the run, too
