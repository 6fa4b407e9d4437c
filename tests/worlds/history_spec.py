"""The ends that a history may have, the contacts of the sandbox among them, and the spec between two of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from history_ends import End, Row, plain
from history_files import Csv, JsonLines
from history_tables import MariadbTable, PostgresTable, Sqlite

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from sandbox_visitor import Visitor


class Contacts(End):
    """The contacts of Books, in a sandbox that outlives the history."""

    clock = True
    stream = "contacts"
    names: ClassVar[dict[str, str]] = {"code": "contact_name", "note": "billing_address.city"}
    system = '{ connector: zoho-books, with: { organization: "${env:NONE}", credentials: "${env:NONE}" } }'
    visitor: ClassVar[Visitor]

    def make(self) -> None:
        """The company's first day."""
        self.visitor.begin_anew()
        self.strangers = {row["contact_id"] for row in self.visitor.records("books", "contacts")}
        self.sandbox = self.visitor.running.connect()

    def rows(self) -> list[Row]:
        """Those that people and the engine have made."""
        found = self.visitor.records("books", "contacts")
        return [
            {
                "id": row["contact_id"],
                "code": row["contact_name"],
                "note": plain(row["billing_address"]["city"]),
                "qty": None,
                "born": None,
            }
            for row in found
            if row["contact_id"] not in self.strangers
        ]

    def add(self, row: Mapping[str, str | None]) -> None:
        """A customer."""
        body = {"contact_name": row["code"], "billing_address": {"city": row["note"] or ""}}
        self.visitor.books("POST", "/contacts", json=body).raise_for_status()

    def edit(self, id_: str, field: str, value: str | None) -> None:
        """The city of its address; it has no other field."""
        assert field == "note"
        body = {"billing_address": {"city": value or ""}}
        self.visitor.books("PUT", f"/contacts/{id_}", json=body).raise_for_status()

    def delete(self, id_: str) -> None:
        """A customer less."""
        self.visitor.books("DELETE", f"/contacts/{id_}").raise_for_status()


ENDS: dict[str, Callable[[Path, str], End]] = {
    "sqlite": Sqlite,
    "csv": Csv,
    "jsonl": JsonLines,
    "postgres": PostgresTable,
    "mariadb": MariadbTable,
    "books": Contacts,
}


def spec_text(left: End, right: End, **rules: str) -> str:
    """A spec that keeps two ends in step, both ways; `rules` are keys of its module."""
    lines = [f"{left.names[name]} <-> {right.names[name]}" for name in left.names if name in right.names]
    if isinstance(right, Contacts):
        lines.append("{ to: right.contact_type, const: customer, on: create }")
    said = "".join(f"    {key}: {value}\n" for key, value in rules.items())
    return (
        f"spec: 1\nname: history\nsystems:\n  left: {left.system}\n  right: {right.system}\nmodules:\n  people:\n"
        f"    sync: left.{left.stream} <-> right.{right.stream}\n"
        f"    match: [ {left.names['code']} = {right.names['code']} ]\n{said}    fields: [ {', '.join(lines)} ]\n"
    )
