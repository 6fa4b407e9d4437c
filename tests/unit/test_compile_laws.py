"""A line that goes both ways is a well-behaved lens, whatever the two types are: what is written is read back."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, NamedTuple, get_args

import pytest
import simplejson
from lens_world import Bench

from engine.catalog import FieldType
from engine.record import SIDES, Side, other
from engine.spec.diagnostic import SpecError

if TYPE_CHECKING:
    from pathlib import Path

    from engine.plan import ModulePlan

#: Values of each type as a system may show them. All of the last ones can be read, but not all fit elsewhere.
SHOWN: dict[FieldType, tuple[str, ...]] = {
    "text": (" Ann\r\nB ", "ann", "x@Y.org", "5"),
    "integer": ("7", "-3", "+5", "9007199254740993"),
    "decimal": ("1.50", "2", "-0.25", "0.000000001"),
    "money": ("10.00", "3", "-1.5", "0.125"),
    "number": ("1.5", "2", "1e3", "0.1"),
    "boolean": ("true", "false", "TRUE", "1"),
    "date": ("2026-03-01", "2026-12-31", "1999-01-01", "2024-02-29"),
    "instant": (
        "2026-03-01T10:00:00+05:30",
        "2026-03-01T04:30:00Z",
        "1999-12-31T23:59:59Z",
        "2026-03-01T10:00:00.5Z",
    ),
    "duration": ("90", "1:30", "0", "15"),
    "email": ("Ann@X.Org", "b@y.org", "c@Z.ORG", "d@d.org"),
    "phone": ("+91 20 5550 100", "020 5550 100", "+49 89 123456", "123"),
    "url": ("https://x.org", "http://Y.org/a", "x.org", "https://x.org/?q=1"),
    "enum": ("Active", "Lost", "active", "On Hold"),
    "id": ("17", "AbC", "0017", "abc"),
    "list": ('["a", "b"]', "[]", "[1]", '["b", "a"]'),
    "object": ('{"a": 1}', "{}", '{"b": null}', '{"a": 1.0}'),
    "unknown": ("5", "2026-03-01", "true", ""),
}
PAIRS = list(itertools.product(get_args(FieldType), repeat=2))


def name(own: str, across: str) -> str:
    """One field for each pair, on either side."""
    return f"{own}_beside_{across}"


def world(folder: Path, pairs: list[tuple[str, str]]) -> Bench:
    """A module with one line for each pair of types."""

    def fields(kinds: list[tuple[str, ...]]) -> str:
        return ", ".join(f"{name(own, across)}: {own}" for own, across in kinds if own != "unknown")

    lines = "".join(f"      - {name(left, right)} <-> {name(right, left)}\n" for left, right in pairs)
    head = "  all:\n    sync: crm.firms <-> books.clients\n    conflicts: hold\n    fields:\n"
    return Bench.of(
        folder,
        left=f"firms: {{ fields: {{ {fields(list(pairs))} }} }}",
        right=f"clients: {{ fields: {{ {fields([pair[::-1] for pair in pairs])} }} }}",
        modules=head + lines,
    )


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """Every pair of types that `validate` accepts both ways, each as a line of one module."""
    folder = tmp_path_factory.mktemp("laws")
    with pytest.raises(SpecError) as caught:
        world(folder, PAIRS)
    refused = {one.span.line for one in caught.value.findings if one.severity == "error"}
    text = (folder / "bench.yaml").read_text(encoding="utf-8").splitlines()
    kept = [pair for pair in PAIRS if _line_of(text, pair) not in refused]
    assert {one.code for one in caught.value.findings} <= {"type-mismatch", "no-match"}
    return world(folder, kept)


def _line_of(text: list[str], pair: tuple[str, str]) -> int:
    return 1 + text.index(f"      - {name(*pair)} <-> {name(*reversed(pair))}")


def test_what_is_written_is_read_back_as_what_was_asked_for(bench: Bench) -> None:
    """And a value that has no exact form over there is never written: the record is held."""
    (module,) = bench.plan.modules
    assert len(module.fields) > 2 * len(SHOWN)
    assert bench.bind(module), "what is accepted binds"
    for side in SIDES:
        names = {line.key: line.writes[other(side)].to for line in module.fields}
        rows = [{one: SHOWN[_kind(one)][nr] for one in module.side(side).reads} for nr in range(4)]
        there = told(bench, module, side, rows)
        sent = [
            {names[key]: one for key, one in answer.written.items() if one is not None} for answer in there
        ]
        back = told(bench, module, other(side), sent)
        for asked, again, row in zip(there, back, sent, strict=True):
            kept = [key for key, name in names.items() if name in row]
            assert {key: again.values[key] for key in kept} == {key: asked.values[key] for key in kept}
            assert len(kept) > len(names) // 2
        lost = [
            key for key, one in there[-1].written.items() if one is None and there[-1].values[key] is not None
        ]
        assert lost
        assert there[-1].trouble is not None


class Told(NamedTuple):
    """What a side says of one row."""

    values: dict[str, Any]  #: canonical, by key
    written: dict[str, str | None]  #: on the other side, by key
    trouble: int | None


def told(bench: Bench, module: ModulePlan, side: Side, rows: list[dict[str, str]]) -> list[Told]:
    """Each row through the lens of a side, and on to the other one."""
    end = module.side(side)
    bench.stage(end, [{"_id": str(nr), **row} for nr, row in enumerate(rows)])
    writes = ", ".join(f"CAST({line.writes[other(side)].sql} AS VARCHAR)" for line in module.fields)
    found = bench.database.execute(
        f"SELECT {module.snapshot}, trouble, {writes} FROM ({end.lens}) AS w ORDER BY id"
    ).fetchall()
    keys = [line.key for line in module.fields]
    return [Told(simplejson.loads(one[0]), dict(zip(keys, one[2:], strict=True)), one[1]) for one in found]


def _kind(field: str) -> FieldType:
    own = field.partition("_beside_")[0]
    return next(kind for kind in get_args(FieldType) if kind == own)
