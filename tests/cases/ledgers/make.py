"""Makes the files of this folder anew: `python make.py FOLDER`, with the engine of commit 07917e9 (see README.md)."""

from __future__ import annotations

import lzma
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

HERE = Path(__file__).resolve().parent
SHOP = """
CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT, city TEXT, rank TEXT, changed TEXT);
CREATE TABLE deals (id INTEGER PRIMARY KEY, name TEXT, stage TEXT, changed TEXT);
CREATE TABLE tasks (id INTEGER PRIMARY KEY, title TEXT, changed TEXT);
INSERT INTO people (name, city, rank, changed) VALUES
  ('Ann', 'Gent', 'gold', '2026-01-01T08:00:00Z'), ('Bob', 'Pune', 'tin', '2026-01-01T08:00:00Z'),
  ('Cy', 'Goa', 'lead', '2026-01-01T08:00:00Z');
INSERT INTO deals (name, stage, changed) VALUES
  ('Deck', 'open', '2026-01-01T08:00:00Z'), ('Door', 'open', '2026-01-01T08:00:00Z');
"""
DESK = """
CREATE TABLE clients (id INTEGER PRIMARY KEY, label TEXT, town TEXT, grade TEXT, changed TEXT);
CREATE TABLE jobs (id INTEGER PRIMARY KEY, label TEXT, ready TEXT, changed TEXT);
CREATE TABLE places (id INTEGER PRIMARY KEY, code TEXT, name TEXT);
CREATE TABLE invoices (id INTEGER PRIMARY KEY, title TEXT, deal TEXT, status TEXT);
INSERT INTO clients (label, town, changed) VALUES
  ('Ann', 'Gent', '2026-01-01T08:00:00Z'), ('Eve', 'Agra', '2026-01-01T08:00:00Z');
INSERT INTO jobs (label, ready, changed) VALUES
  ('Paint', 'yes', '2026-01-01T08:00:00Z'), ('Sand', 'no', '2026-01-01T08:00:00Z');
"""
#: A run whose process ends after a system has taken a write and before the ledger has settled it.
DIES = """
import os, sys
from engine.cli import main
from engine.ledger.store import Ledger
Ledger.settle = lambda *words, **more: os._exit(9)
sys.exit(main())
"""


def main(folder: Path) -> None:
    """Let two systems live for a few days, and keep what is there then."""
    folder.mkdir(parents=True)
    shutil.copy(HERE / "spec.yaml", folder)
    (folder / "towns.csv").write_text("code,name\nG,Gent\nP,Pune\n", encoding="utf-8")
    change(folder, "shop", SHOP)
    change(folder, "desk", DESK)
    accept = re.findall(r"--accept (\w+)", run(folder, expect=6))
    run(folder, *(word for code in sorted(set(accept)) for word in ("--accept", code)))
    engine(folder, "do", "spec.yaml", "jobs.enrol", "--record", "desk.jobs:1", "--yes")
    edit(folder, "shop", "deals SET stage = 'won' WHERE name = 'Deck'")
    run(folder)
    edit(folder, "shop", "people SET city = 'Delhi' WHERE name = 'Bob'")
    edit(folder, "desk", "clients SET town = 'Mumbai' WHERE label = 'Bob'")
    edit(folder, "shop", "tasks SET title = 'Paint twice' WHERE id = 1")
    edit(folder, "desk", "jobs SET label = 'Paint once' WHERE id = 1")
    run(folder)
    change(
        folder, "shop", f"INSERT INTO people (name, city, rank, changed) VALUES ('Fay', 'Goa', 'tin', {NOW})"
    )
    run(folder, program=["-c", DIES], expect=9)
    keep(folder)


HELD = 4  #: the exit code of a run that has left records behind
NOW = "strftime('%Y-%m-%dT%H:%M:%SZ', 'now')"


def change(folder: Path, system: str, script: str) -> None:
    with closing(sqlite3.connect(folder / f"{system}.sqlite")) as connection:
        connection.executescript(script)


def edit(folder: Path, system: str, what: str) -> None:
    change(folder, system, f"UPDATE {what.replace(' WHERE', f', changed = {NOW} WHERE')}")


def run(folder: Path, *words: str, program: list[str] | None = None, expect: int = HELD) -> str:
    return engine(folder, "run", "spec.yaml", *words, program=program, expect=expect)


def engine(folder: Path, *words: str, program: list[str] | None = None, expect: int = 0) -> str:
    """One command; its exit code must be as expected."""
    line = [sys.executable, *(program or ["-m", "engine"]), *words]
    ended = subprocess.run(
        line,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path.cwd())},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == expect, ended.stdout + ended.stderr
    return ended.stdout + ended.stderr


def keep(folder: Path) -> None:
    """The systems as text, the ledger without empty pages and compressed."""
    for system in ("shop", "desk"):
        with closing(sqlite3.connect(folder / f"{system}.sqlite")) as connection:
            (HERE / f"{system}.sql").write_text("\n".join(connection.iterdump()) + "\n", encoding="utf-8")
    shutil.copy(folder / "towns.csv", HERE)
    ledger = folder / ".engine" / "ledger.sqlite"
    with closing(sqlite3.connect(ledger)) as connection:
        connection.execute("VACUUM")
    (HERE / "ledger.sqlite.xz").write_bytes(lzma.compress(ledger.read_bytes(), preset=9))


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
