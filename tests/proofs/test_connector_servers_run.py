"""A spec moves rows from one database server to another, and then finds nothing left to do."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from database_servers import mariadb, postgres

if TYPE_CHECKING:
    from pathlib import Path

_SPEC = """
spec: 1
name: move
title: From the shop to the office
systems:
  shop:
    connector: sql
    with:
      url: "${env:SHOP}"
      streams:
        customers:
          modified: changed
          deleted: gone
          fields: { name: text, pay: money scale=2, yes: boolean, at: instant }
  office:
    connector: sql
    with:
      url: "${env:OFFICE}"
      streams: { people: { id: id, fields: { nm: text, pay: money scale=2, yes: boolean, at: instant } } }
modules:
  customers:
    sync: shop.customers -> office.people
    match: [ name = nm ]
    fields: [ name -> nm, pay -> pay, yes -> yes, at -> at ]
"""


def _run(folder: Path, environment: dict[str, str]) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "engine", "run", "move.yaml", "--format", "json"],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    module: dict[str, Any] = json.loads(done.stdout)["modules"]["customers"]
    return module


def test_rows_go_from_one_server_to_the_other_once_and_changes_follow(tmp_path: Path) -> None:
    (tmp_path / "move.yaml").write_text(_SPEC)
    with postgres(tmp_path) as shop, mariadb(tmp_path) as office:
        shop.make(
            "CREATE TABLE customers (id serial PRIMARY KEY, name text, pay numeric(12,2), yes boolean, "
            "at timestamptz, gone timestamptz, changed timestamptz DEFAULT now());\n"
            "INSERT INTO customers (name, pay, yes, at, gone) SELECT 'n' || i, i / 7.0, i % 2 = 0, "
            "'2026-01-31 12:00+02', CASE WHEN i = 3 THEN now() END FROM generate_series(1, 20) AS i"
        )
        office.make(
            "CREATE TABLE people (id int AUTO_INCREMENT PRIMARY KEY, nm varchar(50) UNIQUE, "
            "pay decimal(12,2), yes boolean, at datetime)"
        )
        urls = {"SHOP": shop.url, "OFFICE": office.url}
        first = _run(tmp_path, urls)
        assert (first["read"]["left"], first["created"]["right"]) == (19, 19)
        shop.ask("UPDATE customers SET pay = pay + 1, changed = clock_timestamp() WHERE id = 7")
        assert _run(tmp_path, urls)["updated"]["right"] == 1
        last = _run(tmp_path, urls)
        assert (last["updated"]["right"], last["created"]["right"], last["held"]) == (0, 0, 0)
        held = office.ask("SELECT nm, CAST(pay AS CHAR), yes, CAST(at AS CHAR) FROM people WHERE nm = 'n7'")
        assert held == [("n7", "2.00", 0, "2026-01-31 10:00:00")]
