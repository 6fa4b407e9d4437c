"""For developers: what our connectors send, and the sandbox answers, fits the vendor's descriptions (ENGINE_OPENAPI).

The descriptions have no licence, so they are never part of this project; without them nothing is checked.
"""

from __future__ import annotations

import json
import os
import re
import time
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import simplejson
import yaml
from http_scripted import batch, ids, read, write

from engine.connectors.http.bulking import Bulking
from engine.connectors.http.transport import Transport
from engine.connectors.port import Surroundings
from engine.connectors.zoho import BOOKS, CRM
from engine.sandbox.serve import start

if TYPE_CHECKING:
    from engine.connectors.http.connector import HttpConnector
    from engine.connectors.http.transport import Answer, Wanted

NAMED = os.environ.get("ENGINE_OPENAPI")
BESIDE = Path(__file__).resolve().parents[2] / "shared" / "openapi"
FOLDER = Path(NAMED) if NAMED else BESIDE

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="ENGINE_OPENAPI names no folder of descriptions")

#: Parameters that work and that no description has, by a part of the path: see the connector files for why.
UNDESCRIBED = {
    "/estimates": {"last_modified_time"},
    "/items": {"last_modified_time"},
    "/expenses": {"last_modified_time"},
    "/contacts": {"sort_order"},  # its list answers tell it in `page_context`
}
#: The tenant is a parameter of every request; `wf_trigger` is of the older description of the same version.
EVERYWHERE = {"organization_id", "wf_trigger"}
#: Where a description types a number as text, or an example as the only value; other operations of it contradict it.
CARELESS = {
    "/purchaseorders: 2 is not of type 'string'",
    "/recurringexpenses: 1 is not of type 'string'",
    "/recurringinvoices: 'months' is not one of ['weeks']",
}
#: Where an answer's description is not to be trusted, by product.
UNTRUSTED = {
    # Amounts are typed as text or whole numbers, lists as objects and the other way; some creates tell 200 only.
    "books": ": type |: 201 is not described",
    # Lists of at most 100; tokens that are never null; users without mail; upserts that do not tell what they did;
    # fields of other modules on a job; the word for a productive organisation, which other pages write otherwise.
    "crm": "maxItems|page_token|'call' was unexpected|'email' was unexpected|'action', 'duplicate_field'"
    "|File_Id__s|Attachment_Source__s|'Production' is not one of",
}
#: Addresses that clients use and no description has.
UNDESCRIBED_PATHS = {"/settings/preferences/customfields"}


@cache
def described(product: str) -> list[tuple[str, str, dict[str, Any], Any]]:
    """Path, method, operation and its whole document, of every operation of a product."""
    folder, base = {"books": ("books-v3", ""), "crm": ("crm-v8", "")}[product]
    found = []
    for file in sorted((FOLDER / folder).iterdir()):
        text = file.read_text(encoding="utf-8")
        document = yaml.load(text, Loader=yaml.CSafeLoader) if file.suffix != ".json" else json.loads(text)
        document = without_letters(document)
        for path, operations in document["paths"].items():
            shared = operations.get("parameters", [])
            for method, operation in operations.items():
                if isinstance(operation, dict) and method in ("get", "post", "put", "delete"):
                    whole = {**operation, "parameters": [*shared, *operation.get("parameters", [])]}
                    found.append((base + path, method.upper(), whole, document))
    return found


def without_letters(part: Any) -> Any:
    """A description without patterns over classes of letters, which Python cannot compile."""
    if isinstance(part, dict):
        kept = {key: one for key, one in part.items() if key != "pattern" or "\\p{" not in str(one)}
        return {key: without_letters(one) for key, one in kept.items()}
    return [without_letters(one) for one in part] if isinstance(part, list) else part


def deref(document: Any, node: Any) -> Any:
    while isinstance(node, dict) and "$ref" in node:
        place = document
        for key in node["$ref"].removeprefix("#/").split("/"):
            place = place[key.replace("~1", "/").replace("~0", "~")]
        node = place
    return node


