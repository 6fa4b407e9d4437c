"""Parents: records that live below a record of another stream, and how their parents are found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.connectors.http.content.fill_templates import fill_params
from engine.connectors.http.read.changed_since import stretches
from engine.connectors.http.read.learned import Learned, dig
from engine.connectors.http.read.read_list import ListReader
from engine.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from engine.catalog import Catalog
    from engine.connectors.http.description.api import Description
    from engine.connectors.http.description.calls import ListCalls, ParentCalls
    from engine.connectors.http.read.learned import Row
    from engine.connectors.http.send.client import ApiClient
    from engine.record import Values


def joined(parent: str, own: str) -> str:
    """The id of a record that only its parent's id and its own tell from all others."""
    return f"{parent}-{own}"


def own_part(parent: ParentCalls | None, id_: str) -> str:
    """What a path calls a record: the part of its id that is its own."""
    return id_.partition("-")[2] if parent is not None and parent.own is not None else id_


def row_id(row: Row, key: str, parent: ParentCalls | None, below: str | None = None) -> str | None:
    """The id of a row, `below` the parent that its list was read for; None = it has none."""
    if parent is None or parent.own is None:
        found = row.get(key)
        return None if found in (None, "") else str(found)
    above, own = below or dig(row, parent.field), dig(row, parent.own)
    return None if above in (None, "") or own in (None, "") else joined(str(above), str(own))


def made_id(parent: ParentCalls | None, values: Values) -> str | None:
    """The id of a new record that has none of its own; None = the answer to its writing tells it."""
    if parent is None or parent.own is None:
        return None
    above, own = values.get(parent.field), values.get(parent.own)
    return None if above in (None, "") or own in (None, "") else joined(str(above), str(own))


class Parents:
    """Finds parents for one connection."""

    def __init__(
        self,
        wire: ApiClient,
        description: Description,
        catalog: Catalog,
        learned: Learned,
        words: Mapping[str, str],
        *,
        now: Callable[[], datetime],
    ) -> None:
        self._wire = wire
        self._description = description
        self._catalog = catalog
        self._learned = learned
        self._words = words
        self._now = now
        self.pages = 0  #: list requests that were sent for parents and their children

    def ids(self, parent: ParentCalls) -> Iterator[str]:
        """The ids of every record of the parent stream. Raises UserError and TemporaryError."""
        if self._description.streams[parent.stream].parent is not None:
            yield from self.learn(parent.stream)
            return
        key = self._catalog.streams[parent.stream].id
        for row in self._rows(parent.stream, self._listing(parent.stream)):
            yield str(row[key])

    def rows(self, stream: str) -> Iterator[tuple[str, Row]]:
        """Every row of a stream of children, each behind the id of its parent."""
        parent, listing = self._description.streams[stream].parent, self._listing(stream)
        if parent is None:
            raise ValueError(f"{stream} has no parents")
        if "{parent}" not in listing.path:
            yield from ((str(dig(row, parent.field)), row) for row in self._rows(stream, listing))
            return
        before = self.pages
        for id_ in list(self.ids(parent)):
            above = self.above(parent, id_, of=listing.path)
            yield from ((id_, row) for row in self._rows(stream, listing, above=above))
        self._learned.lists[stream] = self.pages - before

    def parent_of(self, stream: str, id_: str) -> str | None:
        """The id of a record's parent; None = there is no such record.

        A record that no list has shown yet costs a whole list, once.
        """
        if (parent := self._description.streams[stream].parent) is not None and parent.own is not None:
            return id_.partition("-")[0] or None
        known = self._learned.parents.get(stream, {})
        return known[id_] if id_ in known else self.learn(stream).get(id_)

    def learn(self, stream: str) -> Mapping[str, str]:
        """Read the whole list and remember whose child each record is."""
        key = self._catalog.streams[stream].id
        own = self._description.streams[stream].parent
        found = {row_id(row, key, own, parent) or "": parent for parent, row in self.rows(stream)}
        self._learned.parents[stream] = found
        return found

    def above(self, parent: ParentCalls, id_: str, *, of: str) -> dict[str, str]:
        """What a path below a parent names: its id, and that of its own parent, empty when there is none."""
        words = {"parent": id_}
        if "{grandparent}" in of:
            words["grandparent"] = self.parent_of(parent.stream, id_) or ""
        return words

    def _rows(
        self, stream: str, listing: ListCalls, *, above: Mapping[str, str] | None = None
    ) -> Iterator[Row]:
        base = self._description.streams[stream].base
        walker = ListReader(self._wire, stream, self._words, base=base)
        params = walker.params(listing)
        if listing.fields is not None:
            params[listing.fields.param] = self._catalog.streams[stream].id
        for part in self._stretches(listing):
            for rows, _ in walker.walk(listing, {**params, **part}, {}, above=above):
                self.pages += 1
                yield from rows

    def _stretches(self, listing: ListCalls) -> Iterator[dict[str, str]]:
        """Further parameters of each list that it takes to see everything."""
        windows = listing.windows
        if windows is None:
            return iter([{}])
        first = fill_params({"": windows.first}, self._words)[""]
        return stretches(windows, first, None, self._now())

    def _listing(self, stream: str) -> ListCalls:
        listing = self._description.streams[stream].list
        if listing is None:
            raise UserError(f"{self._wire.name} cannot list `{stream}`.")
        return listing
