"""Waits: records that stand behind another one, their root, and are synced once it has a link."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pyarrow as pa

from engine.catalog import HIDDEN
from engine.ledger.model import Wait
from engine.record import SIDES
from engine.run.read.referenced_records import empty_all_referenced
from engine.run.read.referred import show_referred
from engine.run.session.foreseen import LINKS
from engine.run.session.pair import LIVE
from engine.run.session.tables import STAGED

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from engine.ledger import HeldRow, RecordKey
    from engine.record import Side
    from engine.run.session.sync_pass import SyncPass

#: Modules that can stand behind each other; a chain of waits that is longer goes round in a circle.
DEEPEST = 50


def show_references(sync: SyncPass) -> None:
    """The links that the module's lenses translate ids through, as tables that both passes see; shown once."""
    if sync.shared.references_shown:
        return
    sync.shared.references_shown = True
    empty_all_referenced(sync)
    show_referred(sync)
    for one in {*sync.module.left.references, *sync.module.right.references}:
        needed = ("left_id", "right_id", "made", "state")
        links = sync.ledger.links_table(one.integration or sync.integration, one.module, columns=needed)
        live = links.filter(pa.compute.is_in(links["state"], pa.array(LIVE))).drop(["state"])
        if sync.foreseen is not None and one.integration is None:
            live = pa.concat_tables([live.cast(LINKS), sync.foreseen.of(one.module)])
        sync.columns.share(one.table, live)


def due_by_waits(sync: SyncPass) -> tuple[str, ...]:
    """Records of the source whose root has a link by now."""
    return tuple({one.record_id for one in due_waits(sync) if one.side == sync.source_side})


def due_waits(sync: SyncPass) -> list[Wait]:
    """What records of the module wait for, on either side, although it has a link by now."""
    waits = _waits(sync)
    linked = _linked(sync, waits)
    return [one for one in waits if (one.root_module, one.root_side, one.root_id) in linked]


def _waits(sync: SyncPass) -> list[Wait]:
    return sync.ledger.waits(sync.integration, sync.module.name)


def _linked(sync: SyncPass, waits: Iterable[Wait]) -> set[tuple[str, Side, str]]:
    """(module, side, id) of the roots that have a link."""
    asked: dict[tuple[str, Side], set[str]] = {}
    for one in waits:
        asked.setdefault((one.root_module, one.root_side), set()).add(one.root_id)
    found: set[tuple[str, Side, str]] = set()
    for (module, side), ids in asked.items():
        integration, name = _of_module(sync, module)
        links = sync.ledger.links_table(integration, name, pa.array(sorted(ids)), side)
        live = links.filter(pa.compute.is_in(links["state"], pa.array(LIVE)))
        found |= {(module, side, record) for record in live[f"{side}_id"].to_pylist()}
    return found


def _of_module(sync: SyncPass, root_module: str) -> tuple[str, str]:
    """(integration, module) of a root, which may be another integration's: `SPEC.MODULE`."""
    integration, _, module = root_module.rpartition(".")
    return integration or sync.integration, module


def new_waits(sync: SyncPass) -> tuple[tuple[Wait, ...], tuple[RecordKey, ...]]:
    """(what the records looked at in this pass wait for now, those that wait for nothing any more)."""
    refers = sync.module.left.references or sync.module.right.references
    roots = f"SELECT id, unnest(roots) FROM {STAGED} WHERE roots IS NOT NULL"
    # Without references nothing new is waited for; what waits for a link made by hand may be over.
    rows = sync.columns.rows(roots) if refers else []
    waits = tuple(_wait(sync, str(record), root) for record, root in rows)
    waiting = {one.record_id for one in waits}
    known = {one.record_id for one in _waits(sync) if one.side == sync.source_side} - waiting
    seen = {str(row[0]) for row in sync.columns.rows(f"SELECT id FROM {STAGED}")} if known else set()
    return waits, tuple((sync.source_side, record) for record in sorted(known & seen))


def _wait(sync: SyncPass, record: str, root: str) -> Wait:
    module, side, root_id = root.split("/", 2)
    return Wait(
        side=sync.source_side,
        record_id=record,
        root_module=module,
        root_side=SIDES[0] if side == "left" else SIDES[1],
        root_id=root_id,
    )


def name_roots(sync: SyncPass, held: Sequence[HeldRow], waits: Sequence[Wait]) -> tuple[HeldRow, ...]:
    """Blocked records with their first cause in words: the root that is held, and why."""
    by_record = {one.record_id: one for one in reversed(waits)}
    known: dict[str, dict[RecordKey, Wait]] = {}
    return tuple(
        replace(row, message=_blocked_by(sync, row, by_record[row.record_id], known))
        if row.code == "blocked" and row.record_id in by_record
        else row
        for row in held
    )


def _blocked_by(sync: SyncPass, row: HeldRow, wait: Wait, known: dict[str, dict[RecordKey, Wait]]) -> str:
    """The sentence that names the end of a chain of waits."""
    held = _held_root(sync, wait)
    for _ in range(DEEPEST):  # a chain is not longer than the modules are deep; a circle ends here
        if held is None or held.code != "blocked":
            break
        behind = _waits_of(sync, wait.root_module, known).get((wait.root_side, wait.root_id))
        if behind is None:
            break
        wait, held = behind, _held_root(sync, behind)
    cause = held.message if held else "it has no counterpart yet."
    name = HIDDEN if HIDDEN in row.offending.values() else wait.root_id
    return f"Blocked by {wait.root_module} {held.label if held and held.label else name}: {cause}"


def _held_root(sync: SyncPass, wait: Wait) -> HeldRow | None:
    integration, module = _of_module(sync, wait.root_module)
    return sync.ledger.held_row(integration, module, wait.root_side, wait.root_id)


def _waits_of(sync: SyncPass, module: str, known: dict[str, dict[RecordKey, Wait]]) -> dict[RecordKey, Wait]:
    if module not in known:
        waits = sync.ledger.waits(*_of_module(sync, module))
        known[module] = {(one.side, one.record_id): one for one in waits}
    return known[module]
