"""One small world in which every command that writes has something to write: what the matrix of rules shares."""

from __future__ import annotations

import copy
from contextlib import ExitStack, suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Self
from unittest import mock

from click.testing import CliRunner
from run_world import Fate, Killed, Watched, WatchedType, World

from engine.cli import engine
from engine.compiler import compile_file
from engine.connectors import memory
from engine.connectors.memory import MemoryStore
from engine.connectors.registry import connector_types
from engine.ledger import Enrolment, open_ledger
from engine.ledger.store import Ledger
from engine.run.session.run_request import RunRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from click.testing import Result

    from engine.catalog import Catalog, Stream
    from engine.connectors.port import Batch, Surroundings
    from engine.ledger import Intent
    from engine.ledger.standing import State
    from engine.plan import Plan

SPEC = """\
spec: 1
name: {name}
systems:
  shop:
    connector: memory
    with:
      store: {shop}
      streams:
        areas: {{ fields: {{ name: text, strict: boolean }} }}
        people: {{ fields: {{ name: text, city: text, area: id, hidden: boolean, blocked: boolean }} }}
        deals: {{ fields: {{ name: text, area: id, blocked: boolean }} }}
        tasks: {{ fields: {{ title: text, area: id refers=areas }} }}
  desk:
    connector: memory
    with:
      store: {desk}
      streams:
        org: {{ fields: {{ code: text }} }}
        areas: {{ fields: {{ name: text, strict: boolean }} }}
        clients: {{ fields: {{ label: text, town: text, area: id refers=areas, vip: boolean, memo: text }} }}
        invoices: {{ fields: {{ title: text, area: id refers=areas, vip: boolean, deal: text }} }}
        jobs: {{ fields: {{ label: text, area: id, shared: boolean, hidden: boolean, stuck: text }} }}
modules:
  people:
    sync: shop.people -> desk.clients
    match: [ name = label ]
    view: {{ shop: NOT hidden }}
    needs: [ {{ check: NOT blocked, else: It is blocked. }} ]
    deletes: propagate
    limits: {{ updates: 3 }}
    fields:
      - name -> label
      - city -> town
      - area -> area
      - {{ to: right.vip, const: true, at-most: 2, else: false, on: create }}
  jobs:
    sync: desk.jobs <-> shop.tasks
    match: [ label = title ]
    creates: by hand
    view: {{ desk: NOT hidden }}
    enrol: {{ needs: [ {{ check: stuck = 'no', else: It is stuck. }} ], mark: shared, at-most: 2 }}
    deletes: propagate
    conflicts: desk
    fields: [ label <-> title, area <-> area ]
triggers:
  bill:
    watch: shop.deals
    by: hand
    needs: [ {{ check: NOT blocked, else: It is blocked. }} ]
    create: desk.invoices
    fields:
      - name -> title
      - area -> area
      - {{ to: right.vip, const: true, at-most: 1, else: false, on: create }}
associations:
  deals:
    of: shop.deals
    to: [ desk.invoices ]
    when: left.area = right.area
    offer: NOT blocked
    shows: id -> deal
guards:
  clients: {{ module: people, when: area.strict, because: The area is strict. }}
  tasks: {{ module: jobs, refuse: label -> title, when: area.strict, because: The area is strict. }}
lifecycle:
  connect: {{ do: [ {{ set: desk.clients, only: "town = 'Pune'", to: {{ memo: connected }} }} ] }}
  disable: {{ do: [ {{ set: desk.clients, only: "town = 'Pune'", to: {{ memo: disabled }} }} ] }}
  enable:
    pins: [ desk.org.code ]
    do: [ {{ set: desk.clients, only: "town = 'Pune'", to: {{ memo: enabled }} }} ]
  delete:
    needs: disabled
    do: [ {{ delete: desk.clients, only: "linked() AND town = 'Pune'" }}, {{ forget: links }} ]
  migrate: {{ do: [ {{ set: desk.clients, only: "town = 'Pune'", to: {{ memo: migrated }} }} ] }}
"""


class _Told(Watched):
    """A watched memory system whose stream `org` says whose account it is."""

    def _stream(self, name: str) -> Stream:
        return replace(super()._stream(name), singleton=name == "org")


