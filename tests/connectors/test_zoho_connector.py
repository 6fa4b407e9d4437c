"""The Zoho connector files are right by the schema and the catalogs, and work against the sandbox."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import yaml
from http_scripted import batch, ids, read, write
from hypothesis import given
from hypothesis import strategies as st
from patience import wait_little_for

import engine.connectors.http
from engine.connectors.http.content.fill_templates import fill_path
from engine.connectors.http.description.load import check_document, describe, load_description
from engine.connectors.port import ReadRequest, Surroundings
from engine.connectors.registry import connector_type
from engine.connectors.zoho import BOOKS, CRM, ERP, HERE, PROJECTS
from engine.errors import UserError
from engine.sandbox.serve import start

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.connectors.http import HttpType
    from engine.connectors.http.connector import HttpConnector

TYPES = [BOOKS, CRM, ERP, PROJECTS]


@pytest.mark.parametrize("type_", TYPES, ids=lambda type_: type_.name)
def test_a_shipped_file_is_as_the_schema_says_and_is_found_by_its_name(type_: HttpType) -> None:
    file = HERE / f"{type_.name.removeprefix('zoho-')}.yaml"
    check_document(yaml.safe_load(file.read_text()), file)
    assert connector_type(type_.name) is type_
    assert type_.describe({}).connector == type_.name
    assert all(stream in type_.describe({}).streams for stream in type_.description.streams)


@pytest.mark.parametrize("type_", TYPES, ids=lambda type_: type_.name)
def test_what_the_catalog_promises_for_a_stream_is_what_its_requests_do(type_: HttpType) -> None:
    for name, calls in type_.description.streams.items():
        stream = type_.describe({}).streams[name]
        assert calls.list is not None
        if not stream.singleton:
            assert calls.list.paging.at_most == stream.can.page_size
        if calls.list.fields is None:  # a list that leaves fields out needs a way to fetch them
            assert calls.get is not None or not any(field.detail_only for field in stream.fields.values())
        for kind in ("create", "update", "delete"):
            writing = getattr(calls, kind)
            assert writing is None or (getattr(stream.can, kind) and writing.batch == stream.can.batch_size)
        assert stream.can.since == bool(
            calls.list.since or (calls.list.windows and calls.list.windows.changed)
        )
        if stream.can.since:
            assert stream.modified is not None
        if calls.list.ids is not None:
            assert calls.list.ids.at_most == stream.can.by_ids
        assert (calls.list.view is not None) == stream.can.saved_views
        assert (calls.upsert is not None) == stream.can.upsert
        assert (calls.deleted is not None) == stream.can.deleted_feed


def test_a_spec_is_checked_without_loading_an_http_client() -> None:
    code = (
        "import sys; from engine.connectors.registry import connector_types as all_"
        "; types = all_();"
        "[types[name].describe({}) and types[name].settings for name in types if name.startswith('zoho')];"
        "heavy = {'httpx', 'tenacity', 'filelock', 'jsonschema', 'duckdb', 'pyarrow'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_the_http_connector_names_no_vendor() -> None:
    folder = Path(engine.connectors.http.__file__).parent
    assert not [
        file for file in folder.rglob("*.py") if re.search("zoho|coql", file.read_text(), re.IGNORECASE)
    ]


STRANGERS: dict[str, tuple[dict[str, Any], str]] = {
    "an unknown key": ({"colour": "red"}, "'colour' was unexpected"),
    "a host over http": ({"centres": {"us": {"api": "http://x.test"}}}, "centres"),
    "an unknown shape": ({"streams": {"a": {"like": "b"}}}, "is like `b`, which is not among the shapes"),
    "no rows": ({"streams": {"a": {"list": {"path": "/a"}}}}, r"lacks `rows` in `mine\.streams\.a\.list`"),
}
MINE: dict[str, Any] = {
    "connector": "mine",
    "summary": "Mine.",
    "settings": {"type": "object", "properties": {"credentials": {}}},
    "centres": {"us": {"api": "https://x.test", "accounts": "https://x.test"}},
    "base": "/v1",
    "auth": {"style": "oauth2-refresh"},
}


@pytest.mark.parametrize("name", STRANGERS)
def test_a_mistake_in_somebody_elses_connector_file_is_placed(name: str, tmp_path: Path) -> None:
    change, says = STRANGERS[name]
    file = tmp_path / "mine.yaml"
    file.write_text(yaml.safe_dump({**MINE, **change}))
    with pytest.raises(UserError, match=says):
        load_description(file)


def test_a_null_takes_a_key_of_the_shape_away() -> None:
    shapes = {"s": {"list": {"path": "/{stream}", "rows": "data", "since": {"style": "sorted"}}}}
    made = describe(
        {**MINE, "shapes": shapes, "streams": {"a": {"like": "s", "list": {"since": None, "rows": "x"}}}}
    )
    listing = made.streams["a"].list
    assert listing is not None
    assert (listing.since, listing.rows, listing.path) == (None, "x", "/{stream}")


@given(id_=st.text())
def test_no_text_changes_the_address_around_it(id_: str) -> None:
    try:
        path = fill_path("/contacts/{id}/active", {"id": id_})
    except UnicodeEncodeError:
        return  # half a character: it never gets this far, an id has letters and digits only
    assert path.count("/") == 3
    assert not set(path) & set("?#\\ \r\n")


def nap(seconds: float) -> None:
    """Sleep, but not as long as a real system deserves."""
    time.sleep(min(seconds, 0.01))


class Company:
    """The sandbox's company, with our connectors on it."""

    def __init__(
        self, connect: dict[str, dict[str, Any]], folder: Path, url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self._url = url
        self._monkeypatch = monkeypatch
        self._around = Surroundings(folder=folder, clock=time.time, sleep=nap, sandbox=True)
        self.crm = self._open(CRM, connect)
        self.books = self._open(BOOKS, connect)
        self.erp = self._open(ERP, connect)

    def strike(self, kind: str, method: str, path: str) -> None:
        """Something goes wrong with the next request that fits."""
        if kind.startswith("timeout"):
            wait_little_for(self._monkeypatch, method, path)
        fault = {"fault": kind, "match": {"method": method, "path": path}, "seconds": 60, "retry_after": 0}
        httpx.post(f"{self._url}/_sandbox/faults", json=fault).raise_for_status()

    def named(self, name: str) -> int:
        """Contacts of that name that are there, seen past our connector."""
        records = httpx.get(f"{self._url}/_sandbox/records/books/contacts").json()["records"]
        return sum(record["contact_name"] == name for record in records)

    def _open(self, type_: HttpType, connect: dict[str, dict[str, Any]]) -> HttpConnector:
        return type_.open(connect[type_.name], self._around)


@pytest.fixture
def company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Company]:
    with start(tmp_path) as running:
        made = Company(running.connect(), tmp_path, running.url, monkeypatch)
        with closing(made.crm), closing(made.books), closing(made.erp):
            yield made


