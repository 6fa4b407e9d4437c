"""Requirements: what must hold before anything is written, asked of the systems themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from engine.connectors.port import Connector, ReadRequest
from engine.errors import UserError
from engine.run.stage import pick, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.plan import Plan, RequirementPlan
    from engine.run.columns import Columns


def check_requirements(plan: Plan, systems: Mapping[str, Connector], columns: Columns) -> None:
    """Raises UserError with every requirement that does not hold."""
    if not plan.requirements:
        return
    known = _read(plan, systems)
    failed = [one for one in plan.requirements if not _holds(one, known, columns)]
    if failed:
        raise UserError(
            "Nothing was written, because a requirement does not hold: "
            + " ".join(f"{one.message} ({one.text}, {one.place})" for one in failed),
            remedy="Settle it in the systems concerned, then run again.",
        )


def _read(plan: Plan, systems: Mapping[str, Connector]) -> dict[tuple[str, str, str], str | None]:
    """The wanted fields of one-record streams, as text."""
    wanted: dict[tuple[str, str], set[str]] = {}
    for one in plan.requirements:
        for system, stream, field in one.reads:
            wanted.setdefault((system, stream), set()).add(field)
    found: dict[tuple[str, str, str], str | None] = {}
    for (system, stream), fields in sorted(wanted.items()):
        record = _single(systems[system], system, stream, tuple(sorted(fields)))
        for field in fields:
            value = pick(record, field.split("."))
            found[system, stream, field] = None if value is None else text_of(value)
    return found


def _single(connector: Connector, system: str, stream: str, fields: tuple[str, ...]) -> Mapping[str, object]:
    for page in connector.read(ReadRequest(stream=stream, fields=fields)):
        if page.records:
            return page.records[0]
        if page.table is not None and page.table.num_rows:
            return dict(page.table.slice(0, 1).to_pylist()[0])
    raise UserError(
        f"{system}.{stream} answered no record, but a requirement of the spec needs one.",
        remedy="Check that the account is the right one and that its user may see the organisation.",
    )


def _holds(one: RequirementPlan, known: Mapping[tuple[str, str, str], str | None], columns: Columns) -> bool:
    row = {".".join(read): pa.array([known[read]], pa.string()) for read in one.reads}
    columns.show("page", pa.table(row or {"nothing": pa.array([None], pa.string())}))
    names = ", ".join(one.canonical) or "nothing"
    holds = columns.one(f"SELECT {one.sql} FROM (SELECT {names} FROM page)")
    columns.hide("page")
    return bool(holds)
