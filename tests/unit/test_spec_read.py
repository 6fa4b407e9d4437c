"""Reading a spec: the model says what the file says, and a damaged file gives findings and nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.spec.files import loader_for
from engine.spec.read import read_mapping, read_spec
from engine.spec.report import MOST_FINDINGS
from engine.spec.schema import _validator
from engine.spec.share import share

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from engine.spec.model import Spec

SPECS = sorted(share("specs").glob("*.yaml"))
MAPPINGS = sorted(share("mappings").glob("*.yaml"))
BOOKS_CRM = (share("specs") / "zoho-books-crm.yaml").read_text("utf-8").split("\n")

SMALL = """\
spec: 1
name: small
systems:
  a: { connector: memory, with: { rows: [ 1, 2 ], x-note: private } }
  b: { connector: memory }
options:
  policy: { choices: [link, skip], default: skip }
modules:
  people:
    x-note: private
    sync: a.People <-> b.Persons
    direction: { to: "->", if: options.policy = 'skip' }
    match:
      - Email = email AND Name = name
      - { by: Phone = phone, if: options.policy = 'link' }
    duplicates: ${options.policy}
    conflicts: a
    under: { Company: companies, else: skip }
    fields:
      - Name <-> name
      - { map: Rating -> rating, values: { A: 1, [B, C]: x-large }, else: 0, required: true, on: create }
      - { to: left.Source, const: true }
  companies: { sync: a.Companies == b.Companies, only: "referenced by people, people" }
"""


def small(text: str = SMALL) -> Spec:
    spec, findings = read_spec("small.yaml", lambda _: text.encode())
    assert findings == ()
    assert spec is not None
    return spec


def test_a_module_is_taken_apart_into_streams_arrow_and_keys() -> None:
    people = small().modules["people"]
    assert (people.left.system, people.left.stream, people.arrow) == ("a", "People", "<->")
    assert (people.right.system, people.right.stream) == ("b", "Persons")
    assert str(people.arrow_at) == "small.yaml:11:20"
    keys = [[(pair.left.value, pair.right.value) for pair in key.pairs] for key in people.match]
    assert keys == [[("Email", "email"), ("Name", "name")], [("Phone", "phone")]]
    assert str(people.match[0].pairs[1].right.span) == "small.yaml:14:34"
    assert [(under.field.value, under.module.value, under.otherwise) for under in people.under] == [
        ("Company", "companies", "skip")
    ]


def test_a_line_keeps_its_value_map_in_order_and_values_as_written() -> None:
    _, rating, source = small().modules["people"].fields
    assert rating.values == ((("A",), "1"), (("B", "C"), "x-large"))
    assert (rating.arrow, rating.required, rating.on, str(rating.otherwise)) == ("->", True, "create", "0")
    assert (source.arrow, str(source.left), source.right, source.const) == ("<-", "Source", None, True)


def test_private_notes_leave_no_trace_in_the_model() -> None:
    assert small().systems["a"].settings == {"rows": [1, 2]}
    assert "private" not in repr(small())


def test_a_spec_with_findings_is_still_given_whole_so_that_more_can_be_found() -> None:
    spec, findings = read_spec(
        "small.yaml", lambda _: SMALL.replace("name: small", "name: small\ntitel: x").encode()
    )
    assert [found.code for found in findings] == ["unknown-key"]
    assert spec is not None


def test_a_spec_that_lacks_a_part_is_not_given() -> None:
    spec, findings = read_spec(
        "small.yaml", lambda _: SMALL.replace("a.People <-> b", "a.People <> b").encode()
    )
    assert [found.code for found in findings] == ["bad-arrow"]
    assert spec is None


@pytest.mark.parametrize("file", SPECS, ids=lambda path: path.stem)
def test_a_shipped_spec_has_no_findings(file: Path) -> None:
    spec, findings = read_spec(str(file), loader_for(file))
    assert findings == ()
    assert spec is not None
    named = [module.mapping for module in spec.modules.values()]
    named += [trigger.mapping for trigger in spec.triggers.values()]
    assert {str(name) for name in named if name is not None} == set(spec.mappings)


@pytest.mark.parametrize("file", MAPPINGS, ids=lambda path: path.stem)
def test_a_shipped_mapping_has_no_findings(file: Path) -> None:
    mapping, findings = read_mapping(str(file), loader_for(file))
    assert findings == ()
    assert mapping is not None


@given(
    st.lists(
        st.tuples(
            st.integers(0, len(BOOKS_CRM) - 1),
            st.sampled_from(["drop", "double", "indent", "cut", "swap", "list", "null"]),
            st.integers(0, 80),
        ),
        min_size=1,
        max_size=4,
    )
)
@settings(max_examples=60, deadline=None)
def test_a_damaged_spec_gives_findings_with_places_and_never_an_exception(
    damages: list[tuple[int, str, int]],
) -> None:
    lines = list(BOOKS_CRM)
    for number, damage, column in damages:
        lines[number] = damaged(lines[number], damage, column)
    raw = "\n".join(lines).encode()
    mappings = loader_for(share("specs") / "zoho-books-crm.yaml")
    file = str(share("specs") / "zoho-books-crm.yaml")
    spec, findings = read_spec(file, lambda name: raw if name == file else mappings(name))
    assert spec is not None or findings
    assert len(findings) <= MOST_FINDINGS * 20
    written = "\n".join(lines).split("\n")
    for found in findings:
        if found.span.file == file:
            assert (
                found.excerpt is None or "*" in found.excerpt or found.excerpt == written[found.span.line - 1]
            )
            assert 1 <= found.span.column <= len(written[found.span.line - 1]) + 1


def damaged(line: str, damage: str, column: int) -> str:
    """One of the ways in which a line goes wrong under somebody's hands."""
    key = line.partition(":")[0]
    ways = {
        "drop": "",
        "double": f"{line}\n{line}",
        "indent": f" {line}",
        "cut": line[:column],
        "swap": line[:column] + line[column : column + 2][::-1] + line[column + 2 :],
        "list": f"{key}: [ {{}}, [], 1, null ]",
        "null": f"{key}:",
    }
    return ways[damage]


