"""Enrolled: where records take part only once a person has added them, all others are left alone.

Who has a link stays in step. A record without one that nobody has enrolled is skipped before anything is matched,
held or waited for; one that is enrolled is made on the other side at the place that the person chose.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from engine.run.session.tables import ENROLLED, STAGED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.ledger import Enrolment
    from engine.run.session.sync_pass import SyncPass


def skip_unenrolled(sync: SyncPass) -> None:
    """Leave in `staged` as newcomers those alone that are enrolled."""
    if sync.module.enrol is None:
        return
    show_enrolled(sync, enrolments(sync))
    sync.columns.run(
        f"UPDATE {STAGED} SET situation = 'skipped', roots = NULL WHERE link_id IS NULL AND situation IN "
        f"('newcomer', 'unreadable', 'still-held', 'gone') AND id NOT IN (SELECT id FROM {ENROLLED})"
    )


def enrolments(sync: SyncPass) -> list[Enrolment]:
    """The records of the source that a person has enrolled."""
    if sync.module.enrol is None or sync.source_side not in sync.module.enrol.sides:
        return []
    return [one for one in _all(sync) if one.side == sync.source_side and one.state != "leaving"]


def leaving(sync: SyncPass) -> list[Enrolment]:
    """Records of the source that were taken out, whose counterpart is still to be deleted."""
    if sync.module.enrol is None:
        return []
    return [one for one in _all(sync) if one.side == sync.source_side and one.state == "leaving"]


def _all(sync: SyncPass) -> list[Enrolment]:
    return sync.ledger.enrolments(sync.integration, sync.module.name)


def show_enrolled(sync: SyncPass, several: Iterable[Enrolment]) -> None:
    """The table of enrolled records."""
    rows = list(several)
    fields = sync.module.enrol.fields if sync.module.enrol else ()
    columns: dict[str, list[str | None]] = {"id": [one.record_id for one in rows]}
    columns |= {name: [one.place.get(name) for one in rows] for name in fields}
    sync.columns.keep(
        ENROLLED, pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})
    )


def due_by_enrolment(sync: SyncPass) -> set[str]:
    """Enrolled records that have no link yet: they are asked for although nothing says that they changed."""
    ids = [one.record_id for one in enrolments(sync)]
    if not ids:
        return set()
    links = sync.ledger.links_table(
        sync.integration, sync.module.name, pa.array(ids, pa.string()), sync.source_side
    )
    return set(ids) - set(links[f"{sync.source_side}_id"].to_pylist())


def placed(sync: SyncPass) -> dict[str, str]:
    """Fields that a person has filled in for records that are made on the target: name -> SQL over `staged AS w`."""
    enrol = sync.module.enrol
    if enrol is None or sync.source_side not in enrol.sides:
        return {}
    return {
        name: f'(SELECT any_value(e."{name}") FROM {ENROLLED} AS e WHERE e.id = w.id)'
        for name in enrol.fields
    }
