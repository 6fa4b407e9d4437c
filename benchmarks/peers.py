"""The first step as two other tools do it, from one SQLite file into another: `peers.py dlt|sling SOURCE TARGET`.

Run by the Python of an environment in which they are installed; it knows nothing of the engine. Sling copies what its
query gives, with the columns renamed there; dlt reads with its SQL source, through a view that renames.
`peers.py list` tells which of them are there.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import sqlite3
import subprocess
import tempfile
from contextlib import closing
from pathlib import Path

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
#: What must be importable for each; the newest Sling would fetch its program from the network.
NEEDED = {"sling": "sling_linux_amd64", "dlt": "dlt"}


def sling(source: str, target: str) -> None:
    """Incremental by key and time of change, as its manual has it."""
    import sling_linux_amd64  # type: ignore[import-not-found] # it lives in another environment

    # Texts, or a column of times comes with quotes around each.
    chosen = ", ".join(
        f"{old} || '' AS {new}" if "time" in old else f"{old} AS {new}" for old, new in COLUMNS.items()
    )
    words = {
        "--src-conn": f"sqlite://{source}",
        "--src-stream": f"SELECT {chosen} FROM accounts WHERE {{incremental_where_cond}}",
        "--tgt-conn": f"sqlite://{target}",
        "--tgt-object": "main.contacts",
        "--mode": "incremental",
        "--primary-key": "contact_id",
        "--update-key": "last_modified",
    }
    # Without a place for it, it would try to fetch a program that loads SQLite files.
    surroundings = {"SQLITE_PATH": "/usr/bin/sqlite3", "SLING_DISABLE_TELEMETRY": "true", **os.environ}
    command = [sling_linux_amd64.SLING_BIN, "run", *(word for pair in words.items() for word in pair)]
    subprocess.run(command, env=surroundings, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)


def dlt(source: str, target: str) -> None:
    """Merged by key, read through Arrow where that is installed; the first step needs no cursor."""
    os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
    import dlt as tool  # type: ignore[import-not-found] # it lives in another environment
    from dlt.sources.sql_database import sql_table  # type: ignore[import-not-found] # as above

    _rename(source)
    arrow = importlib.util.find_spec("pyarrow") is not None
    accounts = sql_table(
        credentials=f"sqlite:///{source}",
        table="renamed",
        backend="pyarrow" if arrow else "sqlalchemy",
        chunk_size=50_000,
        reflection_level="minimal",
    )
    accounts.apply_hints(primary_key="contact_id", write_disposition="merge")
    with tempfile.TemporaryDirectory() as folder:
        pipeline = tool.pipeline(
            "accounts",
            pipelines_dir=folder,
            destination=tool.destinations.sqlalchemy(f"sqlite:///{target}"),
            dataset_name="main",
        )
        pipeline.run(accounts, table_name="contacts")


def _rename(source: str) -> None:
    """A view with the names of the target, because the tool's own renaming keeps the old key."""
    chosen = ", ".join(f"{old} AS {new}" for old, new in COLUMNS.items())
    with closing(sqlite3.connect(source)) as connection:
        connection.execute(f"CREATE VIEW IF NOT EXISTS renamed AS SELECT {chosen} FROM accounts")
        connection.commit()


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("by", choices=["list", *NEEDED])
    words.add_argument("source", nargs="?", default="")
    words.add_argument("target", nargs="?", default="")
    asked = words.parse_args()
    if asked.by == "list":
        print(json.dumps([name for name, module in NEEDED.items() if importlib.util.find_spec(module)]))
        return
    source, target = str(Path(asked.source).resolve()), str(Path(asked.target).resolve())
    (sling if asked.by == "sling" else dlt)(source, target)


if __name__ == "__main__":
    main()
