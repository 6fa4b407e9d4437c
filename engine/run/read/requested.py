"""Requested: records that are synced although no saved view shows them, because somebody asked for them by name.

A saved view limits what comes over by itself. What a person fetches, or what a record below it brings along, stays
in step from then on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.run.session.sync_pass import SyncPass


def admitted(sync: SyncPass) -> set[str]:
    """Records of the source that were asked for in earlier runs."""
    return sync.ledger.admitted(sync.integration, sync.module.name, sync.source_side)
