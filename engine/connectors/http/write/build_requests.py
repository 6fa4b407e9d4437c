"""Build requests: operations become requests: addresses, headers, bodies, and objects that are sent as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from engine.connectors.http.content.fill_templates import fill_params, fill_path
from engine.connectors.http.content.json_body import clocked, dump, nest
from engine.connectors.http.read.parents import own_part
from engine.connectors.http.send.request import ApiRequest
from engine.connectors.http.send.settings import PRINTABLE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.catalog import Stream
    from engine.connectors.http.description.api import Description
    from engine.connectors.http.description.calls import WriteCalls
    from engine.connectors.http.read.learned import Learned, Row
    from engine.connectors.http.read.parents import Parents
    from engine.connectors.http.read.read_list import ListReader
    from engine.record import Kind, Operation, Values


class GoneError(Exception):
    """A record that is to be changed does not exist any more."""


class RequestBuilder:
    """Makes the requests of one kind of write to one stream."""

    def __init__(
        self,
        walker: ListReader,
        description: Description,
        stream: Stream,
        writing: WriteCalls,
        *,
        kind: Kind,
        unique: str | None,
        words: Mapping[str, str],
        families: Parents,
        learned: Learned,
    ) -> None:
        self._walker = walker
        self._description = description
        self._stream = stream
        self._calls = description.streams[stream.name]
        self._writing = writing
        self._kind = kind
        self._unique = unique
        self._words = {**words, "stream": stream.name}
        self._families = families
        self._learned = learned

    def call(self, part: Sequence[Operation]) -> ApiRequest:
        """The request that carries these operations.

        Raises:
            GoneError: a record that must be read first does not exist any more.
            ValueError, TypeError: a value has no form that the request could carry.
            EngineError: a record that must be read first cannot be read now.
        """
        writing, first = self._writing, part[0]
        words = {**self.words_of(first, first.id or ""), "ids": ",".join(str(one.id) for one in part)}
        version = first.version if len(part) == 1 and PRINTABLE.fullmatch(first.version or "") else None
        return ApiRequest(
            what=self._kind,
            about=f"{self._kind} {self._stream.name}",
            method=writing.method,
            path=fill_path(writing.path, words),
            base=self._calls.base,
            pattern=writing.path,
            params=fill_params(writing.params, words),
            headers=self._headers(first, version),
            content=self._content(part),
            credits=-(-len(part) // writing.per_credit) if writing.per_credit else 1,
        )

    def _headers(self, operation: Operation, version: str | None) -> dict[str, str]:
        writing, value = self._writing, str(operation.values.get(self._unique or "", ""))
        if self._unique is not None and writing.headers and not PRINTABLE.fullmatch(value):
            raise ValueError(f"`{self._unique}` holds what no HTTP header can carry")
        words = {"unique": self._unique or "", "value": value}
        condition = {writing.condition: version} if writing.condition and version else {}
        return {**condition, **fill_params(writing.headers, words)}

    def words_of(self, operation: Operation, id_: str) -> dict[str, str]:
        """What the path of a request about one record may name."""
        parent = self._calls.parent
        own = own_part(parent, id_)
        if parent is None or "{parent}" not in self._writing.path:
            return {**self._words, "id": own}
        known = self._learned.parents.get(self._stream.name, {}).get(operation.id or "")
        below = known or str(operation.values.get(parent.field, ""))
        if parent.own is not None and operation.id:
            below = operation.id.partition("-")[0]
        return {**self._words, "id": own, **self._families.above(parent, below, of=self._writing.path)}

    def _content(self, part: Sequence[Operation]) -> bytes | None:
        body = self._writing.body
        if body is None:
            return None
        written = self._calls.written
        renamed = [
            {
                written.get(name, name): value
                for name, value in clocked(self._values(one), self._stream).items()
            }
            for one in part
        ]
        rows = [nest(values, self._stream, self._description.custom_fields) for values in renamed]
        if body.id is not None:
            rows = [{body.id: one.id, **row} for one, row in zip(part, rows, strict=True)]
        also = {**body.also, **({body.unique: [self._unique]} if body.unique else {})}
        return dump({body.rows: rows, **also} if body.rows is not None else {**rows[0], **also})

    def _values(self, operation: Operation) -> Values:
        """What is sent of an operation: no parent that the path names, and objects that are replaced as a whole."""
        values, parent = dict(operation.values), self._calls.parent
        if parent is not None and "{parent}" in self._writing.path:
            values.pop(parent.field, None)
        touched = [key for key in self._writing.whole if any(name.startswith(key + ".") for name in values)]
        if not touched:
            return values
        row = self._fresh(operation)
        parts = {key: row.get(key) for key in touched}
        kept = {
            f"{key}.{name}": value
            for key, object_ in parts.items()
            if isinstance(object_, Mapping)
            for name, value in object_.items()
        }
        return {**kept, **values}

    def _fresh(self, operation: Operation) -> Row:
        """The record in full, as the engine has just read it, or else read again."""
        id_, modified = operation.id or "", self._stream.modified
        row = self._learned.fresh.get(self._stream.name, {}).pop(id_, None)
        if row is not None and modified is not None and row.get(modified) == operation.version:
            return row
        getting = self._calls.get
        found = (
            self._walker.one(getting, own_part(self._calls.parent, id_), above=self.words_of(operation, id_))
            if getting
            else None
        )
        if found is None:
            raise GoneError
        return found