def test_reading_loads_no_heavy_library() -> None:
    """`engine validate` starts fast: no database, no columns, no HTTP client."""
    program = (
        "import sys; from engine.spec.read import check_file; check_file(sys.argv[1]);"
        "print([name for name in ('duckdb', 'pyarrow', 'sqlalchemy', 'httpx', 'requests') if name in sys.modules])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program, str(SPECS[0])], capture_output=True, text=True, check=True
    )
    assert ran.stdout == "[]\n"


@pytest.mark.parametrize("name", ["spec", "mapping"])
def test_a_schema_is_valid_and_explains_every_key(name: str) -> None:
    """Editors show these descriptions."""
    from jsonschema import Draft202012Validator

    schema = json.loads((share("schemas") / f"{name}.schema.json").read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    others = {
        other: json.loads((share("schemas") / f"{other}.schema.json").read_text("utf-8"))["$defs"]
        for other in ("spec", "mapping")
    }
    silent = [path for path, key in keys_of(schema, name) if not describes(key, name, others)]
    assert silent == []


@pytest.mark.parametrize("name", ["spec", "mapping"])
def test_every_example_in_a_schema_is_right(name: Literal["spec", "mapping"]) -> None:
    """What an editor offers passes the check that follows."""
    from jsonschema import Draft202012Validator

    parts = list(parts_of(_validator(name).schema))
    examples = [(part, example) for part in parts for example in part.get("examples", ())]
    assert len(examples) > 3
    wrong = [example for part, example in examples if not Draft202012Validator(part).is_valid(example)]
    assert wrong == []


def parts_of(schema: object) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        yield schema
    inner = schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ()
    for part in inner:
        yield from parts_of(part)


def keys_of(schema: object, path: str) -> list[tuple[str, dict[str, object]]]:
    """Every entry of every `properties` in a schema, with the way to it."""
    found: list[tuple[str, dict[str, object]]] = []
    if isinstance(schema, list):
        return [one for number, part in enumerate(schema) for one in keys_of(part, f"{path}/{number}")]
    if not isinstance(schema, dict):
        return found
    for name, part in schema.items():
        if name == "properties":
            found += [(f"{path}/{key}", value) for key, value in part.items()]
        found += keys_of(part, f"{path}/{name}")
    return found


def describes(
    key: dict[str, object], name: str, definitions: dict[str, dict[str, dict[str, object]]]
) -> bool:
    if key.get("description"):
        return True
    target = str(key.get("$ref", ""))
    if not target:
        return False
    file, _, definition = target.rpartition("#/$defs/")
    known = definitions[file.removesuffix(".schema.json") or name]
    return describes(known[definition], file.removesuffix(".schema.json") or name, definitions)
