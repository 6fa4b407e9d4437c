"""Settle: what the ledger must remember of a batch. Pure shaping of values; `push` stores them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pyarrow as pa

from engine.ledger import HeldRow, Loser, Settlement
from engine.plan import Trouble
from engine.reconcile import FieldDecision, Missing
from engine.run.compare import Decided, Pair, content_hash
from engine.run.held import hold

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.record import Receipt
    from engine.run.work import Work


def new_links(
    work: Work,
    rows: pa.Table,
    ids: pa.Array | pa.ChunkedArray,
    versions: pa.Array | pa.ChunkedArray | None,
    accepted: Mapping[str, tuple[str, bytes]] | None = None,
) -> pa.Table:
    """Links of records made just now: the source as it was read, the target as it answered or was sent."""
    mine, other = work.source.side, work.target.side
    nothing = pa.nulls(rows.num_rows, pa.string())
    hashes, values = rows["_hash"], nothing
    if accepted:
        ops = rows["_op"].to_pylist()
        own = zip(ops, rows["_base"].to_pylist(), rows["_hash"].to_pylist(), strict=True)
        pairs = [accepted.get(op, (base, content)) for op, base, content in own]
        values = pa.array([snapshot for snapshot, _ in pairs], pa.string())
        hashes = pa.array([content for _, content in pairs], pa.binary())
    by_side = {
        mine: (rows["_source"], rows["_hash"], rows["_base"], rows["_seen"]),
        other: (ids, hashes, values, nothing if versions is None else versions),
    }
    table = _links(by_side["left"], by_side["right"])
    return _left_filled(table) if mine == "right" else table


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
    work: Work, decided: Sequence[Decided], receipts: Mapping[str, Receipt]
) -> tuple[pa.Table | None, pa.Table | None]:
    """(new links, changes of known links) for pairs that are in step again."""
    new = [_link_row(work, one, receipts) for one in decided if one.pair.link_id is None]
    known = [
        {"link_id": one.pair.link_id, **_link_row(work, one, receipts)}
        for one in decided
        if one.pair.link_id is not None
    ]
    # The ids of a known link stay as they are; writing them again would touch both indexes for nothing.
    changes = [column for column in LINK if column[0] not in ("left_id", "right_id")]
    return _rows(new, LINK), _rows(known, [("link_id", pa.int64()), *changes])


LINK: list[tuple[str, pa.DataType]] = [
    *((f"{side}_{part}", pa.string()) for side in ("left", "right") for part in ("id", "values", "version")),
    *((f"{side}_hash", pa.binary()) for side in ("left", "right")),
]


def _rows(
    rows: Sequence[Mapping[str, object]], columns: Sequence[tuple[str, pa.DataType]]
) -> pa.Table | None:
    return pa.Table.from_pylist(list(rows), schema=pa.schema(list(columns))) if rows else None


def _link_row(work: Work, one: Decided, receipts: Mapping[str, Receipt]) -> dict[str, object]:
    pair, mine, other = one.pair, work.source.side, work.target.side
    order = [line.key for line in work.module.compared]
    receipt = receipts.get(f"update/{pair.other_id}")
    left, right = _bases(one.decision.fields)
    bases = {"left": left, "right": right}
    return {
        f"{mine}_id": pair.id,
        f"{other}_id": pair.other_id,
        f"{mine}_hash": pair.content,
        f"{other}_hash": content_hash(bases[other], order),
        "left_values": _json(left),
        "right_values": _json(right),
        f"{other}_version": (receipt.version if receipt else None) or pair.other_version,
    }


def _bases(fields: Sequence[FieldDecision]) -> tuple[dict[str, str | None], dict[str, str | None]]:
    """What each side holds once the batch is settled; fields that were never in step are left out."""
    left = {one.key: one.base_left for one in fields if not isinstance(one.base_left, Missing)}
    right = {one.key: one.base_right for one in fields if not isinstance(one.base_right, Missing)}
    return left, right  # type: ignore[return-value] # canonical values of a snapshot are text or null


#: Canonical values of a base are text or null, so the plain encoder is exact; made once, it takes half the time.
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def _json(values: Mapping[str, object]) -> str:
    return _ENCODER.encode(values)


def losers_of(work: Work, decided: Sequence[Decided]) -> tuple[Loser, ...]:
    """Values that somebody set on the target and that the source has overwritten."""
    return tuple(
        Loser(
            module=work.module.name,
            side=work.target.side,
            record_id=one.pair.other_id,
            field=line.key,
            value=line.loser,
            winner=one.pair.mine.get(line.key),
            at=work.clock.text(),
            run=work.run,
            link_id=one.pair.link_id,
        )
        for one in decided
        for line in one.decision.fields
        if not isinstance(line.loser, Missing)
    )


def quiet_settlement(work: Work, *, gone: Sequence[Pair], murky: Sequence[Pair]) -> Settlement | None:
    """Counterparts that no longer exist are never made again; those that cannot be read hold the record."""
    if not gone and not murky:
        return None
    links = [pair for pair in gone if pair.link_id is not None]
    state = f"gone-{work.target.side}"
    changes = pa.table(
        {
            "link_id": pa.array([pair.link_id for pair in links], pa.int64()),
            "state": pa.array([state] * len(links), pa.string()),
        }
    )
    return Settlement(
        run=work.run,
        module=work.module.name,
        changes=changes if links else None,
        held=(*(_murky(work, pair) for pair in murky), *(_vanished(work, pair) for pair in vanished(gone))),
        released=tuple((work.source.side, pair.id) for pair in links),
    )


def vanished(gone: Sequence[Pair]) -> list[Pair]:
    """Pairs recognised just now whose counterpart was deleted before they could be linked."""
    return [pair for pair in gone if pair.link_id is None]


def _vanished(work: Work, pair: Pair) -> HeldRow:
    trouble = Trouble(
        code="changed-meanwhile",
        message=f"{work.target.name}:{pair.other_id}, which it equals, was deleted while the run was at work.",
        remedy="Nothing to do: it is looked at again.",
        place=work.module.place,
    )
    return hold(work, pair.id, pair.label, pair.content, trouble, temporary=True)


def _murky(work: Work, pair: Pair) -> HeldRow:
    trouble = work.target.troubles[pair.other_trouble or 0]
    message = f"Its counterpart {work.target.name}:{pair.other_id} cannot be compared: {trouble.message}"
    # Whoever corrects the counterpart does not touch the source, so it is asked for again by and by.
    return hold(work, pair.id, pair.label, pair.content, replace(trouble, message=message), temporary=True)


def conflict_of(work: Work, one: Decided) -> HeldRow:
    """A pair with fields that differ and that nobody may decide but a person."""
    pair, lines = one.pair, {line.key: line.line for line in work.module.compared}
    named = ", ".join(f"`{lines[key]}`" for key in one.decision.conflicts)
    trouble = Trouble(
        code="conflict",
        message=f"It differs from {work.target.name}:{pair.other_id} in {named}, and neither side may win.",
        remedy="Make the two equal by hand, or say `duplicates: overwrite` in the module.",
        place=work.module.place,
    )
    # Whoever makes them equal on the target does not touch the source.
    return hold(work, pair.id, pair.label, pair.content, trouble, temporary=True)
