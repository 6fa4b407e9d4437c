"""One end of a module: what is read, and how it becomes canonical columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from engine.plan.words import digest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.catalog import Capabilities
    from engine.record import Side


@dataclass(frozen=True, slots=True, kw_only=True)
class SlowField:
    """A field computed by a template or a JMESPath, record by record, before the lens sees the page."""

    column: str  #: text column of `page` that gets the value, such as `slow 0`; `COLUMN!` gets the error
    kind: Literal["text", "path"]
    source: str  #: the template or path as written
    reads: tuple[str, ...]  #: fields that a template may show, or that a path may start from
    options: Mapping[str, Any]  #: what was chosen for the options that a template shows
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Why a record cannot pass the lens; the lens answers its index."""

    code: str
    message: str
    remedy: str | None
    place: str | None
    later: bool = (
        False  #: what resolves it may happen to another record, so this one is looked at again by and by
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A module whose links a lens translates ids through: the run shows them as a table before the lens is used."""

    module: str
    table: str  #: DuckDB table with the columns left_id, right_id and made: the module's active links
    integration: str | None = None  #: whose module it is; None = this one's


@dataclass(frozen=True, slots=True, kw_only=True)
class WalkPlan:
    """Records that a reference leads to: read by id, once for each page, as a table beside it."""

    name: str  #: `system.stream`, as people write it
    stream: str
    by: str  #: the field of the page that holds the id
    table: str  #: DuckDB table that the lens looks the records up in
    id_field: str
    reads: tuple[str, ...]
    lens: str  #: SELECT over `page` giving _id, _found (true) and each of `reads`, typed
    by_ids: bool  #: False = the stream can only be read whole
    folded: tuple[str, ...] = ()  #: its texts need not be alike to any others

    @property
    def version_field(self) -> str | None:
        """Their own changes are not looked for."""
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferrerPlan:
    """A stream whose records refer to those of a module: it is read for their ids before the module."""

    name: str  #: `system.stream`, as people write it
    module: str  #: the module that it is a side of
    side: Side
    stream: str
    id_field: str
    version_field: str | None
    reads: tuple[str, ...]
    saved_view: str | None
    since: bool  #: the stream can be read from a time on
    told: (
        bool  #: who refers to a record without a link waits for it, so what is known needs not be read again
    )
    lens: str  #: SELECT over `page` giving id: of every record referred to, or null
    folded: tuple[str, ...] = ()  #: its texts need not be alike to any others


@dataclass(frozen=True, slots=True, kw_only=True)
class SidePlan:
    """One end of a module: what to read and how its rows become canonical columns."""

    side: Side
    system: str
    connector: str
    stream: str
    id_field: str
    version_field: (
        str | None
    )  #: the server's time of the last change; None = no cursor, every read is complete
    reads: tuple[str, ...]  #: dotted field names to ask for
    key_reads: tuple[str, ...]  #: those of them that recognising records needs
    folded: tuple[str, ...]  #: those of them that need only be alike
    saved_view: str | None  #: a view saved in the system; None = all records
    #: SELECT over `page` (text columns named by field, `folded␟NAME`, `_id`, `_version`, `_absent`) giving
    #: id, version, moment (the version as a value that sorts), absent, hash (16 bytes over the compared values),
    #: trouble (index into `troubles` or null), lacks (the same, for creates only), in_view, label,
    #: offending (JSON object: the values that it is held for, cut, by field; null = none),
    #: roots (text list: `MODULE/SIDE/ID` of every referenced record that has no link yet; null = none),
    #: k0 … and e0 … (match keys, and what they say to the letter where they need only be alike),
    #: c0 … (canonical values of every line)
    lens: str
    key_lens: str  #: SELECT over `page` giving id, version, moment, in_view, k0 …, e0 …
    clock: str  #: SELECT over `page` giving id, version, moment: all that the cursor needs of an unchanged record
    troubles: tuple[Trouble, ...]
    slow: tuple[SlowField, ...]
    references: tuple[Reference, ...]  #: tables that the lens, or a write to this side, looks ids up in
    can: Capabilities
    walks: tuple[WalkPlan, ...] = ()  #: records of other streams that the lens looks at
    #: whose records must refer to one of this side for it to take part; None = it need not be referred to
    referrers: tuple[ReferrerPlan, ...] | None = None
    #: whose records bring along those of this side that they live below, although no saved view shows them
    fetched_by: tuple[ReferrerPlan, ...] = ()
    view: str | None = None  #: which records take part, as a condition over its fields; None = all of them
    #: True = it looks at what the system computes of other records, so nothing tells which records have changed
    computed: bool = False

    tells: bool = True  #: a record can be asked for after a write; False = what was sent counts
    fillable: bool = False  #: a field that a record does not show is not there, and can be written
    #: fields of which one that a record does not show leaves a line that nobody can compare
    compared: tuple[str, ...] = ()

    @property
    def windowed(self) -> bool:
        """Whether a run may read only what changed since the last one."""
        known = self.version_field is not None and self.can.since
        return known and self.saved_view is None and not self.computed

    @property
    def name(self) -> str:
        """`system.stream`, as people write it."""
        return f"{self.system}.{self.stream}"

    @property
    def scope(self) -> str:
        """A fingerprint of what is read; when it changes, the cursor is worth nothing."""
        return digest([self.system, self.connector, self.stream, list(self.reads), self.saved_view])
