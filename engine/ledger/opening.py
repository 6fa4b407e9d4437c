"""Making sure that a ledger is there and has this version's schema."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from engine.errors import UserError
from engine.ledger.tables import schema

if TYPE_CHECKING:
    from engine.ledger.database.port import Database


def database_at(url: str, *, readonly: bool, patience_s: float) -> Database:
    """The database that a path or URL names; nothing is opened yet. Raises UserError for a kind that is not known."""
    scheme, found, rest = url.partition("://")
    if not found or (scheme == "sqlite" and rest.startswith("/")):
        from engine.ledger.sqlite.database import SqliteDatabase

        return SqliteDatabase(Path(rest[1:] if found else url), readonly=readonly, patience_s=patience_s)
    if scheme in {"postgresql", "postgres"}:
        from engine.ledger.postgres.database import PostgresDatabase

        return PostgresDatabase(url, readonly=readonly, patience_s=patience_s)
    raise UserError(
        f"A ledger at `{scheme}://` cannot be used.",
        remedy="Give the path of a SQLite file, such as `.engine/ledger.sqlite`, or a `postgresql://` URL.",
    )


def exists(url: str) -> bool:
    """Whether there is a ledger, of whatever version. Raises UserError if something else is there."""
    database = database_at(url, readonly=True, patience_s=1.0)
    with closing(database):
        return database.exists() and _version(database) is not None


def prepare(database: Database) -> None:
    """Create the ledger, or bring it to the schema of this version.

    Raises UserError if a newer version wrote it or it is no ledger, TemporaryError if another process has it.
    """
    if not database.exists():
        with database.alone():
            _create(database)
    found = _version(database)
    if found == schema.HEAD:
        return
    with database.alone():
        found = _version(database)
        if found is None:
            _create(database)
        elif found != schema.HEAD:
            _migrate(database, found)


def look(database: Database) -> None:
    """Check that a ledger can be read as it is; changes nothing. Raises UserError if not."""
    found = _version(database) if database.exists() else None
    if found is None:
        raise UserError(
            f"Nothing has run yet here: there is no ledger {database.name}.",
            remedy="Run the spec once with `engine run`, or go to the folder where it was run.",
        )
    if found == schema.HEAD:
        return
    if found in _steps():
        raise UserError(
            f"The ledger {database.name} was written by an older version.",
            remedy="Run `engine run` once with this version; it brings the ledger up to date.",
        )
    raise _newer(database)


def _version(database: Database) -> str | None:
    """The schema that is there; None = nothing is. Raises UserError if something else is."""
    with database.reading() as connection:
        tables = database.table_names(connection)
        if not tables:
            return None
        if not {"alembic_version", "links"} <= tables:
            raise _foreign(database)
        return connection.scalar(sa.select(schema.version.c.version_num))


def _create(database: Database) -> None:
    """Make all tables in one transaction."""
    database.make_room()
    if _version(database) is not None:
        return
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


def _newer(database: Database) -> UserError:
    return UserError(
        f"The ledger {database.name} was written by a newer version of the engine.",
        remedy="Upgrade the engine (`pip install --upgrade sync-engine`), or name another ledger.",
    )


def _foreign(database: Database) -> UserError:
    return UserError(
        f"{database.name} holds tables, but is not a ledger.",
        remedy="Name another ledger, or move what is there away.",
    )