def operation_for(product: str, method: str, path: str) -> tuple[dict[str, Any], Any]:
    """The described operation with the fewest variables in its path that fits."""
    fits = [
        (template.count("{"), operation, document)
        for template, verb, operation, document in described(product)
        if verb == method and re.fullmatch(re.sub(r"\{[^}]*\}", "[^/]+", template), path)
    ]
    assert fits, f"no description has {method} {path}"
    _, operation, document = min(fits, key=lambda fit: fit[0])
    return operation, document


def partial(schema: Any) -> Any:
    """A schema whose fields may be left out: the descriptions demand all on an update, the API does not."""
    if isinstance(schema, dict):
        return {key: partial(part) for key, part in schema.items() if key != "required"}
    return [partial(part) for part in schema] if isinstance(schema, list) else schema


def described_path(product: str, url: str) -> str:
    """A path as the descriptions write it: without what stands in front of all of them."""
    fronts = {"books": ("/books/v3",), "crm": ("/crm/v8", "/crm/bulk/v8")}[product]
    path = urlsplit(url).path
    return next(path.removeprefix(front) for front in fronts if path.startswith(front))


def faults(product: str, wanted: Wanted) -> list[str]:
    """What a request has that its description has not."""
    from openapi_schema_validator import OAS30Validator, OAS31Validator

    path = described_path(product, wanted.url)
    if path in UNDESCRIBED_PATHS:
        return []
    operation, document = operation_for(product, wanted.method, path)
    declared = {deref(document, part)["name"] for part in operation["parameters"]}
    extra = {name for part, names in UNDESCRIBED.items() if part in path for name in names}
    found = [f"{path}: {name}" for name in set(wanted.params) - declared - extra - EVERYWHERE]
    content = deref(document, operation.get("requestBody", {})).get("content", {})
    if wanted.content is None or not content:
        return found
    schema = next(iter(content.values()))["schema"]
    whole = {**document, **schema}
    validator = OAS31Validator if str(document["openapi"]).startswith("3.1") else OAS30Validator
    judge = validator(partial(whole) if wanted.method == "PUT" else whole)
    return found + [
        f"{path}: {error.message[:300]}" for error in judge.iter_errors(json.loads(wanted.content))
    ]


