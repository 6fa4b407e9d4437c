"""Images: values that the journal has kept, as records of the target again, for an undo."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from engine.connectors.read_port import Page
from engine.run.read.computed_fields import add_computed
from engine.run.read.counterparts import shown_of
from engine.run.read.text_columns import text_columns
from engine.run.session.tables import UNDONE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.run.session.sync_pass import SyncPass

    Texts = Mapping[str, str | None]


def as_read(sync: SyncPass, rows: Sequence[Mapping[str, Any]]) -> dict[str, Texts]:
    """What was sent, by target id, as the target's lens would read it."""
    side = sync.target
    records = [
        {side.id_field: row["_id"], **{name: _plain(row[name]) for name in row["_set"]}} for row in rows
    ]
    page = Page(records=records)
    sync.columns.drop("after")
    sync.columns.show(
        "page", add_computed(text_columns(page, side, side.reads), page, sync.computed[side.side])
    )
    sync.columns.add("after", side.lens)
    sync.columns.hide("page")
    return {record: one.texts for record, one in shown_of(sync, "after AS w").items()}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def put_in_table(sync: SyncPass, images: Mapping[str, Texts]) -> None:
    """Leave a table `undone`: the canonical values of these texts, by id; null where one is none of its type."""
    kinds = _types(sync)
    lines = [line for line in sync.module.compared if line.column in kinds]
    texts = {
        line.column: pa.array([image.get(line.key) for image in images.values()], pa.string())
        for line in lines
    }
    sync.columns.show("images", pa.table({"id": pa.array(list(images), pa.string()), **texts}))
    typed = "".join(f", TRY_CAST({line.column} AS {kinds[line.column]}) AS {line.column}" for line in lines)
    sync.columns.run(f"CREATE OR REPLACE TABLE {UNDONE} AS SELECT id{typed} FROM images")
    sync.columns.hide("images")


def _types(sync: SyncPass) -> dict[str, str]:
    """The columns of the target's lens with their types."""
    side = sync.target
    nothing = Page(records=())
    sync.columns.show(
        "page", add_computed(text_columns(nothing, side, side.reads), nothing, sync.computed[side.side])
    )
    found = sync.columns.rows(f"DESCRIBE {side.lens}")
    sync.columns.hide("page")
    return {str(row[0]): str(row[1]) for row in found}
