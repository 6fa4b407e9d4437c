"""Undo: what of a finished run can be taken back, and what people or later runs have changed since. Only reads.

A record is restored only if it still looks as the run left it; else it is spared, and told. The values come from
the journal: what each update sent, and how the record looked before. Nothing is written here; see `put_back`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import simplejson

from engine.reconcile import settled
from engine.run.read.counterparts import fetch
from engine.run.session.pair import LIVE, Shown
from engine.run.session.report import Spared
from engine.run.write.images import as_read, put_in_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.ledger import Intent
    from engine.plan import ModulePlan
    from engine.run.session.sync_pass import SyncPass

    Texts = Mapping[str, str | None]

#: Records that are looked at together.
CHUNK = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Restore:
    """A record that gets back what it held before an update."""

    link_id: int
    source_id: str
    now: Shown
    keys: tuple[str, ...]  #: of the lines that are taken back
    before: Texts
    base: Texts  #: what the record held when last in step, as the ledger has it
    other_base: Texts  #: the same of its counterpart, which stays
    hash: bytes  #: of the record, as the ledger has it
    version: str | None  #: the same; None = it has none

    @property
    def back(self) -> Texts:
        """What the record gets."""
        return {key: self.before.get(key) for key in self.keys}


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmake:
    """A record that the run made, and that is deleted again."""

    link_id: int
    source_id: str
    now: Shown
    state: str  #: of the link


@dataclass(frozen=True, slots=True, kw_only=True)
class Remake:
    """A record that the run deleted, and that is made again, with the mapped fields."""

    old_id: str
    source_id: str
    before: Texts


@dataclass(slots=True, kw_only=True)
class Undoable:
    """What one pass over one module has to take back on its target."""

    restores: list[Restore] = field(default_factory=list)
    unmakes: list[Unmake] = field(default_factory=list)
    remakes: list[Remake] = field(default_factory=list)
    already: int = 0  #: records that are as they were before the run
    spared: list[Spared] = field(default_factory=list)

    def spare(
        self, sync: SyncPass, what: str, record: str, source: str | None, label: str | None, why: str
    ) -> None:
        """Leave one record alone, and say why."""
        ids = {sync.target.side: record, sync.source_side: source}
        self.spared.append(
            Spared(
                module=sync.module.name,
                what=what,
                left_id=ids["left"],
                right_id=ids["right"],
                label=label or record,
                why=why,
            )
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Undoing:
    """The run that is taken back, and what came after it."""

    run: str
    intents: Sequence[Intent]  #: what it sent
    made: pa.Table  #: the links that it made: LINK_COLUMNS and `module`
    modules: Sequence[ModulePlan]  #: all of the plan
    touched: Mapping[
        tuple[str, str, str], str
    ]  #: (module, side, record) -> the later run that took changes to or from it


def undoable(sync: SyncPass, undoing: Undoing) -> Undoable:
    """What a pass has to take back on its target, looked at as it is now."""
    found = Undoable()
    mine = [one for one in undoing.intents if _is_mine(sync, one)]
    for intent in mine:
        rows = _rows(intent)
        for first in range(0, len(rows), CHUNK):
            some = rows[first : first + CHUNK]
            if intent.kind == "update":
                _restores(sync, undoing, some, found)
            if intent.kind == "delete":
                _remakes(sync, some, found)
    made = [row for row in undoing.made.to_pylist() if _made_here(sync, row)]
    for first in range(0, len(made), CHUNK):
        _unmakes(sync, undoing, made[first : first + CHUNK], found)
    return found


def _is_mine(sync: SyncPass, intent: Intent) -> bool:
    return intent.module == sync.module.name and intent.side == sync.target.side


def _made_here(sync: SyncPass, row: Mapping[str, Any]) -> bool:
    return bool(row["module"] == sync.module.name and row["made"] == sync.target.side)


def _rows(intent: Intent) -> list[dict[str, Any]]:
    """What the intent sent, each row with how its record looked before; none where the ledger was tidied."""
    if intent.payload is None or intent.before is None or intent.kind == "create":
        return []
    before = dict(zip(intent.before["_op"].to_pylist(), intent.before["before"].to_pylist(), strict=True))
    return [{**row, "_before": simplejson.loads(before[row["_op"]])} for row in intent.payload.to_pylist()]


def _restores(sync: SyncPass, undoing: Undoing, rows: Sequence[dict[str, Any]], found: Undoable) -> None:
    present = fetch(sync, [row["_id"] for row in rows])
    sent = as_read(sync, rows)
    links = _links(sync, [row["_id"] for row in rows])
    bases = sync.ledger.bases([link["link_id"] for link in links.values()])
    whole = _exact(sync, rows)
    for row in rows:
        record, source = row["_id"], row["_source"]
        now, link = present.get(record), links.get(record)
        keys = _keys(sync, row["_set"])
        why = _not_as_left(sync, undoing, row, now, sent[record], keys) or _unlinked(link, source, sync)
        if now is not None and keys and all(now.texts.get(key) == row["_before"].get(key) for key in keys):
            found.already += 1
        elif why or record not in whole:
            why = why or "What it held before cannot be put back exactly."
            found.spare(sync, "update", record, source, now.label if now else None, why)
        elif now is not None and link is not None:
            left, right = bases.get(link["link_id"], (None, None))
            own, its = (left, right) if sync.target.side == "left" else (right, left)
            found.restores.append(
                Restore(
                    link_id=link["link_id"],
                    source_id=source,
                    now=now,
                    keys=keys,
                    before=row["_before"],
                    base=own or {},
                    other_base=its or {},
                    hash=link[f"{sync.target.side}_hash"],
                    version=link[f"{sync.target.side}_version"],
                )
            )


def _keys(sync: SyncPass, names: Sequence[str]) -> tuple[str, ...]:
    """The lines that write these fields; empty if the spec does not write all of them any more."""
    known = sync.module.written(sync.target.side)
    if not all(name in known for name in names):
        return ()
    return tuple(dict.fromkeys(known[name].key for name in names))


def _links(sync: SyncPass, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Links by target id."""
    side = sync.target.side
    table = sync.ledger.links_table(
        sync.integration, sync.module.name, pa.array(sorted(set(ids)), pa.string()), side
    )
    return {row[f"{side}_id"]: row for row in table.to_pylist()}