#: Streams that no description has.
UNDESCRIBED_STREAMS = ("preferences", "accounts")
LINES = [{"item_id": "<items>", "quantity": 2, "rate": 10}]
#: A record of each stream that Books takes; `<stream>` stands for the id of a record that is there.
BOOKS_ROWS: dict[str, dict[str, Any]] = {
    "contacts": {"contact_name": "A & B", "billing_address.city": "Gent", "notes": "n"},
    "contact_persons": {"contact_id": "<contacts>", "first_name": "Ann", "last_name": "Bee"},
    "items": {"name": "Bolt & nut", "rate": 2, "description": "d"},
    "estimates": {"customer_id": "<contacts>", "line_items": LINES, "status": "sent", "notes": "n"},
    "invoices": {"customer_id": "<contacts>", "line_items": LINES, "notes": "n"},
    "salesorders": {"customer_id": "<contacts>", "line_items": LINES, "notes": "n"},
    "purchaseorders": {"vendor_id": "<vendors>", "line_items": LINES, "notes": "n"},
    "expenses": {
        "account_id": "<accounts>",
        "paid_through_account_id": "<accounts>",
        "date": "2026-11-20",
        "amount": 12,
        "description": "Taxi",
    },
    "recurring_invoices": {
        "recurrence_name": "Rent",
        "customer_id": "<contacts>",
        "recurrence_frequency": "months",
        "start_date": "2026-12-01",
        "line_items": LINES,
    },
    "recurring_expenses": {
        "account_id": "<accounts>",
        "recurrence_name": "Lease",
        "start_date": "2026-12-01",
        "recurrence_frequency": "months",
        "repeat_every": 1,
        "amount": 100,
    },
    "projects": {
        "project_name": "Move & settle",
        "customer_id": "<contacts>",
        "billing_type": "based_on_project_hours",
        "user_id": "<users>",
        "description": "d",
    },
    "project_tasks": {"project_id": "<projects>", "task_name": "T", "description": "d"},
    "time_entries": {
        "project_id": "<projects>",
        "task_id": "<project_tasks>",
        "user_id": "<users>",
        "log_date": "2026-11-20",
        "log_time": 90,
        "notes": "n",
    },
    "users": {"name": "Cas Dom", "email": "cas@example.com"},
}
ITEM = {"Product_Name": {"id": "<Products>"}, "Quantity": 1, "List_Price": 5}
#: The same for CRM.
CRM_ROWS: dict[str, dict[str, Any]] = {
    "Accounts": {"Account_Name": "One & only", "Phone": "+32 1"},
    "Contacts": {"Last_Name": "Bee", "Account_Name.id": "<Accounts>"},
    "Vendors": {"Vendor_Name": "Steel & Sons"},
    "Products": {"Product_Name": "Hinge", "Unit_Price": 3},
    "Deals": {"Deal_Name": "Bridge", "Stage": "Qualification", "Account_Name.id": "<Accounts>"},
    "Tasks": {"Subject": "Call"},
    "Notes": {
        "Note_Title": "Hello",
        "Note_Content": "w",
        "Parent_Id.id": "<Accounts>",
        "Parent_Id.module.api_name": "Accounts",
    },
    "Quotes": {"Subject": "Q", "Account_Name.id": "<Accounts>", "Quoted_Items": [ITEM]},
    "Invoices": {"Subject": "I", "Account_Name.id": "<Accounts>", "Invoiced_Items": [ITEM]},
    "Sales_Orders": {"Subject": "S", "Account_Name.id": "<Accounts>", "Ordered_Items": [ITEM]},
    "Purchase_Orders": {"Subject": "P", "Vendor_Name.id": "<Vendors>", "Purchase_Items": [ITEM]},
}


def untruths(product: str, wanted: Wanted, answer: Answer) -> list[str]:
    """In what the sandbox's answer departs from the description."""
    from openapi_schema_validator import OAS30Validator, OAS31Validator

    path = described_path(product, wanted.url)
    if path in UNDESCRIBED_PATHS or answer.body is None:
        return []
    operation, document = operation_for(product, wanted.method, path)
    told = deref(document, operation["responses"].get(str(answer.status), {}))
    content = told.get("content", {}).get("application/json")
    if content is None:
        return [f"{wanted.method} {path}: {answer.status} is not described"]
    whole = {**document, **content["schema"]}
    validator = OAS31Validator if str(document["openapi"]).startswith("3.1") else OAS30Validator
    plain = json.loads(simplejson.dumps(answer.body, use_decimal=True))
    about = f"{wanted.method} {re.sub('[0-9]{6,}', 'ID', path)} {answer.status}"
    return [
        f"{about}: {'/'.join(map(str, error.absolute_path))}: {error.validator} {error.message[-200:]}"
        for error in validator(whole).iter_errors(plain)
    ]


class Recorded:
    """Every request that is sent while it is looked at, but those for tokens."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.requests: list[Wanted] = []
        self.answers: list[tuple[Wanted, Answer]] = []
        fetch = Transport.fetch

        def record(transport: Transport, wanted: Wanted) -> Answer:
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
    assert lives - set(made) == {"currencies"}, "every stream that is written is tried here"
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
    assert lives == set(CRM_ROWS), "every stream that is written is tried here"
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
    bulking = Bulking(crm._wire, bulk.bulk, crm.catalog().streams["Accounts"], ("id", "Account_Name"))
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
