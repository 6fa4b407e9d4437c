"""Three shop streams and three desk streams whose records refer to each other; tests add what is looked at."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from run_world import World

from engine.connectors import memory
from engine.connectors.memory import MemoryConnector
from engine.connectors.port import Page, ReadRequest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pytest

SPEC = """\
spec: 1
name: {name}
systems:
  shop:
    connector: memory
    with:
      store: {shop}
      streams:
        firms: {{ fields: {{ title: text required, town: text, strict: boolean, rate: money }} }}
        people: {{ fields: {{ name: text, mail: text, coin: text, firm: id refers=firms, desk_id: id }} }}
        notes: {{ fields: {{ words: text, firm: id refers=firms, about: id refers=people }} }}
  desk:
    connector: memory
    with:
      store: {desk}
      streams:
        accounts: {{ fields: {{ label: text required, place: text }} }}
        clients: {{ fields: {{ label: text, mail: text, coin: text, town: text, worth: money, came: text }} }}
        memos: {{ fields: {{ text: text, client: id refers=clients }} }}
modules:
{modules}
"""

FIRMS = """\
  firms:
    sync: shop.firms {arrow} desk.accounts
    {more}
    match: [ title = label ]
    fields: [ title {arrow} label, town {arrow} place ]
"""
PEOPLE = """\
  people:
    sync: shop.people {arrow} desk.clients
    {more}
    match: [ name = label ]
    fields: [ {lines} ]
"""


def firms(more: str = "creates: both", arrow: str = "->") -> str:
    """The module of firms."""
    return FIRMS.format(more=more, arrow=arrow)


def people(*more: str, arrow: str = "->", lines: str = "name <> label, mail <> mail") -> str:
    """The module of people."""
    said = "\n    ".join(more) or "deletes: keep"
    return PEOPLE.format(more=said, arrow=arrow, lines=lines.replace("<>", arrow))


#: People whose firm is fetched where it has no link yet.
LINES = "name -> label, mail -> mail, { map: firm -> town, refers: firms, on: create }"
BELOW = people("under: { firm: firms, as: town, else: fetch }", lines=LINES)


class LinkedWorld(World):
    """A world whose spec has these modules."""

    def __init__(self, folder: Path, *modules: str, name: str = "shop-desk") -> None:
        super().__init__(folder, name=name)
        self.write(*modules)

    def write(self, *modules: str) -> None:
        """Write the spec, as somebody edits it."""
        self.file.write_text(
            SPEC.format(name=self.name, modules="".join(modules), **self.stores), encoding="utf-8"
        )

    def firm(self, title: str, **more: Any) -> str:
        """A firm of the shop."""
        return str(self.shop.put("firms", {"title": title, "town": "Pune", "strict": False, **more}))

    def person(self, name: str, **more: Any) -> str:
        """A person of the shop."""
        return str(self.shop.put("people", {"name": name, "mail": f"{name}@example.org", **more}))

    def names(self) -> list[str]:
        """Labels of the clients of the desk."""
        return sorted(row["label"] for row in self.desk.rows("clients"))

    def accounts(self) -> list[str]:
        """Labels of the accounts of the desk."""
        return sorted(row["label"] for row in self.desk.rows("accounts"))


def with_a_view_that_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every memory system have saved views, in which there is nothing."""
    read = MemoryConnector.read

    def seen(self: MemoryConnector, request: ReadRequest) -> Iterator[Page]:
        if request.view is None:
            yield from read(self, request)
        else:
            yield Page(records=(), complete=True)

    monkeypatch.setattr(MemoryConnector, "read", seen)
    monkeypatch.setattr(memory, "CAN", replace(memory.CAN, saved_views=True))
