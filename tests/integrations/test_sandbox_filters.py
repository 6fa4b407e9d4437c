"""Every published filter of a list finds the rows that it means, or is said not to be served: none is overlooked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sandbox_visitor import Visitor, visit

from engine.sandbox.books.contacts import COLLECTIONS
from engine.sandbox.books.filters import filters_of

if TYPE_CHECKING:
    from collections.abc import Iterator

#: By collection, the address of its list.
LISTS = {plural: shape.path for plural, shape in COLLECTIONS.items() if shape.parent is None}
#: Every filter in each of its forms, from the tables that serve them.
EVERY = [
    (plural, one.name + form, one.kind)
    for plural in LISTS
    for one in filters_of(COLLECTIONS[plural])
    for form in one.forms
]
#: A value that no record has, by kind of filter; for what bounds a value, one that leaves nothing.
NOTHING = {"text": "no record says this", "is": "no such thing", "missing": "x"}
ABOVE = ("_than", "_equals", "_start", "_after", "from_date")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitor]:
    with visit(tmp_path_factory.mktemp("filters"), company="bare") as visitor:
        fill(visitor)
        yield visitor


def fill(visitor: Visitor) -> None:
    """Two customers and a vendor, with a record or two of most kinds for each."""
    user = visitor.records("books", "users")[0]["user_id"]
    account = visitor.records("books", "accounts")[0]["account_id"]
    for place, (name, first) in enumerate((("Alpha", "Ann"), ("Beta", "Bob")), start=1):
        person = {
            "first_name": first,
            "last_name": f"X{name}",
            "email": f"{first.lower()}@x.example",
            "phone": f"0{place}",
        }
        body = {"contact_name": name, "notes": f"since {name}", "billing_address": {"city": f"{name} town"}}
        customer = make(
            visitor,
            "contacts",
            **body,
            contact_persons=[{"first_name": "Other"}, person | {"is_primary_contact": True}],
        )
        vendor = make(visitor, "contacts", contact_name=f"{name} supplies", contact_type="vendor")
        item = make(visitor, "items", name=f"{name} lamp", rate=place * 10, description=f"bright {name}")
        line = {"line_items": [{"item_id": item, "quantity": 1, "description": f"for {name}"}]}
        day = {"date": f"2026-11-0{place}"}
        make(visitor, "estimates", customer_id=customer, **line, **day, expiry_date=f"2026-12-0{place}")
        make(visitor, "invoices", customer_id=customer, **line, **day, due_date=f"2026-12-0{place}")
        make(visitor, "salesorders", customer_id=customer, **line, **day, shipment_date=f"2026-12-0{place}")
        make(visitor, "purchaseorders", vendor_id=vendor, **line, **day)
        paid = {"account_id": account, "paid_through_account_id": account, "amount": place * 10}
        make(
            visitor,
            "expenses",
            **paid,
            **day,
            customer_id=customer,
            vendor_id=vendor,
            description=f"for {name}",
        )
        often = {"recurrence_name": f"{name} often", "recurrence_frequency": "months", "repeat_every": 1}
        start = {"start_date": f"2026-11-0{place}"}
        make(
            visitor, "recurringinvoices", **often, **start, **line, customer_id=customer, notes=f"for {name}"
        )
        make(
            visitor,
            "recurringexpenses",
            **often,
            **start,
            account_id=account,
            amount=place * 10,
            customer_id=customer,
        )
        work = {
            "project_name": f"{name} house",
            "customer_id": customer,
            "billing_type": "based_on_task_hours",
        }
        project = make(visitor, "projects", **work, user_id=user)
        task = make(visitor, f"projects/{project}/tasks", task_name=f"{name} roof")
        log = {"log_date": f"2026-11-0{place}", "log_time": "01:00", "project_id": project, "task_id": task}
        make(visitor, "projects/timeentries", **log, user_id=user)


def make(visitor: Visitor, path: str, **body: Any) -> str:
    """The id of a new record."""
    answer = visitor.books("POST", f"/{path}", json=body)
    assert answer.status_code < 300, (path, answer.text)
    (one,) = (value for value in answer.json().values() if isinstance(value, dict))
    return str(next(value for name, value in one.items() if name.endswith("_id")))


def rows(visitor: Visitor, path: str, **asked: str) -> list[dict[str, Any]] | int:
    """What a list answers; the status of a refusal."""
    answer = visitor.books(
        "GET", f"/{path}", params={"filter_by": "Status.All"} | asked if path != "chartofaccounts" else asked
    )
    if answer.status_code != 200:
        return answer.status_code
    return next(value for value in answer.json().values() if isinstance(value, list))


def nothing(name: str, kind: str) -> str:
    """A value with which a filter leaves no record."""
    if kind in NOTHING:
        return NOTHING[kind]
    high = name.endswith(ABOVE) and "_less_" not in name
    return (
        ("99999999" if high else "-99999999")
        if kind == "number"
        else ("2999-01-01" if high else "1901-01-01")
    )


@pytest.mark.parametrize(
    ("plural", "name", "kind"), EVERY, ids=[f"{plural}-{name}" for plural, name, _ in EVERY]
)
def test_no_published_filter_is_overlooked(house: Visitor, plural: str, name: str, kind: str) -> None:
    found = rows(house, LISTS[plural], **{name: nothing(name, kind)})
    assert found == (501 if kind == "missing" else []), found


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("contacts", {"email": "bob@x.example"}),
        ("contacts", {"first_name": "Bob"}),
        ("contacts", {"last_name_contains": "xbet"}),
        ("contacts", {"phone": "02"}),
        ("contacts", {"address_startswith": "beta t"}),
        ("contacts", {"search_text": "since beta"}),
        ("items", {"rate": "20"}),
        ("items", {"rate_greater_than": "19.5"}),
        ("items", {"search_text": "bright beta"}),
        ("invoices", {"customer_name": "Beta"}),
        ("invoices", {"date": "2026-11-02"}),
        ("invoices", {"date_start": "2026-11-02"}),
        ("invoices", {"due_date_after": "2026-12-01"}),
        ("invoices", {"email": "bob@x.example"}),
        ("invoices", {"total_greater_equals": "20"}),
        ("invoices", {"item_name": "beta lamp"}),
        ("estimates", {"item_description_contains": "for beta"}),
        ("estimates", {"search_text": "bet"}),
        ("estimates", {"expiry_date": "2026-12-02"}),
        ("salesorders", {"shipment_date_start": "2026-12-02"}),
        ("purchaseorders", {"vendor_name_startswith": "beta"}),
        ("purchaseorders", {"total_start": "11"}),
        ("expenses", {"customer_name": "beta"}),
        ("expenses", {"amount_greater_than": "10"}),
        ("expenses", {"search_text": "beta supplies"}),
        ("recurringinvoices", {"notes": "for Beta"}),
        ("recurringexpenses", {"customer_name_contains": "eta"}),
        ("projects/timeentries", {"from_date": "2026-11-02"}),
    ],
    ids=lambda one: one if isinstance(one, str) else "-".join(one),
)
def test_a_filter_finds_the_one_record_that_it_means(
    house: Visitor, path: str, asked: dict[str, str]
) -> None:
    found = rows(house, path, **asked)
    assert isinstance(found, list), found
    assert [("eta" in str(row)) or row.get("date", "").endswith("2") for row in found] == [True], found
    assert "lpha" not in str(found)


def test_lists_are_sorted_by_names_of_what_is_referred_to(house: Visitor) -> None:
    for path in ("invoices", "estimates", "salesorders", "expenses", "projects"):
        found = rows(house, path, sort_column="customer_name", sort_order="D")
        assert isinstance(found, list)
        assert [row["customer_name"] for row in found] == ["Beta", "Alpha"], path


@pytest.mark.parametrize(
    ("path", "asked", "status"),
    [
        ("contacts", {"filter_by": "Status.Duplicate"}, 501),
        ("contacts", {"filter_by": "Status.Nonsense"}, 400),
        ("contacts", {"sort_column": "outstanding_receivable_amount"}, 501),
        ("contacts", {"sort_column": "nonsense"}, 400),
        ("salesorders", {"filter_by": "Status.OverDue"}, 200),
        ("expenses", {"filter_by": "Status.Nonbillable"}, 200),
        ("projects/timeentries", {"filter_by": "Date.ThisWeek"}, 501),
        ("projects/timeentries", {"filter_by": "Status.Unbilled"}, 200),
        ("invoices", {"date": "yesterday"}, 400),
        ("invoices", {"total_less_than": "NaN"}, 400),
    ],
)
def test_values_that_the_vendor_knows_are_served_or_said_to_be_missing(
    house: Visitor, path: str, asked: dict[str, str], status: int
) -> None:
    answer = house.books("GET", f"/{path}", params=asked)
    assert (answer.status_code, answer.headers.get("X-Sandbox")) == (
        status,
        "not-served" if status == 501 else None,
    )


@pytest.mark.parametrize(
    ("product", "path", "asked"),
    [
        ("projects", "/projects", {"filter": "{}"}),
        ("projects", "/tasks", {"view_id": "1"}),
        ("projects", "/users", {"type": "client"}),
        ("projects", "/timelogs", {"filter": "{}"}),
        ("crm", "/Accounts", {"fields": "Account_Name", "converted": "true"}),
        ("crm", "/Accounts", {"fields": "Account_Name", "filters": "{}"}),
        ("crm", "/Accounts/actions/count", {"word": "x"}),
    ],
)
def test_a_filter_of_the_other_products_is_never_overlooked(
    house: Visitor, product: str, path: str, asked: dict[str, str]
) -> None:
    answer = getattr(house, product)("GET", path, params=asked)
    assert (answer.status_code, answer.headers.get("X-Sandbox")) == (501, "not-served"), answer.text


def test_users_of_a_portal_are_chosen_by_their_ids(house: Visitor) -> None:
    first, second = (row["id"] for row in house.projects("GET", "/users").json()["users"][:2])
    found = house.projects("GET", "/users", params={"ids": f"{second}, {first}"}).json()["users"]
    assert {row["id"] for row in found} == {first, second}
    assert house.projects("GET", "/users", params={"ids": "1"}).status_code == 204


def test_only_the_currencies_beside_the_base_are_none(house: Visitor) -> None:
    assert rows(house, "settings/currencies", filter_by="Currencies.ExcludeBaseCurrency") == []


def test_names_are_found_whatever_their_case_in_any_alphabet(house: Visitor) -> None:
    customer = make(house, "contacts", contact_name="ÖL & SÖHNE", notes="ΑΘΉΝΑ")
    invoice = make(house, "invoices", customer_id=customer, line_items=[{"name": "Ёлка", "rate": 1}])
    assert len(rows(house, "contacts", search_text="αθήνα")) == 1  # type: ignore[arg-type]  # a list
    for asked in ({"customer_name": "öl & söhne"}, {"item_name_startswith": "ёл"}):
        found = rows(house, "invoices", **asked)
        assert isinstance(found, list)
        assert [row["customer_id"] for row in found] == [customer]
    for path in (f"/invoices/{invoice}", f"/contacts/{customer}"):
        assert house.books("DELETE", path).status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        "select Account_Name.Phone from Contacts where id is not null",
        "select Account_Name, COUNT(id) from Contacts where id is not null group by Account_Name",
        "select SUM(Amount) from Deals where id is not null",
    ],
)
def test_what_coql_can_do_besides_is_said_to_be_missing(house: Visitor, query: str) -> None:
    answer = house.crm("POST", "/coql", json={"select_query": query})
    assert (answer.status_code, answer.headers.get("X-Sandbox")) == (501, "not-served"), answer.text