def test_accounts_are_read_written_and_read_again_by_what_changed(company: Company) -> None:
    crm = company.crm
    wanted = ("Account_Name", "Owner.id", "Annual_Revenue")
    before = read(crm, "Accounts", *wanted)
    forecast = crm.forecast_read(ReadRequest(stream="Accounts", fields=wanted), len(ids(before)))
    assert crm.calls - crm.token_calls == forecast.calls == 2
    newest = max(row["Modified_Time"] for page in before for row in page.records or ())

    rows = [{"Account_Name": f"Ünlü & Zn {n}"} for n in range(120)]
    made = write(crm, "Accounts", batch("create", *rows, {"Account_Name": "x" * 300}))
    assert [receipt.outcome for receipt in made] == ["applied"] * 120 + ["refused"]
    assert made[-1].code == "INVALID_DATA"
    assert made[-1].remedy
    assert crm.calls - crm.token_calls - 2 == crm.forecast_write("Accounts", "create", 121).calls == 2

    changed = {
        row["id"]: row for page in read(crm, "Accounts", *wanted, since=newest) for row in page.records or ()
    }
    assert {str(receipt.id) for receipt in made[:-1]} <= set(changed)
    assert len(changed) < len(ids(before))
    one = made[0]
    assert changed[str(one.id)]["Account_Name"] == "Ünlü & Zn 0"
    assert changed[str(one.id)]["Modified_Time"] == one.version

    (kept,) = write(
        crm, "Accounts", batch("update", {"_id": one.id, "_version": one.version, "Phone": "+32 1"})
    )
    assert kept.outcome == "applied"
    (late,) = write(
        crm,
        "Accounts",
        batch("update", {"_id": one.id, "_version": "2020-01-01T00:00:00+01:00", "Phone": "2"}),
    )
    assert late.outcome == "stale"
    (got,) = read(crm, "Accounts", "Phone", ids=(str(one.id), "554023000000099999"))[0].records or ()
    assert got["Phone"] == "+32 1"
    gone = write(crm, "Accounts", batch("delete", {"_id": one.id}))
    assert gone[0].outcome == "applied"
    assert write(crm, "Accounts", batch("update", {"_id": one.id, "Phone": "3"}))[0].outcome == "gone"


