"""Making sure that a ledger file is there and has this version's schema."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from engine.errors import TemporaryError, UserError
from engine.ledger import schema

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from engine.ledger.database import Database

#: How long one process waits while another creates or migrates the same file.
_PATIENCE_S = 60.0


def prepare(database: Database) -> None:
    """Create the ledger, or bring it to the schema of this version.

    Raises UserError if a newer version wrote it or it is no ledger, TemporaryError if another process has it.
    """
    if not database.path.exists():
        with _alone(database.path):
            _create(database)
    found = _version(database)
    if found == schema.HEAD:
        return
    with _alone(database.path):
        found = _version(database)
        if found is None:
            _create(database)
        elif found != schema.HEAD:
            _migrate(database, found)


def look(database: Database) -> None:
    """Check that a ledger can be read as it is; changes nothing. Raises UserError if not."""
    found = _version(database) if database.path.exists() else None
    if found is None:
        raise UserError(
            f"Nothing has run yet here: there is no ledger {database.path}.",
            remedy="Run the spec once with `engine run`, or go to the folder where it was run.",
        )
    if found == schema.HEAD:
        return
    if found in _steps():
        raise UserError(
            f"The ledger {database.path} was written by an older version.",
            remedy="Run `engine run` once with this version; it brings the ledger up to date.",
        )
    raise _newer(database)


def _version(database: Database) -> str | None:
    """The schema of the file; None = the file is empty. Raises UserError if it holds something else."""
    with database.reading() as connection:
        tables = connection.scalar(
            sa.text("SELECT group_concat(name) FROM sqlite_master WHERE type = 'table'")
        )
        if not tables:
            return None
        if not {"alembic_version", "links"} <= set(tables.split(",")):
            raise _foreign(database)
        return connection.scalar(sa.select(schema.version.c.version_num))


def _create(database: Database) -> None:
    """Make all tables in one transaction; the file is for its owner only, for it holds business records."""
    database.path.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(database.path, os.O_CREAT | os.O_RDWR, 0o600))
    if _version(database) is not None:
        return
    with database.reading() as connection:
        # Outside of any transaction, else SQLite ignores it; it is remembered in the file.
        driver: Any = connection.connection.driver_connection
        driver.execute("PRAGMA journal_mode=WAL")
    with database.writing() as connection:
        schema.metadata.create_all(connection)
        connection.execute(sa.insert(schema.version).values(version_num=schema.HEAD))


def _migrate(database: Database, found: str) -> None:
    """Take the steps from the found version to ours, in one transaction."""
    from alembic import command

    if found not in _steps():
        raise _newer(database)
    config = _config()
    with database.writing() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, schema.HEAD)


def _steps() -> set[str]:
    """Every schema version that this engine knows."""
    from alembic.script import ScriptDirectory

    return {step.revision for step in ScriptDirectory.from_config(_config()).walk_revisions()}


def _config() -> Any:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "engine.ledger:migrations")
    return config


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """While nobody else creates or migrates this file."""
    import filelock

    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with filelock.FileLock(f"{path}.setup.lock", timeout=_PATIENCE_S):
            yield
    except filelock.Timeout as error:
        raise TemporaryError(
            f"Another process has been setting up the ledger {path} for over {_PATIENCE_S:.0f} s.",
            remedy="Run the command again in a moment.",
        ) from error


def _newer(database: Database) -> UserError:
    return UserError(
        f"The ledger {database.path} was written by a newer version of the engine.",
        remedy="Upgrade the engine (`pip install --upgrade sync-engine`), or name another ledger.",
    )


def _foreign(database: Database) -> UserError:
    return UserError(
        f"{database.path} is a database, but not a ledger.",
        remedy="Move that file away, or name another ledger.",
    )


def path_of(url: str) -> str:
    """The file that a path or a `sqlite:///` URL names. Raises UserError for other databases."""
    scheme, found, rest = url.partition("://")
    if not found:
        return url
    if scheme == "sqlite" and rest.startswith("/"):
        return rest[1:]
    raise UserError(
        f"A ledger at `{scheme}://` cannot be used yet.",
        remedy="Give the path of a SQLite file, such as `.engine/ledger.db`.",
    )
