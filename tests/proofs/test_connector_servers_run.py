"""A spec moves rows from one database server to another, and then finds nothing left to do."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from database_servers import mariadb, postgres, sqlite

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


#: Conditions that only the types of a column allow -> the names of the rows that fulfil them.
_CONDITIONS = {
    "qty > 5": "bc",
    "price * 2 <= 3": "a",
    "closed": "c",
    "closed = false": "ab",
    "day >= '2026-02-01'": "bc",
}


@pytest.mark.parametrize("kind", ["sqlite", "postgres", "mariadb"])
def test_a_condition_goes_by_the_types_of_a_table_without_and_with_a_lock(tmp_path: Path, kind: str) -> None:
    with {"sqlite": sqlite, "postgres": postgres, "mariadb": mariadb}[kind](tmp_path) as shop:
        shop.make(
            "CREATE TABLE p (id integer PRIMARY KEY, name varchar(9), qty integer, price decimal(9,2), "
            "closed boolean, day date);\nINSERT INTO p VALUES (1, 'a', 3, 1.5, false, '2026-01-31'), "
            "(2, 'b', 9, 10, false, '2026-02-01'), (3, 'c', 10, 1.51, true, '2026-12-31')"
        )
        modules = "".join(
            f"  t{number}:\n    sync: l.p -> r.t{number}\n    match: [ name = name ]\n"
            f'    view: {{ l: "{condition}" }}\n    fields: [ name -> name ]\n'
            for number, condition in enumerate(_CONDITIONS)
        )
        (tmp_path / "move.yaml").write_text(
            f'spec: 1\nname: move\nsystems:\n  l: {{ connector: sql, with: {{ url: "{shop.url}" }} }}\n'
            f'  r: {{ connector: sql, with: {{ url: "sqlite:///r.db", create: true }} }}\nmodules:\n{modules}'
        )
        for before in (["validate"], ["run"], ["catalog", "pull"], ["validate"], ["run"]):
            assert _engine(tmp_path, *before, "move.yaml") == 0
        with closing(sqlite3.connect(tmp_path / "r.db")) as made:
            for number, wanted in enumerate(_CONDITIONS.values()):
                names = made.execute(f"SELECT name FROM t{number} ORDER BY name").fetchall()
                assert "".join(name for (name,) in names) == wanted


def _engine(folder: Path, *words: str) -> int:
    command = [sys.executable, "-m", "engine", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, check=False).returncode
