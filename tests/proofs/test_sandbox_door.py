"""Every entry point of the sandbox, by its route table, keeps every rule of the door: who comes in, and with what."""

from __future__ import annotations

import asyncio
import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from sandbox_visitor import Visitor, visit
from starlette.requests import Request
from starlette.routing import Mount, Route

from engine.sandbox.app import make_app
from engine.sandbox.server import body
from engine.sandbox.server.door import stranger

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import httpx
    from starlette.routing import BaseRoute

WRITES = ("POST", "PUT", "PATCH")
#: Of what a path names, something that is there, by how the path begins.
NAMED = {
    "/crm": {"module": "Accounts"},
    "/books": {"collection": "contacts", "singular": "contact", "action": "active"},
    "/erp": {"collection": "contacts", "singular": "contact", "action": "active"},
    "/api": {"entity": "tasks", "status": "unbilled"},
    "/_sandbox": {"product": "crm", "module": "Accounts"},
}
HUGE_NUMBER = "9" * 400
#: Bodies that no endpoint takes, or that some do with odd numbers in them.
HOSTILE = (
    "",
    "[]",
    "null",
    '{"data": 1, "users": 1, "watch": 1, "ids": 1, "query": 1, "set": 1}',
    '{"a": NaN}',
    '{"a": 1e999}',
    "[" * 100_000,
    '{"data": [{"Account_Name": "A", "Employees": '
    + HUGE_NUMBER
    + ', "Annual_Revenue": '
    + HUGE_NUMBER
    + "}]}",
    '{"contact_name": "A", "payment_terms": ' + HUGE_NUMBER + ', "credit_limit": "1e999"}',
    '{"name": "A", "rate_per_hour": '
    + HUGE_NUMBER
    + ', "lines": [{"rate": "x", "quantity": {}}], "date": 7}',
    '{"fault": "slow", "times": 1e300, "seconds": -1}',
    '{"fault": "slow", "seconds": "nan", "retry_after": "x"}',
    '{"advance_s": 1e300}',
    '{"advance_s": ' + HUGE_NUMBER + "}",
    '{"product": "crm", "module": "Accounts", "id": {}, "set": {"Phone.x": 1}}',
    '{"product": [], "module": {}, "set": {}}',
    '{"product": "books", "set": {"name.x": 1}}',
)


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitor]:
    with visit(tmp_path_factory.mktemp("door")) as visitor:
        yield visitor


@pytest.fixture
def house(opened: Visitor) -> Visitor:
    opened.begin_anew()
    return opened


def entries(routes: Iterable[BaseRoute], before: str = "") -> Iterator[tuple[str, str]]:
    """Method and path of every endpoint below some routes."""
    for route in routes:
        if isinstance(route, Mount):
            yield from entries(route.routes, before + route.path)
        elif isinstance(route, Route):
            yield from (
                (method, before + route.path) for method in sorted((route.methods or set()) - {"HEAD"})
            )


def every_entry(house: Visitor) -> list[tuple[str, str]]:
    found = list(dict.fromkeys(entries(make_app(house.running.site).routes)))
    assert len(found) > 150
    return [(method, filled(house, path)) for method, path in found]


def filled(house: Visitor, path: str) -> str:
    """A path with something that is there in place of each name."""
    start = "/" + path.split("/")[1]
    names = NAMED.get(start, {}) | {"portal": house.running.connect()["zoho-projects"]["portal"]}
    first = {"/crm": "Accounts", "/books": "contacts", "/erp": "contacts", "/api": "tasks"}
    product = {"/crm": "crm", "/api": "projects"}.get(start, start[1:])
    if start in first:
        store = house.running.site.store
        one = store.execute(
            "SELECT id, json_extract(body, '$.project') FROM record"
            " WHERE product = ? AND module = ? AND deleted IS NULL",
            (product, first[start]),
        ).fetchone()
        names |= {"id": one[0], "contact": one[0], "on": one[0], "parent": one[0], "project": one[1] or "1"}
    for name, value in names.items():
        path = path.replace(f"{{{name}}}", str(value))
    return path.replace("{id}", "1")


def signed(house: Visitor, path: str, **more: str) -> dict[str, str]:
    product = {"crm": "zoho-crm", "books": "zoho-books", "erp": "zoho-erp", "api": "zoho-projects"}
    connector = product.get(path.split("/")[1])
    return more | ({} if connector is None else house._sign(connector))


