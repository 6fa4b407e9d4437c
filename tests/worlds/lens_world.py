"""A small spec compiled and its lenses run in DuckDB over rows that a test gives: no run, no ledger."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import duckdb

from engine.compiler import compile_file
from engine.record import other

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from engine.plan import ModulePlan, Plan, Reference, SidePlan
    from engine.record import Side

SYSTEMS = """\
spec: 1
name: bench
systems:
  crm: {{ connector: memory, with: {{ store: crm, streams: {{ {left} }} }} }}
  books: {{ connector: memory, with: {{ store: books, streams: {{ {right} }} }} }}
modules:
{modules}
"""


class Bench:
    """One plan and a database in which its statements run."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan

    @classmethod
    def of(cls, folder: Path, *, left: str, right: str, modules: str) -> Bench:
        """The plan of `crm` and `books` with these streams and modules."""
        file = folder / "bench.yaml"
        file.write_text(SYSTEMS.format(left=left, right=right, modules=modules), encoding="utf-8")
        return cls(compile_file(str(file)))

    @cached_property
    def database(self) -> duckdb.DuckDBPyConnection:
        """A session as a run has it."""
        session = duckdb.connect()
        session.execute("SET TimeZone = 'UTC'")
        session.execute("SET VARIABLE today = DATE '2026-03-01'")
        return session

    def module(self, name: str) -> ModulePlan:
        """The module of that name."""
        return next(one for one in self.plan.modules if one.name == name)

    def stage(self, side: SidePlan, rows: Sequence[Mapping[str, Any]] = ()) -> None:
        """Show rows as the table `page`, with every column that the side's lens may ask for."""
        self.stand_behind(side)
        slow = [name for one in side.slow for name in (one.column, f"{one.column}!")]
        folded = [f"folded␟{name}" for name in side.folded]
        names = dict.fromkeys(("_id", "_version", "_broken", *side.reads, *folded, *slow))
        columns = ", ".join(f'"{name}" VARCHAR' for name in names)
        self.database.execute(f"CREATE OR REPLACE TABLE page ({columns}, _absent VARCHAR[])")
        for row in rows:
            said = ", ".join(f'"{name}"' for name in row)
            marks = ", ".join("?" for _ in row)
            self.database.execute(f"INSERT INTO page ({said}) VALUES ({marks})", list(row.values()))

    def refer(self, references: Sequence[Reference], links: Sequence[tuple[str, str]] = ()) -> None:
        """The tables in which ids are looked up."""
        for one in references:
            self.database.execute(
                f'CREATE OR REPLACE TABLE "{one.table}" (left_id VARCHAR, right_id VARCHAR, made VARCHAR)'
            )
            for pair in links:
                self.database.execute(f'INSERT INTO "{one.table}" VALUES (?, ?, NULL)', list(pair))

    def stand_behind(self, side: SidePlan) -> None:
        """The tables of what stands behind references, empty."""
        for one in side.walks:
            names = ", ".join(f'"{name}" VARCHAR' for name in ("_id", *one.reads))
            self.database.execute(f"CREATE OR REPLACE TABLE page ({names})")
            self.database.execute(f'CREATE OR REPLACE TABLE "{one.table}" AS {one.lens}')
        self.database.execute(f'CREATE OR REPLACE TABLE "referred {side.side}" (id VARCHAR)')
        for referrer in (*(side.referrers or ()), *side.fetched_by):
            names = ", ".join(f'"{name}" VARCHAR' for name in ("_id", *referrer.reads))
            self.database.execute(f"CREATE OR REPLACE TABLE page ({names})")
            self.database.execute(referrer.lens)

    def look(
        self, name: str, side: Side, *rows: Mapping[str, Any], links: Sequence[tuple[str, str]] = ()
    ) -> list[dict[str, Any]]:
        """What the lens of a side answers for these rows, in their order; a trouble in its own words."""
        end = self.module(name).side(side)
        self.stage(end, rows)
        self.refer(end.references, links)
        found = self.database.execute(f"SELECT * FROM ({end.lens})")
        names = [one[0] for one in found.description or ()]
        answers = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
        for answer in answers:
            for key in ("trouble", "lacks"):
                answer[key] = None if answer[key] is None else end.troubles[answer[key]]
        return answers

    def written(
        self,
        name: str,
        side: Side,
        line: int,
        row: Mapping[str, Any],
        *,
        links: Sequence[tuple[str, str]] = (),
    ) -> Any:
        """What a line writes to a side for a row of the other one."""
        module = self.module(name)
        end, write = module.side(other(side)), module.fields[line].writes[side]
        self.stage(end, [row])
        self.refer((*module.left.references, *module.right.references), links)
        found = self.database.execute(f"SELECT {write.sql} FROM ({end.lens}) AS w").fetchone()
        assert found is not None
        return found[0]

    def bind(self, module: ModulePlan) -> int:
        """Bind every statement of a module on empty tables; answers how many there were."""
        self.refer((*module.left.references, *module.right.references))
        statements = []
        for end in (module.left, module.right):
            writes = [
                line.writes[other(end.side)].sql for line in module.fields if other(end.side) in line.writes
            ]
            chosen = ", ".join([module.snapshot, *writes])
            self.stage(end)
            statements = [end.key_lens, end.clock, f"SELECT {chosen} FROM ({end.lens}) AS w"]
            for sql in statements:
                self.database.execute(sql)
        return 2 * len(statements)
