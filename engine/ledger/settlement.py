"""What one batch has brought about, and the columns of its tables; loads nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pyarrow as pa

    from engine.ledger.association import Associating
    from engine.ledger.model import Conflict, HeldRow, Loser, Notice, RecordKey, Turns, Wait

#: `Settlement.links`: one row a new link; the last five may be absent: null (for `state`: active).
#: `right_values` null = the right side held the same values as the left one; both null = never in step.
#: `made`: the side on which a run made the record; null = both were there and were paired.
NEW_LINK_COLUMNS = (
    "left_id",
    "right_id",
    "left_hash",
    "right_hash",
    "left_values",
    "right_values",
    "left_version",
    "right_version",
    "state",
    "made",
)
#: `Settlement.changes`: `link_id` and any of these; a column that is absent stays as it is, a null is stored.
CHANGE_COLUMNS = NEW_LINK_COLUMNS
#: What `Ledger.links_table` answers with.
LINK_COLUMNS = (
    "link_id",
    "left_id",
    "right_id",
    "left_hash",
    "right_hash",
    "left_version",
    "right_version",
    "state",
    "made",
)
#: `Ledger.bases_table`.
BASE_COLUMNS = ("link_id", "left_values", "right_values")
#: `Settlement.skips` and `Ledger.skips_table`; `other_id`: the record it equals, or null.
SKIP_COLUMNS = ("side", "record_id", "other_id", "why")
#: `Sightings.records` and `Ledger.sightings_table`; `keys` is JSON text of the match fields, null if not kept.
SIGHTING_COLUMNS = ("record_id", "version", "keys")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """What one batch has brought about; stored in one transaction or not at all. Every part may be absent."""

    run: str
    module: str
    links: pa.Table | None = None  #: new links with their bases: NEW_LINK_COLUMNS
    changes: pa.Table | None = None  #: changed links: `link_id` and any of CHANGE_COLUMNS
    dropped: tuple[int, ...] = ()  #: links to forget, with their bases
    held: tuple[HeldRow, ...] = ()
    released: tuple[RecordKey, ...] = ()  #: records that are no longer held
    losers: tuple[Loser, ...] = ()
    turns: tuple[
        Turns, ...
    ] = ()  #: what the engine has changed, by record; in the place of what was known of it
    skips: pa.Table | None = None  #: records remembered as skipped: SKIP_COLUMNS
    unskipped: tuple[RecordKey, ...] = ()
    waits: tuple[Wait, ...] = ()  #: for each of these records, all that it waits for now
    unwaits: tuple[RecordKey, ...] = ()  #: records that wait for nothing any more
    #: Fields in conflict; a pair that is named here has these conflicts and no others. Stored again with the same
    #: left and right, a conflict keeps its number, `since` and `take`; with others it keeps `since` only, and gets
    #: a new number, so that nobody decides about values not seen.
    conflicts: tuple[Conflict, ...] = ()
    agreed: tuple[str, ...] = ()  #: left ids of pairs without conflicts
    notices: tuple[Notice, ...] = ()  #: those whose key is known already stay as they are
    associating: Associating | None = None  #: what the new links are besides; None = nothing
    #: What becomes of the intent; uncertain keeps its payload, for it must be looked up later.
    intent_state: Literal["done", "uncertain", "failed"] = "done"
    not_before: str | None = None  #: for uncertain: when the target may be asked; None = at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Sightings:
    """The records of one side as they were last seen: what newcomers of the other side are recognised by."""

    records: pa.Table  #: SIGHTING_COLUMNS
    complete: bool  #: True = these are all there are; False = added to those already known
    gone: tuple[str, ...] = ()  #: ids that no longer exist; only of use where `complete` is False
