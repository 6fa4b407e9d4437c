"""Explain: everything that is known of one record, and what a run would do with it now. Nothing is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from engine.errors import UserError
from engine.ledger import open_ledger
from engine.record import SIDES, other
from engine.run.operations.outlook import Outlook, look_at
from engine.run.read.waits import DEEPEST
from engine.run.sync.opened import opened, refuse_unbuilt
from engine.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.ledger import HeldRow
    from engine.ledger.model import Conflict
    from engine.ledger.store import Ledger
    from engine.plan import ModulePlan, Plan
    from engine.record import Side
    from engine.run.session.run_request import RunRequest

_LINK = ("link_id", "left_id", "right_id", "left_version", "right_version", "state", "made", "created_run")
#: How many runs back a run is looked for.
_RUNS = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordName:
    """A record as people write it down: SYSTEM.STREAM:ID."""

    system: str
    stream: str
    id: str

    def __str__(self) -> str:
        return f"{self.system}.{self.stream}:{self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """The link of a record."""

    to: str  #: SYSTEM.STREAM:ID
    state: str
    run: str  #: that made the link; empty = it was made by hand
    since: str | None  #: when that run began; None = not known any more
    made: Side | None  #: the side on which that run made the record; None = both were there
    version: str | None  #: of this record when it was last handled, in its server's words
    its_version: str | None  #: the same of the counterpart


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """A record that another one stands behind."""

    record: str  #: SYSTEM.STREAM:ID
    module: str
    label: str | None
    why: str | None  #: why it is held; None = it has no counterpart yet


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """What is known of a record in one module."""

    module: str
    side: Side
    place: str
    link: Linked | None
    skipped: str | None  #: why it is left alone; None = it is not
    held: HeldRow | None
    causes: tuple[Cause, ...]  #: what it waits for, and what that waits for; the last one is the root
    conflicts: tuple[Conflict, ...]
    now: Outlook | None  #: None = nobody asked the systems


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """A record and its place in every module that has its stream."""

    integration: str
    record: RecordName
    modules: tuple[Placed, ...]

    @property
    def known(self) -> bool:
        """Whether anything at all is known of it."""
        return any(
            one.link or one.skipped or one.held or one.causes or (one.now and one.now.exists)
            for one in self.modules
        )


def parse_name(text: str, plan: Plan) -> RecordName:
    """SYSTEM.STREAM:ID. Raises UserError for another form, and for a stream that no module of the plan has."""
    place, colon, record = text.partition(":")
    system, dot, stream = place.partition(".")
    names = sorted({module.side(side).name for module in plan.modules for side in SIDES})
    if not (colon and dot and record and stream):
        raise UserError(
            f"`{text}` does not name a record.",
            remedy=f"Say SYSTEM.STREAM:ID, such as {names[0] if names else 'shop.people'}:17.",
        )
    if place not in names:
        raise UserError(
            f"No module of `{plan.name}` that runs has the stream `{place}`.",
            remedy=did_you_mean(place, names) or f"These have one: {', '.join(names)}.",
        )
    return RecordName(system=system, stream=stream, id=record)


def explain(plan: Plan, request: RunRequest, name: RecordName, *, offline: bool = False) -> Explained:
    """What the ledger knows of a record and, unless `offline`, what both sides show of it now.

    Raises UserError if nobody knows it, or nothing has run yet; TemporaryError if a system cannot be asked.
    """
    if not offline:
        refuse_unbuilt(plan)
    with open_ledger(request.ledger_url, readonly=True) as ledger:
        modules = [(module, side) for module in plan.modules for side in SIDES if _has(module, side, name)]
        told = [_remembered(plan, ledger, module, side, name) for module, side in modules]
        now: Sequence[Outlook | None] = [None] * len(told)
        if not offline:
            now = _looked(plan, request, ledger, name, list(zip(modules, told, strict=True)))
    placed = tuple(_with(one, looked) for one, looked in zip(told, now, strict=True))
    explained = Explained(integration=plan.name, record=name, modules=placed)
    if not explained.known:
        asked = "the ledger knows none, and the system has none" if not offline else "the ledger knows none"
        raise UserError(
            f"There is no record {name}: {asked}.",
            remedy="Name it by the id that its own system uses; `engine links list` shows some.",
        )
    return explained


def _has(module: ModulePlan, side: Side, name: RecordName) -> bool:
    end = module.side(side)
    return (end.system, end.stream) == (name.system, name.stream)


def _with(one: dict[str, Any], looked: Outlook | None) -> Placed:
    return Placed(**{key: value for key, value in one.items() if key != "row"}, now=looked)


def _remembered(
    plan: Plan, ledger: Ledger, module: ModulePlan, side: Side, name: RecordName
) -> dict[str, Any]:
    """The fields of Placed that the ledger tells, and the `row` of the link."""
    row = _link_row(ledger, plan.name, module.name, side, name.id)
    ends = {side: name.id, other(side): row[f"{other(side)}_id"] if row else None}
    held = [ledger.held_row(plan.name, module.name, end, record) for end, record in ends.items() if record]
    conflicts = ledger.conflicts(plan.name, module.name)
    return {
        "row": row,
        "module": module.name,
        "side": side,
        "place": module.place,
        "link": _link(ledger, plan.name, module, side, row) if row else None,
        "skipped": _skipped(ledger, plan.name, module.name, side, name.id),
        "held": next((one for one in held if one is not None), None),
        "causes": _causes(plan, ledger, module, side, name.id),
        "conflicts": tuple(one for one in conflicts if one.left_id == ends["left"]),
    }


def _link_row(
    ledger: Ledger, integration: str, module: str, side: Side, record: str
) -> dict[str, Any] | None:
    ids = pa.array([record], pa.string())
    rows: list[dict[str, Any]] = ledger.links_table(integration, module, ids, side, columns=_LINK).to_pylist()
    return rows[0] if rows else None


def _link(ledger: Ledger, integration: str, module: ModulePlan, side: Side, row: Mapping[str, Any]) -> Linked:
    its = other(side)
    began = {run.id: run.started for run in ledger.runs(integration, _RUNS)}
    return Linked(
        to=f"{module.side(its).name}:{row[f'{its}_id']}",
        state=row["state"],
        run=row["created_run"],
        since=began.get(row["created_run"]),
        made=row["made"],
        version=row[f"{side}_version"],
        its_version=row[f"{its}_version"],
    )


def _skipped(ledger: Ledger, integration: str, module: str, side: Side, record: str) -> str | None:
    rows = ledger.skips_table(integration, module).to_pylist()
    return next((row["why"] for row in rows if row["side"] == side and row["record_id"] == record), None)


def _causes(plan: Plan, ledger: Ledger, module: ModulePlan, side: Side, record: str) -> tuple[Cause, ...]:
    """The chain of records that this one stands behind; the last one is the root of it."""
    by_name = {one.name: one for one in plan.modules}
    found: list[Cause] = []
    seen = {(module.name, side, record)}
    for _ in range(DEEPEST):
        waits = [
            one
            for one in ledger.waits(plan.name, module.name)
            if (one.side, one.record_id) == (side, record)
            and one.root_module in by_name
            and (one.root_module, one.root_side, one.root_id) not in seen
        ]
        if not waits:
            break
        wait = waits[0]
        module, side, record = by_name[wait.root_module], wait.root_side, wait.root_id
        seen.add((module.name, side, record))
        held = ledger.held_row(plan.name, module.name, side, record)
        found.append(
            Cause(
                record=f"{module.side(side).name}:{record}",
                module=module.name,
                label=held.label if held else None,
                why=held.message if held else None,
            )
        )
    return tuple(found)


def _looked(
    plan: Plan,
    request: RunRequest,
    ledger: Ledger,
    name: RecordName,
    several: Sequence[tuple[tuple[ModulePlan, Side], dict[str, Any]]],
) -> list[Outlook]:
    """What both sides show now, and what a run makes of it, module by module."""
    found = []
    with opened(plan, request, ledger, run="explain") as one:
        for (module, side), told in several:
            passes = one.passes(module)
            found.append(look_at(passes, side, name.id, told["row"], told["held"], told["skipped"]))
            for sync in passes:
                sync.columns.drop("fresh", "again")
    return found