def _unlinked(link: Mapping[str, Any] | None, source: str, sync: SyncPass) -> str | None:
    if link is None or link["state"] not in LIVE or link[f"{sync.source_side}_id"] != source:
        return "Its link has gone since."
    return None


def _not_as_left(
    sync: SyncPass,
    undoing: Undoing,
    row: Mapping[str, Any],
    now: Shown | None,
    sent: Texts,
    keys: Sequence[str],
) -> str | None:
    """Why a record is not as the run left it; None = it is."""
    name = f"{sync.target.name}:{row['_id']}"
    if now is None:
        return f"{name} is not there any more."
    if not keys:
        return "The spec does not write all of these fields any more."
    if now.trouble is not None:
        return f"{name} cannot be read: {sync.target.troubles[now.trouble].message}"
    for key, value in now.seen().items():
        left = sent.get(key) if key in keys else row["_before"].get(key)
        if left != value and not (key in keys and settled(left, value, None) == value):
            later = undoing.touched.get((sync.module.name, sync.target.side, row["_id"]))
            return f"Run {later} has changed it since." if later else f"{name} has been changed since."
    return None


def _exact(sync: SyncPass, rows: Sequence[Mapping[str, Any]]) -> set[str]:
    """Target ids of the rows whose former values come out of `put_in_table` just as they were."""
    put_in_table(sync, {row["_id"]: row["_before"] for row in rows})
    again = sync.columns.rows(f"SELECT id, {sync.module.snapshot} FROM undone AS w")
    known = {str(record): simplejson.loads(texts) for record, texts in again}
    return {
        row["_id"]
        for row in rows
        if all(known[row["_id"]].get(key) == row["_before"].get(key) for key in _keys(sync, row["_set"]))
    }


def _remakes(sync: SyncPass, rows: Sequence[dict[str, Any]], found: Undoable) -> None:
    present = fetch(sync, [row["_id"] for row in rows])
    for row in rows:
        if row["_id"] in present:
            found.already += 1
        elif not row["_before"]:
            found.spare(sync, "delete", row["_id"], row["_source"], None, "What it held was not kept.")
        else:
            found.remakes.append(Remake(old_id=row["_id"], source_id=row["_source"], before=row["_before"]))


def _unmakes(sync: SyncPass, undoing: Undoing, rows: Sequence[dict[str, Any]], found: Undoable) -> None:
    its, mine = sync.target.side, sync.source_side
    ids = [row[f"{its}_id"] for row in rows]
    present, elsewhere = fetch(sync, ids), _linked_elsewhere(sync, undoing, ids)
    for row in rows:
        record, source = row[f"{its}_id"], row[f"{mine}_id"]
        now = present.get(record)
        if now is None or row["state"] == f"gone-{its}":
            found.already += 1
            continue
        why = _needed(sync, undoing, row, now, elsewhere)
        if why:
            found.spare(sync, "create", record, source, now.label, why)
        else:
            found.unmakes.append(
                Unmake(link_id=row["link_id"], source_id=source, now=now, state=row["state"])
            )


def _needed(
    sync: SyncPass, undoing: Undoing, row: Mapping[str, Any], now: Shown, elsewhere: Mapping[str, str]
) -> str | None:
    """Why a record that the run made must stay; None = nobody has touched it."""
    its = sync.target.side
    record = row[f"{its}_id"]
    later = undoing.touched.get((sync.module.name, its, record))
    if later is not None:
        return f"Run {later} has taken changes to or from it since."
    if now.content != row[f"{its}_hash"]:
        return f"{sync.target.name}:{record} has been changed since."
    if record in elsewhere:
        return f"It is linked in the module {elsewhere[record]}, too."
    return None


def _linked_elsewhere(sync: SyncPass, undoing: Undoing, ids: Sequence[str]) -> dict[str, str]:
    """Of these target records those that another module has linked: record -> module."""
    found: dict[str, str] = {}
    for module in undoing.modules:
        for side in (module.left, module.right):
            if module.name != sync.module.name and (side.system, side.stream) == (
                sync.target.system,
                sync.target.stream,
            ):
                links = sync.ledger.links_table(
                    sync.integration, module.name, pa.array(ids, pa.string()), side.side
                )
                rows = [row for row in links.to_pylist() if row["state"] in LIVE]
                found |= {row[f"{side.side}_id"]: module.name for row in rows}
    return found
