"""For developers: what our connectors send fits the vendor's own descriptions, in the folder ENGINE_OPENAPI.

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
import yaml
from http_scripted import batch, ids, read, write

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
    "/Accounts": {"wf_trigger"},  # of the older description of the same version
}
#: Headers and the tenant are parameters of every request.
EVERYWHERE = {"organization_id"}


@cache
def described(product: str) -> list[tuple[str, str, dict[str, Any], Any]]:
    """Path, method, operation and its whole document, of every operation of a product."""
    folder, base = {"books": ("books-v3", ""), "crm": ("crm-v8", "")}[product]
    found = []
    for file in sorted((FOLDER / folder).iterdir()):
        text = file.read_text(encoding="utf-8")
        document = yaml.load(text, Loader=yaml.CSafeLoader) if file.suffix != ".json" else json.loads(text)
        for path, operations in document["paths"].items():
            shared = operations.get("parameters", [])
            for method, operation in operations.items():
                if isinstance(operation, dict) and method in ("get", "post", "put", "delete"):
                    whole = {**operation, "parameters": [*shared, *operation.get("parameters", [])]}
                    found.append((base + path, method.upper(), whole, document))
    return found


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


def faults(product: str, wanted: Wanted) -> list[str]:
    """What a request has that its description has not."""
    from openapi_schema_validator import OAS30Validator, OAS31Validator

    path = urlsplit(wanted.url).path.removeprefix({"books": "/books/v3", "crm": "/crm/v8"}[product])
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


class Recorded:
    """Every request that is sent while it is looked at, but those for tokens."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.requests: list[Wanted] = []
        fetch = Transport.fetch

        def record(transport: Transport, wanted: Wanted) -> Answer:
            if not wanted.url.endswith("/token"):
                self.requests.append(wanted)
            return fetch(transport, wanted)

        monkeypatch.setattr(Transport, "fetch", record)


def work_in_books(books: HttpConnector) -> None:
    """Read every stream twice, the second time what changed; write what an integration writes."""
    for name, stream in books.catalog().streams.items():
        if name in ("preferences", "accounts") or name not in BOOKS.description.streams:
            continue
        fields = [field for field in stream.fields.values() if not field.detail_only]
        read(books, name, *(field.name for field in fields))
        read(books, name, stream.id, since="2026-11-01T00:00:00+0100")
    (person,) = write(
        books, "contacts", batch("create", {"contact_name": "A & B", "billing_address.city": "Gent"})
    )
    write(
        books,
        "contacts",
        batch("update", {"_id": person.id, "billing_address.zip": "9000", "status": "inactive"}),
    )
    item = ids(read(books, "items", "name"), "item_id")[0]
    lines = [{"item_id": item, "quantity": 2, "rate": 10}]
    for name in ("estimates", "invoices"):
        row = {"customer_id": person.id, "line_items": lines, "status": "sent"}
        (made,) = write(books, name, batch("create", row))
        read(books, name, "line_items", ids=(str(made.id),))
        write(books, name, batch("update", {"_id": made.id, "notes": "n"}))
    write(books, "invoices", batch("update", {"_id": made.id, "status": "void"}))
    project = ids(read(books, "projects", "project_name"), "project_id")[0]
    (task,) = write(books, "project_tasks", batch("create", {"project_id": project, "task_name": "T"}))
    write(books, "project_tasks", batch("update", {"_id": task.id, "description": "d"}))
    write(books, "project_tasks", batch("delete", {"_id": task.id}))


def work_in_crm(crm: HttpConnector) -> None:
    """The same in CRM, batches, upserts and queries included."""
    many = batch("create", *({"Account_Name": f"Many & {n}"} for n in range(400)))
    made = [str(receipt.id) for receipt in write(crm, "Accounts", many)]
    for name in CRM.description.streams:
        read(crm, name, crm.catalog().streams[name].id)
    read(crm, "Accounts", "Account_Name", "Owner.id", since="2026-11-01T00:00:00+01:00")
    read(crm, "Accounts", "Account_Name", ids=tuple(made[:3]))
    read(crm, "Accounts", deleted=True)
    write(crm, "Accounts", batch("update", {"_id": made[0], "Phone": "+32 1", "Parent_Account.id": made[1]}))
    write(crm, "Accounts", batch("create", {"Account_Name": "Many & 1"}, unique="Account_Name"))
    write(crm, "Accounts", batch("delete", {"_id": made[0]}, {"_id": made[1]}))


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
    assert sorted({fault for wanted in recorded.requests for fault in faults(product, wanted)}) == []