class _ToldType(WatchedType):
    def describe(self, settings: Mapping[str, Any]) -> Catalog:
        """The declared streams, one of them with a single record."""
        found = super().describe(settings)
        streams = {name: replace(one, singleton=name == "org") for name, one in found.streams.items()}
        return replace(found, streams=streams)

    def open(self, settings: Mapping[str, Any], surroundings: Surroundings) -> Watched:
        """Connect under watch."""
        del surroundings
        return _Told(settings, self._watch)


class Estate(World):
    """Two systems in step, and one person at the command line; a batch is one record."""

    others = ExitStack()  #: ledgers that other people have open

    def say(self, **_ignored: Any) -> None:
        """Write the spec."""
        self.file = self.folder / f"{self.name}.yaml"
        self.file.write_text(SPEC.format(name=self.name, **self.stores), encoding="utf-8")

    def __enter__(self) -> Self:
        super().__enter__()
        enter = self._patches.enter_context
        enter(mock.patch.dict(connector_types()._loaded, {"memory": _ToldType(self.watch)}))
        timed = partial(RunRequest, now=lambda: self.now)
        enter(mock.patch("engine.cli.shared.prepared_run.RunRequest", timed))
        for place in ("engine.compiler.compile_file", "engine.run.operations.discover.compile_file"):
            enter(mock.patch(place, self._compiled))
        return self

    def _compiled(self, file: str, **more: Any) -> Plan:
        """The plan of a spec; once for each text, as its streams stay the same."""
        known = (self.file.read_text(encoding="utf-8"), repr({**more, "live": bool(more.get("live"))}))
        if known not in self._plans:
            self._plans[known] = compile_file(file, **more)
        return self._plans[known]

    def begin(self) -> None:
        """Two people whom both sides know, a deal, two invoices of which one shows it, and three jobs."""
        self.now = datetime.now(UTC)
        self.desk.put("org", {"id": "O1", "code": "D-1"})
        for system in (self.shop, self.desk):
            system.put("areas", {"id": "A1", "name": "North", "strict": False})
        self.newcomer("Ann", "Bob")
        for number in ("1", "2"):
            self.shop.put(
                "deals", {"id": f"D{number}", "name": f"Deal {number}", "area": "A1", "blocked": False}
            )
        for number in ("1", "2", "3"):
            self.desk.put("invoices", {"id": f"I{number}", "title": f"Invoice {number}", "area": "A1"})
            job = {"id": f"J{number}", "label": f"Job {number}", "area": "A1", "shared": False}
            self.desk.put("jobs", {**job, "hidden": False, "stuck": "no"})
        self.run()

    def newcomer(self, *names: str) -> None:
        """People whom only the shop has."""
        for name in names:
            told = {"id": name, "name": name, "city": "Pune", "area": "A1", "hidden": False, "blocked": False}
            self.shop.put("people", told)

    def type(self, *words: str) -> Result:
        """One command, ten seconds after whatever happened before; SPEC stands for the file."""
        self.wait(seconds=10)
        self.watch.operations, self.watch.batches = [], 0
        line = [str(self.file) if one == "SPEC" else one for one in words]
        return CliRunner().invoke(engine, [*line, "--folder", str(self.folder)])

    def must(self, *words: str) -> Result:
        """A command that succeeds."""
        done = self.type(*words)
        assert done.exit_code == 0, done.output
        return done

    def last_run(self) -> str:
        """The id of the latest run."""
        with open_ledger(self.ledger, readonly=True) as ledger:
            return ledger.runs(self.name, 1)[0].id

    def pending(self) -> list[Intent]:
        """What was sent, or was to be sent, and of which it is not known what became of it."""
        with open_ledger(self.ledger, readonly=True) as ledger:
            return ledger.pending_intents(self.name)

    def hold_lease(self) -> None:
        """Somebody else has the lease from now on, until `remember` brings back what was."""
        ledger = self.others.enter_context(open_ledger(self.ledger))
        ledger.take_lease(self.name, "somebody else", self.text(), 600)

    def take_over(self) -> None:
        """Somebody else gets the lease, as after a computer was asleep for too long."""
        self.wait(minutes=4)
        self.hold_lease()

    def remember(self) -> Callable[[], None]:
        """Besides, the account is the former one again, and nobody holds anything."""
        again, stores = super().remember(), dict(self.stores)

        def restore() -> None:
            self.others.close()
            self.stores, self.desk = dict(stores), memory.store(stores["desk"])
            self.watch.before_write = lambda _stream, _batch: None
            self.say()
            again()

        return restore

    def text(self) -> str:
        """Now, as the ledger keeps it."""
        return self.now.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def stand(self, state: State) -> None:
        """Leave the integration like that."""
        with open_ledger(self.ledger) as ledger:
            lease = ledger.take_lease(self.name, "a person", self.text(), 60)
            ledger.stand(lease, replace(ledger.standing(self.name), state=state, since=self.text()))
            ledger.release(lease)

    def enrol(self, *jobs: str) -> None:
        """These jobs take part from now on; nothing is made of them yet."""
        with open_ledger(self.ledger) as ledger:
            lease = ledger.take_lease(self.name, "a person", self.text(), 60)
            for job in jobs:
                one = Enrolment(module="jobs", side="left", record_id=job, place={}, at=self.text())
                ledger.enrol(lease, one)
            ledger.release(lease)

    def edit_all(self, system: MemoryStore, stream: str, **values: Any) -> None:
        """Somebody edits every record of a stream."""
        for identity in list(system.streams[stream]):
            system.edit(stream, identity, **values)

    def enrolled(self) -> list[str]:
        """The jobs that the ledger knows to take part, or to be leaving."""
        with open_ledger(self.ledger, readonly=True) as ledger:
            return sorted(one.record_id for one in ledger.enrolments(self.name, "jobs"))

    def at_start(self, happens: Callable[[], None]) -> None:
        """This happens when the next command has its lease and is in the history, and has written nothing yet."""
        start = Ledger.start_run

        def started(ledger: Ledger, *words: Any) -> None:
            start(ledger, *words)
            happens()

        self.others.enter_context(mock.patch.object(Ledger, "start_run", started))

    def at_first_batch(self, happens: Callable[[], None]) -> None:
        """This happens right before the first batch of the next command arrives."""

        def once(_stream: str, _batch: Batch) -> None:
            if self.watch.batches == 0:
                happens()

        self.watch.before_write = once

    def meddle(self) -> None:
        """Right before each batch arrives, somebody edits the records that it changes or deletes."""
        self.meddled: list[tuple[MemoryStore, str, str, str]] = []

        def edit(stream: str, batch: Batch) -> None:
            name = {"clients": "town", "invoices": "deal", "tasks": "title"}.get(stream)
            for one in batch.operations():
                if one.kind != "create" and name is not None and one.id is not None:
                    system = self.shop if stream == "tasks" else self.desk
                    field = "memo" if "memo" in one.values else name
                    system.edit(stream, one.id, **{field: "by a person"})
                    self.meddled.append((system, stream, one.id, field))

        self.watch.before_write = edit

    def overwritten(self) -> list[tuple[str, str]]:
        """Records that do not hold any more what a person has typed into them."""
        return [
            (stream, identity)
            for system, stream, identity, field in self.meddled
            if system.streams[stream].get(identity, {}).get(field) != "by a person"
        ]

    def doubles(self) -> list[Any]:
        """What was made more than once."""
        places = (
            (self.desk, "clients", "label"),
            (self.desk, "invoices", "title"),
            (self.shop, "tasks", "title"),
        )
        names = [row[field] for system, stream, field in places for row in system.rows(stream)]
        return [name for name in set(names) if names.count(name) > 1]

    def move_account(self) -> None:
        """The settings of the desk name another account from now on, with the same records."""
        former = self.desk
        self.stores["desk"] += "-other"
        self.desk = memory._STORES[self.stores["desk"]] = MemoryStore(clock=lambda: self.now)
        self.desk.streams = copy.deepcopy(former.streams)
        self.desk.edit("org", "O1", code="D-2")
        self.say()

    def doomed_command(self, *words: str, sent: bool = False) -> None:
        """The process ends when its first batch is journalled and not yet sent, or sent and not yet answered."""
        self.watch.fate = Fate(kill_at=frozenset({2 if sent else 1}))
        with suppress(Killed):
            self.type(*words)
        self.watch.fate = Fate()
