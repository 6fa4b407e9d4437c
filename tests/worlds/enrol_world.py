"""Jobs of a desk that a person lets take part in a shop's list of tasks: what the tests of enrolment share."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from run_world import Fate, Killed, World, mortal

from engine.compiler.draft.parts import Hand
from engine.ledger import open_ledger
from engine.run.operations.discover import compile_live
from engine.run.operations.enrol import enrol, offered, withdraw

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

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
        people: {{ fields: {{ name: text }} }}
        tasks: {{ fields: {{ title: text, due: date, whose: id }} }}
  desk:
    connector: memory
    with:
      store: {desk}
      streams:
        clients: {{ fields: {{ label: text }} }}
        projects: {{ fields: {{ name: text, client: id refers=clients }} }}
        jobs:
          fields: {{ label: text, ends: date, project_id: id refers=projects, shared: boolean, state: text }}
modules:
  people: {{ sync: shop.people <-> desk.clients, match: [ name = label ], conflicts: shop, fields: [ name <-> label ] }}
  jobs:
    sync: shop.tasks <-> desk.jobs
    creates: by hand
    enrol:
      needs: [ {{ check: state = 'planned', else: Only planned jobs are shared. }} ]
      place: {{ whose: [ people ] }}
      mark: shared
{more}
    conflicts: shop
    fields: [ title <-> label, due <-> ends ]
"""


class Jobs(World):
    """A world with one customer who has a project with jobs."""

    def say(self, *, more: str = "", **_ignored: Any) -> None:
        """Write the spec, with further keys of the module."""
        self.file = self.folder / f"{self.name}.yaml"
        self.file.write_text(SPEC.format(name=self.name, more=more, **self.stores), encoding="utf-8")

    def begin(self) -> None:
        """A customer whom both know, and three jobs that only the desk has."""
        self.shop.put("people", {"id": "P1", "name": "Asha"})
        self.desk.put("clients", {"id": "C1", "label": "Asha"})
        self.desk.put("projects", {"id": "R1", "name": "Garden", "client": "C1"})
        for number in (1, 2, 3):
            job = {"id": f"J{number}", "label": f"Job {number}", "ends": "2026-06-15", "project_id": "R1"}
            self.desk.put("jobs", {**job, "shared": False, "state": "planned"})
        self.run()

    def hand(self) -> Plan:
        """The plan of somebody who enrols a job."""
        hand = Hand(trigger="jobs", answers={}, enrol=True)
        return compile_live(str(self.file), {}, self.call(), hand)

    def offers(self, job: str) -> list[tuple[str, str | None]]:
        """(id, label) of what is offered for a job."""
        return [(one.id, one.label) for one in offered(self.hand(), self.call(), "right", job)]

    def enrol(self, job: str, place: Mapping[str, str] | None = None) -> str | None:
        """Enrol a job; answers its counterpart."""
        chosen = {"whose": "P1"} if place is None else place
        return enrol(self.hand(), self.call(), "right", job, chosen)[1]

    def withdraw(self, job: str) -> None:
        """Take a job out again."""
        withdraw(self.hand(), self.call(), "right", job)

    def doomed_order(self, step: int, order: Callable[[], object]) -> int:
        """Do it, and end the process at this step (0 = never); answers how many steps there were."""
        fate = self.watch.fate = Fate(kill_at=frozenset({step} - {0}))
        self.wait(seconds=10)
        with mortal(fate), suppress(Killed):
            order()
        self.watch.fate = Fate()
        return fate.steps

    def tasks(self) -> list[tuple[Any, ...]]:
        """(title, whose) of every task of the shop, sorted."""
        return sorted((row["title"], row.get("whose")) for row in self.shop.rows("tasks"))

    def shared(self) -> list[str]:
        """Jobs that say that they take part."""
        return sorted(row["id"] for row in self.desk.rows("jobs") if str(row["shared"]).lower() == "true")

    def enrolled(self) -> list[str]:
        """What the ledger knows to take part."""
        with open_ledger(str(self.ledger), readonly=True) as ledger:
            return sorted(one.record_id for one in ledger.enrolments(self.name, "jobs"))
