"""The example of docs/connectors.md is a connector that works and keeps every promise of the port."""

from __future__ import annotations

import re
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from connector_suite import ConnectorSuite, Harness, batch, close_all, opened, read, receipts, texts
from http_scripted import Answer, Bench, Request, bench

from engine.catalog import Capabilities, Catalog, Field, Stream
from engine.connectors.http import HttpType
from engine.connectors.port import ReadRequest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["close_all"]

PAGE = Path(__file__).parent.parent / "docs" / "connectors.md"
FIELDS = (
    Field(name="id", type="id", writable=False),
    Field(name="changed", type="instant", writable=False),
    Field(name="name", type="text"),
    Field(name="city", type="text"),
    Field(name="delivery.note", type="text", detail_only=True),
)
CUSTOMERS = Stream(
    name="customers",
    id="id",
    modified="changed",
    fields={field.name: field for field in FIELDS},
    can=Capabilities(create=True, update=True, delete=True, since=True),
)
CATALOG = Catalog(connector="shop", streams={"customers": CUSTOMERS})
GONE = Answer(404, {"error": {"code": "NOT_FOUND", "text": "There is no such customer."}})
TAKEN = Answer(409, {"error": {"code": "NAME_TAKEN", "text": "The name is taken."}})


class Shop:
    """The shop's API, as small as it can be."""

    def __init__(self) -> None:
        self.held: dict[str, dict[str, Any]] = {}
        self._stamp = 0
        self._lock = threading.Lock()

    def put(self, id_: str, values: Mapping[str, Any]) -> Answer:
        self._stamp += 1
        minutes, second = divmod(self._stamp, 60)
        changed = f"2026-11-20T{minutes // 60:02}:{minutes % 60:02}:{second:02}Z"
        blank = {"name": None, "city": None}
        self.held[id_] = {**blank, **self.held.get(id_, {}), **values, "id": id_, "changed": changed}
        return Answer(201, {"customer": self.held[id_]})

    def answer(self, request: Request) -> Answer:
        with self._lock:
            if request.path == "/v2/me":
                return Answer(body={"account": {"id": 7, "name": "Corner Shop"}})
            if request.path == "/v2/customers":
                return self._create(request.json) if request.method == "POST" else self._list(request)
            return self._one(request, request.path.rsplit("/", 1)[1])

    def _create(self, values: dict[str, Any]) -> Answer:
        taken = any(row["name"] == values["name"] for row in self.held.values())
        return TAKEN if taken else self.put(f"c{len(self.held) + 1}", values)

    def _one(self, request: Request, id_: str) -> Answer:
        if id_ not in self.held:
            return GONE
        if request.method == "PATCH":
            return self.put(id_, request.json)
        return Answer(body={"customer": self.held.pop(id_) if request.method == "DELETE" else self.held[id_]})

    def _list(self, request: Request) -> Answer:
        rows = sorted(self.held.values(), key=lambda row: row["changed"], reverse=True)
        short = [{key: row[key] for key in ("id", "name", "city", "changed")} for row in rows]
        first = (int(request.query["page"]) - 1) * 200
        return Answer(body={"customers": short[first : first + 200], "has_more": first + 200 < len(rows)})


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Bench]:
    with bench(tmp_path) as made:
        yield made


@pytest.fixture
def harness(at: Bench, tmp_path: Path) -> Harness:
    file = tmp_path / "shop.yaml"
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL)
    file.write_text(example)
    type_, shop = HttpType("shop", file=file, catalog=lambda: CATALOG), Shop()
    at.script.answer = shop.answer

    def seed(rows: Any) -> None:
        for row in rows:
            shop.put(row["id"], row)

    def edit(id_: str, values: Mapping[str, Any]) -> None:
        shop.put(id_, values)

    return Harness(
        connect=lambda: opened(at.open(type_)),
        stream="customers",
        key="id",
        seed=seed,
        edit=edit,
        refused={"name": "Ada"},
    )


class TestThePage(ConnectorSuite):
    def test_a_refusal_has_the_code_the_words_and_the_remedy_of_the_file(self, people: Harness) -> None:
        answer = people.connect().write("customers", batch("create", [{"name": "Ada"}]))
        (refused,) = receipts(answer, 1)
        assert (refused.code, refused.message) == ("NAME_TAKEN", "The name is taken.")
        assert refused.remedy == "Rename one of the two."

    def test_forecasts_are_the_calls_that_follow_details_included(self, harness: Harness) -> None:
        harness.seed([{"id": str(n), "name": str(n), "delivery": {"note": f"ring {n}"}} for n in range(230)])
        connector: Any = harness.connect()
        for wanted, calls in (("name", 2), ("delivery.note", 232)):
            request = ReadRequest(stream="customers", fields=(wanted,))
            before = connector.calls - connector.token_calls
            rows = read(connector, "customers", wanted)
            assert len(rows) == 230
            sent = connector.calls - connector.token_calls - before
            assert sent == connector.forecast_read(request, 230).calls == calls
        assert ("7", "ring 7") in texts(rows, "id", "delivery.note")
