"""SyncPass: what is fixed for one pass over a module, and beside it what the pass learns on its way.

A module in one direction has one pass; one that is kept in step both ways has two, the left's changes first. Each
pass looks from its source to its target.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from engine.errors import EngineError
from engine.exit_codes import ExitCode
from engine.record import Counts, Side, other

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from engine.connectors.read_port import Reader
    from engine.event import Listener
    from engine.ledger.model import Conflict
    from engine.ledger.store import Ledger
    from engine.plan import ModulePlan, SidePlan
    from engine.run.session.aim import Aim
    from engine.run.session.columns import Columns, Compute
    from engine.run.session.foreseen import Foreseen, Named
    from engine.run.session.ledger_writer import Clock, LedgerWriter


class StopAskedError(EngineError):
    """A person asked the run to stop; the batch in flight was settled."""

    exit_code = ExitCode.INTERRUPTED


def heed_stop(stop: Callable[[], bool]) -> None:
    """Raises StopAskedError if a person has asked to stop."""
    if stop():
        raise StopAskedError(
            "Stopped on request; everything written so far is recorded.",
            remedy="Run the same command again to go on.",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """What a person has looked at and lets through."""

    codes: frozenset[str] = frozenset()  #: each names exactly one changeset
    everything: bool = False  #: a company made for trying things out: nothing real can be hurt

    def __contains__(self, code: str) -> bool:
        return self.everything or code in self.codes


@dataclass(slots=True, kw_only=True)
class Learned:
    """What a pass has found out so far."""

    attempts: dict[str, int] = field(default_factory=dict)  #: how often each held record was tried so far
    found: dict[str, int] = field(default_factory=dict)  #: staged records by situation
    yielded: dict[str, str] = field(default_factory=dict)  #: records not written -> the module that wins
    #: records of the target that a write was under way to when an earlier run ended: they are read, whatever is trusted
    unsure: set[str] = field(default_factory=set)
    awaiting: bool = False  #: a record that we sent to the target may still turn up there
    #: records of the target that were made just now and say what the source does not know yet, such as their number
    to_write_back: set[str] = field(default_factory=set)
    origins: Mapping[Side, str] | None = (
        None  #: whose records those of each side are; None = nobody has asked yet
    )


@dataclass(slots=True, kw_only=True)
class Shared:
    """What the passes of a module have in common."""

    counts: Counts = field(default_factory=Counts)
    references_shown: bool = False  #: what the lenses translate ids through stands in tables
    #: by module: records that a saved changeset has made, with the names that it calls them by
    named: dict[str, Named] = field(default_factory=dict)
    demands: dict[Side, str] = field(
        default_factory=dict
    )  #: what each side asks of records, where it was asked
    links_shared: bool = False  #: every link of the module stands in a table
    #: fields in conflict, by the pair's left id
    disputed: dict[str, list[Conflict]] = field(default_factory=dict)
    left: Learned = field(default_factory=Learned)  #: by the pass that takes changes from the left
    right: Learned = field(default_factory=Learned)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SyncPass:
    """One pass over one module in one run."""

    run: str
    integration: str
    module: ModulePlan
    source_side: Side  #: the side that this pass takes changes from
    tables: Mapping[Side, Columns]  #: of the passes, by the side that they take changes from
    systems: Mapping[str, Reader]
    ledger: Ledger
    writer: LedgerWriter | None  #: None = a preview: nothing may be written anywhere
    clock: Clock
    listen: Listener
    stop: Callable[[], bool]
    computed: Mapping[Side, dict[str, Compute]]  #: fields made record by record, such as templates
    accepted: Accepted
    whole: bool = False  #: a person asks for everything to be read again
    aim: Aim | None = None  #: what the run is about; None = everything
    named: Mapping[Side, frozenset[str]] | None = (
        None  #: records that are looked at alone; None = whatever changed
    )
    foreseen: Foreseen | None = None  #: of a preview: the links that it would have made so far; None = a run
    shared: Shared = field(default_factory=Shared)

    @property
    def both_ways(self) -> bool:
        """Whether the module has a pass in the other direction, too."""
        return len(self.module.sources) > 1

    @property
    def reverse(self) -> SyncPass:
        """The same, looked at from the other side; where `both_ways`, that is the module's other pass."""
        return replace(self, source_side=other(self.source_side))

    @property
    def columns(self) -> Columns:
        """The tables of this pass."""
        return self.tables[self.source_side]

    @property
    def schema(self) -> str:
        """Where the tables of this pass stand, for the other pass."""
        return f"from_{self.source_side}"

    @property
    def learned(self) -> Learned:
        """What this pass has found out so far."""
        return self.shared.left if self.source_side == "left" else self.shared.right

    @property
    def counts(self) -> Counts:
        """What became of the records, of all passes together."""
        return self.shared.counts

    @property
    def only(self) -> frozenset[str] | None:
        """Records of the source that are looked at; None = whatever changed."""
        return None if self.named is None else self.named[self.source_side]

    @property
    def source(self) -> SidePlan:
        """The side that changes come from."""
        return self.module.side(self.source_side)

    @property
    def target(self) -> SidePlan:
        """The side that is written."""
        return self.module.side(other(self.source_side))

    @property
    def first(self) -> bool:
        """Whether this is the module's first pass, whose side wins where only the order can decide."""
        return self.source_side == self.module.sources[0]

    @property
    def moving(self) -> bool:
        """Whether any record is to be made or compared; else there is nothing to sort or to push."""
        found = self.learned.found
        return bool(found.get("newcomer") or found.get("changed"))

    def connector(self, side: SidePlan) -> Reader:
        """The open connection to that side."""
        return self.systems[side.system]

    def check_stop(self) -> None:
        """Between batches: end here if a person asked for it."""
        heed_stop(self.stop)
