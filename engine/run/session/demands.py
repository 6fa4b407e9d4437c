"""Demands: what a side asks of its records, as a fingerprint: with another one it may take what it refused."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from engine.connectors.read_port import Demanding
from engine.plan import digest

if TYPE_CHECKING:
    from engine.record import Side
    from engine.run.session.sync_pass import SyncPass


def demands_of(sync: SyncPass, side: Side) -> str:
    """Of the catalog, and of whatever else the connector can tell; asked once for a module and run."""
    if side not in sync.shared.demands:
        plan = sync.module.side(side)
        connector = sync.connector(plan)
        stream = connector.catalog().streams.get(plan.stream)
        told = connector.demands(plan.stream) if isinstance(connector, Demanding) else ""
        sync.shared.demands[side] = digest([asdict(stream) if stream else None, told])
    return sync.shared.demands[side]
