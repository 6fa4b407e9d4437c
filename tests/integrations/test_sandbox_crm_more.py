"""Documents, tasks, notes, search, COQL and notifications of the local CRM, seen by a plain client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sandbox_visitor import Visitor, cases, visit

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def crm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitor]:
    with visit(tmp_path_factory.mktemp("crm-more")) as visitor:
        yield visitor


def _write(crm: Visitor, module: str, method: str = "POST", **record: Any) -> dict[str, Any]:
    answer = crm.crm(method, f"/{module}", json={"data": [record], "trigger": []})
    return dict(answer.json()["data"][0])


def _read(crm: Visitor, module: str, id_: str) -> dict[str, Any]:
    return dict(crm.crm("GET", f"/{module}/{id_}").json()["data"][0])


def _ids(crm: Visitor, module: str) -> list[str]:
    rows = crm.crm("GET", f"/{module}", params={"fields": "Created_Time"}).json()["data"]
    return [row["id"] for row in rows]


def test_a_quotes_rows_are_kept_by_id_removed_on_demand_and_summed(crm: Visitor) -> None:
    product = {"id": _ids(crm, "Products")[0]}
    rows = [{"Product_Name": product, "Quantity": 2, "List_Price": 10}, {"Quantity": 1, "List_Price": 5}]
    quote: dict[str, Any] = {
        "Subject": "Shelves",
        "Account_Name": {"id": _ids(crm, "Accounts")[0]},
        "Quoted_Items": rows,
    }
    made = _write(crm, "Quotes", **quote, Discount=3)["details"]["id"]
    whole = _read(crm, "Quotes", made)
    assert (whole["Sub_Total"], whole["Grand_Total"], whole["Quote_Number"]) == (25, 22, made)
    kept, gone = whole["Quoted_Items"]
    assert (kept["Product_Name"]["id"], bool(kept["Product_Name"]["name"])) == (product["id"], True)
    sent = [{"id": kept["id"], "Quantity": 3}, {"id": gone["id"], "_delete": None}]
    assert _write(crm, "Quotes", "PUT", id=made, Quoted_Items=sent)["code"] == "SUCCESS"
    after = _read(crm, "Quotes", made)
    assert [(row["id"], row["Total"]) for row in after["Quoted_Items"]] == [(kept["id"], 30)]
    _write(crm, "Quotes", "PUT", id=made, Quoted_Items=[])
    assert _read(crm, "Quotes", made)["Grand_Total"] == -3
    listed = crm.crm("GET", "/Quotes", params={"fields": "Subject,Quoted_Items"}).json()["data"][0]
    assert "Quoted_Items" not in listed


@pytest.mark.parametrize("case", cases("crm-documents.yaml"), ids=lambda case: str(case["what"]))
def test_what_a_record_refers_to_and_requires_is_checked(crm: Visitor, case: dict[str, Any]) -> None:
    refused = _write(crm, case["module"], **case["record"])
    assert (refused["code"], refused["details"].get("json_path")) == (case["code"], case["at"])


def test_a_task_and_a_note_say_in_which_module_their_record_is(crm: Visitor) -> None:
    account, deal = _ids(crm, "Accounts")[0], _ids(crm, "Deals")[0]
    task = _write(crm, "Tasks", Subject="Call", What_Id={"id": deal}, **{"$se_module": "Deals"})["details"][
        "id"
    ]
    shown = _read(crm, "Tasks", task)
    assert (shown["What_Id"]["id"], shown["$se_module"], shown["Closed_Time"]) == (deal, "Deals", None)
    assert _write(crm, "Tasks", "PUT", id=task, Status="Completed")["code"] == "SUCCESS"
    assert _read(crm, "Tasks", task)["Closed_Time"] is not None
    parent = {"id": account, "module": {"api_name": "Accounts"}}
    note = _write(crm, "Notes", Note_Content="Hello", Parent_Id=parent)["details"]["id"]
    whole = _read(crm, "Notes", note)["Parent_Id"]
    assert (whole["module"]["api_name"], whole["id"], bool(whole["name"])) == ("Accounts", account, True)
    refused = crm.crm("POST", "/Notes/upsert", json={"data": [{"Note_Content": "x", "Parent_Id": parent}]})
    assert (refused.status_code, refused.json()["code"]) == (400, "INVALID_MODULE")


@pytest.mark.parametrize("case", cases("crm-search.yaml"), ids=lambda case: str(case["what"]))
def test_a_search_finds_what_its_criteria_say(crm: Visitor, case: dict[str, Any]) -> None:
    if not crm.crm("GET", "/Accounts/search", params={"word": "Search (one)"}).content:
        _write(crm, "Accounts", Account_Name="Search (one), Ghent", Employees=7, Fax="77")
        _write(crm, "Accounts", Account_Name="Search two", Employees=9, Fax="77")
    answer = crm.crm("GET", "/Accounts/search", params=case["query"] | {"fields": "Account_Name"})
    assert answer.status_code == case["status"]
    names = sorted(row["Account_Name"] for row in answer.json()["data"]) if answer.status_code == 200 else []
    assert names == case.get("finds", [])


def _coql(crm: Visitor, statement: str) -> Any:
    return crm.crm("POST", "/coql", json={"select_query": statement})


def test_coql_reads_a_window_in_order_and_goes_on_after_the_last_id(crm: Visitor) -> None:
    window = "(Modified_Time >= '2026-09-01T00:00:00+00:00' and Modified_Time < '2026-11-01T00:00:00+00:00')"
    text = "select Account_Name, Modified_Time, Parent_Account.id from Accounts where {} order by id asc limit 100"
    seen: list[str] = []
    after = "0"
    while True:
        answer = _coql(crm, text.format(f"({window} and id > '{after}')"))
        if answer.status_code == 204:
            break
        seen += [row["id"] for row in answer.json()["data"]]
        after = seen[-1]
    listed = crm.records("crm", "Accounts")
    inside = [r["id"] for r in listed if "2026-09-01T02" <= r["Modified_Time"] < "2026-11-01T01"]
    assert seen == sorted(inside)
    assert len(seen) > 100


def test_coql_pays_by_rows_and_pages_by_limit(crm: Visitor) -> None:
    spent = crm.running.site.throttle.credits
    before = spent.total
    first = _coql(crm, "select Account_Name from Accounts where id is not null limit 0, 200").json()
    rest = _coql(crm, "select Account_Name from Accounts where id is not null limit 200, 2000").json()
    assert (first["info"], rest["info"]["more_records"]) == ({"count": 200, "more_records": True}, False)
    assert not {row["id"] for row in first["data"]} & {row["id"] for row in rest["data"]}
    assert spent.total - before == 1 + 3


@pytest.mark.parametrize("case", cases("crm-coql.yaml"), ids=lambda case: str(case["what"]))
def test_a_statement_that_coql_does_not_take_is_refused(crm: Visitor, case: dict[str, Any]) -> None:
    answer = _coql(crm, case["statement"])
    assert (answer.status_code, answer.json()["code"]) == (400, case["code"])


def test_a_notification_channel_lives_until_it_ends_or_is_not_renewed(crm: Visitor) -> None:
    channel = {
        "channel_id": "1000000068001",
        "events": ["Accounts.all"],
        "notify_url": "https://sync.example/zoho",
    }
    bad = channel | {"channel_id": "2", "events": ["Spaceships.all"]}
    assert crm.crm("POST", "/actions/watch", json={"watch": [channel, bad]}).status_code == 207
    shown = crm.crm("GET", "/actions/watch").json()["watch"]
    assert [row["channel_id"] for row in shown] == [channel["channel_id"]]
    assert (
        crm.crm("PATCH", "/actions/watch", json={"watch": [{"channel_id": "1000000068001"}]}).status_code
        == 200
    )
    crm.command("clock", advance_s=3601)
    crm.sign_in()
    assert crm.crm("GET", "/actions/watch").status_code == 204
    refused = crm.crm("DELETE", "/actions/watch", params={"channel_ids": channel["channel_id"]}).json()
    assert refused["watch"][0]["code"] == "NOT_SUBSCRIBED"
