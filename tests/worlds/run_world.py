"""Two memory systems, one spec between them and a clock: what the tests of the interpreter share."""

from __future__ import annotations

import copy
import itertools
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Self
from unittest import mock

from engine.connectors import memory
from engine.connectors.memory import MemoryConnector, MemoryStore, MemoryType
from engine.connectors.port import Batch, Page, ReadRequest
from engine.connectors.registry import connector_types
from engine.ledger import open_ledger
from engine.ledger.model import LEDGER_FILE
from engine.ledger.store import Ledger
from engine.ledger.write import link_indexes
from engine.run.operations.discover import compile_live
from engine.run.operations.preview import preview
from engine.run.session.run_request import RunRequest
from engine.run.session.sync_pass import Accepted
from engine.run.sync.execute import execute

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from engine.connectors.port import Surroundings
    from engine.ledger import HeldRow, Loser, ModuleState
    from engine.plan import Plan
    from engine.record import Counts, Receipt, Side
    from engine.run.session.report import Changeset, RunReport

_NAMES = itertools.count()

SPEC = """\
spec: 1
name: {name}
systems:
  shop:
    connector: memory
    with:
      store: {shop}
      streams:
        people:
          fields: {{ name: text, mail: text, city: text, amount: money, rank: text, since: date, note: text }}
  desk:
    connector: memory
    with:
      store: {desk}
      streams:
        clients:
          fields:
            {{ label: text required, mail: text, town: text, worth: money, grade: text, memo: text, live: boolean }}
{top}
modules:
  people:
    sync: {sync}
{module}
    fields:
{lines}
"""
MATCH = "match: [ name = label ]"
LINES = ("name -> label", "mail -> mail", "city -> town", "amount -> worth")


class Killed(BaseException):
    """The process ends here: no handler of the engine may do anything more."""


@dataclass(kw_only=True)
class Fate:
    """Counts everything a run does to the outside, and kills it at chosen steps; the dead do nothing more."""

    kill_at: frozenset[int] = frozenset()
    steps: int = 0
    telling: list[int] = field(default_factory=list)  #: steps before which something has just been done
    dead: bool = False

    def step(self, *, done: bool = False) -> None:
        """One more point at which a process may end; `done`: something has been stored since the last one."""
        if self.dead:
            raise Killed
        self.steps += 1
        if done:
            self.telling.append(self.steps)
        if self.steps in self.kill_at:
            self.dead = True
            raise Killed


@dataclass(kw_only=True)
class Watch:
    """What passed between a run and the systems, and what may happen in between."""

    delivered: dict[str, int] = field(default_factory=dict)  #: records read, by stream
    requests: list[ReadRequest] = field(default_factory=list)
    operations: list[Any] = field(default_factory=list)  #: every single write sent
    batches: int = 0  #: in which they were sent
    fate: Fate = field(default_factory=Fate)
    told: list[int] = field(default_factory=list)  #: `Fate.telling` of the last run that was to be killed
    before_read: Callable[[ReadRequest], None] = lambda _request: None
    before_write: Callable[[str, Batch], None] = lambda _stream, _batch: None
    shown: Callable[[ReadRequest, dict[str, Any]], dict[str, Any]] = lambda _request, record: record
    answered: Callable[[Receipt], Receipt] = lambda receipt: receipt
    twice: bool = False  #: pages overlap: the last record of a page comes again with the next


class Watched(MemoryConnector):
    """A memory system somebody looks at: counts, kills between any two writes, shifts pages."""

    def __init__(self, settings: Mapping[str, Any], watch: Watch) -> None:
        super().__init__(settings)
        self._watch = watch

    def read(self, request: ReadRequest) -> Iterator[Page]:
        """As the memory connector, told to the watch."""
        watch = self._watch
        watch.before_read(request)
        watch.requests.append(request)
        last: list[dict[str, Any]] = []
        for page in super().read(request):
            records = [watch.shown(request, dict(record)) for record in page.records or ()]
            again = last if watch.twice else []
            last = records[-1:]
            watch.delivered[request.stream] = watch.delivered.get(request.stream, 0) + len(records)
            yield replace(page, records=[*again, *records])

    def write(self, stream: str, batch: Batch) -> list[Receipt]:
        """One operation after the other, and between any two of them the process may end."""
        watch = self._watch
        watch.before_write(stream, batch)
        watch.batches += 1
        receipts: list[Receipt] = []
        watch.fate.step()
        for row in range(batch.table.num_rows):
            one = Batch(kind=batch.kind, table=batch.table.slice(row, 1))
            watch.operations.extend(one.operations())
            receipts += super().write(stream, one)
            watch.fate.step(done=True)
        return [watch.answered(receipt) for receipt in receipts]


