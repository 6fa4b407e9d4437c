"""SQLite, through ADBC: a file that is read by connections which may not write, and written by one that may."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from engine.connectors.sql.database import Dialect, SqlDatabase
from engine.errors import UserError

if TYPE_CHECKING:
    from engine.connectors.sql.sqlite.session import SqliteSession


def sqlite(path: Path, *, create: bool) -> SqlDatabase[SqliteSession]:
    """The database in a file; `create` lets the first write make it. Raises UserError for another kind of file."""
    from engine.connectors.sql.sqlite import read, table, write
    from engine.connectors.sql.sqlite.session import SqliteSession, reading

    dialect = Dialect(
        connect=lambda writing: (
            SqliteSession(path, mode="rwc" if create else "rw") if writing else reading(path)
        ),
        names=table.table_names,
        find=table.find_table,
        read=read.read,
        apply=write.apply,
        demands=table.demands,
        make=write.create_table,
        exists=path.is_file,
        apart=True,
    )
    database = SqlDatabase(f"the SQLite database {path}", dialect, str(Path(path).resolve()))
    if path.is_file():
        with database.session():
            pass  # it can be opened and is a database
    return database


def locate(url: str, base: str | Path | None, *, create: bool) -> Path:
    """The file of a `sqlite:///` address. Raises UserError for another one or a missing file."""
    scheme, slashes, rest = url.partition(":///")
    if scheme.split("+")[0] != "sqlite" or not slashes:
        raise UserError(
            f"There is no driver for a database of the kind `{url.partition(':')[0]}`.",
            remedy="Use sqlite:///folder/file.db, postgresql://USER@HOST/DATABASE or mysql://USER@HOST/DATABASE.",
        )
    path = Path(base or ".", rest).absolute()
    if path.is_dir() or (not create and not path.is_file()):
        raise UserError(
            f"There is no database file {path}.",
            remedy="Correct the path in `url`, or let the engine make it with `create: true`.",
        )
    if create and not path.parent.is_dir():
        raise UserError(f"The folder {path.parent} does not exist.", remedy="Make the folder.")
    return path
