"""The local CRM answers as the published API says, seen by a plain client."""

from __future__ import annotations

import base64
import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest
from sandbox_visitor import Visitor, cases, visit

if TYPE_CHECKING:
    from collections.abc import Iterator

LIST = {"fields": "Account_Name,Modified_Time", "sort_by": "Modified_Time", "sort_order": "asc"}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitor]:
    with visit(tmp_path_factory.mktemp("crm")) as visitor:
        yield visitor


@pytest.fixture
def crm(house: Visitor) -> Visitor:
    house.begin_anew()
    return house


def _first(crm: Visitor, **more: Any) -> dict[str, Any]:
    rows = crm.crm("GET", "/Accounts", params=LIST | {"per_page": 1} | more).json()["data"]
    return dict(rows[0])


def _deeper(token: str) -> str:
    """The same page token, as it would be after 100,000 records."""
    issued, bound, _, *last = json.loads(base64.urlsafe_b64decode(token))
    return base64.urlsafe_b64encode(json.dumps([issued, bound, 100_000, *last]).encode()).decode()


def _codes(answer: Any) -> list[str]:
    return [row["code"] for row in answer.json()["data"]]


def test_pages_by_token_show_every_account_once_oldest_change_first(crm: Visitor) -> None:
    rows: list[dict[str, Any]] = []
    more: dict[str, str] | None = {}
    while more is not None:
        page = crm.crm("GET", "/Accounts", params=LIST | {"per_page": 90} | more).json()
        rows += page["data"]
        token = page["info"]["next_page_token"]
        assert page["info"]["more_records"] is (token is not None)
        more = None if token is None else {"page_token": token}
    assert len(rows) == len({row["id"] for row in rows}) == len(crm.records("crm", "Accounts")) == 320
    assert all(row["id"].isdigit() and len(row["id"]) == 18 for row in rows)
    moments = [datetime.fromisoformat(row["Modified_Time"]) for row in rows]
    assert moments == sorted(moments)


def test_a_page_token_is_bound_to_its_request_and_lives_a_day(crm: Visitor) -> None:
    token = crm.crm("GET", "/Accounts", params=LIST).json()["info"]["next_page_token"]
    other = crm.crm("GET", "/Accounts", params=LIST | {"per_page": 50, "page_token": token})
    both = crm.crm("GET", "/Accounts", params=LIST | {"page": 2, "page_token": token})
    forged = crm.crm("GET", "/Accounts", params=LIST | {"page_token": token[:-8]})
    deep = crm.crm("GET", "/Accounts", params=LIST | {"page_token": _deeper(token)})
    crm.command("clock", advance_s=24 * 3600)
    crm.sign_in()
    late = crm.crm("GET", "/Accounts", params=LIST | {"page_token": token})
    answers = [(answer.status_code, answer.json()["code"]) for answer in (other, both, forged, deep, late)]
    assert answers == [
        (400, "TOKEN_BOUND_DATA_MISMATCH"),
        (400, "AMBIGUITY_DURING_PROCESSING"),
        (400, "INVALID_DATA"),
        (400, "PAGINATION_LIMIT_EXCEEDED"),
        (400, "EXPIRED_VALUE"),
    ]


@pytest.mark.parametrize(
    ("params", "code", "parameter"),
    [
        ({}, "REQUIRED_PARAM_MISSING", "fields"),
        ({"fields": ",".join(f"F{n}" for n in range(51))}, "LIMIT_EXCEEDED", "fields"),
        ({"fields": "Phone", "per_page": 201}, "INVALID_DATA", "per_page"),
        ({"fields": "Phone", "page": 11}, "DISCRETE_PAGINATION_LIMIT_EXCEEDED", "page"),
        ({"fields": "Phone", "page": 0}, "INVALID_DATA", "page"),
        ({"fields": "Phone", "sort_by": "Phone"}, "INVALID_DATA", "sort_by"),
        ({"fields": "Phone", "cvid": "1"}, "INVALID_DATA", "cvid"),
    ],
)
def test_a_list_refuses_parameters_beyond_the_published_limits(
    crm: Visitor, params: dict[str, Any], code: str, parameter: str
) -> None:
    answer = crm.crm("GET", "/Accounts", params=params)
    body = answer.json()
    assert (answer.status_code, body["code"], body["details"]["param_name"]) == (400, code, parameter)
    assert body["status"] == "error"


def test_if_modified_since_shows_what_changed_later_and_304_when_nothing_did(crm: Visitor) -> None:
    newest = crm.crm("GET", "/Accounts", params=LIST | {"sort_order": "desc"}).json()["data"][0]
    since = {"If-Modified-Since": newest["Modified_Time"]}
    nothing = crm.crm("GET", "/Accounts", params=LIST, headers=since)
    edited = _first(crm)
    crm.command("edit", product="crm", module="Accounts", id=edited["id"], set={"Phone": "+32 3 555 00 00"})
    changed = crm.crm("GET", "/Accounts", params=LIST, headers=since)
    assert (nothing.status_code, nothing.content) == (304, b"")
    assert [row["id"] for row in changed.json()["data"]] == [edited["id"]]
    assert crm.crm("GET", "/Accounts", params=LIST, headers={"If-Modified-Since": "today"}).status_code == 400