class WatchedType(MemoryType):
    """The connector `memory` for the specs of one world."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch

    def open(self, settings: Mapping[str, Any], surroundings: Surroundings) -> MemoryConnector:
        """Connect under watch."""
        del surroundings
        return Watched(settings, self._watch)


LEDGER_CALLS = (
    "take_lease",
    "start_run",
    "intend",
    "settle",
    "mailed",
    "admit",
    "associate",
    "dissociate",
    "enrol",
    "mark",
    "withdraw",
    "finish_module",
    "end_run",
    "release",
    "renew",
    "stand",
    "forget",
    "start_anew",
    "add_links",
    "skip_records",
)


class World:
    """A spec, its two systems, its ledger and its clock."""

    def __init__(
        self,
        folder: Path,
        *,
        sync: str = "shop.people -> desk.clients",
        module: str | Sequence[str] = MATCH,
        lines: Sequence[str] = LINES,
        top: str = "",
        name: str = "shop-desk",
        batch: int = 1_000,
        page: int = 1_000,
    ) -> None:
        number = next(_NAMES)
        self.folder = folder
        self.name = name
        self.now = datetime(2026, 3, 1, 8, tzinfo=UTC)
        self.stores = {side: f"{side}-{number}" for side in ("shop", "desk")}
        for store in self.stores.values():
            memory._STORES[store] = MemoryStore(clock=lambda: self.now)
        self.shop, self.desk = (memory.store(self.stores[side]) for side in ("shop", "desk"))
        self.watch = Watch()
        self._plans: dict[Any, Plan] = {}
        self.sizes = {"batch_size": batch, "page_size": page, "by_ids": page}
        self.single = min(batch, 25)
        self.say(sync=sync, module=module, lines=lines, top=top)

    def say(
        self,
        *,
        sync: str = "shop.people -> desk.clients",
        module: str | Sequence[str] = MATCH,
        lines: Sequence[str] = LINES,
        top: str = "",
    ) -> None:
        """Write the spec, as somebody edits it."""
        words = [module] if isinstance(module, str) else list(module)
        self.file = self.folder / f"{self.name}.yaml"
        self.file.write_text(
            SPEC.format(
                name=self.name,
                sync=sync,
                top=top,
                module="".join(f"    {word}\n" for word in words).rstrip("\n"),
                lines="\n".join(f"      - {line}" for line in lines),
                **self.stores,
            ),
            encoding="utf-8",
        )

    def __enter__(self) -> Self:
        self._patches = ExitStack()
        watched = {"memory": WatchedType(self.watch)}
        self._patches.enter_context(mock.patch.dict(connector_types()._loaded, watched))
        self._patches.enter_context(
            mock.patch.object(memory, "CAN", replace(memory.CAN, **self.sizes))  # type: ignore[arg-type]  # three numbers
        )
        self._patches.enter_context(mock.patch("engine.run.session.batches.SINGLE", self.single))
        return self

    def __exit__(self, *exc: object) -> None:
        self._patches.close()
        for store in self.stores.values():
            memory._STORES.pop(store, None)

    def wait(self, **some: float) -> None:
        """Let time pass for everybody."""
        self.now += timedelta(**some)

    def remember(self) -> Callable[[], None]:
        """Keep everything as it is now; what is answered brings it back."""
        now, ledger = self.now, self.ledger.read_bytes() if self.ledger.exists() else None
        records = {name: copy.deepcopy(memory.store(name).streams) for name in self.stores.values()}
        numbers = {name: (memory.store(name)._next_id, memory.store(name)._last) for name in records}

        def restore() -> None:
            self.now = now
            for beside in self.folder.glob(f"{LEDGER_FILE}*"):
                beside.unlink()
            if ledger is not None:
                self.ledger.write_bytes(ledger)
            for name, streams in records.items():
                store = memory.store(name)
                store.streams = copy.deepcopy(streams)
                store._next_id, store._last = numbers[name]

        return restore

    @property
    def ledger(self) -> Path:
        """The ledger's file."""
        return self.folder / LEDGER_FILE

    def call(self, **more: Any) -> RunRequest:
        """How this world asks for a run."""
        more.setdefault("accepted", Accepted(everything=True))
        return RunRequest(folder=self.folder, overrides={}, now=lambda: self.now, **more)

    def plan(self, **profile: str) -> Plan:
        """The spec as it stands, compiled; once for each text."""
        known = (self.file.read_text(encoding="utf-8"), tuple(profile.items()))
        if known not in self._plans:
            self._plans[known] = compile_live(str(self.file), profile, self.call())
        return self._plans[known]

    def run(self, **more: Any) -> RunReport:
        """Run once, a while after whatever happened before; the counts of every module must add up."""
        self.wait(seconds=10)
        self.watch.delivered, self.watch.operations, self.watch.requests = {}, [], []
        self.watch.batches = 0
        plan = self.plan()
        report = execute(plan, self.call(**more))
        for module in plan.modules:
            assert_adds_up(report.modules[module.name], module.sources)
        return report

    def settled(self) -> None:
        """Run twice more: nothing may be written any more."""
        for _ in range(2):
            assert self.run().wrote == 0
            assert self.watch.operations == []

    def preview(self, **more: Any) -> Changeset:
        """Preview; not a single write may be sent."""
        self.watch.operations = []
        plan = self.plan()
        changeset = preview(plan, self.call(), **more)
        assert self.watch.operations == []
        for module in plan.modules:
            assert_adds_up(changeset.modules[module.name], module.sources)
        return changeset

    def doomed(self, *steps: int, **more: Any) -> int:
        """Run, and end the process at these steps; answers how many steps there were.

        `Watch.told` says which of them tell anything: nothing is stored between one of them and the next.
        """
        fate = self.watch.fate = Fate(kill_at=frozenset(steps))
        self.wait(seconds=10)
        with mortal(fate), suppress(Killed):
            execute(self.plan(), self.call(**more))
        self.watch.fate, self.watch.told = Fate(), fate.telling
        return fate.steps

    def clients(self, *names: str) -> list[tuple[Any, ...]]:
        """The target's records as rows of these fields, sorted."""
        return sorted(
            (
                tuple(row.get(name) for name in names or ("label", "mail", "town", "worth"))
                for row in self.desk.rows("clients")
            ),
            key=repr,
        )

    def links(self, module: str = "people") -> list[tuple[str, str, str]]:
        """(left id, right id, state) of every link, sorted."""
        with open_ledger(self.ledger, readonly=True) as ledger:
            table = ledger.links_table(self.name, module)
        return sorted(
            zip(*(table[name].to_pylist() for name in ("left_id", "right_id", "state")), strict=True)
        )

    def held(self) -> dict[str, HeldRow]:
        """Held records by id."""
        with open_ledger(self.ledger, readonly=True) as ledger:
            return {row.record_id: row for row in ledger.held_rows(self.name)}

    def held_by_module(self) -> dict[tuple[str, str], HeldRow]:
        """Held records by module and id."""
        with open_ledger(self.ledger, readonly=True) as ledger:
            return {(row.module, row.record_id): row for row in ledger.held_rows(self.name)}

    def losers(self) -> list[Loser]:
        """The values that were overwritten."""
        with open_ledger(self.ledger, readonly=True) as ledger:
            return ledger.losers(self.name)

    def state(self, module: str = "people") -> ModuleState:
        """How far a module has come."""
        with open_ledger(self.ledger, readonly=True) as ledger:
            return ledger.module_state(self.name, module)


