"""Tokens, limits, faults and commands of the sandbox, and what outlives a restart, seen by a plain client."""

from __future__ import annotations

import sqlite3
import threading
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from patience import LONGEST_S, eventually
from sandbox_visitor import Visitor, visit

from engine.errors import UserError
from engine.sandbox.serve import start
from engine.sandbox.server.clock import START, Clock, books_time, crm_time, parse_time
from engine.sandbox.server.throttle import Limits, Throttle

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FIELDS = {"fields": "Account_Name"}


@pytest.fixture(scope="module")
def roomy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitor]:
    with visit(tmp_path_factory.mktemp("service")) as visitor:
        yield visitor


@pytest.fixture
def house(roomy: Visitor) -> Visitor:
    roomy.begin_anew()
    return roomy


@pytest.fixture(scope="module")
def strict_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitor]:
    with visit(tmp_path_factory.mktemp("strict"), limits="published") as visitor:
        yield visitor


@pytest.fixture
def strict(strict_house: Visitor) -> Visitor:
    strict_house.begin_anew()
    return strict_house


def test_wrong_credentials_are_refused_with_status_200(house: Visitor) -> None:
    assert house.token("zoho-crm", client_id="1000.NOBODY") == {"error": "invalid_client"}
    assert house.token("zoho-crm", client_secret="guess") == {"error": "invalid_client"}
    assert house.token("zoho-crm", refresh_token="old") == {"error": "invalid_code"}
    good = house.token("zoho-crm")
    assert (good["expires_in"], good["token_type"], good["api_domain"]) == (3600, "Bearer", house.running.url)


def test_a_token_lives_an_hour_and_each_product_says_so_in_its_way(house: Visitor) -> None:
    house.command("clock", advance_s=3599)
    assert house.crm("GET", "/org").status_code == 200
    house.command("clock", advance_s=2)
    crm, books = house.crm("GET", "/org"), house.books("GET", "/contacts")
    assert [(a.status_code, a.json()["code"]) for a in (crm, books)] == [(401, "INVALID_TOKEN"), (401, 57)]
    house.tokens.update({"zoho-crm": "made-up", "zoho-books": "made-up"})
    crm, books = house.crm("GET", "/org"), house.books("GET", "/contacts")
    assert [(a.status_code, a.json()["code"]) for a in (crm, books)] == [(401, "INVALID_TOKEN"), (401, 14)]


def test_a_grant_for_one_product_opens_no_other(house: Visitor) -> None:
    house.tokens.update({"zoho-crm": house.tokens["zoho-books"], "zoho-books": house.tokens["zoho-crm"]})
    crm, books = house.crm("GET", "/org"), house.books("GET", "/contacts")
    answers = [(a.status_code, a.json()["code"]) for a in (crm, books)]
    assert answers == [(401, "OAUTH_SCOPE_MISMATCH"), (401, 57)]


def test_a_refresh_token_gives_ten_tokens_in_ten_minutes(strict: Visitor) -> None:
    answers = [strict.token("zoho-crm") for _ in range(10)]  # the visitor took one before
    assert ["access_token" in answer for answer in answers] == [True] * 9 + [False]
    assert "too many requests" in answers[-1]["error_description"]
    assert "access_token" in strict.token("zoho-books")
    strict.command("clock", advance_s=601)
    assert "access_token" in strict.token("zoho-crm")


def test_the_thirty_first_token_ends_the_oldest(house: Visitor) -> None:
    for _ in range(29):
        house.token("zoho-crm")
    assert house.crm("GET", "/org").status_code == 200
    house.token("zoho-crm")
    assert house.crm("GET", "/org").status_code == 401


def test_books_announces_its_limit_and_blocks_the_101st_call_of_a_minute(strict: Visitor) -> None:
    answers = [strict.books("GET", "/settings/currencies") for _ in range(101)]
    assert [answer.status_code for answer in answers] == [200] * 100 + [429]
    assert answers[0].headers["X-Rate-Limit-Limit"] == "100"
    assert answers[99].headers["X-Rate-Limit-Remaining"] == "0"
    assert answers[100].json()["code"] == 44
    wait_s = int(answers[100].headers["X-Rate-Limit-Reset"])
    assert 55 <= wait_s <= 60
    strict.command("clock", advance_s=wait_s)
    assert strict.books("GET", "/settings/currencies").status_code == 200


