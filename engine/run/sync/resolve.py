"""Resolve: references that were open are filled in by the run that links their records, however they hang together."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from engine.run.read.waits import due_waits
from engine.run.session.aim import Aim
from engine.run.sync.write_back import work_off_again, write_back

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from engine.ledger.model import Wait
    from engine.plan import ModulePlan
    from engine.record import Counts
    from engine.run.session.ledger_writer import LedgerWriter
    from engine.run.session.sync_pass import SyncPass

    #: Gives the passes over a module, over these records of it alone where an aim names them.
    Passes = Callable[[ModulePlan, Aim | None], Sequence[SyncPass]]


def resolve(
    integration: str,
    modules: Sequence[ModulePlan],
    passes: Passes,
    writer: LedgerWriter,
    counts: Mapping[str, Counts],
) -> None:
    """Work again on records whose root has been linked meanwhile, until nothing more comes of it.

    A run that ends in between leaves their waits in the ledger, so the next one goes on.
    """
    tried: set[tuple[str, Wait]] = set()
    found = True
    while found:
        found = False
        for module in modules:
            if not writer.ledger.waits(integration, module.name):
                continue
            first = passes(module, None)
            new = {(module.name, one) for one in due_waits(first[0])} - tried
            waiting = _by_stream(first, (one for _, one in new))
            tried |= new
            if waiting:
                found = True
                again = passes(module, Aim(records=waiting))
                work_off_again(again, writer, counts[module.name])
                write_back(again, partial(passes, module), writer)


def _by_stream(passes: Sequence[SyncPass], waits: Iterable[Wait]) -> dict[str, frozenset[str]]:
    """Which records of each stream wait no longer; of an aimed run those alone that it is about."""
    found: dict[str, set[str]] = {}
    by_side = {one.source_side: one for one in passes}
    for wait in waits:
        sync = by_side.get(wait.side)
        if sync is not None and (sync.only is None or wait.record_id in sync.only):
            found.setdefault(sync.source.name, set()).add(wait.record_id)
    return {name: frozenset(ids) for name, ids in found.items()}
