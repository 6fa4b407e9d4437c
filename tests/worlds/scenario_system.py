"""A system of a scenario: a memory store that remembers how it was, has habits, and meets accidents."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from run_world import Killed, Watched, WatchedType

from engine.connectors.memory import MemoryConnector, MemoryStore
from engine.connectors.port import Batch, Page, ReadRequest
from engine.record import Receipt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from run_world import Watch

    from engine.catalog import Stream
    from engine.connectors.port import Surroundings
    from engine.record import Operation


@dataclass(frozen=True, kw_only=True)
class Habits:
    """What a stream does that no spec says."""

    cuts: Mapping[str, int] = field(default_factory=dict)  #: field -> characters that are kept
    lowers: Sequence[str] = ()  #: fields kept in lower case
    unique: Sequence[str] = ()  #: fields of which no value is taken twice
    listing_lags: timedelta = (
        timedelta()
    )  #: how far behind a listing is; a record asked for by its id is fresh
    lists_nothing: bool = False  #: a listing answers with no record at all, as if that were all
    hides: Sequence[str] = ()  #: fields that are not shown at the moment
    whole_seconds: bool = False  #: changes are stamped with the second only
    tells_little: bool = False  #: answers to writes show neither the record nor its version
    ignores: Sequence[str] = ()  #: kinds of writes that are answered with yes and not done
    when_we_write: str = ""  #: a field whose change by us sets off an automation of the system
    it_sets: Mapping[str, Any] = field(default_factory=dict)  #: what that automation then writes itself


class System(MemoryStore):
    """A store whose new records are named after their stream (customers-1, customers-2)."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        super().__init__(clock)
        self.habits: dict[str, Habits] = {}
        self.trash: dict[tuple[str, str], dict[str, Any]] = {}
        self._past: list[tuple[datetime, str, str, dict[str, Any] | None]] = []
        self._whole_seconds = False
        self._shown_at: datetime | None = None

    def of(self, stream: str) -> Habits:
        return self.habits.get(stream, Habits())

    def put(
        self, stream: str, record: Mapping[str, Any], *, key: str = "id", modified: str = "modified"
    ) -> str:
        """As the store, with the habits of the stream."""
        habits = self.of(stream)
        self._whole_seconds = habits.whole_seconds
        kept = {name: _kept(habits, name, value) for name, value in record.items()}
        kept[key] = kept.get(key) or self._named(stream)
        identity = super().put(stream, kept, key=key, modified=modified)
        self._note(stream, identity)
        return identity

    def edit(self, stream: str, identity: str, *, modified: str = "modified", **values: Any) -> None:
        self._whole_seconds = self.of(stream).whole_seconds
        super().edit(stream, identity, modified=modified, **values)
        self._note(stream, identity)

    def delete(self, stream: str, identity: str) -> None:
        self.trash[stream, identity] = dict(self.streams[stream][identity])
        super().delete(stream, identity)
        self._note(stream, identity)

    def restore(self, stream: str, identity: str) -> None:
        """Bring a record back from the trash as it was."""
        self.put(stream, self.trash.pop((stream, identity)))

    def stamp(self, stream: str, identity: str, moment: str) -> None:
        """Say that a record was changed at another moment."""
        self.streams[stream][identity]["modified"] = moment

    def rows(self, stream: str) -> list[dict[str, Any]]:
        if self._shown_at is None:
            return super().rows(stream)
        rows: dict[str, dict[str, Any]] = {}
        for moment, name, identity, row in self._past:
            if name == stream and moment <= self._shown_at:
                rows.pop(identity, None) if row is None else rows.update({identity: row})
        return copy.deepcopy(list(rows.values()))

    def show(self, request: ReadRequest) -> None:
        """What the next read sees: the present, or what a listing that lags still shows."""
        lag = self.of(request.stream).listing_lags
        self._shown_at = self.clock() - lag if lag and request.ids is None else None

    def _named(self, stream: str) -> str:
        number = 1
        while (
            f"{stream}-{number}" in self.streams.get(stream, {})
            or (stream, f"{stream}-{number}") in self.trash
        ):
            number += 1
        return f"{stream}-{number}"

    def _note(self, stream: str, identity: str) -> None:
        row = self.streams[stream].get(identity)
        self._past.append((self.clock(), stream, identity, copy.deepcopy(row)))

    def _stamp(self) -> str:
        stamp = super()._stamp()
        return f"{stamp[:19]}Z" if self._whole_seconds else stamp


def _kept(habits: Habits, name: str, value: Any) -> Any:
    if isinstance(value, str):
        value = value[: habits.cuts.get(name)] if name in habits.cuts else value
        value = value.lower() if name in habits.lowers else value
    return value


