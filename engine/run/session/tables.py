"""Tables: what stands between the stages of a pass, each table declared once, and what their columns mean.

A pass has tables of its own; those that `SHARED` names are the same for both passes. A record's place in `staged` is
its `rowid`, and other tables call it `place`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Mapping


class Table(str):
    """The name of a table, with what its columns mean and the packages that write and read it."""

    __slots__ = ("columns", "read_by", "written_by")
    columns: Mapping[str, str]
    written_by: tuple[str, ...]
    read_by: tuple[str, ...]

    def __new__(
        cls, name: str, columns: Mapping[str, str], *, written_by: tuple[str, ...], read_by: tuple[str, ...]
    ) -> Self:
        """A table of that name."""
        table = super().__new__(cls, name)
        table.columns, table.written_by, table.read_by = columns, written_by, read_by
        return table


_ID = {"id": "of the record, on the side that the table is about"}
_KEYED = {
    **_ID,
    "version": "by the clock of its system; null = it has none",
    "moment": "the same as a time; null = it names none",
    "k0 …": "its match keys, in the order of the spec; null = empty, which equals nobody",
}
_LINK = {
    "link_id": "of the link; null = the record has none",
    "left_id, right_id": "what it links",
    "left_hash, right_hash": "what each side looked like when last in step",
    "left_version, right_version": "and its version then",
    "state": "active, suspended, missing-SIDE or gone-SIDE",
}
_LENS = {
    **_KEYED,
    "hash": "of everything that is compared",
    "label": "how a person recognises it",
    "trouble": "index into its side's troubles: why it cannot be used; null = it can",
    "lacks": "the same: why it must not be made on the other side",
    "in_view": "whether the module's view shows it",
    "absent": "columns that the system did not show: unknown, not empty; null = none",
    "roots": "records without a link that it waits for, each MODULE/SIDE/ID",
    "field NAME": "what a guard, a mail or an offer looks at",
    "c0 …": "canonical values, one a line of the mapping",
}

STAGED = Table(
    "staged",
    {
        **_LENS,
        "link_id, other_id, state": "its link; null = it has none",
        "base_hash, base_version": "what the source looked like when last in step",
        "situation": "one of SITUATIONS",
    },
    written_by=("read", "pair", "decide"),
    read_by=("read", "pair", "decide", "write", "sync", "operations"),
)
SEEN = Table(
    "seen",
    {"version": "the latest of a page", "moment": "the same as a time"},
    written_by=("read",),
    read_by=("read",),
)
IDS = Table("ids", _ID, written_by=("read",), read_by=("read",))
KEYED = Table("keyed", _KEYED, written_by=("read",), read_by=("pair",))
LINKS = Table("links", _LINK, written_by=("read",), read_by=("read",))
HELD = Table(
    "held",
    {
        "record_id": "of the source",
        "content_hash": "what it looked like when it was held last",
        "waits": "whether it is left alone as long as it looks the same",
        "code": "why it is held",
    },
    written_by=("read",),
    read_by=("read", "pair", "decide", "write"),
)
SKIPS = Table(
    "skips",
    {"record_id": "of the source", "other_id": "what it equals; null = nobody"},
    written_by=("read",),
    read_by=("read",),
)
ENROLLED = Table(
    "enrolled",
    {**_ID, "NAME …": "what its counterpart gets in that field; null = nothing was chosen"},
    written_by=("read",),
    read_by=("read", "decide"),
)
KNOWN = Table("known", _KEYED, written_by=("pair",), read_by=("pair",))
TAKEN = Table("taken", _ID, written_by=("pair",), read_by=("pair",))
ASIDE = Table("aside", _ID, written_by=("pair",), read_by=("pair",))
MATCHED = Table(
    "matched",
    {
        "id": "a newcomer of the source",
        "candidates": "records of the target that it equals and that have no link",
        "other_id, other_version": "one of them; where all have a link, one that has",
        "rivals": "newcomers that equal the same record; of twins, how many they are",
        "taken": "whether all that it equals have a link",
        "others": "everybody that it equals, by id",
        "key": "the match key that found them, counted from 0",
    },
    written_by=("pair", "decide"),
    read_by=("pair", "decide"),
)
ABSENT = Table(
    "absent",
    {"id": "a newcomer that is made on the target", "place": "where it is staged"},
    written_by=("pair", "decide", "operations"),
    read_by=("pair", "decide", "sync", "operations", "write"),
)
BEYOND = Table(
    "beyond",
    {"field": "a field of which there is only so much", "place": "a newcomer that gets the other value"},
    written_by=("pair",),
    read_by=("pair",),
)
PAIRED = Table(
    "paired",
    {
        "id, other_id": "a record of the source and its counterpart",
        "link_id": "null = recognised just now",
        "place": "where the source's is staged",
    },
    written_by=("pair",),
    read_by=("read", "pair", "sync", "operations", "write"),
)
WAS_SO = Table("was_so", _ID, written_by=("decide",), read_by=("decide", "write"))
ANEW = Table(
    "anew",
    {**_ID, "link_id": "of its earlier occurrence"},
    written_by=("decide", "operations"),
    read_by=("write",),
)
STOPPED = Table(
    "stopped",
    {**_ID, "link_id, state": "its link; null = it has none"},
    written_by=("decide",),
    read_by=("decide", "write"),
)
BECOMING = Table(
    "becoming",
    {
        "…": "what a guard looks at, of each record as it would become",
        "_nr": "its number",
        "_to": "who is written to",
    },
    written_by=("decide",),
    read_by=("decide", "read"),
)
FRESH = Table("fresh", _LENS, written_by=("read",), read_by=("read", "decide", "write"))
AGAIN = Table("again", _LENS, written_by=("read",), read_by=("write",))
AFTER = Table("after", _LENS, written_by=("write",), read_by=("write",))
#: Former values of records of the target, by id; they name nobody who could be told.
UNDONE = Table("undone", _LENS, written_by=("write",), read_by=("decide", "write"))
ALL_LINKS = Table("all_links", _LINK, written_by=("read",), read_by=("read",))

#: What the end of a module takes away.
TABLES = (
    *(
        STAGED,
        SEEN,
        IDS,
        KEYED,
        LINKS,
        HELD,
        SKIPS,
        ENROLLED,
        KNOWN,
        TAKEN,
        ASIDE,
        MATCHED,
        ABSENT,
        BEYOND,
        PAIRED,
    ),
    *(WAS_SO, ANEW, STOPPED, FRESH, AGAIN, AFTER, UNDONE, ALL_LINKS),
)
