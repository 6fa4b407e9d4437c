"""Transaction: what a settlement may do to a table, and how it is done with a statement a row."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

if TYPE_CHECKING:
    import pyarrow as pa
    from sqlalchemy.sql.base import ReadOnlyColumnCollection
    from sqlalchemy.sql.elements import KeyedColumnElement

Row: TypeAlias = tuple[Any, ...]
Rows: TypeAlias = "pa.Table | Sequence[Mapping[str, Any]]"
NewRow: TypeAlias = "ReadOnlyColumnCollection[str, KeyedColumnElement[Any]]"
#: What an upsert writes where the row is there already: from the table and the new row, by column.
Replacement: TypeAlias = "Callable[[sa.Table, NewRow], Mapping[str, sa.ColumnElement[Any]]]"


#: Parameters of one query; SQLite allows 32,766, but the plan of each length is kept.
_CHUNK = 500


def chunks(ids: Sequence[Any]) -> list[Sequence[Any]]:
    """The ids in portions that one query can name."""
    return [ids[start : start + _CHUNK] for start in range(0, len(ids), _CHUNK)]


def wholly(table: sa.Table, new: NewRow) -> Mapping[str, sa.ColumnElement[Any]]:
    """The new row takes the place of the old one."""
    return {column.name: new[column.name] for column in table.c if not column.primary_key}


class WriteTransaction(Protocol):
    """A write transaction. Rows are named by the table's columns; statements are SQLAlchemy Core."""

    def run(self, statement: sa.Executable) -> None:
        """Execute a statement once."""
        ...

    def rows(self, statement: sa.Select[Any]) -> list[Row]:
        """The answer of a query whose columns are never null."""
        ...

    def rows_by(self, query: sa.Select[Any], column: sa.Column[Any], values: Sequence[Any]) -> list[Row]:
        """The rows of such an answer whose `column` is one of the values, any number of them."""
        ...

    def insert(self, table: sa.Table, rows: Rows) -> None:
        """Store new rows."""
        ...

    def upsert(self, table: sa.Table, rows: Rows, replacement: Replacement = wholly) -> None:
        """Store rows; where one with the same primary key is there, change it as `replacement` says."""
        ...

    def update(self, table: sa.Table, rows: Rows) -> None:
        """Change the rows with these primary keys; a column that is not named stays as it is."""
        ...

    def delete(self, table: sa.Table, rows: Rows) -> None:
        """Remove the rows that equal one of these in every column named."""
        ...


def inserting(dialect: str, table: sa.Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that can say what to do about a conflict."""
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


def names_of(rows: Rows) -> list[str]:
    """The columns of the rows; of no rows none."""
    if isinstance(rows, Sequence):
        return list(rows[0]) if rows else []
    return list(rows.column_names)


class StatementTransaction(ABC):
    """Work with one statement, executed for each row."""

    #: `sqlite` or `postgresql`.
    dialect: str

    @abstractmethod
    def rows(self, statement: sa.Select[Any]) -> list[Row]:
        """See WriteTransaction."""

    @abstractmethod
    def many(self, statement: sa.Executable, rows: Rows) -> None:
        """Execute a statement for each row; columns are named as the statement's parameters."""

    def rows_by(self, query: sa.Select[Any], column: sa.Column[Any], values: Sequence[Any]) -> list[Row]:
        """See WriteTransaction."""
        return [row for some in chunks(values) for row in self.rows(query.where(column.in_(some)))]

    def insert(self, table: sa.Table, rows: Rows) -> None:
        """See WriteTransaction."""
        self.many(sa.insert(table), rows)

    def upsert(self, table: sa.Table, rows: Rows, replacement: Replacement = wholly) -> None:
        """See WriteTransaction."""
        if not len(rows):
            return
        insert = inserting(self.dialect, table)
        changed = replacement(table, insert.excluded)
        self.many(insert.on_conflict_do_update(index_elements=list(table.primary_key), set_=changed), rows)

    def update(self, table: sa.Table, rows: Rows) -> None:
        """See WriteTransaction."""
        keys = {column.name for column in table.primary_key}
        statement = sa.update(table).where(*[table.c[key] == sa.bindparam(f"old_{key}") for key in keys])
        self.many(statement, _renamed(rows, keys))

    def delete(self, table: sa.Table, rows: Rows) -> None:
        """See WriteTransaction."""
        names = names_of(rows)
        if not names:
            return
        statement = sa.delete(table).where(*[table.c[name] == sa.bindparam(f"old_{name}") for name in names])
        self.many(statement, _renamed(rows, names))


def _renamed(rows: Rows, names: Collection[str]) -> Rows:
    """The rows with these columns called `old_…`: a statement's own columns cannot name its parameters."""
    if isinstance(rows, Sequence):
        return [{f"old_{key}" if key in names else key: value for key, value in row.items()} for row in rows]
    return rows.rename_columns([f"old_{name}" if name in names else name for name in rows.column_names])


class SqlTransaction(StatementTransaction):
    """Work through SQLAlchemy: few rows, as Python values."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self.dialect = connection.dialect.name

    def run(self, statement: sa.Executable) -> None:
        """See WriteTransaction."""
        self._connection.execute(statement)

    def rows(self, statement: sa.Select[Any]) -> list[Row]:
        """See WriteTransaction."""
        return [tuple(row) for row in self._connection.execute(statement)]

    def many(self, statement: sa.Executable, rows: Rows) -> None:
        """See StatementTransaction."""
        values = list(rows) if isinstance(rows, Sequence) else rows.to_pylist()
        if values:
            self._connection.execute(statement, values)
