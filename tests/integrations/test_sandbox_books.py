"""The local Books answers as the published API says, seen by a plain client."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from sandbox_visitor import Visitor, cases, visit

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitor]:
    with visit(tmp_path_factory.mktemp("books")) as visitor:
        yield visitor


@pytest.fixture
def books(house: Visitor) -> Visitor:
    house.begin_anew()
    return house


def _make(books: Visitor, **contact: Any) -> dict[str, Any]:
    answer = books.books("POST", "/contacts", json=contact)
    assert (answer.status_code, answer.json()["code"]) == (201, 0)
    return dict(answer.json()["contact"])


def _list(books: Visitor, **params: Any) -> dict[str, Any]:
    answer = books.books("GET", "/contacts", params=params)
    assert answer.status_code == 200
    return dict(answer.json())


def test_every_call_names_the_organisation(house: Visitor) -> None:
    organization = house.running.connect()["zoho-books"]["organization"]
    token = {"Authorization": f"Zoho-oauthtoken {house.tokens['zoho-books']}"}
    missing = house.http.get("/books/v3/contacts", headers=token)
    wrong = house.books("GET", "/contacts", params={"organization_id": "1"})
    assert [(a.status_code, a.json()["code"]) for a in (missing, wrong)] == [(400, 6), (400, 6041)]
    listed = house.http.get("/books/v3/organizations", headers=token).json()["organizations"][0]
    one = house.books("GET", f"/organizations/{organization}").json()["organization"]
    assert (listed["organization_id"], one) == (organization, listed)
    assert listed["currency_code"] == "EUR"


def test_a_list_shows_active_contacts_only_unless_asked(books: Visitor) -> None:
    asleep = _list(books)["contacts"][0]["contact_id"]
    assert books.books("POST", f"/contacts/{asleep}/inactive").json()["code"] == 0
    counts = {by: len(_list(books, filter_by=by)["contacts"]) for by in ("Status.All", "Status.Inactive")}
    assert (len(_list(books)["contacts"]), counts) == (59, {"Status.All": 60, "Status.Inactive": 1})
    assert books.books("POST", f"/contacts/{asleep}/active").json()["code"] == 0
    assert len(_list(books)["contacts"]) == 60
    assert books.books("GET", "/contacts", params={"filter_by": "Status.Odd"}).status_code == 400


def test_a_list_row_is_short_and_a_record_is_whole(books: Visitor) -> None:
    made = _make(
        books,
        contact_name="Whole Customer",
        website="https://whole.example",
        notes="a note",
        billing_address={"city": "Ghent"},
        contact_persons=[{"first_name": "Zoë", "email": "zoe@whole.example"}],
        custom_fields=[{"api_name": "cf_industry", "value": "Food"}],
    )
    whole = books.books("GET", f"/contacts/{made['contact_id']}").json()["contact"]
    assert whole == made
    assert (whole["billing_address"]["city"], whole["billing_address"]["zip"]) == ("Ghent", "")
    assert whole["custom_field_hash"] == {"cf_industry": "Food"}
    row = _list(books, contact_name="whole customer")["contacts"][0]
    detail_only = {"billing_address", "contact_persons", "notes", "website", "custom_fields"}
    assert detail_only <= whole.keys()
    assert not detail_only & row.keys()
    assert row == {name: whole[name] for name in row}
    assert (row["first_name"], row["email"], row["mobile"]) == ("Zoë", "zoe@whole.example", "")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+0[12]00", row["last_modified_time"])
    assert re.fullmatch(r"\d{17,18}", row["contact_id"])


def test_pages_in_order_of_change_show_every_contact_once(books: Visitor) -> None:
    books.command("edit", product="books", module="contacts", id=_list(books)["contacts"][7]["contact_id"])
    newest_first = {"sort_column": "last_modified_time", "sort_order": "D", "per_page": 25}
    pages = [_list(books, page=page, **newest_first) for page in (1, 2, 3)]
    assert [page["page_context"]["has_more_page"] for page in pages] == [True, True, False]
    rows = [row for page in pages for row in page["contacts"]]
    assert len({row["contact_id"] for row in rows}) == len(rows) == 60
    stamps = [row["last_modified_time"] for row in rows if row["last_modified_time"].endswith("+0100")]
    assert stamps == sorted(stamps, reverse=True)
    assert books.books("GET", "/contacts", params={"per_page": 201}).json()["code"] == 4


def test_contacts_are_found_by_name_or_part_of_it_without_case(books: Visitor) -> None:
    _make(books, contact_name="50% Ünder_score")
    found = {
        how: [row["contact_name"] for row in _list(books, **{how: text})["contacts"]]
        for how, text in {
            "contact_name": "50% ünder_score",
            "contact_name_contains": "R_SC",
            "contact_name_startswith": "50%",
        }.items()
    }
    assert list(found.values()) == [["50% Ünder_score"]] * 3
    assert _list(books, contact_name="50")["contacts"] == []


@pytest.mark.parametrize("case", cases("books-values.yaml"), ids=lambda case: str(case["what"]))
def test_each_contact_is_taken_or_refused_with_a_number(books: Visitor, case: dict[str, Any]) -> None:
    answer = books.books("POST", "/contacts", json=case["contact"])
    assert answer.json()["code"] == case["code"]
    assert answer.status_code == (201 if case["code"] == 0 else 400)
    assert case.get("says", "") in answer.json()["message"]
    assert len(books.records("books", "contacts")) == (61 if case["code"] == 0 else 60)


def test_a_name_belongs_to_one_contact_however_it_is_cased_or_spaced(books: Visitor) -> None:
    made = _make(books, contact_name=" Møbel Ångström ")
    assert made["contact_name"] == "Møbel Ångström"
    refused = books.books("POST", "/contacts", json={"contact_name": "MØBEL ångström"})
    assert (refused.status_code, refused.json()["code"]) == (400, 3062)
    other = _make(books, contact_name="Other")
    renamed = books.books("PUT", f"/contacts/{other['contact_id']}", json={"contact_name": "møbel ångström"})
    assert renamed.json()["code"] == 3062
    assert books.books("DELETE", f"/contacts/{made['contact_id']}").json()["code"] == 0
    _make(books, contact_name="MØBEL ångström")


def test_an_update_keeps_what_is_not_sent_and_replaces_arrays(books: Visitor) -> None:
    persons = [{"first_name": "Ada"}, {"first_name": "Bo"}]
    made = _make(
        books,
        contact_name="Keeper",
        notes="stays",
        website="goes",
        billing_address={"city": "Ghent", "zip": "9000"},
        contact_persons=persons,
    )
    kept = {"contact_person_id": made["contact_persons"][1]["contact_person_id"], "first_name": "Bo"}
    sent = {"website": "", "billing_address": {"city": "Leuven"}, "contact_persons": [kept]}
    after = books.books("PUT", f"/contacts/{made['contact_id']}", json=sent).json()["contact"]
    assert (after["notes"], after["website"], after["contact_name"]) == ("stays", "", "Keeper")
    assert (after["billing_address"]["city"], after["billing_address"]["zip"]) == ("Leuven", "9000")
    assert after["contact_persons"] == [kept]


@pytest.mark.parametrize(
    ("method", "path"), [("GET", ""), ("PUT", ""), ("DELETE", ""), ("POST", "/inactive")]
)
def test_an_unknown_id_is_404_with_code_1002(house: Visitor, method: str, path: str) -> None:
    body: dict[str, Any] | None = {} if method == "PUT" else None
    for id_ in ("46000000000099999", "nobody"):
        answer = house.books(method, f"/contacts/{id_}{path}", json=body)
        assert (answer.status_code, answer.json()["code"]) == (404, 1002)


def test_items_users_and_currencies_are_served_in_the_same_envelope(books: Visitor) -> None:
    made = books.books("POST", "/items", json={"name": "Oak table", "rate": 420.5, "sku": "T-1"})
    assert (made.status_code, made.json()["item"]["rate"]) == (201, 420.5)
    assert books.books("POST", "/items", json={"name": "No price"}).json()["code"] == 4
    items = books.books("GET", "/items", params={"name_contains": "oak"}).json()["items"]
    assert [item["name"] for item in items] == ["Oak shelf, 120 cm", "Oak shelf, 90 cm", "Oak table"]
    users = books.books("GET", "/users", params={"filter_by": "Status.Active", "per_page": 10}).json()
    assert (len(users["users"]), users["page_context"]["has_more_page"]) == (10, True)
    currency = books.books("GET", "/settings/currencies").json()["currencies"][0]
    assert (currency["currency_code"], currency["is_base_currency"]) == ("EUR", True)
    assert books.books("GET", "/spaceships").status_code == 404
