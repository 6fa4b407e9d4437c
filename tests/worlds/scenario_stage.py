"""The stage of a scenario: its systems, its spec, its ledger and its clock, and the steps that people take on it."""

from __future__ import annotations

import itertools
import json
import textwrap
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self
from unittest import mock

from run_world import Fate, Killed, Watch, mortal
from scenario_read import Scenario, ScenarioError, duration, known
from scenario_system import Accidents, Habits, Post, StagedType, System

from engine.cli.shared.run_exit_code import exit_code_of
from engine.connectors import memory
from engine.connectors.registry import connector_types
from engine.errors import EngineError
from engine.event import Noted
from engine.ledger import open_ledger
from engine.ledger.model import LEDGER_FILE
from engine.run.operations.discover import compile_live
from engine.run.operations.preview import preview
from engine.run.session.run_request import RunRequest
from engine.run.session.sync_pass import Accepted
from engine.run.sync.execute import execute
from engine.run.sync.recorded import LEASE_S
from engine.spec.diagnostic import SpecError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from engine.connectors.port import Batch
    from engine.event import Event
    from engine.ledger import Lease
    from engine.ledger.store import Ledger
    from engine.plan import Plan
    from engine.run.session.report import Changeset

NAME = "crm-books"
#: What the shell says of a process that was killed.
DEAD = 137
_NUMBERS = itertools.count()
_HABITS = {one.name.replace("_", "-"): one.name for one in fields(Habits)}


class Ended:
    """How the last run or preview ended."""

    exit: int = 0
    words: str = ""  #: of its error, its findings or its notes
    codes: tuple[str, ...] = ()  #: what it asked a person to accept


