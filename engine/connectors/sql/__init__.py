"""Tables of a database as streams: `connector: sql`. SQLite is built; others come in at `dialect`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.catalog import Catalog
from engine.connectors.declared import declare_stream, declared, streams_schema
from engine.connectors.sql.dialect import CAN_READ, CAN_WRITE, NEW_KEY, locate

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
    summary = "Tables and queries of a SQLite database; every table with a primary key is a stream."
    settings: Mapping[str, Any] = {
        "type": "object",
        "required": ["url"],
        "additionalProperties": False,
        "properties": {
            "url": {
                "type": "string",
                "description": "`sqlite:///folder/file.db`, the path counted from the folder of the spec.",
            },
            "create": {
                "type": "boolean",
                "description": "Make the database and its tables when the first record is written.",
            },
            "streams": streams_schema(
                table={
                    "type": "string",
                    "description": "The table; by default it has the name of the stream.",
                },
                query={"type": "string", "description": "A SELECT whose rows are the records; read only."},
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
        return Catalog(connector=self.name, streams=streams, open=True)

    def open(self, settings: Mapping[str, Any], surroundings: Surroundings) -> SqlConnector:
        """Connect. Raises UserError for a database of another kind or a file that is not there."""
        from engine.connectors.sql.connector import SqlConnector

        path = locate(str(settings["url"]), settings.get("_base"), create=bool(settings.get("create")))
        return SqlConnector(path, settings, surroundings)


SQL = SqlType()
