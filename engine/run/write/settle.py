"""Settle: receipts of a batch become what the ledger must remember of it: links, bases, losers. Pure."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pyarrow as pa

from engine.ledger import HeldRow, Loser, Settlement
from engine.ledger.association import Associating
from engine.plan import Trouble
from engine.reconcile import Missing
from engine.record import other
from engine.run.session.held import hold, offending_of
from engine.run.session.pair import content_hash

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.record import Side
    from engine.run.session.pair import Decided, Pair, Shown
    from engine.run.session.sync_pass import SyncPass


def new_links(
    sync: SyncPass,
    rows: pa.Table,
    ids: pa.Array | pa.ChunkedArray,
    versions: pa.Array | pa.ChunkedArray | None,
    unlike: Mapping[str, tuple[str, bytes]] | None = None,
) -> pa.Table:
    """Links of records made just now: the source as it was read, the target as it was sent.

    `unlike`: target id -> (base as JSON, hash) of those that the target holds otherwise.
    """
    mine, its = sync.source.side, sync.target.side
    nothing = pa.nulls(rows.num_rows, pa.string())
    hashes, values = rows["_hash"], nothing
    if unlike:
        own = zip(ids.to_pylist(), rows["_base"].to_pylist(), rows["_hash"].to_pylist(), strict=True)
        pairs = [unlike.get(record, (base, content)) for record, base, content in own]
        values = pa.array([base for base, _ in pairs], pa.string())
        hashes = pa.array([content for _, content in pairs], pa.binary())
    by_side = {
        mine: (rows["_source"], rows["_hash"], rows["_base"], rows["_seen"]),
        its: (ids, hashes, values, nothing if versions is None else versions),
    }
    table = _links(by_side["left"], by_side["right"])
    table = table.append_column("made", pa.repeat(pa.scalar(its, pa.string()), rows.num_rows))
    return _left_filled(table) if mine == "right" else table


def associating(sync: SyncPass) -> Associating | None:
    """Where a trigger shows what it makes on the record that it watches, its links are associations, too."""
    trigger = sync.module.trigger
    if trigger is None or trigger.associate == "no":
        return None
    return Associating(
        name=sync.module.name,
        of_stream=sync.module.left.name,
        to_stream=sync.module.right.name,
        locked=trigger.associate == "locked",
        at=sync.clock.text(),
    )


def _links(left: tuple[object, ...], right: tuple[object, ...]) -> pa.Table:
    columns = {}
    for side, (record, content, values, version) in (("left", left), ("right", right)):
        columns[f"{side}_id"] = record
        columns[f"{side}_hash"] = content
        columns[f"{side}_values"] = values
        columns[f"{side}_version"] = version
    return pa.table(columns)


def _left_filled(table: pa.Table) -> pa.Table:
    """Only the right base may be left out as equal to the left one; from right to left it is the other way."""
    left, right = table["left_values"].to_pylist(), table["right_values"].to_pylist()
    filled = pa.array([mine or other for mine, other in zip(left, right, strict=True)], pa.string())
    return table.set_column(table.column_names.index("left_values"), "left_values", filled)


def changed_links(
    sync: SyncPass, decided: Sequence[Decided], versions: Mapping[Side, Mapping[str, str | None]]
) -> tuple[pa.Table | None, pa.Table | None]:
    """(new links, changes of known links) for pairs that were looked at.

    `versions`: per side the versions that a write has brought about, by that side's record id.
    """
    new = [_link_row(sync, one, versions) for one in decided if one.pair.link_id is None]
    known = [
        {"link_id": one.pair.link_id, **_link_row(sync, one, versions)}
        for one in decided
        if one.pair.link_id is not None
    ]
    # The ids of a known link stay as they are; writing them again would touch both indexes for nothing.
    changes = [column for column in LINK if column[0] not in ("left_id", "right_id")]
    return _rows(new, LINK), _rows(known, [("link_id", pa.int64()), *changes])


LINK: list[tuple[str, pa.DataType]] = [
    *((f"{side}_{part}", pa.string()) for side in ("left", "right") for part in ("id", "values", "version")),
    *((f"{side}_hash", pa.binary()) for side in ("left", "right")),
    ("state", pa.string()),
]


def _rows(
    rows: Sequence[Mapping[str, object]], columns: Sequence[tuple[str, pa.DataType]]
) -> pa.Table | None:
    return pa.Table.from_pylist(list(rows), schema=pa.schema(list(columns))) if rows else None


def _link_row(
    sync: SyncPass, one: Decided, versions: Mapping[Side, Mapping[str, str | None]]
) -> dict[str, object]:
    pair, mine = one.pair, sync.source_side
    row: dict[str, object] = {"state": "active"}
    for side, shown in ((mine, pair.mine), (other(mine), pair.its)):
        row[f"{side}_id"] = shown.id
        row[f"{side}_hash"] = _hash_after(sync, one, side, shown)
        row[f"{side}_version"] = versions.get(side, {}).get(shown.id) or shown.version
        row[f"{side}_values"] = _json(_base_after(one, side))
    return row


def _hash_after(sync: SyncPass, one: Decided, side: Side, shown: Shown) -> bytes | None:
    """The hash of what a side shows now: as it was read, with what was written to it since.

    None as long as a value of this side is still to be written to the other one: a run that ends before that would
    else leave a pair that looks unchanged.
    """
    if one.writes(other(side)) and other(side) not in one.holds:
        return None
    written = {key: one.holds[side][key] for key in one.decision.writes(side)} if side in one.holds else {}
    if not written:
        return shown.content
    order = [line.key for line in sync.module.compared]
    return content_hash({**shown.texts, **written}, order)


def _base_after(one: Decided, side: Side) -> dict[str, object]:
    """What a side held when last in step; a field whose write is still to come keeps its old base."""
    before = one.bases.get(side) or {}
    kept: dict[str, object] = {}
    for line in one.decision.fields:
        if line.write is not None and line.write not in one.holds:
            if line.key in before:
                kept[line.key] = before[line.key]
            continue
        value = line.base_left if side == "left" else line.base_right
        if line.write == side:
            value = one.holds[side].get(line.key)
        if not isinstance(value, Missing):
            kept[line.key] = value
    return kept


#: Canonical values of a base are text or null, so the plain encoder is exact; made once, it takes half the time.
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def _json(values: Mapping[str, object]) -> str:
    return _ENCODER.encode(values)


def losers_of(sync: SyncPass, decided: Sequence[Decided]) -> tuple[Loser, ...]:
    """Values that somebody set on the target and that the source has overwritten."""
    return tuple(
        Loser(
            module=sync.module.name,
            side=sync.target.side,
            record_id=one.pair.other_id,
            field=line.key,
            value=line.loser,
            winner=one.pair.mine.texts.get(line.key),
            at=sync.clock.text(),
            run=sync.run,
            link_id=one.pair.link_id,
        )
        for one in decided
        for line in one.decision.fields
        if line.write == sync.target.side and not isinstance(line.loser, Missing)
    )


def unclear_settlement(sync: SyncPass, found: Sequence[Pair]) -> Settlement | None:
    """Counterparts that no longer exist are never made again; those that cannot be read hold the record."""
    gone = [pair for pair in found if pair.other is None]
    linked = [pair for pair in gone if pair.link_id is not None]
    aside = [pair for pair in found if pair.other is not None and not pair.other.in_view]
    seen = [pair for pair in found if pair.other is not None and pair.other.in_view]
    unreadable = [pair for pair in seen if pair.other is not None and pair.other.trouble is not None]
    if not found:
        return None
    states = [(pair.link_id, f"gone-{sync.target.side}") for pair in linked]
    states += [(pair.link_id, "suspended") for pair in aside if pair.link_id is not None]
    return Settlement(
        run=sync.run,
        module=sync.module.name,
        changes=states_of(states),
        held=(
            *(_unreadable(sync, pair) for pair in unreadable),
            *(_vanished(sync, pair) for pair in vanished(gone)),
        ),
        released=tuple((sync.source.side, pair.mine.id) for pair in (*linked, *aside)),
    )


def states_of(states: Sequence[tuple[int | None, str]]) -> pa.Table | None:
    """Changes of links that change their state only."""
    if not states:
        return None
    return pa.table(
        {
            "link_id": pa.array([link for link, _ in states], pa.int64()),
            "state": pa.array([state for _, state in states], pa.string()),
        }
    )


def vanished(gone: Sequence[Pair]) -> list[Pair]:
    """Pairs recognised just now whose counterpart was deleted before they could be linked."""
    return [pair for pair in gone if pair.other is None and pair.link_id is None]


def _vanished(sync: SyncPass, pair: Pair) -> HeldRow:
    trouble = Trouble(
        code="changed-meanwhile",
        message=f"{sync.target.name}:{pair.other_id}, which it equals, was deleted while the run was at work.",
        remedy="Nothing to do: it is looked at again.",
        place=sync.module.place,
    )
    return hold(sync, pair.mine.id, pair.mine.label, pair.mine.content, trouble, temporary=True)


def _unreadable(sync: SyncPass, pair: Pair) -> HeldRow:
    index = pair.other.trouble if pair.other is not None else None
    trouble = sync.target.troubles[index or 0]
    unreadable = f"Its counterpart {sync.target.name}:{pair.other_id} cannot be compared: {trouble.message}"
    # A check of both records says what is wrong with the two.
    message = trouble.message if any(one.trouble == trouble for one in sync.module.checks) else unreadable
    # Whoever corrects the counterpart does not touch the source, so it is asked for again by and by.
    return hold(
        sync,
        pair.mine.id,
        pair.mine.label,
        pair.mine.content,
        replace(trouble, message=message),
        temporary=True,
        offending=offending_of(pair.other.offending if pair.other is not None else None),
    )
