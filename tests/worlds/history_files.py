"""Ends of a history that are files: CSV and JSON lines."""

from __future__ import annotations

import csv
import json
from abc import abstractmethod
from decimal import Decimal
from typing import TYPE_CHECKING

from history_ends import FIELDS, End, Row, plain

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class Lines(End):
    """A file that is read and written as a whole."""

    suffix: str

    @property
    def path(self) -> Path:
        """Where it lies."""
        return self.folder / self.name / f"people.{self.suffix}"

    def make(self) -> None:
        """Without any record."""
        self.path.parent.mkdir()
        self.store([])

    @property
    def system(self) -> str:
        """Types are declared, for the file has none."""
        streams = "{ people: { id: code, fields: { note: text, qty: integer, born: date } } }"
        said = f"folder: {self.name}, format: {self.suffix}, streams: {streams}"
        return f"{{ connector: files, with: {{ {said} }} }}"

    @abstractmethod
    def load(self) -> list[Row]:
        """The records of the file."""

    @abstractmethod
    def store(self, rows: list[Row]) -> None:
        """The file with these records."""

    def rows(self) -> list[Row]:
        """A record's id is its code."""
        return [
            {"id": row["code"]} | {name: plain(row.get(name)) for name in ("code", *FIELDS)}
            for row in self.load()
        ]

    def add(self, row: Mapping[str, str | None]) -> None:
        """At the end."""
        self.store([*self.load(), self.typed(row)])

    def edit(self, id_: str, field: str, value: str | None) -> None:
        """One value."""
        self.store([row | (self.typed({field: value}) if row["code"] == id_ else {}) for row in self.load()])

    def delete(self, id_: str) -> None:
        """One record less."""
        self.store([row for row in self.load() if row["code"] != id_])

    def typed(self, row: Mapping[str, str | None]) -> Row:
        """As the file spells it."""
        return dict(row)


class Csv(Lines):
    """A CSV file."""

    suffix = "csv"

    def load(self) -> list[Row]:
        """By Python's own reader."""
        with self.path.open(newline="", encoding="utf-8") as file:
            return [dict(row) for row in csv.DictReader(file)]

    def store(self, rows: list[Row]) -> None:
        """By Python's own writer."""
        with self.path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, ("code", *FIELDS))
            writer.writeheader()
            writer.writerows(rows)


class JsonLines(Lines):
    """A file of JSON lines."""

    suffix = "jsonl"

    def load(self) -> list[Row]:
        """One object a line."""
        return [json.loads(line, parse_float=Decimal) for line in self.path.read_text("utf-8").splitlines()]

    def store(self, rows: list[Row]) -> None:
        """One object a line."""
        self.path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")

    def typed(self, row: Mapping[str, str | None]) -> Row:
        """A quantity is a number."""
        return {
            name: int(value) if name == "qty" and value is not None else value for name, value in row.items()
        }