def test_an_upsert_changes_its_own_record_and_a_deletion_is_told(company: Company) -> None:
    crm = company.crm
    same = batch("create", {"Account_Name": "Twice & once", "Phone": "+32 2"}, unique="Account_Name")
    (first,), (second,) = write(crm, "Accounts", same), write(crm, "Accounts", same)
    assert (first.outcome, second.outcome, second.id) == ("applied", "applied", first.id)
    write(crm, "Accounts", batch("delete", {"_id": first.id}))
    gone = read(crm, "Accounts", since=first.version, deleted=True)
    assert first.id in ids(gone)


def test_a_thousand_accounts_are_read_by_pages_and_a_query_as_forecast(company: Company) -> None:
    crm = company.crm
    made = write(crm, "Accounts", batch("create", *({"Account_Name": f"Bulk & co {n}"} for n in range(700))))
    wanted = ReadRequest(stream="Accounts", fields=("Account_Name", "Owner.id", "Annual_Revenue"))
    before = crm.calls
    pages = list(crm.read(wanted))
    assert set(ids(pages)) >= {str(receipt.id) for receipt in made}
    assert len(set(ids(pages))) == 1020
    assert crm.calls - before == crm.forecast_read(wanted, 1020).calls == 4
    shown = pages[-1].records or ()
    assert all(set(row) >= {"id", "Modified_Time", "Account_Name"} and row["Owner"]["id"] for row in shown)


@pytest.mark.parametrize("product", ["books", "erp"])
def test_an_invoice_is_made_sent_and_void_and_found_by_what_changed(company: Company, product: str) -> None:
    system: HttpConnector = getattr(company, product)
    customer = ids(read(system, "contacts", "contact_name"), "contact_id")[0]
    item = ids(read(system, "items", "name"), "item_id")[0]
    before = read(system, "invoices", "status", "total")
    newest = max(row["last_modified_time"] for page in before for row in page.records or ())
    lines = [{"item_id": item, "quantity": 2, "rate": 10}]
    row = {"customer_id": customer, "line_items": lines, "status": "sent"}
    spent = system.calls
    (made,) = write(system, "invoices", batch("create", row))
    assert (made.outcome, dict(made.accepted or {})["status"]) == ("applied", "sent")
    (void,) = write(system, "invoices", batch("update", {"_id": made.id, "status": "void"}))
    assert void.outcome == "applied"
    assert system.calls - spent == 3
    changed = ReadRequest(stream="invoices", fields=("status", "total"), since=newest)
    told, spent = system.forecast_read(changed, 2).calls, system.calls
    found = {row["invoice_id"]: row["status"] for page in system.read(changed) for row in page.records or ()}
    assert found[str(made.id)] == "void"
    assert len(found) < len(ids(before, "invoice_id"))
    assert system.calls - spent == told == 2  # one of them tried the filter


