"""From `with:` to a database: which kind its address names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.connectors.sql.address import parse_address, server_of
from engine.connectors.sql.sqlite import locate, sqlite

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.connectors.sql.database import SqlDatabase


def open_database(settings: Mapping[str, Any]) -> SqlDatabase[Any]:
    """The database that `url` names. Raises UserError for one that there is no driver for."""
    url, create = str(settings["url"]), bool(settings.get("create"))
    server = server_of(url)
    if server is None:
        return sqlite(locate(url, settings.get("_base"), create=create), create=create)
    address = parse_address(url, settings.get("password"))
    if server == "postgresql":
        from engine.connectors.sql.postgres import postgres

        return postgres(address)
    from engine.connectors.sql.mariadb import mariadb

    return mariadb(address)