@dataclass(kw_only=True)
class Accidents:
    """What happens during one run, by moments such as `after writing books.customers`."""

    dies: str | None = None  #: the moment at which the process ends
    unanswered: Sequence[str] = ()  #: streams whose writes are applied, while the answer is lost
    meanwhile: dict[str, Callable[[], None]] = field(
        default_factory=dict
    )  #: what people do at a moment, once
    sent: list[str] = field(
        default_factory=list
    )  #: every single write, such as `update crm.accounts A1: phone`
    read: dict[str, int] = field(default_factory=dict)  #: records that listings delivered, by stream
    since: dict[str, str | None] = field(default_factory=dict)  #: where the last listing of a stream began


@dataclass(kw_only=True)
class Post:
    """Where scenario and systems meet: the watch, the accidents of the present run, and who checks the journal."""

    watch: Watch
    names: Mapping[str, str]  #: store -> system
    accidents: Accidents = field(default_factory=Accidents)
    journal: Callable[[str, Batch], None] = lambda _system, _batch: None

    def moment(self, name: str) -> None:
        """Something that a scenario can refer to has just happened."""
        accidents = self.accidents
        if name in accidents.meanwhile:
            accidents.meanwhile.pop(name)()
        if accidents.dies == name:
            self.watch.fate.dead = True
            raise Killed


class Staged(Watched):
    """A memory system with habits, on a day with accidents."""

    _store: System

    def __init__(self, settings: Mapping[str, Any], post: Post) -> None:
        super().__init__(settings, post.watch)
        self._post = post
        self._system = post.names[settings["store"]]

    def read(self, request: ReadRequest) -> Iterator[Page]:
        """Pages as they stand when each of them is delivered; people may work between two of them."""
        name, habits = f"{self._system}.{request.stream}", self._store.of(request.stream)
        self._store.show(request)
        kind = "page" if request.ids is None else "answer"
        if request.ids is None:
            self._post.accidents.since[name] = request.since
        for number, page in enumerate(super().read(request), start=1):
            self._store.show(request)
            shown, read = self._page(request, page, habits), self._post.accidents.read
            read[name] = read.get(name, 0) + (len(shown) if request.ids is None else 0)
            yield shown
            self._post.moment(f"after {kind} {number} of {name}")

    def _page(self, request: ReadRequest, page: Page, habits: Habits) -> Page:
        if habits.lists_nothing and request.ids is None:
            return replace(page, records=[], total=0)
        now = {row["id"]: row for row in self._store.rows(request.stream)}
        shown = [{key: now.get(row["id"], row).get(key) for key in row} for row in page.records or ()]
        return replace(
            page, records=[{k: v for k, v in row.items() if k not in habits.hides} for row in shown]
        )

    def write(self, stream: str, batch: Batch) -> list[Receipt]:
        """Journalled before it is sent, or the scenario fails; then as the habits and accidents of the stream are."""
        name, habits = f"{self._system}.{stream}", self._store.of(stream)
        self._post.journal(name, batch)
        self._post.moment(f"before writing {name}")
        self._post.accidents.sent += [_line(name, one) for one in batch.operations()]
        self._store.show(ReadRequest(stream=stream, fields=(), ids=()))
        before = copy.deepcopy(self._store.streams.get(stream, {}))
        receipts = super().write(stream, batch)
        if batch.kind in habits.ignores:
            self._store.streams[stream] = before
            return [replace(one, accepted=None, version=None) for one in receipts]
        self._automate(stream, habits, batch)
        self._post.moment(f"after writing {name}")
        if name in self._post.accidents.unanswered:
            return [Receipt(op=one.op, outcome="unknown", code="500") for one in receipts]
        return (
            [replace(one, accepted=None, version=None) for one in receipts]
            if habits.tells_little
            else receipts
        )

    def _complaint(
        self, stream: Stream, operation: Operation, values: Mapping[str, Any]
    ) -> tuple[str, str] | None:
        for name in self._store.of(stream.name).unique:
            rows = self._store.streams[stream.name].items()
            if name in values and any(
                row.get(name) == values[name] for key, row in rows if key != operation.id
            ):
                return "duplicate", f"There is another record with the {name} {values[name]}."
        return super()._complaint(stream, operation, values)

    def _automate(self, stream: str, habits: Habits, batch: Batch) -> None:
        for one in batch.operations():
            if one.id and habits.when_we_write in one.values:
                self._store.edit(stream, one.id, **habits.it_sets)


def _line(stream: str, one: Operation) -> str:
    """A write in words."""
    fields = f": {', '.join(sorted(one.values))}" if one.kind == "update" else ""
    return f"{one.kind} {stream}{'' if one.kind == 'create' else f' {one.id}'}{fields}"


class StagedType(WatchedType):
    """The connector `memory` for the spec of one scenario."""

    def __init__(self, post: Post) -> None:
        super().__init__(post.watch)
        self._post = post

    def open(self, settings: Mapping[str, Any], surroundings: Surroundings) -> MemoryConnector:
        """Connect on the stage."""
        del surroundings
        return Staged(settings, self._post)