def test_nothing_found_is_204_without_a_body(crm: Visitor) -> None:
    by_ids = crm.crm("GET", "/Accounts", params={"fields": "Phone", "ids": "1,2"})
    one = crm.crm("GET", "/Accounts/1")
    assert [(a.status_code, a.content) for a in (by_ids, one)] == [(204, b""), (204, b"")]


def test_one_record_shows_all_fields_and_names_what_it_refers_to(crm: Visitor) -> None:
    child = next(row for row in crm.records("crm", "Accounts") if row["Parent_Account"])
    shown = crm.crm("GET", f"/Accounts/{child['id']}").json()["data"][0]
    assert shown == child
    parent = crm.crm("GET", f"/Accounts/{child['Parent_Account']['id']}").json()["data"][0]
    assert shown["Parent_Account"]["name"] == parent["Account_Name"]
    assert shown["Owner"]["email"].endswith("@lindenhof.example")


def test_a_saved_view_limits_the_list_and_excludes_sorting(crm: Visitor) -> None:
    views = crm.crm("GET", "/settings/custom_views", params={"module": "Accounts"}).json()["custom_views"]
    benelux = next(view["id"] for view in views if view["name"] == "Benelux")
    rows = crm.crm("GET", "/Accounts", params={"fields": "Billing_Country", "cvid": benelux}).json()["data"]
    assert {row["Billing_Country"] for row in rows} == {"Belgium", "Netherlands"}
    both = crm.crm("GET", "/Accounts", params=LIST | {"cvid": benelux})
    assert both.json()["code"] == "AMBIGUITY_DURING_PROCESSING"


@pytest.mark.parametrize("case", cases("crm-values.yaml"), ids=lambda case: str(case["what"]))
def test_each_value_is_taken_or_refused_with_the_published_code(house: Visitor, case: dict[str, Any]) -> None:
    answer = house.crm("POST", f"/{case['module']}", json={"data": [case["record"]], "trigger": []})
    row = answer.json()["data"][0]
    assert row["code"] == case["code"]
    assert answer.status_code == (201 if case["code"] == "SUCCESS" else 400)
    assert case.get("details", {}).items() <= row["details"].items()


def test_a_batch_is_answered_record_by_record_in_its_order(crm: Visitor) -> None:
    rows = [{"Account_Name": "One"}, {"Phone": "1"}, {"Account_Name": " Three "}]
    answer = crm.crm("POST", "/Accounts", json={"data": rows, "trigger": []})
    assert (answer.status_code, _codes(answer)) == (207, ["SUCCESS", "MANDATORY_NOT_FOUND", "SUCCESS"])
    made = answer.json()["data"][2]["details"]
    shown = crm.crm("GET", f"/Accounts/{made['id']}").json()["data"][0]
    assert (shown["Account_Name"], shown["Created_Time"]) == ("Three", made["Created_Time"])
    assert len(crm.records("crm", "Accounts")) == 322


@pytest.mark.parametrize(
    ("body", "code", "name"),
    [
        ({"data": [{"Account_Name": "A"}] * 101}, "LIMIT_EXCEEDED", "data"),
        ({"data": [{"Account_Name": "A"}], "trigger": ["fireworks"]}, "INVALID_DATA", "trigger"),
        ({"rows": []}, "MANDATORY_NOT_FOUND", "data"),
    ],
)
def test_a_whole_write_is_refused_flat(house: Visitor, body: dict[str, Any], code: str, name: str) -> None:
    answer = house.crm("POST", "/Accounts", json=body)
    refused = answer.json()
    assert (answer.status_code, refused["code"], refused["details"]["api_name"]) == (400, code, name)


def test_an_update_changes_what_is_sent_and_clears_what_is_null(crm: Visitor) -> None:
    before = next(row for row in crm.records("crm", "Accounts") if row["Phone"] and row["Website"])
    sent = {"id": before["id"], "Phone": None, "Industry": "Food"}
    assert crm.crm("PUT", "/Accounts", json={"data": [sent], "trigger": []}).status_code == 200
    after = crm.crm("GET", f"/Accounts/{before['id']}").json()["data"][0]
    changed = {name for name in after if after[name] != before[name]}
    assert (after["Phone"], after["Industry"]) == (None, "Food")
    times = {"Modified_Time", "Modified_By", "Last_Activity_Time", "Change_Log_Time__s"}
    assert changed <= {"Phone", "Industry"} | times


