"""Ordered: the modes for one record that a person asks for: a preview of it, and the base of those that do it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from engine.connectors.read_port import ReadRequest
from engine.errors import UserError
from engine.run.pair.pairing import Paired
from engine.run.read.absent_or_deleted import Departed
from engine.run.read.pull import Reading, pull
from engine.run.read.referenced_records import read_referenced
from engine.run.read.situation import count_situations, drop_repeats, stage_page
from engine.run.read.stage_source import Staged
from engine.run.session.held import as_held
from engine.run.session.tables import STAGED
from engine.run.sync.look import Looked
from engine.run.sync.previewing import Preview
from engine.run.sync.writing import Writing
from engine.run.write.judge import judge_newcomers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from engine.ledger import ModuleState
    from engine.record import Side
    from engine.run.decide.refusal_notices import Refused
    from engine.run.session.pair import Pair
    from engine.run.session.sync_pass import SyncPass

#: Lines of the preview of one order.
_LINES = 1_000
#: What a look at one record has seen of the stream: nothing that a cursor may go by.
_ONE = Looked(
    staged=Staged(cursor=None, newest=None, whole=False, records=1),
    paired=Paired(matched=None),
    departed=Departed(),
)


@dataclass(slots=True, kw_only=True)
class Ordered(Writing):
    """A person's order for one record: the record is read alone, and no cursor moves."""

    order: Callable[
        [SyncPass], None
    ]  #: leaves the record in `absent` or `paired`; raises UserError with the reason
    side: Side | None = None  #: that the record is on; None = the one that the module takes from

    def look(self, passes: Sequence[SyncPass], state: ModuleState) -> Mapping[Side, Looked]:
        """The record alone."""
        del state
        return _look(passes, self.side, self.order)


@dataclass(slots=True, kw_only=True)
class OrderPreview(Preview):
    """What such an order would do."""

    order: Callable[[SyncPass], None]
    side: Side | None = None
    limit: int = _LINES

    def begin(self, passes: Sequence[SyncPass]) -> bool:
        """A trigger that only people start is meant here."""
        Preview.begin(self, passes)
        return True

    def look(self, passes: Sequence[SyncPass], state: ModuleState) -> Mapping[Side, Looked]:
        """The record alone."""
        del state
        return _look(passes, self.side, self.order)

    def admit(
        self, passes: Sequence[SyncPass], state: ModuleState, looked: Mapping[Side, Looked]
    ) -> ModuleState:
        """What holds the record was raised when it was looked at."""
        del passes, looked
        return state

    def leave_alone(self, sync: SyncPass, missed: Sequence[tuple[Pair, str]]) -> None:
        """Raises UserError: a person who orders something is told why nothing is done."""
        for pair, why in missed:
            raise UserError(f"{sync.target.name}:{pair.other_id} is left alone: {why}.")

    def update(self, sync: SyncPass, found: Sequence[Pair]) -> None:
        """Raises UserError where a guard leaves nothing to do."""
        Preview.update(self, sync, found)
        if self.held and not self.lines:
            raise UserError(self.held[0].held.message, remedy=self.held[0].held.remedy)


def _look(
    passes: Sequence[SyncPass], side: Side | None, order: Callable[[SyncPass], None]
) -> Mapping[Side, Looked]:
    sync = next(one for one in passes if side in (None, one.source_side))
    order(sync)
    refuse_guarded(judge_newcomers(sync))
    return {sync.source_side: _ONE}


def refuse_guarded(refused: Sequence[Refused]) -> None:
    """Raises UserError for a record that a guard does not let be made; nothing was written or remembered."""
    for one in refused:
        if one.held is not None:
            held = as_held(one.held)
            raise UserError(held.message, remedy=held.remedy)


def read_alone(sync: SyncPass, record: str) -> None:
    """The record alone in the table `staged`, beside empty memories; its link, if any, in `anew`."""
    sync.columns.drop(STAGED, "seen", "ids", "keyed")
    nobody = sync.ledger.links_table(
        sync.integration, sync.module.name, pa.array([], pa.string()), sync.source_side
    )
    sync.columns.keep("links", nobody)
    held = "record_id VARCHAR, content_hash BLOB, waits BOOLEAN, code VARCHAR"
    sync.columns.run(f"CREATE OR REPLACE TABLE held ({held})")
    sync.columns.run("CREATE OR REPLACE TABLE skips (record_id VARCHAR, other_id VARCHAR)")
    reading, side = Reading(), sync.source
    request = ReadRequest(stream=side.stream, fields=side.reads, ids=(record,))
    functions = sync.computed[side.side]
    for page in pull(sync.connector(side), side, request, functions, reading, lambda _page: None):
        read_referenced(sync, side, page)
        stage_page(sync, page, "links")
    drop_repeats(sync)
    sync.counts.read[sync.source_side] += reading.records
    own = sync.ledger.links_table(
        sync.integration, sync.module.name, pa.array([record], pa.string()), sync.source_side
    )
    sync.columns.keep("anew", pa.table({"id": own["left_id"], "link_id": own["link_id"]}))
    sync.learned.found = count_situations(sync)
