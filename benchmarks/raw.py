"""The same work by plain statements: what SQLite and DuckDB need for it without an engine or a memory.

`raw.py sqlite|sqlite-cursor|duckdb first|later SOURCE TARGET` brings the target in step with the source.
"""

from __future__ import annotations

import argparse
import sqlite3
from contextlib import closing

COLUMNS = {
    "id": "contact_id",
    "name": "display_name",
    "phone": "telephone",
    "website": "homepage",
    "industry": "branch",
    "street": "address_line",
    "city": "town",
    "postcode": "zip",
    "country": "country_code",
    "revenue": "yearly_revenue",
    "employees": "staff",
    "modified_time": "last_modified",
}
SOURCE, TARGET = ", ".join(COLUMNS), ", ".join(COLUMNS.values())
VALUES = list(COLUMNS.values())[1:]


def sqlite(act: str, source: str, target: str, *, cursor: bool) -> None:
    """One INSERT .. SELECT; later one that updates what differs, of all rows or of those in the window."""
    with closing(sqlite3.connect(target)) as connection:
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute("ATTACH ? AS origin", (source,))
        connection.execute("CREATE TABLE IF NOT EXISTS cursor (seen TEXT)")
        where = "modified_time >= (SELECT seen FROM cursor)" if cursor else "true"
        sql = f"INSERT INTO contacts ({TARGET}) SELECT {SOURCE} FROM origin.accounts"
        if act == "later":
            changes = ", ".join(f"{name} = excluded.{name}" for name in VALUES)
            differs = " OR ".join(f"contacts.{name} IS NOT excluded.{name}" for name in VALUES)
            sql += f" WHERE {where} ON CONFLICT (contact_id) DO UPDATE SET {changes} WHERE {differs}"
        connection.execute(sql)
        connection.execute("DELETE FROM cursor")
        connection.execute("INSERT INTO cursor SELECT max(modified_time) FROM origin.accounts")
        connection.commit()


def duckdb(act: str, source: str, target: str) -> None:
    """Both tables read through ADBC, compared in DuckDB, the difference written back through ADBC."""
    import duckdb as engine
    from adbc_driver_sqlite import dbapi

    with closing(engine.connect()) as session:
        for name, file, sql in (
            ("origin", source, f"SELECT {SOURCE} FROM accounts"),
            ("contacts", target, f"SELECT {TARGET} FROM contacts"),
        ):
            if act == "later" or name == "origin":
                with closing(dbapi.connect(file)) as driver, closing(driver.cursor()) as cursor:
                    cursor.execute(sql)
                    session.register("arriving", cursor.fetch_record_batch())
                    session.execute(f"CREATE TABLE {name} AS SELECT * FROM arriving")
        if act == "first":
            _write(target, f"INSERT INTO contacts ({TARGET}) VALUES ({marks()})", session.sql("FROM origin"))
            return
        differs = " OR ".join(f"c.{new} IS DISTINCT FROM o.{old}" for old, new in list(COLUMNS.items())[1:])
        pairs = "FROM origin AS o JOIN contacts AS c ON c.contact_id = o.id"
        changed = session.sql(f"SELECT o.* EXCLUDE (id), o.id {pairs} WHERE {differs}")
        changes = ", ".join(f"{name} = ?" for name in VALUES)
        _write(target, f"UPDATE contacts SET {changes} WHERE contact_id = ?", changed)
        new = session.sql("SELECT o.* FROM origin AS o ANTI JOIN contacts AS c ON c.contact_id = o.id")
        _write(target, f"INSERT INTO contacts ({TARGET}) VALUES ({marks()})", new)


def marks() -> str:
    """One parameter a column."""
    return ", ".join("?" * len(COLUMNS))


def _write(target: str, sql: str, rows: object) -> None:
    from adbc_driver_sqlite import dbapi

    with closing(dbapi.connect(target, autocommit=True)) as driver, closing(driver.cursor()) as cursor:
        cursor.execute("PRAGMA synchronous=NORMAL")
        cursor.execute("BEGIN")
        cursor.executemany(sql, rows.to_arrow_table())  # type: ignore[attr-defined] # duckdb is imported late
        cursor.execute("COMMIT")


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("by", choices=["sqlite", "sqlite-cursor", "duckdb"])
    words.add_argument("act", choices=["first", "later"])
    words.add_argument("source")
    words.add_argument("target")
    asked = words.parse_args()
    if asked.by == "duckdb":
        duckdb(asked.act, asked.source, asked.target)
    else:
        sqlite(asked.act, asked.source, asked.target, cursor=asked.by == "sqlite-cursor")


if __name__ == "__main__":
    main()
