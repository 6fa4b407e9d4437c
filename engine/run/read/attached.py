"""Attached: the records of both ends of an association as tables, and which of them go together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from engine.connectors.read_port import Page, ReadRequest
from engine.run.read.pull import whole_read
from engine.run.read.text_columns import text_columns
from engine.run.session.pair import LIVE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.connectors.read_port import Reader
    from engine.ledger.store import Ledger
    from engine.plan import AttachedPlan, AttachPlan
    from engine.record import Side
    from engine.run.session.columns import Columns


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """One record of an end."""

    id: str
    version: str | None  #: None = its system tells none
    label: str | None  #: how a person recognises it; None = it has no such text
    shown: str | None  #: of a left record, the value that would show it; of a right one, what it shows now
    offered: bool


def read_attached(
    session: Columns,
    systems: Mapping[str, Reader],
    end: AttachedPlan,
    side: Side,
    ids: tuple[str, ...] | None = None,
) -> dict[str, Attached]:
    """Records by id, which also stand in the table of that side; without `ids` every one that is offered.

    What a right record shows is read only where it is asked for by its id: listings leave such fields out.
    Raises TemporaryError where the system does not deliver them all.
    """
    fields = tuple(one for one in end.reads if ids is not None or side == "left" or one != end.shown)
    session.share_answer(_table(side), _staged(session, end, Page(records=())))
    session.hide("page")
    request = ReadRequest(stream=end.stream, fields=fields, ids=ids)
    for page in whole_read(systems[end.system], end.name, request, "Try again; nothing was written."):
        if len(page):
            session.run(f'INSERT INTO "{_table(side)}" {_staged(session, end, page)}')
            session.hide("page")
    rows = session.rows(f'SELECT _id, _version, label, shown, offered FROM "{_table(side)}" ORDER BY rowid')
    return {
        str(record): Attached(
            id=str(record), version=version, label=label, shown=shown, offered=bool(offered)
        )
        for record, version, label, shown, offered in rows
    }


def _staged(session: Columns, end: AttachedPlan, page: Page) -> str:
    session.show("page", text_columns(page, end, end.reads))
    return end.lens


def _table(side: Side) -> str:
    return f"attached {side}"


def together(session: Columns, ledger: Ledger, integration: str, attach: AttachPlan) -> list[tuple[str, str]]:
    """(left id, right id) of those that were read and that the condition lets be put together."""
    for one in attach.references:
        links = ledger.links_table(
            one.integration or integration, one.module, columns=("left_id", "right_id", "state")
        )
        live = pa.compute.is_in(links["state"], pa.array(LIVE))
        session.share(one.table, links.filter(live).drop(["state"]))
    rows = session.rows(
        f'SELECT l._id, r._id FROM "{_table("left")}" AS l, "{_table("right")}" AS r '
        f"WHERE l.offered AND ({attach.condition}) ORDER BY l.rowid, r.rowid"
    )
    return [(str(left), str(right)) for left, right in rows]
