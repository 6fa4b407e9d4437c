"""A spec, and a ledger as runs of it would leave it: what the commands that look into a ledger are tried on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from click.testing import CliRunner, Result

from engine.cli import engine
from engine.ledger import Conflict, HeldRow, Settlement, open_ledger
from engine.ledger.model import LEDGER_FILE

if TYPE_CHECKING:
    from pathlib import Path

    from engine.ledger.store import Ledger

NOW = "2026-03-01T10:00:00Z"
SPEC = """\
spec: 1
name: shop-desk
systems:
  shop:
    connector: memory
    with:
      store: shop
      streams:
        people: { fields: { name: text, mail: text, city: text } }
  desk:
    connector: memory
    with:
      store: desk
      streams:
        clients: { fields: { label: text required, mail: text, town: text } }
        notes: { fields: { label: text required, mail: text } }
modules:
  people:
    sync: shop.people <-> desk.clients
    conflicts: hold
    match: [ name = label ]
    fields:
      - name <-> label
      - mail -> mail
      - { map: city <-> town, conflicts: desk }
  notes:
    sync: shop.people <- desk.notes
    match: [ name = label ]
    fields:
      - name <- label
"""
CONFLICT = Conflict(
    module="people",
    left_id="1",
    right_id="a",
    key="label",
    line="name <-> label",
    base_left="Acme",
    base_right="Acme",
    contact=False,
    left="Acme Ltd",
    right="ACME Inc",
    left_version="2026-02-27T09:00:00Z",
    right_version=None,
    since=NOW,
    run="r",
    integration="shop-desk",
)
HELD = HeldRow(
    integration="shop-desk",
    module="people",
    side="left",
    record_id="1",
    code="conflict",
    message="It differs.",
    since=NOW,
    run="r",
    label="Acme & Sons",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A folder with a spec and a ledger."""

    folder: Path
    spec: str

    def call(self, *words: str) -> Result:
        """`engine` with these words, in this folder."""
        return CliRunner().invoke(engine, [*words, "--folder", str(self.folder)])

    def ledger(self) -> Ledger:
        """The ledger, to be closed by the caller."""
        return open_ledger(self.folder / LEDGER_FILE)

    def remember(self, **parts: Any) -> None:
        """What a run of module `people` would store."""
        with self.ledger() as ledger:
            lease = ledger.take_lease("shop-desk", "a run", NOW, 60)
            ledger.note(lease, Settlement(run="r", module="people", **parts))
            ledger.release(lease)


def desk_in(folder: Path) -> Desk:
    """A desk where nothing has run yet."""
    spec = folder / "shop-desk.yaml"
    spec.write_text(SPEC, encoding="utf-8")
    return Desk(folder=folder / ".engine", spec=str(spec))


def linked(*pairs: tuple[str, str], **columns: str) -> pa.Table:
    """New links that a run made."""
    hashes = pa.array([b"0123456789abcdef"] * len(pairs), pa.binary())
    ids = {"left_id": [left for left, _ in pairs], "right_id": [right for _, right in pairs]}
    more = {name: [value] * len(pairs) for name, value in columns.items()}
    return pa.table({**ids, "left_hash": hashes, "right_hash": hashes, **more})
