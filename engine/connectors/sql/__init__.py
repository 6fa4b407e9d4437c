"""Tables of a database as streams: `connector: sql`, for SQLite, PostgreSQL, MariaDB and MySQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.catalog import Catalog
from engine.connectors.declared import declare_stream, declared, streams_schema
from engine.connectors.sql.can import CAN_READ, CAN_WRITE, NEW_KEY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.connectors.port import Surroundings
    from engine.connectors.sql.connector import SqlConnector


class SqlType:
    """What the entry point names.

    A relative path in `url` counts from the folder in `settings["_base"]`: the caller puts the folder of the
    spec there. Without it the path counts from the working directory.
    """

    name = "sql"
    summary = (
        "Tables and queries of SQLite, PostgreSQL or MariaDB/MySQL; a table with a primary key is a stream."
    )
    settings: Mapping[str, Any] = {
        "type": "object",
        "required": ["url"],
        "additionalProperties": False,
        "properties": {
            "url": {
                "type": "string",
                "description": "`sqlite:///folder/file.db`, the path counted from the folder of the spec; "
                "`postgresql://USER@HOST:5432/DATABASE?schema=NAME`; `mysql://USER@HOST:3306/DATABASE`.",
            },
            "password": {
                "type": "string",
                "description": "Of the user in `url`, as a reference such as `${env:SHOP_PASSWORD}`.",
            },
            "create": {
                "type": "boolean",
                "description": "Make a missing table (and the file of SQLite) when the first record is written.",
            },
            "streams": streams_schema(
                table={
                    "type": "string",
                    "description": "The table; by default it has the name of the stream.",
                },
                query={"type": "string", "description": "A SELECT whose rows are the records; read only."},
                deleted={
                    "type": "string",
                    "description": "The column that says that a row counts as deleted: true, a number other than "
                    "0, or the time. Deleting sets it.",
                },
            ),
        },
    }

    def describe(self, settings: Mapping[str, Any]) -> Catalog:
        """The declared streams; the database may have more, and more fields.

        A stream whose id is not declared has an empty one: the primary key is known once connected.
        """
        made = NEW_KEY if settings.get("create") else None
        streams = {
            name: declare_stream(name, said, can=CAN_READ if "query" in said else CAN_WRITE, identity=made)
            for name, said in declared(settings).items()
        }
        unmade = declare_stream("", {}, can=CAN_WRITE, identity=made) if made else None
        return Catalog(connector=self.name, streams=streams, open=True, unmade=unmade, tells_types=True)

    def open(self, settings: Mapping[str, Any], surroundings: Surroundings) -> SqlConnector:
        """Find the database. Raises UserError for one that there is no driver for, or a file that is not there."""
        from engine.connectors.sql.connector import SqlConnector
        from engine.connectors.sql.open import open_database

        return SqlConnector(open_database(settings), settings, surroundings)


SQL = SqlType()
