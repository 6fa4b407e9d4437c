"""A condition over a database's fields compiles before it is asked, and is checked by their types once it is."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import pytest

from engine.catalog import Capabilities, Catalog, Field, Stream
from engine.compiler import compile_file
from engine.compiler.compile import check_file
from engine.spec.diagnostic import SpecError

if TYPE_CHECKING:
    from pathlib import Path

    from engine.catalog import FieldType

SYSTEMS = {
    "sql": '{ connector: sql, with: { url: "sqlite:///a.db" } }',
    "parquet": "{ connector: files, with: { folder: ., format: parquet, streams: { p: { id: id } } } }",
    "csv": "{ connector: files, with: { folder: ., format: csv, streams: { p: { id: id } } } }",
}
#: A type that a system may tell -> a condition that only it allows.
FITTING: dict[FieldType, str] = {
    "integer": "x > 5",
    "decimal": "x * 2 <= -1.5",
    "boolean": "x",
    "date": "x BETWEEN '2026-01-01' AND '2026-02-01'",
    "list": "x IS NULL",
    "text": "lower(x) = 'a'",
}
#: Where a condition may stand inside another one.
INSIDE = ["{}", "NOT ({})", "name = 'a' AND ({})", "CASE WHEN {} THEN 'a' ELSE 'b' END = 'a'"]


def _spec(folder: Path, system: str, condition: str) -> str:
    (folder / "s.yaml").write_text(
        f"""spec: 1
name: s
systems:
  l: {SYSTEMS[system]}
  r: {SYSTEMS["sql"]}
modules:
  p:
    sync: l.p -> r.p
    match: [ name = name ]
    view: {{ l: "{condition}" }}
    needs:
      - {{ check: "{condition}", else: skip }}
    fields:
      - name -> name
      - {{ to: right.word, value: "CASE WHEN {condition} THEN 'yes' ELSE 'no' END" }}
""",
        encoding="utf-8",
    )
    return str(folder / "s.yaml")


def _errors(file: str) -> list[str]:
    return [one.code for one in check_file(file) if one.severity == "error"]


def _told(type_: FieldType) -> dict[str, Catalog]:
    kinds: dict[str, FieldType] = {"name": "text", "word": "text", "x": type_}
    fields = {name: Field(name=name, type=kind) for name, kind in kinds.items()}
    stream = Stream(name="p", id="name", fields=fields, can=Capabilities(create=True, update=True))
    return {name: Catalog(connector="sql", streams={"p": stream}) for name in ("l", "r")}


@pytest.mark.parametrize(("type_", "inside"), list(product(FITTING, INSIDE)))
def test_a_condition_waits_for_the_types_that_a_system_tells(
    tmp_path: Path, type_: FieldType, inside: str
) -> None:
    condition = inside.format(FITTING[type_])
    for system in ("sql", "parquet"):
        assert _errors(_spec(tmp_path, system, condition)) == []
    file = _spec(tmp_path, "sql", condition)
    assert compile_file(file, live=_told(type_)).modules[0].name == "p"
    if type_ not in ("list", "text"):
        with pytest.raises(SpecError) as wrong:
            compile_file(file, live=_told("object"))
        assert {one.code for one in wrong.value.findings} <= {"type-mismatch", "bad-literal"}


@pytest.mark.parametrize("type_", ["integer", "decimal", "boolean"])
def test_where_nobody_will_tell_a_type_a_condition_is_refused_at_once(
    tmp_path: Path, type_: FieldType
) -> None:
    assert set(_errors(_spec(tmp_path, "csv", FITTING[type_]))) == {"type-mismatch"}


@pytest.mark.parametrize("condition", ["x >", "fo(x) > 5", "options.no > x", "x > 5 AND y()"])
def test_what_no_type_can_mend_is_refused_at_once(tmp_path: Path, condition: str) -> None:
    assert _errors(_spec(tmp_path, "sql", condition))
