"""Every kind of JSON value goes into every local system and comes out as the same JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from database_servers import mariadb, postgres, sqlite
from open_connectors import close_all, opened

from engine.connectors.files import FILES
from engine.connectors.port import AllApplied, ReadRequest
from engine.connectors.records import json_text
from engine.run.read.text_columns import text_columns
from engine.testing import batch, receipts, surroundings

__all__ = ["close_all"]  # the fixture is used by being here

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from engine.connectors.port import Connector

VALUES: dict[str, Any] = {
    "object": {"z": 1, "a": {"y": [None, True], "b": "ü"}},
    "empty object": {},
    "list": [1, "x", None, [], {"k": False}],
    "empty list": [],
    "text": "plain",
    "text like a number": "5",
    "number": 5,
    "boolean": True,
    "false": False,
}
DATABASES = {"sqlite": sqlite, "postgres": postgres, "mariadb": mariadb}
SYSTEMS = [*DATABASES, "csv", "jsonl"]


@pytest.fixture(params=SYSTEMS)
def system(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Connector]:
    """A system with a stream `t` of the fields `id` and `o`, which holds JSON."""
    fields = {"t": {"id": "id", "fields": {"o": "object"}}}
    if request.param in DATABASES:
        with DATABASES[request.param](tmp_path) as database:
            database.make("CREATE TABLE t (id varchar(9) PRIMARY KEY, o json)")
            yield database.open(streams=fields)
    else:
        said = {"folder": str(tmp_path), "format": request.param, "create": True, "streams": fields}
        yield opened(FILES.open(said, surroundings(tmp_path)))


class _Side:
    id_field = "id"
    version_field = None
    folded = ()


def _held(system: Connector) -> dict[str, str | None]:
    """What the engine stages of each record."""
    rows = [
        row
        for page in system.read(ReadRequest(stream="t", fields=("o",)))
        for row in text_columns(page, _Side(), ("o",)).to_pylist()
    ]
    return {row["id"]: row["o"] for row in rows}


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_a_json_value_that_is_written_is_read_as_the_same_json(system: Connector, value: Any) -> None:
    written = json_text(value)
    receipts(system.write("t", batch("create", [{"id": "a", "o": written}, {"id": "b", "o": None}])), 2)
    assert _held(system) == {"a": written, "b": None}
    change = {"_id": "b", "_set": ["o"], "o": written}
    assert isinstance(system.write("t", batch("update", [change])), AllApplied | list)
    assert _held(system) == {"a": written, "b": written}


@pytest.mark.parametrize("value", [*VALUES.values(), None], ids=[*VALUES, "null"])
def test_what_another_program_put_there_is_read_in_one_form(tmp_path: Path, value: Any) -> None:
    spelled = json.dumps(value, indent=1)
    found: list[str | None] = []
    for make in DATABASES.values():
        with make(tmp_path) as database:
            database.make("CREATE TABLE t (id varchar(9) PRIMARY KEY, o json)")
            database.ask("INSERT INTO t VALUES ('a', %s)", (spelled,))
            found.append(_held(database.open(streams={"t": {"fields": {"o": "object"}}}))["a"])
    (tmp_path / "t.jsonl").write_text(json.dumps({"id": "a", "o": value}) + "\n")
    said = {
        "folder": str(tmp_path),
        "format": "jsonl",
        "streams": {"t": {"id": "id", "fields": {"o": "object"}}},
    }
    found.append(_held(opened(FILES.open(said, surroundings(tmp_path))))["a"])
    assert found == [None if value is None else json_text(value)] * 4


def _written(tmp_path: Path, write: Callable[[Connector], object], **types: str) -> list[dict[str, Any]]:
    said = {
        "folder": str(tmp_path),
        "format": "jsonl",
        "create": True,
        "streams": {"t": {"id": "id", "fields": types}},
    }
    write(opened(FILES.open(said, surroundings(tmp_path))))
    return [json.loads(line) for line in (tmp_path / "t.jsonl").read_text().splitlines()]


ROW = {"id": "b", "n": "7", "d": "1.50", "ok": "true", "l": "[1]", "o": '{"k":1}', "text": "007"}
TYPED = {"id": "b", "n": 7, "d": 1.5, "ok": True, "l": [1], "o": {"k": 1}, "text": "007"}


def test_json_lines_are_written_as_their_declared_types_say(tmp_path: Path) -> None:
    types = {"n": "integer", "d": "decimal", "ok": "boolean", "l": "list", "o": "object", "text": "text"}
    assert _written(tmp_path, lambda to: to.write("t", batch("create", [ROW])), **types) == [TYPED]


def test_json_lines_without_declared_types_go_by_what_the_other_records_show(tmp_path: Path) -> None:
    before = {"id": "a", "n": 1, "d": 2.25, "ok": False, "l": [], "o": {}, "text": "12"}
    (tmp_path / "t.jsonl").write_text(json.dumps(before) + "\n")
    assert _written(tmp_path, lambda to: to.write("t", batch("create", [ROW]))) == [before, TYPED]