def test_more_calls_at_once_than_allowed_are_refused(house: Visitor) -> None:
    slow = {"match": {"path": "/settings/currencies"}, "fault": "slow", "times": 11, "seconds": 0.3}
    house.command("faults", **slow)
    codes: list[int] = []

    def call() -> None:
        codes.append(house.books("GET", "/settings/currencies").json()["code"])

    threads = [threading.Thread(target=call) for _ in range(11)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == [0] * 10 + [1070]


def test_credits_and_calls_of_a_day_come_back_a_day_later() -> None:
    limits = Limits(
        tokens=1, crm_credits=4, crm_at_once=1, books_per_minute=5, books_per_day=2, books_at_once=1
    )
    throttle = Throttle(limits)
    throttle.credits.spend(1, 0)
    assert throttle.crm_headers(0) == {}
    throttle.credits.spend(3, 10)
    assert (throttle.crm_refuses(20), throttle.crm_headers(20)) == (True, {"X-API-CREDITS-REMAINING": "0"})
    assert not throttle.crm_refuses(86_401)
    throttle.day["books"].spend(2, 0)
    assert [throttle.books_refuses("books", at) for at in (1, 86_400)] == [45, None]


def test_a_view_costs_three_credits_and_a_batch_one_for_ten_records(house: Visitor) -> None:
    spent = house.running.site.throttle.credits
    before = spent.total
    house.crm("GET", "/Accounts", params=FIELDS)
    house.crm("GET", "/Accounts/deleted")
    house.crm("POST", "/Accounts", json={"data": [{"Account_Name": f"A {n}"} for n in range(21)]})
    assert spent.total - before == 1 + 2 + 3


@pytest.mark.parametrize(
    ("fault", "status", "made"),
    [
        ("status-429", 429, False),
        ("status-503", 503, False),
        ("html", 502, False),
        ("expired-token", 401, False),
        ("status-500-after-apply", 500, True),
    ],
)
def test_a_fault_answers_so_and_leaves_the_store_so(
    house: Visitor, fault: str, status: int, *, made: bool
) -> None:
    house.command("faults", match={"method": "post", "path": "/contacts$"}, fault=fault, retry_after=7)
    answer = house.books("POST", "/contacts", json={"contact_name": "Faulty"})
    assert answer.status_code == status
    assert answer.headers.get("Retry-After") == ("7" if status in (429, 503) else None)
    names = {contact["contact_name"] for contact in house.records("books", "contacts")}
    assert ("Faulty" in names) is made
    house.sign_in()
    assert house.books("GET", "/contacts").status_code == 200
    again = house.books("POST", "/contacts", json={"contact_name": "Faulty"})
    assert again.json()["code"] == (3062 if made else 0)


@pytest.mark.parametrize(("fault", "made"), [("timeout", 0), ("timeout-after-apply", 1), ("torn", 1)])
def test_a_call_without_a_whole_answer_may_have_been_applied(house: Visitor, fault: str, made: int) -> None:
    house.command("faults", match={"path": "^/crm/v8/Accounts"}, fault=fault, seconds=60)
    body = {"data": [{"Account_Name": "Lost"}]}
    with pytest.raises((httpx.TimeoutException, httpx.RemoteProtocolError)):
        house.crm("POST", "/Accounts", json=body, timeout=httpx.Timeout(LONGEST_S, read=0.2))

    def lost() -> int:
        return [account["Account_Name"] for account in house.records("crm", "Accounts")].count("Lost")

    assert eventually(lambda: lost() == made)


def test_a_stale_listing_shows_the_records_as_they_were(house: Visitor) -> None:
    old = house.books("GET", "/contacts").json()["contacts"][0]
    kept = house.books("POST", "/contacts", json={"contact_name": "Short lived"}).json()["contact"]
    house.command("clock", advance_s=600)
    before = house.books("GET", "/contacts").json()["contacts"]
    house.books("PUT", f"/contacts/{old['contact_id']}", json={"contact_name": "Renamed"})
    house.books("DELETE", f"/contacts/{kept['contact_id']}")
    house.books("POST", "/contacts", json={"contact_name": "Newcomer"})
    house.command("faults", match={"path": "/contacts"}, fault="stale-listing", seconds=60)
    assert house.books("GET", "/contacts").json()["contacts"] == before
    fresh = {row["contact_name"] for row in house.books("GET", "/contacts").json()["contacts"]}
    assert {"Renamed", "Newcomer"} <= fresh
    assert kept["contact_name"] not in fresh


def test_a_fault_that_cannot_be_read_is_refused_in_a_sentence(house: Visitor) -> None:
    for fault in (
        {"fault": "flood"},
        {"fault": "slow", "match": {"path": "("}},
        {"fault": "slow", "times": "x"},
    ):
        answer = house.http.post("/_sandbox/faults", json=fault)
        assert (answer.status_code, answer.json()["error"][-1]) == (400, ".")
    assert house.command("faults") == {"faults": []}


def test_every_call_is_logged_with_its_answer(house: Visitor) -> None:
    house.http.delete("/_sandbox/calls")
    house.crm("GET", "/Accounts", params=FIELDS | {"per_page": 5})
    house.books("GET", "/contacts/1")
    log = house.command("calls")["calls"]
    assert [(c["method"], c["path"], c["status"]) for c in log] == [
        ("GET", "/crm/v8/Accounts", 200),
        ("GET", "/books/v3/contacts/1", 404),
    ]
    assert log[0]["query"] == "fields=Account_Name&per_page=5"


def test_a_persons_edit_sets_makes_and_deletes_unchecked(house: Visitor) -> None:
    contact = house.books("GET", "/contacts").json()["contacts"][0]["contact_id"]
    where: dict[str, Any] = {"product": "books", "module": "contacts"}
    house.command("edit", **where, id=contact, set={"billing_address.city": "Aalst", "website": "w" * 999})
    made = house.command("edit", **where, set={"contact_name": "By hand"})["id"]
    found = {row["contact_id"]: row for row in house.records("books", "contacts")}
    assert found[contact]["billing_address"]["city"] == "Aalst"
    assert len(found[contact]["website"]) == 999
    assert found[made]["contact_name"] == "By hand"
    house.command("edit", **where, id=made, delete=True)
    assert house.books("GET", f"/contacts/{made}").status_code == 404
    assert house.http.post("/_sandbox/edit", json={"product": "crm", "module": "None"}).status_code == 400


def test_a_fresh_company_is_the_same_everywhere_and_work_outlives_a_restart(tmp_path: Path) -> None:
    modules = [("crm", "Accounts"), ("crm", "Contacts"), ("crm", "Deals"), ("books", "contacts")]
    with visit(tmp_path / "one") as one, visit(tmp_path / "two") as two:
        first = [one.records(*module) for module in modules]
        assert first == [two.records(*module) for module in modules]
        one.books("POST", "/contacts", json={"contact_name": "Stays"})
        one.command("clock", advance_s=7 * 24 * 3600)
    with visit(tmp_path / "one") as later:
        assert later.records("books", "contacts")[-1]["contact_name"] == "Stays"
        assert later.running.site.clock.now() > time.time() + 6 * 24 * 3600
        later.command("reset")
        assert [later.records(*module) for module in modules] == first


def test_the_sandbox_says_when_its_file_or_port_cannot_be_used(tmp_path: Path) -> None:
    file = tmp_path / "sandbox-clean.sqlite"
    with start(tmp_path) as running, pytest.raises(UserError, match="Port"):
        start(tmp_path / "other", port=running.port)
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(UserError, match="another version"):
        start(tmp_path)
    file.write_text("not a database, but long enough to be looked at as one" * 20)
    with pytest.raises(UserError, match="cannot be used"):
        start(tmp_path)


def test_stopping_twice_or_with_an_open_call_is_quiet(tmp_path: Path) -> None:
    with start(tmp_path) as running, httpx.Client(base_url=running.url) as http:
        fault = {"match": {"path": "token"}, "fault": "timeout", "seconds": 60}
        http.post("/_sandbox/faults", json=fault)
        with pytest.raises(httpx.ReadTimeout):
            http.post("/oauth/v2/token", timeout=httpx.Timeout(LONGEST_S, read=0.1))
        running.stop()
    with pytest.raises(httpx.ConnectError):
        httpx.get(running.url)


def test_times_are_shown_in_central_european_time_and_read_with_any_offset() -> None:
    summer, winter = 1792889999, 1792890000  # the last summer second of 2026, and the next one
    assert (crm_time(summer), crm_time(winter)) == ("2026-10-25T02:59:59+02:00", "2026-10-25T02:00:00+01:00")
    assert books_time(winter) == "2026-10-25T02:00:00+0100"
    assert parse_time(crm_time(summer)) == summer
    assert [parse_time(text) for text in ("2026-10-25T02:00:00", "yesterday")] == [None, None]


def test_a_computer_that_lags_behind_still_meets_the_company_on_its_first_day() -> None:
    clock = Clock(lambda: 1000.0)
    clock.set_out()
    assert (clock.now(), clock.advance(5)) == (START, START + 5)