def params(house: Visitor, path: str) -> dict[str, str]:
    start = path.split("/")[1]
    if start not in ("books", "erp"):
        return {}
    return {"organization_id": house.running.connect()[f"zoho-{start}"]["organization"]}


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Host": "rebind.evil"},
        {"Host": "127.0.0.1.evil.example:80"},
    ],
    ids=lambda one: "-".join(next(iter(one.items()))),
)
def test_no_entry_point_answers_another_site(house: Visitor, headers: dict[str, str]) -> None:
    accounts = len(house.records("crm", "Accounts"))
    for method, path in every_entry(house):
        answer = house.http.request(method, path, headers=signed(house, path, **headers), content=b"{}")
        assert (answer.status_code, list(answer.json())) == (403, ["error"]), (method, path)
    assert len(house.records("crm", "Accounts")) == accounts


def test_the_sandbox_s_own_address_is_no_other_site(house: Visitor) -> None:
    url = house.running.url
    assert house.http.get("/_sandbox/calls", headers={"Origin": url}).status_code == 200
    own = ("127.0.0.1:8700", "localhost:8700", "[::1]:8700", "localhost")
    assert [stranger(host, f"http://{host}") for host in own] == [None] * 4
    assert stranger("[", None) is not None
    assert stranger("", None) is not None


def test_no_entry_point_takes_a_hostile_body_or_breaks_over_it(house: Visitor) -> None:
    for method, path in every_entry(house):
        if method not in WRITES:
            continue
        for sent in HOSTILE:
            headers = signed(house, path, **{"Content-Type": "application/json"})
            answer = house.http.request(
                method, path, headers=headers, params=params(house, path), content=sent
            )
            assert answer.status_code < 500 or answer.status_code == 501, (
                method,
                path,
                sent[:80],
                answer.text,
            )
            if answer.content:
                json.loads(answer.content, parse_constant=pytest.fail)
            if path.startswith("/_sandbox/"):
                house.sign_in()  # some commands end every token


@pytest.mark.parametrize("number", ["0", "-1", "1e9", "٣", "9" * 30, "x", ""])
@pytest.mark.parametrize("name", ["page", "per_page"])
def test_every_list_takes_numbers_of_pages_only(house: Visitor, name: str, number: str) -> None:
    for method, path in every_entry(house):
        if method == "GET":
            wanted = params(house, path) | {name: number, "fields": "Account_Name"}
            answer = house.http.get(path, headers=signed(house, path), params=wanted)
            assert answer.status_code < 500, (path, answer.text)