def test_tasks_are_read_and_written_below_their_projects(company: Company) -> None:
    books = company.books
    rows = [
        row for page in read(books, "project_tasks", "task_name", "project_id") for row in page.records or ()
    ]
    assert len({row["project_id"] for row in rows}) > 1
    (made,) = write(
        books, "project_tasks", batch("create", {"project_id": rows[0]["project_id"], "task_name": "Sand"})
    )
    (changed,) = write(books, "project_tasks", batch("update", {"_id": made.id, "task_name": "Sand it"}))
    assert (changed.outcome, dict(changed.accepted or {})["task_name"]) == ("applied", "Sand it")
    (full,) = read(books, "project_tasks", "task_name", ids=(str(made.id),))[0].records or ()
    assert full["task_name"] == "Sand it"


def test_contacts_are_read_written_and_read_again_by_what_changed(company: Company) -> None:
    books = company.books
    before = read(books, "contacts", "contact_name")
    newest = max(row["last_modified_time"] for page in before for row in page.records or ())
    rows = [
        {"contact_name": f"Café {n}", "billing_address.city": "Gent", "cf_rating": "a"} for n in range(30)
    ]
    made = write(books, "contacts", batch("create", *rows, {"contact_name": "Café 1"}))
    assert [receipt.outcome for receipt in made[:30]] == ["applied"] * 30
    assert [receipt.outcome for receipt in made[30:]] == ["refused"]
    assert (made[30].code, bool(made[30].remedy)) == ("3062", True)
    accepted: Any = made[0].accepted
    assert (accepted["billing_address"]["city"], accepted["cf_rating"]) == ("Gent", "a")

    changed = ids(read(books, "contacts", "contact_name", since=newest), "contact_id")
    assert {str(receipt.id) for receipt in made[:30]} <= set(changed)
    assert len(changed) < len(ids(before, "contact_id")) + 30
    (row,) = (
        read(books, "contacts", "billing_address.city", ids=(str(made[0].id), "460000000000000001"))[
            0
        ].records
        or ()
    )
    assert row["billing_address"]["city"] == "Gent"
    assert (
        write(books, "contacts", batch("update", {"_id": "46000000000099999", "notes": "x"}))[0].outcome
        == "gone"
    )
    assert books.budget().per_minute == 6000  # as its answers tell; the file says 100


def test_the_organisations_of_both_products_can_be_compared(company: Company) -> None:
    (org,) = read(company.crm, "org", "iso_code")[0].records or ()
    (organization,) = read(company.books, "organizations", "currency_code")[0].records or ()
    assert org["iso_code"] == organization["currency_code"] == "EUR"
    assert organization["organization_id"] in company.books.check()
    assert len(ids(read(company.crm, "users", "email"))) == 12


#: fault -> what the receipt says, and how many records are there afterwards.
FAULTS = {
    "status-429": ("applied", 1),
    "expired-token": ("applied", 1),
    "status-500-after-apply": ("unknown", 1),
    "timeout": ("unknown", 0),
    "timeout-after-apply": ("unknown", 1),
    "torn": ("unknown", 1),
    "html": ("unknown", 0),
    "status-503": ("unknown", 0),
}


@pytest.mark.parametrize("kind", FAULTS)
def test_whatever_goes_wrong_a_create_is_never_made_twice(company: Company, kind: str) -> None:
    outcome, there = FAULTS[kind]
    company.strike(kind, "POST", "/contacts$")
    (receipt,) = write(company.books, "contacts", batch("create", {"contact_name": "Once"}))
    assert (receipt.outcome, company.named("Once")) == (outcome, there)


@pytest.mark.parametrize("kind", [kind for kind in FAULTS if not kind.endswith("after-apply")])
def test_whatever_goes_wrong_once_a_read_is_complete(company: Company, kind: str) -> None:
    company.strike(kind, "GET", "/Accounts$")
    assert len(ids(read(company.crm, "Accounts", "Account_Name"))) == 320
