"""Called: records that come over although no saved view shows them, because somebody asked for them by name.

A saved view limits what comes over by itself. What a person fetches, or what a record below it brings along, stays
in step from then on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.run.session.sync_pass import Pen, Work


def admitted(work: Work) -> set[str]:
    """Records of the source that were asked for in earlier runs."""
    return work.ledger.admitted(work.integration, work.module.name, work.source_side)


def remember_called(work: Work, pen: Pen) -> None:
    """Store who was asked for, before anything of them is written: a run that is killed goes on with them."""
    if work.source.saved_view is None or not work.called:
        return
    rows = work.columns.rows("SELECT id FROM work WHERE in_view")
    ids = {str(row[0]) for row in rows} & work.called
    work.ledger.admit(pen.keep(), work.module.name, work.source_side, sorted(ids), work.clock.text())
