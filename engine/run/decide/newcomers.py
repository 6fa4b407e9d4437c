"""Newcomers: what is sent to make the records that only the source has, as one statement."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.run.read.enrolled import placed
from engine.run.session.columns import sql_name
from engine.run.session.tables import ABSENT, BEYOND, STAGED
from engine.run.session.write_columns import BASE, HASH, ID, LABEL, OP, SEEN, SOURCE, VERSION, key_column

if TYPE_CHECKING:
    from engine.plan import FieldPlan, Write
    from engine.run.session.sync_pass import SyncPass


def creates_sql(sync: SyncPass, first: int, last: int, *, named: bool = False) -> str:
    """What is sent for the records of `absent` between two places, beside what is remembered of them.

    `named`: references as text, for what they lead to may have no id yet.
    """
    target = sync.target.side
    within = f"place BETWEEN {first} AND {last}"
    keys = "".join(f"w.k{index} AS {key_column(index)}, " for index in range(len(sync.module.keys)))
    made = sync.module.making(target)
    columns = ", ".join(f"{_given(line, one, named=named)} AS {sql_name(one.to)}" for line, one in made)
    columns += "".join(f", {sql} AS {sql_name(name)}" for name, sql in placed(sync).items())
    return (
        f"SELECT 'create/' || w.id AS {OP}, NULL::VARCHAR AS {ID}, NULL::VARCHAR AS {VERSION}, w.id AS {SOURCE}, "
        f"w.hash AS {HASH}, w.version AS {SEEN}, w.label AS {LABEL}, {sync.module.snapshot} AS {BASE}, "
        f"{keys}{columns} FROM {STAGED} AS w SEMI JOIN (FROM {ABSENT} WHERE {within}) AS a ON a.place = w.rowid "
        f"WHERE {within.replace('place', 'w.rowid')} ORDER BY w.rowid"
    )


def _given(line: FieldPlan, write: Write, *, named: bool) -> str:
    """SQL over a row of `staged`: what a field of a record that is made gets by a line."""
    value, quota = (write.reference if named and write.reference else write.sql), line.quota
    if quota is None:
        return value
    name = quota.field.replace("'", "''")
    places = f"SELECT place FROM {BEYOND} WHERE field = '{name}'"
    return f"CASE WHEN w.rowid IN ({places}) THEN {quota.other} ELSE {value} END"