class Stage:
    """A scenario, set up."""

    def __init__(self, scenario: Scenario, folder: Path) -> None:
        self.scenario, self.folder = scenario, folder
        self.now = datetime(2026, 3, 1, 8, tzinfo=UTC)
        self.ended, self.watch = Ended(), Watch()
        self.told: list[str] = []
        self.stores = {name: f"{name}-of-{next(_NUMBERS)}" for name in scenario.systems}
        self.systems = {name: System(clock=lambda: self.now) for name in scenario.systems}
        memory._STORES.update({self.stores[name]: system for name, system in self.systems.items()})
        self.post = Post(watch=self.watch, names={store: name for name, store in self.stores.items()})
        self.post.journal = self.see_journal
        self._plans: dict[str, Plan] = {}
        self.say(scenario.spec)
        self.have_habits(scenario.habits)

    def __enter__(self) -> Self:
        self._patches = ExitStack()
        enter, size = self._patches.enter_context, self.scenario.page
        enter(mock.patch.dict(connector_types()._loaded, {"memory": StagedType(self.post)}))
        enter(mock.patch.object(memory, "CAN", replace(memory.CAN, page_size=size, by_ids=size)))
        return self

    def __exit__(self, *exc: object) -> None:
        self._patches.close()
        for store in self.stores.values():
            memory._STORES.pop(store, None)

    @property
    def file(self) -> Path:
        return self.folder / f"{NAME}.yaml"

    @property
    def ledger(self) -> Path:
        return self.folder / LEDGER_FILE

    def say(self, spec: str) -> None:
        """Write the spec, as somebody edits it."""
        systems = {name: self._system(name) for name in self.scenario.systems}
        head = f"spec: 1\nname: {NAME}\nsystems: {json.dumps(systems)}\n"
        self.file.write_text(head + textwrap.dedent(spec), encoding="utf-8")

    def _system(self, name: str) -> dict[str, Any]:
        said = dict(self.scenario.systems[name])
        streams = {stream: {"fields": types} for stream, types in said.pop("streams").items()}
        return {"connector": "memory", **said, "with": {"store": self.stores[name], "streams": streams}}

    def have_habits(self, said: Mapping[str, Mapping[str, Any]]) -> None:
        """From now on these streams have these habits and no others."""
        for stream, habits in said.items():
            known(habits, set(_HABITS), f"habits of {stream}")
            words = {_HABITS[name]: value for name, value in habits.items()}
            if "listing_lags" in words:
                words["listing_lags"] = duration(words["listing_lags"])
            system, name = self.place(stream)
            system.habits[name] = Habits(**words)

    def place(self, stream: str) -> tuple[System, str]:
        """`books.customers` as system and stream."""
        system, _, name = stream.partition(".")
        if name not in self.scenario.systems.get(system, {}).get("streams", {}):
            raise ScenarioError(f"{self.scenario.name}: there is no stream `{stream}`.")
        return self.systems[system], name

    def call(self, **more: Any) -> RunRequest:
        return RunRequest(folder=self.folder, overrides={}, now=lambda: self.now, listen=self._listen, **more)

    def _listen(self, event: Event) -> None:
        if isinstance(event, Noted):
            self.told.append(event.message)

    def plan(self) -> Plan:
        """The spec as it stands, compiled once for each text."""
        text = self.file.read_text(encoding="utf-8")
        if text not in self._plans:
            self._plans[text] = compile_live(str(self.file), {}, self.call())
        return self._plans[text]

    def run(self, accidents: Accidents, *, accepted: bool = False, full: bool = False) -> None:
        """Run once, ten seconds after whatever happened before."""
        self.now += duration("10 seconds")
        codes, outer = frozenset(self.ended.codes if accepted else ()), self.post.accidents
        self.post.accidents, self.told = accidents, []
        with self._ending() as ended:
            report = execute(self.plan(), self.call(accepted=Accepted(codes=codes), whole=full))
            ended.exit = exit_code_of(report)
        self.post.accidents, self.ended = outer, ended
        ended.words += " ".join(self.told)

    @contextmanager
    def _ending(self) -> Iterator[Ended]:
        """However it ends, remember how; a process that dies leaves no word."""
        ended, fate, before = Ended(), Fate(), self.watch.fate
        self.watch.fate = fate
        try:
            with mortal(fate), suppress(Killed):
                yield ended
        except SpecError as error:
            ended.exit, ended.words = 1, " ".join(f"{one.code}: {one.message}" for one in error.findings)
        except EngineError as error:
            ended.exit, ended.words = error.exit_code, f"{error.message} {error.remedy or ''}"
            ended.codes = getattr(error, "codes", ())
        ended.exit = DEAD if fate.dead else ended.exit
        self.watch.fate = before

    def preview(self) -> Changeset:
        self.post.accidents = Accidents()
        changeset = preview(self.plan(), self.call())
        assert self.post.accidents.sent == []
        return changeset

    def validate(self) -> str:
        """What is wrong with the spec, in words; empty = nothing."""
        with self._ending() as ended:
            self.plan()
        return ended.words

    def see_journal(self, stream: str, batch: Batch) -> None:
        """Nothing is sent that the journal does not tell, nor overwritten before it is kept there."""
        ops = set(batch.table["_op"].to_pylist())
        with self.open() as ledger:
            intents = ledger.pending_intents(NAME)
        told = {op for one in intents if one.payload is not None for op in one.payload["_op"].to_pylist()}
        kept = {op for one in intents if one.before is not None for op in one.before["_op"].to_pylist()}
        assert ops <= told, f"{stream} was written without an intent"
        assert batch.kind == "create" or ops <= kept, f"{stream} was overwritten without a before-image"

    def open(self) -> Ledger:
        return open_ledger(self.ledger, readonly=True)

    def by_hand(self, change: Callable[[Ledger, Lease], object]) -> None:
        """Change the ledger as the commands for it do."""
        with open_ledger(self.ledger) as ledger:
            lease = ledger.take_lease(NAME, "somebody", f"{self.now:%Y-%m-%dT%H:%M:%S.000Z}", LEASE_S)
            change(ledger, lease)
            ledger.release(lease)


def links_of(stage: Stage, module: str) -> list[str]:
    """`A1 = customers-1`, and the state of a link that is not active."""
    with stage.open() as ledger:
        table = ledger.links_table(NAME, module)
    rows = table.select(["left_id", "right_id", "state"]).to_pylist()
    return sorted(
        f"{row['left_id']} = {row['right_id']}" + ("" if row["state"] == "active" else f" ({row['state']})")
        for row in rows
    )
