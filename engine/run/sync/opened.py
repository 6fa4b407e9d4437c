"""Opened: the systems, the tables and the ledger of a plan, open for one run or for a look that writes nothing."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import NotBuiltError
from engine.ledger import ledger_exists, open_ledger
from engine.ledger.model import LEDGER_FILE
from engine.record import SIDES
from engine.run.read.computed_fields import compile_computed
from engine.run.read.requirements import check_requirements
from engine.run.session.aim import only_of
from engine.run.session.columns import Session
from engine.run.session.foreseen import Foreseen
from engine.run.session.ledger_writer import Clock
from engine.run.session.spill import leave, spill_folder
from engine.run.session.sync_pass import SyncPass
from engine.run.session.systems import close_systems, open_systems

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from engine.connectors.read_port import Reader
    from engine.ledger.store import Ledger
    from engine.plan import ModulePlan, Plan
    from engine.run.session.aim import Aim
    from engine.run.session.ledger_writer import LedgerWriter
    from engine.run.session.run_request import RunRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What the passes over every module of a plan share."""

    plan: Plan
    request: RunRequest
    systems: Mapping[str, Reader]
    session: Session
    ledger: Ledger
    writer: LedgerWriter | None  #: None = a look: nothing may be written anywhere
    foreseen: Foreseen | None  #: None = a run
    run: str  #: the id under which it is in the history; of a look, what it is

    def passes(self, module: ModulePlan, aim: Aim | None = None) -> tuple[SyncPass, ...]:
        """The passes over one module, in their order; `aim` narrows them further than the request does."""
        aim = aim or self.request.aim
        first = SyncPass(
            run=self.run,
            integration=self.plan.name,
            module=module,
            source_side=module.sources[0],
            tables={side: self.session.of_pass(side) for side in module.sources},
            systems=self.systems,
            ledger=self.ledger,
            writer=self.writer,
            clock=Clock(now=self.request.now),
            listen=self.request.listen,
            stop=self.request.stop,
            computed={side: compile_computed(module.side(side).slow) for side in SIDES},
            accepted=self.request.accepted,
            whole=self.request.whole,
            aim=aim,
            foreseen=self.foreseen,
            named=only_of(self.plan, module, aim, self.ledger),
        )
        return (first, first.reverse) if first.both_ways else (first,)


def refuse_unbuilt(plan: Plan) -> None:
    """Raises NotBuiltError naming every construct of the plan that this version checks but cannot run."""
    if not plan.not_built:
        return
    lines = "".join(f"\n  {one.place}: {one.what}" for one in plan.not_built)
    raise NotBuiltError(
        f"`{plan.name}` asks for what this version cannot run yet; nothing was read or written:{lines}",
        remedy="Switch these off by their options (--set), or remove them from the spec.",
    )


@contextmanager
def opened(
    plan: Plan,
    request: RunRequest,
    ledger: Ledger,
    *,
    writer: LedgerWriter | None = None,
    run: str = "preview",
) -> Iterator[Opened]:
    """Open every system of the plan, and the tables; both are closed at the end."""
    request.folder.mkdir(parents=True, exist_ok=True)
    with systems_of(plan, request) as systems, session_of(request) as session:
        yield Opened(
            plan=plan,
            request=request,
            systems=systems,
            session=session,
            ledger=ledger,
            writer=writer,
            foreseen=None if writer else Foreseen(wanted=_gone_through(plan)),
            run=run,
        )


def _gone_through(plan: Plan) -> frozenset[str]:
    """Modules through whose links others find ids."""
    sides = (module.side(side) for module in plan.modules for side in SIDES)
    return frozenset(one.module for side in sides for one in side.references if one.integration is None)


@contextmanager
def looking(plan: Plan, request: RunRequest) -> Iterator[Opened]:
    """Open them for a look: what the spec requires must hold, and nothing can be written."""
    refuse_unbuilt(plan)
    with remembered(request) as ledger, opened(plan, request, ledger) as one:
        check_requirements(plan, one.systems, one.session)
        yield one


@contextmanager
def remembered(request: RunRequest) -> Iterator[Ledger]:
    """The ledger to look at; where nothing has run yet, an empty one that is thrown away."""
    if ledger_exists(request.ledger_url):
        with open_ledger(request.ledger_url, readonly=True) as ledger:
            yield ledger
        return
    with tempfile.TemporaryDirectory() as folder, open_ledger(Path(folder) / LEDGER_FILE) as ledger:
        yield ledger


@contextmanager
def systems_of(plan: Plan, request: RunRequest) -> Iterator[Mapping[str, Reader]]:
    """Every system of the plan, open."""
    systems = open_systems(plan, request.world())
    try:
        yield systems
    finally:
        close_systems(systems)


@contextmanager
def session_of(request: RunRequest) -> Iterator[Session]:
    """A session for one run."""
    session = Session(request.now().date(), spill_folder(request.folder))
    try:
        yield session
    finally:
        session.close()
        leave(request.folder)
