"""Very long reads of CRM spend the fewest credits, and cost exactly what was forecast."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from bulk_world import company_of, proven, query
from http_scripted import ids
from sandbox_visitor import visit

from engine.compiler import compile_file
from engine.connectors.http.read.bulk_export import bulk_calls, is_cheaper, query_credits
from engine.connectors.port import ReadRequest
from engine.connectors.zoho import CRM
from engine.errors import TemporaryError
from engine.run.operations.preview import preview
from engine.run.session.run_request import RunRequest
from engine.run.sync.execute import execute
from engine.sandbox.crm import bulk_read as crm_bulk
from engine.sandbox.server.refusals import CrmRefused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sandbox_visitor import Visitor

    from engine.connectors.http.connector import HttpConnector


SMALL = 6_000


@pytest.fixture
def small(tmp_path: Path) -> Iterator[tuple[Visitor, HttpConnector]]:
    """A company that is read in bulk although it is small."""
    with company_of(tmp_path, SMALL, cheap_jobs=True) as both:
        yield both


def test_what_costs_less_by_queries_is_not_read_in_bulk(tmp_path: Path) -> None:
    with company_of(tmp_path, 5_000) as (visitor, crm):
        told, found = proven(visitor, crm, 5_000)
    assert (told.calls, told.credits, len(found)) == (3 + 1 + 3, 3 + 1 + 9, 5_000)


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
    assert (crm.write_calls, books.read_credits) == (
        2,
        None,
    )  # one that makes them, and one that looks at them
    whose = 1  # a run asks once whose account it is
    assert after["credits"] - before == (crm.read_credits or 0) + (crm.write_credits or 0) + whose
    sent = [one for one in after["calls"] if one["path"].startswith("/crm/")]
    assert (
        len(sent) == crm.read_calls + crm.write_calls - 1 + whose
    )  # the preview's one access token serves the run, too