def test_a_write_on_a_newer_record_is_refused_with_412(crm: Visitor) -> None:
    seen = _first(crm)
    lock = {"If-Unmodified-Since": seen["Modified_Time"]}
    crm.command("edit", product="crm", module="Accounts", id=seen["id"], set={"Phone": "9"})
    late = crm.crm("PUT", f"/Accounts/{seen['id']}", json={"data": [{"Phone": "8"}]}, headers=lock)
    gone = crm.crm("DELETE", "/Accounts", params={"ids": seen["id"]}, headers=lock)
    assert [(a.status_code, _codes(a)) for a in (late, gone)] == [(412, ["ALREADY_MODIFIED"])] * 2
    assert crm.crm("GET", f"/Accounts/{seen['id']}").json()["data"][0]["Phone"] == "9"


def test_a_write_to_an_unknown_id_is_refused_for_that_record(crm: Visitor) -> None:
    rows = [{"id": "1", "Phone": "1"}, {"id": _first(crm)["id"], "Phone": "2"}]
    answer = crm.crm("PUT", "/Accounts", json={"data": rows})
    assert (answer.status_code, _codes(answer)) == (207, ["INVALID_DATA", "SUCCESS"])
    assert answer.json()["data"][0]["details"]["api_name"] == "id"


def test_a_deleted_record_lies_in_the_bin_for_sixty_days(crm: Visitor) -> None:
    assert crm.crm("GET", "/Accounts/deleted").status_code == 204
    victim = _first(crm)
    assert crm.crm("DELETE", "/Accounts", params={"ids": f"{victim['id']},1"}).status_code == 207
    assert crm.crm("GET", f"/Accounts/{victim['id']}").status_code == 204
    feed = crm.crm("GET", "/Accounts/deleted").json()["data"]
    assert [(row["id"], row["display_name"], row["type"]) for row in feed] == [
        (victim["id"], victim["Account_Name"], "recycle")
    ]
    crm.command("clock", advance_s=61 * 24 * 3600)
    crm.sign_in()
    assert crm.crm("GET", "/Accounts/deleted", params={"type": "recycle"}).status_code == 204
    assert crm.crm("GET", "/Accounts/deleted", params={"type": "permanent"}).json()["info"]["count"] == 1


def test_an_upsert_finds_its_record_by_the_name_however_it_is_cased(crm: Visitor) -> None:
    known = _first(crm)
    rows = [{"Account_Name": known["Account_Name"].upper(), "Phone": "1"}, {"Account_Name": "Brand new"}]
    answer = crm.crm(
        "POST", "/Accounts/upsert", json={"data": rows, "duplicate_check_fields": ["Account_Name"]}
    )
    done = [(row["action"], row["duplicate_field"], row["details"]["id"]) for row in answer.json()["data"]]
    assert done[0] == ("update", "Account_Name", known["id"])
    assert done[1][0] == "insert"
    assert len(crm.records("crm", "Accounts")) == 321


def test_a_mail_address_belongs_to_one_contact(crm: Visitor) -> None:
    known = crm.records("crm", "Contacts")[0]
    body = {"data": [{"Last_Name": "Twin", "Email": known["Email"].upper()}]}
    refused = crm.crm("POST", "/Contacts", json=body).json()["data"][0]
    assert (refused["code"], refused["details"]["id"]) == ("DUPLICATE_DATA", known["id"])
    again = {"data": [{"id": known["id"], "Email": known["Email"]}]}
    assert crm.crm("PUT", "/Contacts", json=again).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/Spaceships?fields=id", 400, "INVALID_MODULE"),
        ("GET", "/Accounts/1/2/3", 404, "INVALID_URL_PATTERN"),
        ("PATCH", "/Accounts", 405, "INVALID_REQUEST_METHOD"),
        ("GET", "/Accounts/not-an-id", 400, "INVALID_DATA"),
    ],
)
def test_a_wrong_address_is_refused_flat(
    house: Visitor, method: str, path: str, status: int, code: str
) -> None:
    answer = house.crm(method, path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"data": [{"Annual_Revenue": 1e999}]}', b"[" * 100_000])
def test_a_body_that_is_no_json_object_is_refused(house: Visitor, body: bytes) -> None:
    answer = house.crm("POST", "/Accounts", content=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_DATA")


def test_the_settings_describe_the_organisation_its_people_and_fields(crm: Visitor) -> None:
    assert crm.crm("GET", "/org").json()["org"][0]["iso_code"] == "EUR"
    assert len(crm.crm("GET", "/users", params={"type": "AllUsers"}).json()["users"]) == 12
    active = crm.crm("GET", "/users", params={"type": "ActiveUsers", "per_page": 5, "page": 3}).json()
    assert (len(active["users"]), active["info"]["more_records"]) == (1, False)
    fields = crm.crm("GET", "/settings/fields", params={"module": "Accounts"}).json()["fields"]
    named = {field["api_name"]: field for field in fields}
    assert (named["Account_Name"]["system_mandatory"], named["Account_Name"]["length"]) == (True, 200)
    assert "Active" in [choice["actual_value"] for choice in named["Rating"]["pick_list_values"]]
    modules = crm.crm("GET", "/settings/modules").json()["modules"]
    assert {"Accounts", "Deals", "Tasks", "Notes", "Purchase_Orders"} <= {m["api_name"] for m in modules}
