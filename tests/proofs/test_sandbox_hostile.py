"""Whatever a client sends, the sandbox answers as a product would: refused or done, never broken inside."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sandbox_visitor import Visitor, visit

from engine.sandbox.books.contacts import COLLECTIONS, CONTACTS
from engine.sandbox.crm.modules import MODULES
from engine.sandbox.projects.entities import ENTITIES

if TYPE_CHECKING:
    from collections.abc import Iterator

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=12)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "value", "x"]), inner),
    max_leaves=6,
)
CONTACT_FIELDS = st.sampled_from([*CONTACTS.defaults, "custom_fields", "nonsense"])
ACCOUNT_FIELDS = st.sampled_from([*MODULES["Accounts"].fields, "id", "nonsense"])
PARAMETERS = st.sampled_from(
    [
        "fields",
        "page",
        "per_page",
        "page_token",
        "sort_by",
        "sort_order",
        "ids",
        "cvid",
        "type",
        "filter_by",
        "sort_column",
        "contact_name_contains",
    ]
)
QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitor]:
    with visit(tmp_path_factory.mktemp("hostile")) as visitor:
        yield visitor


@QUICK
@given(st.lists(st.dictionaries(ACCOUNT_FIELDS, JSON, max_size=4), min_size=1, max_size=3), st.data())
def test_crm_answers_every_record_of_every_write(
    house: Visitor, rows: list[dict[str, Any]], choice: st.DataObject
) -> None:
    method, path = choice.draw(st.sampled_from([("POST", ""), ("PUT", ""), ("POST", "/upsert")]))
    answer = house.crm(method, f"/Accounts{path}", content=_sent({"data": rows}))
    assert answer.status_code in (200, 201, 207, 400)
    assert answer.status_code == 400 or len(answer.json()["data"]) == len(rows)


@QUICK
@given(st.dictionaries(CONTACT_FIELDS, JSON, max_size=4))
def test_books_makes_or_refuses_every_contact_and_can_show_it(
    house: Visitor, contact: dict[str, Any]
) -> None:
    answer = house.books("POST", "/contacts", content=_sent(contact))
    assert answer.status_code in (201, 400)
    if answer.status_code == 201:
        id_ = answer.json()["contact"]["contact_id"]
        assert house.books("GET", f"/contacts/{id_}").json()["contact"] == answer.json()["contact"]
        assert house.books("GET", "/contacts", params={"filter_by": "Status.All"}).status_code == 200


@QUICK
@given(st.dictionaries(PARAMETERS, st.text(max_size=8), max_size=4))
def test_no_parameters_break_a_list(house: Visitor, params: dict[str, str]) -> None:
    assert house.crm("GET", "/Accounts", params={"fields": "Phone"} | params).status_code in (200, 204, 400)
    assert house.crm("GET", "/Accounts/deleted", params=params).status_code in (200, 204, 400)
    assert house.crm("GET", "/users", params=params).status_code in (200, 204, 400)
    assert house.books("GET", "/contacts", params=params).status_code in (200, 400)


DOCUMENTS = (
    "invoices",
    "purchaseorders",
    "expenses",
    "projects",
    "time_entries",
    "recurring_invoices",
    "users",
)


@QUICK
@given(st.sampled_from(DOCUMENTS), st.data())
def test_books_makes_or_refuses_every_document_and_can_list_it(
    house: Visitor, name: str, choice: st.DataObject
) -> None:
    shape = COLLECTIONS[name]
    fields = st.sampled_from([*shape.defaults, "custom_fields", "tasks"])
    body = choice.draw(st.dictionaries(fields, JSON | st.sampled_from(_ids(house)), max_size=5))
    customer, user = _ids(house)
    known = {"customer_id": customer, "user_id": user, "line_items": [{"name": "A"}], "billing_type": "x"}
    answer = house.books("POST", f"/{shape.path}", content=_sent(known | body))
    assert answer.status_code in (201, 400, 404)
    assert house.books("GET", f"/{shape.path}", params={"filter_by": "Status.All"}).status_code == 200


def _ids(house: Visitor) -> tuple[str, str]:
    contact = house.books("GET", "/contacts", params={"per_page": 1}).json()["contacts"][0]
    return str(contact["contact_id"]), "46000000000000701"


@QUICK
@given(st.sampled_from(["Quotes", "Tasks", "Notes", "Purchase_Orders"]), st.data())
def test_crm_answers_every_write_of_a_document(house: Visitor, name: str, choice: st.DataObject) -> None:
    line = st.lists(
        st.dictionaries(st.sampled_from(["id", "_delete", "Quantity", "List_Price", "Product_Name"]), JSON)
    )
    body = choice.draw(st.dictionaries(st.sampled_from([*MODULES[name].fields]), JSON | line, max_size=5))
    assert house.crm("POST", f"/{name}", content=_sent({"data": [body]})).status_code in (201, 400)
    listed = house.crm("GET", f"/{name}", params={"fields": ",".join(list(MODULES[name].fields)[:40])})
    assert listed.status_code == 200


@QUICK
@given(ANY_TEXT, st.text("()andor:,\\ Faxequls7", max_size=40))
def test_no_criteria_and_no_statement_break_a_search(house: Visitor, any_text: str, criteria: str) -> None:
    text = any_text.encode(errors="replace").decode()
    for query in ({"criteria": criteria}, {"criteria": f"(Fax:equals:{text})"}, {"word": text}):
        assert house.crm("GET", "/Accounts/search", params=query).status_code in (200, 204, 400)
    for statement in (
        text,
        f"select Fax from Accounts where Fax = '{text}'",
        f"select {criteria} from Accounts",
    ):
        content = _sent({"select_query": statement})
        assert house.crm("POST", "/coql", content=content).status_code in (200, 204, 400)


@QUICK
@given(st.sampled_from(["projects", "tasks", "phases", "issues", "clients", "contacts"]), st.data())
def test_projects_makes_or_refuses_everything_and_can_list_it(
    house: Visitor, name: str, choice: st.DataObject
) -> None:
    entity = ENTITIES[name]
    fields = st.sampled_from([*entity.fields, "owners_and_work", "parental_info"])
    body = {"name": "A"} | choice.draw(st.dictionaries(fields, JSON, max_size=4))
    project = house.projects("GET", "/projects").json()[0]["id"]
    path = f"/projects/{project}/{name}" if entity.within_project else f"/{name}"
    assert house.projects("POST", path, content=_sent(body)).status_code in (201, 400)
    assert house.projects("GET", path, params={"per_page": 200}).status_code == 200


def _sent(body: dict[str, Any]) -> bytes:
    """JSON as a careless client writes it: lone surrogates are escaped and sent."""
    return json.dumps(body).encode()
