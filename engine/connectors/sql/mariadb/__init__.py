"""MariaDB and MySQL, through PyMySQL: rows leave the server as lines of CSV, which Arrow takes apart.

Of the drivers that install without a compiler it is the maintained one. Reading 1,000,000 rows of 12 columns took
5.8 s as lines of CSV (one Python object a row) and 10.9 s as PyMySQL's own rows (one a value).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.connectors.sql.database import Dialect, SqlDatabase
from engine.errors import UserError

if TYPE_CHECKING:
    from engine.connectors.sql.address import Address
    from engine.connectors.sql.mariadb.session import MariadbSession


def mariadb(address: Address) -> SqlDatabase[MariadbSession]:
    """The database at an address, not connected yet. Raises UserError if the driver is not installed."""
    try:
        import pymysql  # noqa: F401 - only to see whether it is there
    except ImportError as error:
        raise UserError(
            "The driver for MariaDB and MySQL is not installed.", remedy="pip install 'sync-engine[mysql]'"
        ) from error
    from engine.connectors.sql.mariadb import read, table, write
    from engine.connectors.sql.mariadb.session import MariadbSession

    dialect = Dialect(
        connect=lambda _writing: MariadbSession(address),
        names=table.table_names,
        find=table.find_table,
        read=read.read,
        apply=write.apply,
        demands=table.demands,
        make=write.create_table,
    )
    return SqlDatabase(address.label, dialect, address.place)