class mortal:  # noqa: N801 - used as a context manager, like a function
    """While it lasts, a process may end before and after every call of the ledger that writes."""

    def __init__(self, fate: Fate) -> None:
        self._patches = ExitStack()
        for name in LEDGER_CALLS:
            self._patches.enter_context(mock.patch.object(Ledger, name, _mortal(fate, getattr(Ledger, name))))
        self._patches.enter_context(
            mock.patch.object(link_indexes, "build", _mortal(fate, link_indexes.build))
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._patches.close()


def _mortal(fate: Fate, method: Callable[..., Any]) -> Callable[..., Any]:
    def called(*words: Any, **more: Any) -> Any:
        fate.step()
        answer = method(*words, **more)
        fate.step(done=True)
        return answer

    return called


def assert_adds_up(counts: Counts, sources: Sequence[Side]) -> None:
    """In one direction every record that was read from the source ended in exactly one way; none is ever lost."""
    ended = sum(sum(getattr(counts, name).values()) for name in ("created", "updated", "deleted"))
    ended += counts.unchanged + counts.skipped + counts.held + counts.conflicts
    read = sum(counts.read[side] for side in sources)
    both = counts.conflicts  # one that was written in part is in conflict besides
    assert ended - both <= read <= ended if len(sources) == 1 else read <= ended, counts


def person(name: str | None, **more: Any) -> dict[str, Any]:
    """A record of shop.people."""
    return {"name": name, "mail": f"{name}@example.org", "city": "Pune", "amount": "10.00", **more}
