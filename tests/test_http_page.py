"""The example of docs/connectors.md is a connector that works: a product nobody here has heard of."""

from __future__ import annotations

import re
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from http_scripted import Answer, Bench, Request, batch, bench, ids, read, write

from engine.catalog import Capabilities, Catalog, Field, Stream
from engine.connectors.http import HttpType
from engine.connectors.port import ReadRequest

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path(__file__).parent.parent / "docs" / "connectors.md"
CATALOG = Catalog(
    connector="shop",
    streams={
        "customers": Stream(
            name="customers",
            id="id",
            modified="changed",
            fields={
                "id": Field(name="id", type="id", writable=False),
                "changed": Field(name="changed", type="instant", writable=False),
                "name": Field(name="name", type="text"),
                "address.city": Field(name="address.city", type="text", detail_only=True),
            },
            can=Capabilities(create=True, update=True, since=True),
        )
    },
)


class Shop:
    """The shop's API, as small as it can be."""

    def __init__(self) -> None:
        self.held: dict[int, dict[str, Any]] = {}
        self._lock = threading.Lock()

    def answer(self, request: Request) -> Answer:
        with self._lock:
            return self._answer(request)

    def _answer(self, request: Request) -> Answer:
        if request.method == "POST":
            if any(row["name"] == request.json["name"] for row in self.held.values()):
                return Answer(409, {"error": {"code": "NAME_TAKEN", "text": "taken"}})
            return self._put(len(self.held) + 1, request.json)
        if request.path != "/v2/customers":
            id_ = int(request.path.rsplit("/", 1)[1])
            return (
                self._put(id_, request.json)
                if request.method == "PATCH"
                else Answer(body={"customer": self.held[id_]})
            )
        rows = sorted(self.held.values(), key=lambda row: row["changed"], reverse=True)
        short = [{"id": row["id"], "name": row["name"], "changed": row["changed"]} for row in rows]
        first = (int(request.query["page"]) - 1) * 200
        return Answer(body={"customers": short[first : first + 200], "has_more": first + 200 < len(rows)})

    def _put(self, id_: int, values: dict[str, Any]) -> Answer:
        changed = f"2026-11-20T{len(self.held) // 60:02}:{len(self.held) % 60:02}:00Z"
        self.held[id_] = {**self.held.get(id_, {}), **values, "id": id_, "changed": changed}
        return Answer(201, {"customer": self.held[id_]})


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Bench]:
    with bench(tmp_path) as made:
        yield made


def test_the_page_describes_a_connector_that_reads_and_writes(at: Bench, tmp_path: Path) -> None:
    file = tmp_path / "shop.yaml"
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL)
    file.write_text(example)
    shop = Shop()
    at.script.answer = shop.answer
    connector = at.open(HttpType("shop", file=file, catalog=lambda: CATALOG))
    names = [{"name": f"C{n}", "address.city": "Gent"} for n in range(230)]
    made = write(connector, "customers", batch("create", *names, {"name": "C1"}))
    assert [receipt.outcome for receipt in made] == ["applied"] * 230 + ["refused"]
    assert (made[-1].code, made[-1].remedy) == ("NAME_TAKEN", "Rename one of the two.")

    request = ReadRequest(stream="customers", fields=("name",))
    calls = connector.calls
    assert sorted(map(int, ids(list(connector.read(request))))) == list(range(1, 231))  # ids arrive as text
    assert connector.calls - calls == connector.forecast_read(request, 230).calls == 2
    assert ids(read(connector, "customers", "name", since="2026-11-20T03:48:00Z")) == ["230", "229"]
    (row,) = read(connector, "customers", "address.city", ids=("7",))[0].records or ()
    assert row["address"] == {"city": "Gent"}
    connector.close()
