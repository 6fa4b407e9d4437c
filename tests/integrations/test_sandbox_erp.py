"""The local ERP is Books under another name, but for its table of differences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sandbox_visitor import Visitor, visit

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def erp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitor]:
    with visit(tmp_path_factory.mktemp("erp")) as visitor:
        yield visitor


def _rows(erp: Visitor, path: str, key: str, **params: Any) -> list[dict[str, Any]]:
    return list(erp.erp("GET", path, params=params).json()[key])


def test_erp_and_books_are_two_organisations_whose_tokens_do_not_open_the_other(erp: Visitor) -> None:
    connect = erp.running.connect()
    assert connect["zoho-erp"]["organization"] != connect["zoho-books"]["organization"]
    books_token = {"Authorization": f"Zoho-oauthtoken {erp.tokens['zoho-books']}"}
    assert erp.erp("GET", "/contacts", headers=books_token).status_code == 401
    erp.erp("POST", "/contacts", json={"contact_name": "Only in ERP"})
    named = {"contact_name": "Only in ERP"}
    calls = (erp.erp, erp.books)
    counts = [len(call("GET", "/contacts", params=named).json()["contacts"]) for call in calls]
    assert counts == [1, 0]


def test_quotes_come_ten_a_page_unless_asked_and_items_have_no_time_of_change(erp: Visitor) -> None:
    assert len(_rows(erp, "/estimates", "estimates")) == 10
    assert len(_rows(erp, "/estimates", "estimates", per_page=200)) == 12
    for path in ("items", "expenses"):
        assert "last_modified_time" not in _rows(erp, f"/{path}", path)[0]


def test_an_expense_is_made_with_status_200(erp: Visitor) -> None:
    accounts = [row["account_id"] for row in _rows(erp, "/chartofaccounts", "chartofaccounts")[:2]]
    sent = {
        "account_id": accounts[0],
        "paid_through_account_id": accounts[1],
        "date": "2026-11-03",
        "amount": 12,
    }
    assert erp.erp("POST", "/expenses", json=sent).status_code == 200
    assert erp.books("POST", "/expenses", json=sent).json()["code"] == 1002


def test_general_tasks_are_numbered_and_marked_and_deleted_together(erp: Visitor) -> None:
    made = [erp.erp("POST", "/tasks", json={"title": title}).json()["task"] for title in ("Call", "Write")]
    assert [task["task_number"] for task in made] == ["T-000005", "T-000006"]
    path = f"/tasks/{made[0]['task_id']}"
    assert erp.erp("POST", f"{path}/markasongoing").status_code == 200
    assert erp.erp("POST", f"{path}/percentage", json={"percentage": 40}).status_code == 200
    shown = erp.erp("GET", path).json()["task"]
    assert (shown["status"], shown["completion_percentage"]) == ("ongoing", 40)
    ids = ",".join(task["task_id"] for task in made)
    assert erp.erp("DELETE", "/tasks", params={"task_ids": ids}).status_code == 200
    assert erp.erp("GET", path).status_code == 404
    assert erp.books("GET", "/tasks").status_code == 404
