"""For developers: what our connectors send, and the sandbox answers, fits the vendor's descriptions (ENGINE_OPENAPI).

The descriptions have no licence, so they are never part of this project; without them nothing is checked.
"""

from __future__ import annotations

import re
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from http_scripted import batch, ids, read, write
from openapi_described import CARELESS, FOLDER, UNTRUSTED, faults, untruths
from places import CASES

from engine.connectors.http.read.bulk_export import ExportReader
from engine.connectors.http.send.transport import Transport
from engine.connectors.port import Surroundings
from engine.connectors.zoho import BOOKS, CRM
from engine.sandbox.serve import start

if TYPE_CHECKING:
    from pathlib import Path

    from engine.connectors.http.connector import HttpConnector
    from engine.connectors.http.send.transport import HttpAnswer, HttpRequest

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="ENGINE_OPENAPI names no folder of descriptions")

#: Streams that no description has.
UNDESCRIBED_STREAMS = ("preferences", "accounts")
#: Streams that are written and not tried here: those that no description has, and those whose records stay for good.
FINANCE_TAB = ("Quotes", "Sales_Orders", "Purchase_Orders", "Invoices", "Expenses")
UNTRIED = {
    "books": {"currencies", "general_time_entries", "project_users"},
    "crm": {"users", *(f"Finance_{name}" for name in FINANCE_TAB)},
}
#: A record of every stream that is written, by product.
ROWS = yaml.safe_load((CASES / "openapi" / "rows.yaml").read_text(encoding="utf-8"))
BOOKS_ROWS: dict[str, dict[str, Any]] = ROWS["books"]
CRM_ROWS: dict[str, dict[str, Any]] = ROWS["crm"]


