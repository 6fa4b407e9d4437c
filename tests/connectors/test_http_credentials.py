"""Credentials that are not renewed: an API key, a name and a password; and the requests that a day allows."""

from __future__ import annotations

import base64
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from http_scripted import Bench, HttpAnswer, bench, ids, read

from engine.catalog import Catalog, Field, Stream
from engine.connectors.http import HttpType
from engine.connectors.port import Surroundings
from engine.errors import TemporaryError, UserError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from engine.connectors.http.connector import HttpConnector

ORDERS = Stream(name="orders", id="id", fields={"id": Field(name="id", type="id")})
SHOP: dict[str, Any] = {
    "connector": "shop",
    "summary": "A shop.",
    "settings": {"type": "object", "properties": {"credentials": {}, "a_day": {"type": "integer"}}},
    "centres": {"eu": {"api": "https://shop.test"}},
    "base": "/v1",
    "streams": {
        "orders": {"list": {"path": "/orders", "rows": "@", "paging": {"style": "link", "size": "take"}}}
    },
}
CANARY = "canary-key-12345"


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Bench]:
    with bench(tmp_path) as made:
        made.script.play(HttpAnswer(body=[{"id": "1"}]))
        yield made


def opened(at: Bench, credentials: Any, **more: Any) -> HttpConnector:
    """The shop, described in a file of its own, on the scripted server."""
    settings = more.pop("settings", {})
    file = at.folder / f"shop-{len(list(at.folder.iterdir()))}.yaml"
    file.write_text(yaml.safe_dump({**SHOP, **more}))
    type_ = HttpType("shop", file=file, catalog=lambda: Catalog(connector="shop", streams={"orders": ORDERS}))
    around = Surroundings(folder=at.folder, clock=at.clock.time, sleep=at.clock.sleep, sandbox=True)
    return type_.open({"credentials": credentials, "host": at.script.url, **settings}, around)


def test_an_api_key_goes_into_the_header_that_the_file_names(at: Bench) -> None:
    next_ = HttpAnswer(body=[{"id": "1"}], headers={"link": '<https://evil.test/?after=1>; rel="next"'})
    at.script.play(next_, HttpAnswer(body=[{"id": "2"}]))
    auth = {"style": "api-key", "header": "X-Api-Key", "prefix": ""}
    with closing(opened(at, {"key": CANARY}, auth=auth)) as shop:
        assert ids(read(shop, "orders")) == ["1", "2"]
        assert (shop.calls, shop.token_calls) == (2, 0)
    assert {request.headers["x-api-key"] for request in at.script.requests} == {CANARY}
    assert [request.query.get("after") for request in at.script.requests] == [None, "1"]
    assert [request.path for request in at.script.requests] == ["/v1/orders"] * 2


def test_a_name_and_a_password_are_sent_as_basic(at: Bench) -> None:
    with closing(opened(at, {"user": "ann", "password": CANARY}, auth={"style": "basic"})) as shop:
        read(shop, "orders")
    word, _, pair = at.script.requests[0].headers["authorization"].partition(" ")
    assert (word, base64.b64decode(pair).decode()) == ("Basic", f"ann:{CANARY}")


@pytest.mark.parametrize("style", ["api-key", "basic"])
def test_credentials_that_are_not_accepted_end_in_a_sentence_without_them(at: Bench, style: str) -> None:
    given = {"key": CANARY, "user": "ann", "password": CANARY}
    at.script.play(HttpAnswer(401, {"code": 1, "message": f"no such key {CANARY}"}))
    with closing(opened(at, given, auth={"style": style})) as shop:
        with pytest.raises(UserError, match="shop does not accept the credentials") as caught:
            read(shop, "orders")
        assert CANARY not in str(caught.value) + str(caught.value.remedy)
    assert len(at.script.requests) == 1


def test_credentials_of_another_style_are_refused_with_the_keys_that_are_needed(at: Bench) -> None:
    with pytest.raises(UserError, match="lack a usable `password`") as caught:
        opened(at, {"user": "ann"}, auth={"style": "basic"})
    assert "user, password" in str(caught.value.remedy)


def test_requests_of_a_day_are_counted_over_connectors_and_end_before_the_system_says_so(at: Bench) -> None:
    more = {"auth": {"style": "api-key"}, "limits": {"per_day_setting": "a_day"}, "settings": {"a_day": 3}}
    with closing(opened(at, {"key": CANARY}, **more)) as shop:
        read(shop, "orders")
        assert shop.budget().per_day == 3
    with closing(opened(at, {"key": CANARY}, **more)) as shop:
        read(shop, "orders")  # the first one gave back what it did not use
        read(shop, "orders")
        with pytest.raises(TemporaryError, match="The 3 requests that shop may be sent in a day are used up"):
            read(shop, "orders")
        assert len(at.script.requests) == 3
        at.clock.now += 86_400
        read(shop, "orders")
    with pytest.raises(UserError, match="`a_day` of shop is no number of requests"):
        opened(at, {"key": CANARY}, **{**more, "settings": {"a_day": "many"}})