def test_no_entry_point_reads_more_of_a_body_than_it_may_be_long(
    house: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(body, "MAX_BODY_BYTES", 2_000)
    sent = json.dumps({"data": [{"Account_Name": "x" * 3_000}], "contact_name": "A", "name": "A"}).encode()
    refused = 0
    for method, path in every_entry(house):
        if method in WRITES and not path.startswith("/_sandbox/"):
            headers = signed(house, path, **{"Content-Type": "application/json"})
            answer = house.http.request(
                method, path, headers=headers, params=params(house, path), content=sent
            )
            assert answer.status_code < 500, (method, path, answer.text)
            refused += answer.status_code == 400
    assert refused > 40
    assert not [row for row in house.records("crm", "Accounts") if len(row["Account_Name"]) > 1_000]


def test_a_body_without_an_end_is_read_up_to_the_bound_only() -> None:
    chunks = 0

    async def endless() -> dict[str, Any]:
        nonlocal chunks
        chunks += 1
        return {"type": "http.request", "body": b"x" * 1_000, "more_body": True}

    request = Request({"type": "http", "method": "POST", "path": "/", "headers": []}, endless)
    with pytest.raises(body.NotJson, match="too large"):
        asyncio.run(body.read_body(request, 10_000))
    assert chunks == 11


def test_only_json_is_taken_for_json_but_by_crm_whose_clients_send_none(house: Visitor) -> None:
    text = {"Content-Type": "text/plain"}
    assert house.http.post("/_sandbox/clock", content=b'{"advance_s": 0}', headers=text).status_code == 400
    assert (
        house.books("POST", "/contacts", content=b'{"contact_name": "A"}', headers=text).json()["code"] == 4
    )
    assert house.projects("POST", "/clients", content=b'{"name": "A"}', headers=text).status_code == 400
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    made = house.crm(
        "POST", "/Accounts", content=b'{"data": [{"Account_Name": "Sent as a form"}]}', headers=form
    )
    assert made.status_code == 201


@pytest.mark.parametrize("way", ["urlencoded", "multipart", "query", "both"])
def test_a_token_is_given_for_a_form_of_either_type_and_for_the_query(house: Visitor, way: str) -> None:
    fields = house.running.connect()["zoho-crm"]["credentials"] | {"grant_type": "refresh_token"}
    sent: dict[str, dict[str, Any]] = {
        "urlencoded": {"data": fields},
        "multipart": {"files": {name: (None, value) for name, value in fields.items()}},
        "query": {"params": fields},
        "both": {"params": {"grant_type": "other"}, "data": fields},
    }
    assert "access_token" in house.http.post("/oauth/v2/token", **sent[way]).json()


def test_a_form_without_an_end_or_of_nonsense_is_refused(house: Visitor) -> None:
    large = house.http.post("/oauth/v2/token", content=b"x" * 70_000)
    assert large.status_code == 400
    for kind in (
        "multipart/form-data",
        "multipart/form-data; boundary=a",
        "multipart/form-data; boundary=\xff",
    ):
        answer = house.http.post(
            "/oauth/v2/token", content=b"--a\r\n\r\n", headers={b"Content-Type": kind.encode("latin-1")}
        )
        assert answer.json() == {"error": "unsupported_grant_type"}


NOT_SERVED = (
    ("crm", "/settings/layouts"),
    ("crm", "/settings/roles"),
    ("crm", "/Leads"),
    ("crm", "/Accounts/554023000000010001/Contacts"),
    ("books", "/bills"),
    ("books", "/invoices/1/payments"),
    ("books", "/settings/taxes"),
    ("erp", "/warehouses"),
    ("projects", "/events"),
    ("projects", "/settings/fields"),
)
NOBODYS = (
    ("crm", "/Nonsense"),
    ("crm", "/settings/nonsense"),
    ("books", "/nonsense"),
    ("erp", "/contacts/1/nonsense"),
    ("projects", "/nonsense"),
)


@pytest.mark.parametrize(("product", "path"), NOT_SERVED)
def test_what_only_the_vendor_serves_is_said_to_be_missing_here(
    house: Visitor, product: str, path: str
) -> None:
    answer: httpx.Response = getattr(house, product)("GET", path)
    assert (answer.status_code, answer.headers.get("X-Sandbox")) == (501, "not-served"), answer.text
    assert "The sandbox does not serve GET" in answer.text
    assert path.split("/")[1] in house.command("calls")["calls"][-1]["not_served"]


@pytest.mark.parametrize(("product", "path"), NOBODYS)
def test_what_nobody_serves_is_a_mistake_of_the_client_as_the_vendor_says_it(
    house: Visitor, product: str, path: str
) -> None:
    answer: httpx.Response = getattr(house, product)("GET", path)
    assert (answer.status_code in (400, 404, 405), answer.headers.get("X-Sandbox")) == (True, None), (
        answer.text
    )
    assert house.command("calls")["calls"][-1]["not_served"] is None


def described(folder: Path) -> Iterator[tuple[str, str]]:
    """Product and path of everything that the vendor's descriptions name, with ids filled in."""
    for product, kind in (("crm", "crm-v8/*.json"), ("books", "books-v3/*.yml")):
        for file in sorted(folder.glob(kind)):
            text = file.read_text(encoding="utf-8")
            paths = json.loads(text)["paths"] if file.suffix == ".json" else yaml.safe_load(text)["paths"]
            # Custom modules of Books, and bulk reads, which lie below an address of their own.
            for path in () if "custom-modules" in file.name or "bulk" in file.name else paths:
                module = re.sub(r"^/\{\w+\}", "/Accounts", path.rstrip("/"))
                named = re.sub(r"\{(related|sub_form|related_list)\w*\}", "Contacts", module)
                yield product, re.sub(r"\{\w+\}", "1", named)


@pytest.mark.skipif(
    "ENGINE_OPENAPI" not in os.environ, reason="ENGINE_OPENAPI names no folder of descriptions"
)
def test_all_that_the_vendor_describes_is_served_or_said_to_be_missing(house: Visitor) -> None:
    lacking = []
    for product, path in sorted(set(described(Path(os.environ["ENGINE_OPENAPI"])))):
        answers = [getattr(house, product)(method, path, json={}) for method in ("GET", "POST", "PUT")]
        refused = ("INVALID_URL", "INVALID_MODULE", '"code":5,')
        if all(
            answer.status_code == 405 or any(word in answer.text for word in refused) for answer in answers
        ):
            lacking.append(f"{product} {path}")
    assert lacking == []


@pytest.mark.parametrize("entity", ["projects", "tasks", "issues"])
def test_projects_keeps_text_that_people_format_as_it_was_sent(house: Visitor, entity: str) -> None:
    html = "<div>Hi <b>you</b> &amp; me<br>two</div>"
    project = house.records("projects", "projects")[0]["id"]
    path = "/projects" if entity == "projects" else f"/projects/{project}/{entity}"
    made = house.projects("POST", path, json={"name": "Formatted", "description": html}).json()
    assert house.projects("GET", f"{path}/{made['id']}").json()["description"] == html
    if entity != "projects":
        comments = f"{path}/{made['id']}/comments"
        assert house.projects("POST", comments, json={"comment": html}).json()["comment"] == html
