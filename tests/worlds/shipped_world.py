"""The shipped specs in the sandbox, with a process that may die: what the tests of the five integrations share."""

from __future__ import annotations

import shutil
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from unittest import mock

from run_world import Fate, Killed, mortal
from sandbox_visitor import Visitor, visit

from engine.connectors.http.send.transport import Transport
from engine.run.session.run_request import RunRequest
from engine.run.session.sync_pass import Accepted
from engine.run.sync.execute import execute

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from engine.connectors.http.send.transport import HttpAnswer, HttpRequest
    from engine.plan import Plan
    from engine.run.session.report import RunReport

#: What differs between two histories that end the same.
_VOLATILE = ("time", "date", "number", "etag", "_at", "Time", "modified", "created", "counter", "sequence")


@dataclass(frozen=True, kw_only=True)
class Company:
    """A company in the sandbox, as files that can be brought back."""

    plan: Plan
    folder: Path
    streams: tuple[tuple[str, str], ...]  #: (product, module) whose records are compared
    visitor: list[Visitor] = field(default_factory=list)

    @contextmanager
    def open(self, kept: Path) -> Iterator[Copy]:
        """A copy of what is kept there, running; it goes with the block."""
        here = self.folder / "copy"
        shutil.rmtree(here, ignore_errors=True)
        shutil.copytree(kept, here) if kept.exists() else here.mkdir()
        with visit(here, company="bare") as visitor:
            yield Copy(company=self, folder=here, visitor=visitor)
        shutil.rmtree(here)

    def keep(self, copy: Copy) -> Path:
        """Keep a copy as it is."""
        kept = self.folder / "kept"
        shutil.copytree(copy.folder, kept)
        return kept


@dataclass(frozen=True, kw_only=True)
class Copy:
    """A running copy of a company."""

    company: Company
    folder: Path
    visitor: Visitor

    def call(self) -> RunRequest:
        """How it is run."""
        served = self.visitor.running.connect()
        settings = {one.name: served[one.connector] for one in self.company.plan.systems.values()}
        return RunRequest(folder=self.folder, overrides=settings, accepted=Accepted(everything=True))

    def run(self) -> RunReport:
        """Run once."""
        return execute(self.company.plan, self.call())

    def doomed(self, *steps: int) -> int:
        """Run and die at these steps; answers how many there were."""
        fate = Fate(kill_at=frozenset(steps))
        with mortal(fate), _mortal_calls(fate), suppress(Killed):
            execute(self.company.plan, self.call())
        return fate.steps

    def shown(self) -> dict[str, list[str]]:
        """Every record that matters, without what depends on when and in which order it was made."""
        rows = {one: self.visitor.records(*one) for one in self.company.streams}
        names = {id_of(row): _name(row) for several in rows.values() for row in several}
        return {
            f"{product}.{module}": sorted(repr(_plain(row, names)) for row in several)
            for (product, module), several in rows.items()
        }


@contextmanager
def _mortal_calls(fate: Fate) -> Iterator[None]:
    """A process may also end before and after every call that writes to a system."""
    fetch: Callable[..., HttpAnswer] = Transport.fetch

    def mortal_fetch(transport: Transport, wanted: HttpRequest, *more: Any, **named: Any) -> HttpAnswer:
        writes = wanted.method != "GET" and "/oauth/" not in wanted.url and "/coql" not in wanted.url
        if writes:
            fate.step()
        answer = fetch(transport, wanted, *more, **named)
        if writes:
            fate.step(done=True)
        return answer

    with ExitStack() as patches:
        patches.enter_context(mock.patch.object(Transport, "fetch", mortal_fetch))
        yield


def id_of(row: Mapping[str, Any]) -> str:
    """The id of a record as the sandbox shows it: the finance products name it after what it is, and show it first."""
    return str(row["id"] if "id" in row else next(iter(row.values())))


def _name(row: Mapping[str, Any]) -> str:
    """A record without its id: by the first word in it that a person would call it by."""
    for name, value in sorted(row.items()):
        if name.lower().endswith("name") and isinstance(value, str) and value:
            return f"<{value}>"
    return "<a record>"


def _plain(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        kept = {name: one for name, one in value.items() if not any(word in name for word in _VOLATILE)}
        return {name: _plain(one, names) for name, one in sorted(kept.items()) if name != "id"}
    if isinstance(value, list):
        return [_plain(one, names) for one in value]
    return names.get(str(value), value) if isinstance(value, (str, int)) else value
