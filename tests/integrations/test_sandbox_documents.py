"""The documents, projects and time of the local finance products, seen by a plain client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sandbox_visitor import Visitor, cases, visit

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitor]:
    with visit(tmp_path_factory.mktemp("documents")) as visitor:
        yield visitor


def _first(house: Visitor, path: str, key: str, **params: Any) -> dict[str, Any]:
    rows = house.books("GET", path, params=params).json()[key]
    return dict(rows[0])


def _customer(house: Visitor) -> str:
    return str(_first(house, "/contacts", "contacts", contact_type="customer")["contact_id"])


def _vendor(house: Visitor) -> str:
    return str(_first(house, "/contacts", "contacts", contact_type="vendor")["contact_id"])


def _invoice(house: Visitor, **more: Any) -> dict[str, Any]:
    body = {
        "customer_id": _customer(house),
        "line_items": [{"name": "Oak", "rate": 12.5, "quantity": 4}],
        **more,
    }
    answer = house.books("POST", "/invoices", json=body)
    assert (answer.status_code, answer.json()["code"]) == (201, 0), answer.text
    return dict(answer.json()["invoice"])


LISTED = (
    ("/items", "items"),
    ("/estimates", "estimates"),
    ("/invoices", "invoices"),
    ("/salesorders", "salesorders"),
    ("/purchaseorders", "purchaseorders"),
    ("/expenses", "expenses"),
    ("/recurringinvoices", "recurring_invoices"),
    ("/recurringexpenses", "recurring_expenses"),
    ("/projects", "projects"),
    ("/projects/timeentries", "time_entries"),
    ("/users", "users"),
    ("/chartofaccounts", "chartofaccounts"),
)


@pytest.mark.parametrize(("path", "key"), LISTED)
def test_list_rows_are_short_and_agree_with_the_whole_record(house: Visitor, path: str, key: str) -> None:
    row = _first(house, path, key, filter_by="Status.All")
    id_ = next(iter(row.values()))
    answer = house.books("GET", f"{path}/{id_}").json()
    whole = answer[next(name for name in answer if name not in ("code", "message"))]
    assert row == {name: whole[name] for name in row}
    assert not {"line_items", "custom_fields", "billing_address", "tasks"} & row.keys()
    assert ("last_modified_time" in row) == (
        key not in ("recurring_invoices", "projects", "time_entries", "users")
    )


def test_a_document_is_numbered_summed_and_named_after_its_customer(house: Visitor) -> None:
    made = _invoice(house, discount="10%", shipping_charge=5)
    assert (made["sub_total"], made["total"], made["balance"], made["status"]) == (50, 50, 50, "draft")
    contact = house.books("GET", f"/contacts/{made['customer_id']}").json()["contact"]
    assert made["customer_name"] == contact["contact_name"]
    taken = house.books("POST", "/invoices", json=made | {"custom_fields": []})
    assert (taken.status_code, taken.json()["code"]) == (400, 1001)
    following = _invoice(house)["invoice_number"]
    assert int(following.removeprefix("INV-")) == int(made["invoice_number"].removeprefix("INV-")) + 1


def test_an_item_lends_its_line_a_name_and_a_rate(house: Visitor) -> None:
    item = _first(house, "/items", "items")
    line = _invoice(house, line_items=[{"item_id": item["item_id"], "quantity": 2}])["line_items"][0]
    assert (line["name"], line["rate"], line["item_total"]) == (item["name"], item["rate"], 2 * item["rate"])


@pytest.mark.parametrize("case", cases("books-documents.yaml"), ids=lambda case: str(case["what"]))
def test_what_a_document_lacks_or_has_wrong_is_refused(house: Visitor, case: dict[str, Any]) -> None:
    stand_ins = {"CUSTOMER": _customer(house), "VENDOR": _vendor(house)}
    body = {name: stand_ins.get(str(value), value) for name, value in case["body"].items()}
    answer = house.books("POST", case["path"], json=body)
    assert (answer.json()["code"], answer.status_code) == (case["code"], 201 if case["code"] == 0 else 400)
    assert case.get("says", "") in answer.json()["message"]


def test_an_update_replaces_lines_but_keeps_those_named_by_id(house: Visitor) -> None:
    made = _invoice(house, line_items=[{"name": "A", "rate": 1}, {"name": "B", "rate": 2}], notes="stays")
    kept = made["line_items"][1] | {"quantity": 5}
    sent = {"line_items": [kept, {"name": "C", "rate": 3}]}
    after = house.books("PUT", f"/invoices/{made['invoice_id']}", json=sent).json()["invoice"]
    assert [line["name"] for line in after["line_items"]] == ["B", "C"]
    assert after["line_items"][0]["line_item_id"] == made["line_items"][1]["line_item_id"]
    assert (after["total"], after["notes"]) == (13, "stays")


def test_a_sent_invoice_changes_only_with_a_reason_and_a_void_one_never(house: Visitor) -> None:
    made = _invoice(house)
    path, dearer = f"/invoices/{made['invoice_id']}", {"line_items": [{"name": "Oak", "rate": 99}]}
    assert house.books("POST", f"{path}/status/sent").json()["code"] == 0
    assert house.books("PUT", path, json=dearer).status_code == 400
    assert house.books("PUT", path, json={"notes": "Thank you"}).status_code == 200
    assert house.books("PUT", path, json=dearer | {"reason": "wrong price"}).json()["invoice"]["total"] == 99
    assert house.books("POST", f"{path}/status/void").json()["code"] == 0
    assert house.books("PUT", path, json={"notes": "Too late", "reason": "x"}).status_code == 400
    assert house.books("GET", path).json()["invoice"]["balance"] == 0
    assert house.books("POST", f"{path}/status/sent").status_code == 400


def test_a_quote_is_accepted_only_after_it_was_sent(house: Visitor) -> None:
    body = {"customer_id": _customer(house), "line_items": [{"name": "Oak", "rate": 1}]}
    id_ = house.books("POST", "/estimates", json=body).json()["estimate"]["estimate_id"]
    calls = ("accepted", "sent", "accepted", "declined")
    codes = [house.books("POST", f"/estimates/{id_}/status/{call}").status_code for call in calls]
    assert codes == [400, 200, 200, 200]
    shown = house.books("GET", f"/estimates/{id_}").json()["estimate"]
    assert (shown["status"], shown["declined_date"] >= shown["accepted_date"] > "2026") == ("declined", True)


def test_the_filter_by_time_works_where_it_is_published_and_is_overlooked_elsewhere(house: Visitor) -> None:
    later = {"last_modified_time": "2099-01-01T00:00:00+0100", "filter_by": "Status.All"}
    found = {key: len(house.books("GET", path, params=later).json()[key]) for path, key in LISTED}
    assert [key for key, count in found.items() if count == 0] == [
        "invoices",
        "salesorders",
        "purchaseorders",
        "chartofaccounts",
    ]


def test_an_upsert_by_the_unique_custom_field_makes_one_record_however_often(house: Visitor) -> None:
    key = {"X-Unique-Identifier-Key": "cf_engine_key", "X-Unique-Identifier-Value": "K-1"}
    item = {"name": "Keyed item", "rate": 1}
    assert house.books("PUT", "/items", json=item, headers=key).status_code == 404
    first = house.books("PUT", "/items", json=item, headers=key | {"X-Upsert": "true"})
    again = house.books("PUT", "/items", json=item | {"rate": 2}, headers=key | {"X-Upsert": "true"})
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json()["item"]["item_id"] == first.json()["item"]["item_id"]
    assert again.json()["item"]["custom_field_hash"] == {"cf_engine_key": "K-1"}
    assert [
        row["rate"] for row in house.books("GET", "/items", params={"cf_engine_key": "K-1"}).json()["items"]
    ] == [2]
    twice = {"name": "Other", "rate": 1, "custom_fields": [{"api_name": "cf_engine_key", "value": "K-1"}]}
    assert house.books("POST", "/items", json=twice).json()["code"] == 1001
    other = {"X-Unique-Identifier-Key": "cf_origin", "X-Unique-Identifier-Value": "K-1"}
    assert house.books("PUT", "/invoices", json={}, headers=other).json()["code"] == 4


def test_custom_fields_alone_are_set_through_the_singular_address(house: Visitor) -> None:
    id_ = _invoice(house)["invoice_id"]
    sent = {"custom_fields": [{"label": "Origin", "value": "crm"}]}
    answer = house.books("PUT", f"/invoice/{id_}/customfields", json=sent)
    assert answer.json()["invoice"]["custom_field_hash"] == {"cf_origin": "crm"}
    assert house.books("PUT", f"/invoices/{id_}/customfields", json=sent).status_code == 404


def test_a_projects_hours_are_those_of_its_time_entries_until_an_invoice_bills_them(house: Visitor) -> None:
    user = _first(house, "/users", "users")["user_id"]
    body = {
        "project_name": "Fresh",
        "customer_id": _customer(house),
        "user_id": user,
        "tasks": [{"task_name": "Saw"}],
    }
    project = house.books("POST", "/projects", json=body | {"billing_type": "based_on_task_hours"}).json()[
        "project"
    ]
    assert ([t["task_name"] for t in project["tasks"]], project["users"][0]["user_id"]) == (["Saw"], user)
    task = {"project_id": project["project_id"], "task_id": project["tasks"][0]["task_id"], "user_id": user}
    times = ({"log_time": "01:30"}, {"begin_time": "09:00", "end_time": "09:45"}, {"log_time": "nine"})
    answers = [
        house.books(
            "POST",
            "/projects/timeentries",
            json=task | time | {"log_date": "2026-11-03", "is_billable": True},
        )
        for time in times
    ]
    assert [answer.status_code for answer in answers] == [201, 201, 400]
    entry = answers[0].json()["time_entry"]
    shown = house.books("GET", f"/projects/{project['project_id']}").json()["project"]
    assert (shown["total_hours"], shown["tasks"][0]["un_billed_hours"]) == ("02:15", "02:15")
    _invoice(house, line_items=[{"name": "Work", "rate": 75, "time_entry_ids": [entry["time_entry_id"]]}])
    one = f"/projects/timeentries/{entry['time_entry_id']}"
    assert house.books("GET", one).json()["time_entry"]["billed_status"] == "invoiced"
    assert house.books("PUT", one, json={"notes": "late"}).status_code == 400
    tasks = house.books("GET", f"/projects/{project['project_id']}/tasks").json()["tasks"]
    assert [row["un_billed_hours"] for row in tasks] == ["00:45"]


def test_people_join_and_leave_a_project_once_each(house: Visitor) -> None:
    project = _first(house, "/projects", "projects")["project_id"]
    path = f"/projects/{project}/users"
    before = [row["user_id"] for row in house.books("GET", path).json()["users"]]
    users = house.books("GET", "/users").json()["users"]
    new = next(user["user_id"] for user in users if user["user_id"] not in before)
    for rate in (60, 70):
        joined = house.books("POST", path, json={"users": [{"user_id": new, "rate": rate}]})
        assert (joined.status_code, len(joined.json()["users"])) == (201, len(before) + 1)
    assert house.books("GET", f"{path}/{new}").json()["user"]["rate"] == 70
    assert house.books("DELETE", f"{path}/{new}").status_code == 200
    assert house.books("GET", f"{path}/{new}").status_code == 404
    assert house.books("POST", path, json={"users": [{"user_id": "1"}]}).json()["code"] == 1002


def test_a_customer_owes_what_was_sent_and_cannot_be_deleted_then(house: Visitor) -> None:
    contact = house.books("POST", "/contacts", json={"contact_name": "Owes"}).json()["contact"]["contact_id"]
    invoice = _invoice(house, customer_id=contact)
    figures = ("outstanding_receivable_amount", "has_transaction")

    def shown() -> tuple[Any, ...]:
        whole = house.books("GET", f"/contacts/{contact}").json()["contact"]
        return tuple(whole[name] for name in figures)

    assert shown() == (0, True)
    house.books("POST", f"/invoices/{invoice['invoice_id']}/status/sent")
    assert shown() == (50, True)
    assert house.books("DELETE", f"/contacts/{contact}").status_code == 400
    assert house.books("DELETE", f"/invoices/{invoice['invoice_id']}").status_code == 200
    assert (shown(), house.books("DELETE", f"/contacts/{contact}").status_code) == ((0, False), 200)


def test_a_contact_person_is_a_row_of_its_contact_with_an_address_of_its_own(house: Visitor) -> None:
    contact = house.books("POST", "/contacts", json={"contact_name": "Persons"}).json()["contact"][
        "contact_id"
    ]
    sent = {"contact_id": contact, "first_name": "Zoë", "email": "zoe@persons.example"}
    person = house.books("POST", "/contacts/contactpersons", json=sent).json()["contact_person"]
    path = f"/contacts/contactpersons/{person['contact_person_id']}"
    assert house.books("PUT", path, json={"mobile": "12"}).json()["contact_person"]["email"] == sent["email"]
    listed = house.books("GET", f"/contacts/{contact}/contactpersons").json()["contact_persons"]
    assert [(row["first_name"], row["mobile"]) for row in listed] == [("Zoë", "12")]
    other = house.books("POST", "/contacts/contactpersons", json=sent | {"first_name": "Bo"}).json()[
        "contact_person"
    ]
    assert (
        house.books("POST", f"/contacts/contactpersons/{other['contact_person_id']}/primary").status_code
        == 200
    )
    whole = house.books("GET", f"/contacts/{contact}").json()["contact"]
    assert (whole["first_name"], whole["primary_contact_id"]) == ("Bo", other["contact_person_id"])
    assert house.books("DELETE", path).status_code == 200
    assert house.books("GET", path).status_code == 404
