"""Search: find records of a module's own side by what people call them, whether or not they are synced."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pyarrow as pa

from engine.connectors.read_port import Contains, Page, ReadRequest
from engine.errors import TemporaryError, UserError
from engine.record import other
from engine.run.read.text_columns import text_columns
from engine.run.session.pair import LIVE
from engine.run.sync.opened import remembered, session_of, systems_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.connectors.read_port import Reader
    from engine.ledger.store import Ledger
    from engine.plan import ModulePlan, Plan, SearchPlan
    from engine.run.session.columns import Columns
    from engine.run.session.run_request import RunRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A record that was found, and what lives below it."""

    record: str  #: SYSTEM.STREAM:ID
    label: str  #: what was searched in it
    module: str
    to: str | None  #: its counterpart; None = it has not come over
    above: Mapping[str, str | None]  #: by module: the id of the record below which it lives
    below: tuple[Found, ...] = ()


def search(plan: Plan, request: RunRequest, module: ModulePlan, words: str) -> tuple[Found, ...]:
    """Every record whose searched fields have these words in them, in any case, with those that live below it.

    Raises UserError where the module has nothing to search, TemporaryError where its system cannot be asked.
    """
    wanted = _demand(plan, module)
    contains = Contains(fields=wanted.fields, text=words)
    with remembered(request) as ledger, systems_of(plan, request) as systems, session_of(request) as session:
        found = _read(plan, module, wanted, ledger, systems, session, contains)
        ids = {one.record.partition(":")[2] for one in found}
        below: list[Found] = []
        for one in plan.modules if ids else ():
            if one.search is not None and module.name in one.search.above:
                below += _read(plan, one, one.search, ledger, systems, session, None)
    return tuple(
        replace(
            one, below=tuple(two for two in below if two.above[module.name] == one.record.partition(":")[2])
        )
        for one in found
    )


def _demand(plan: Plan, module: ModulePlan) -> SearchPlan:
    if module.search is not None:
        return module.search
    known = ", ".join(one.name for one in plan.modules if one.search is not None) or "none"
    raise UserError(
        f"`{module.name}` does not say in which fields to look: it has no `search`.",
        remedy=f"These have one: {known}.",
    )


def _read(
    plan: Plan,
    module: ModulePlan,
    wanted: SearchPlan,
    ledger: Ledger,
    systems: Mapping[str, Reader],
    session: Columns,
    contains: Contains | None,
) -> list[Found]:
    """Records of a module that have these words; None = all of them."""
    side = module.side(wanted.side)
    table = f"searched {module.name}"
    request = ReadRequest(stream=side.stream, fields=wanted.reads, contains=contains)
    pages, complete = [Page(records=())], False
    session.show("page", text_columns(pages[0], side, wanted.reads))
    session.share_answer(table, wanted.lens)
    session.hide("page")
    matching = "WHERE contains(lower(label), lower(?))" if contains else ""
    for page in systems[side.system].read(request):
        complete = page.complete
        session.show("page", text_columns(page, side, wanted.reads))
        session.run(
            f'INSERT INTO "{table}" SELECT * FROM ({wanted.lens}) {matching}',
            [contains.text.strip()] if contains else None,
        )
        session.hide("page")
    if not complete:
        raise TemporaryError(
            f"Reading {side.name} ended before the system had delivered everything.",
            remedy="Search again.",
        )
    above = "".join(f', "{name}"' for name in wanted.above)
    rows = session.rows(f'SELECT DISTINCT _id, label{above} FROM "{table}" ORDER BY label, _id')
    links = _counterparts(plan, module, wanted, ledger, [str(row[0]) for row in rows])
    return [
        Found(
            record=f"{side.name}:{row[0]}",
            label=str(row[1]),
            module=module.name,
            to=links.get(str(row[0])),
            above=dict(zip(wanted.above, row[2:], strict=True)),
        )
        for row in rows
    ]


def _counterparts(
    plan: Plan, module: ModulePlan, wanted: SearchPlan, ledger: Ledger, ids: Sequence[str]
) -> dict[str, str]:
    """What of them has come over, and to what."""
    mine, its = wanted.side, other(wanted.side)
    links = ledger.links_table(plan.name, module.name, pa.array(ids, pa.string()), mine).to_pylist()
    there = module.side(its).name
    return {str(row[f"{mine}_id"]): f"{there}:{row[f'{its}_id']}" for row in links if row["state"] in LIVE}