class Recorded:
    """Every request that is sent while it is looked at, but those for tokens."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.requests: list[HttpRequest] = []
        self.answers: list[tuple[HttpRequest, HttpAnswer]] = []
        fetch = Transport.fetch

        def record(transport: Transport, wanted: HttpRequest) -> HttpAnswer:
            if not wanted.url.endswith("/token"):
                self.requests.append(wanted)
            answer = fetch(transport, wanted)
            if not wanted.url.endswith("/token"):
                self.answers.append((wanted, answer))
            return answer

        monkeypatch.setattr(Transport, "fetch", record)


def work_in_books(books: HttpConnector) -> None:
    """Read every stream twice, the second time what changed; make, change and take away a record of each."""
    books.observe(BOOKS.description.streams)
    for name, stream in books.catalog().streams.items():
        if name in UNDESCRIBED_STREAMS or name not in BOOKS.description.streams:
            continue
        fields = [field for field in stream.fields.values() if not field.detail_only]
        read(books, name, *(field.name for field in fields))
        read(books, name, stream.id, since="2026-11-01T00:00:00+0100")
    made = {name: whole_life(books, name, rows(books)) for name in BOOKS_ROWS}
    lives = {name for name, calls in BOOKS.description.streams.items() if calls.create}
    assert lives - set(made) == UNTRIED["books"], "every other stream that is written is tried here"
    person = made["contacts"]
    write(
        books,
        "contacts",
        batch("update", {"_id": person, "billing_address.zip": "9000", "status": "inactive"}),
    )
    upserted = {"contact_name": "By key", "cf_engine_key": "K-1"}
    write(books, "contacts", batch("create", upserted, unique="cf_engine_key"))


def rows(books: HttpConnector) -> dict[str, dict[str, Any]]:
    """A record of every stream that Books takes, which refers to what is there."""
    first = {
        name: ids(read(books, name, field), field)[0]
        for name, field in (("contacts", "contact_id"), ("items", "item_id"), ("accounts", "account_id"))
    }
    first |= {"users": ids(read(books, "users", "name"), "user_id")[0]}
    first |= {"projects": ids(read(books, "projects", "project_name"), "project_id")[0]}
    first |= {"project_tasks": ids(read(books, "project_tasks", "task_name"), "task_id")[0]}
    vendors = [
        row["contact_id"]
        for page in read(books, "contacts", "contact_type")
        for row in page.records or ()
        if row["contact_type"] == "vendor"
    ]
    first |= {"vendors": vendors[0]}
    return {name: filled(row, first) for name, row in BOOKS_ROWS.items()}


def filled(value: Any, first: dict[str, str]) -> Any:
    """A value with `<stream>` replaced by the id of a record that is there."""
    if isinstance(value, dict):
        return {key: filled(one, first) for key, one in value.items()}
    if isinstance(value, list):
        return [filled(one, first) for one in value]
    return first[value[1:-1]] if isinstance(value, str) and value.startswith("<") else value


def whole_life(connector: HttpConnector, name: str, all_rows: dict[str, dict[str, Any]]) -> str:
    """Make a record, read it in full, change it, take it away where that can be done; its id, before it goes."""
    stream, row = connector.catalog().streams[name], all_rows[name]
    (made,) = write(connector, name, batch("create", row))
    assert made.outcome == "applied", (name, made)
    id_ = str(made.id)
    read(connector, name, *(one for one in row if "." not in one), ids=(id_,))
    same = next(
        one for one, value in row.items() if isinstance(value, str) and stream.fields[one].type == "text"
    )
    (changed,) = write(connector, name, batch("update", {"_id": id_, same: row[same] + "!"}))
    assert changed.outcome == "applied", (name, changed)
    if stream.can.delete and name != "contacts":
        (gone,) = write(connector, name, batch("delete", {"_id": id_}))
        assert gone.outcome == "applied", (name, gone)
    return id_


def work_in_crm(crm: HttpConnector) -> None:
    """The same in CRM, batches, upserts, queries and metadata included."""
    crm.check()
    crm.observe(CRM.description.streams)
    many = batch("create", *({"Account_Name": f"Many & {n}"} for n in range(400)))
    made = [str(receipt.id) for receipt in write(crm, "Accounts", many)]
    first: dict[str, str] = {}
    for name in CRM.description.streams:
        found = ids(read(crm, name, crm.catalog().streams[name].id), crm.catalog().streams[name].id)
        first |= {name: found[0]} if found else {}
    lives = {name for name, calls in CRM.description.streams.items() if calls.create}
    assert lives - set(CRM_ROWS) == UNTRIED["crm"], "every other stream that is written is tried here"
    for name in CRM_ROWS:
        whole_life(crm, name, filled(CRM_ROWS, first))
    read(crm, "Accounts", "Account_Name", "Owner.id", since="2026-11-01T00:00:00+01:00")
    read(crm, "Accounts", "Account_Name", ids=tuple(made[:3]))
    read(crm, "Accounts", deleted=True)
    write(crm, "Accounts", batch("update", {"_id": made[0], "Phone": "+32 1", "Parent_Account.id": made[1]}))
    write(crm, "Accounts", batch("create", {"Account_Name": "Many & 1"}, unique="Account_Name"))
    write(crm, "Accounts", batch("delete", {"_id": made[0]}, {"_id": made[1]}))
    bulk = CRM.description.streams["Accounts"].list
    assert bulk is not None
    assert bulk.bulk is not None
    bulking = ExportReader(crm._wire, bulk.bulk, crm.catalog().streams["Accounts"], ("id", "Account_Name"))
    assert bulking.total() == 320 + 400 - 2
    assert sum(len(page) for page in bulking.pages()) == 718


@pytest.mark.parametrize("product", ["books", "crm"])
def test_what_is_sent_is_as_the_vendor_describes_it(
    product: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded = Recorded(monkeypatch)
    type_, work = {"books": (BOOKS, work_in_books), "crm": (CRM, work_in_crm)}[product]
    with start(tmp_path) as running:
        around = Surroundings(folder=tmp_path, clock=time.time, sleep=time.sleep, sandbox=True)
        with closing(type_.open(running.connect()[type_.name], around)) as connector:
            work(connector)
    assert len(recorded.requests) > 20
    found = {fault for wanted in recorded.requests for fault in faults(product, wanted)}
    assert sorted(found - CARELESS) == []
    untrue = {untruth for wanted, answer in recorded.answers for untruth in untruths(product, wanted, answer)}
    assert sorted(one for one in untrue if not re.search(UNTRUSTED[product], one)) == []
