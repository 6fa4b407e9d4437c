"""Tables: what stands between the stages of a pass, each table declared once, and what their columns mean.

Each pass has tables of its own; `all_links` is the same for both. A record's place in `staged` is its `rowid`, which
other tables call `place`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Mapping


class Table(str):
    """The name of a table, with the packages that write it, those that read it, and what its columns mean."""

    __slots__ = ("columns", "readers", "writers")
    writers: frozenset[str]
    readers: frozenset[str]
    columns: Mapping[str, str]

    def __new__(cls, name: str, writers: str, readers: str, columns: Mapping[str, str]) -> Self:
        """A table of that name; the packages are separated by blanks."""
        table = super().__new__(cls, name)
        table.writers, table.readers = frozenset(writers.split()), frozenset(readers.split())
        table.columns = columns
        return table


_ID = {"id": "of the record, on the side that the table is about"}
_KEYED = _ID | {
    "version": "by the clock of its system; null = it has none",
    "moment": "the same as a time; null = it names none",
    "k0 …": "its match keys, in the order of the spec; null = empty, which equals nobody",
    "e0 …": "of a key that need only be alike: what would have to be equal",
    "in_view": "whether the module's view shows it",
}
_LINK = {
    "link_id": "of the link; null = the record has none",
    "left_id, right_id": "what it links",
    "left_hash, right_hash": "what each side looked like when last in step",
    "left_version, right_version": "and its version then",
    "state": "active, suspended, missing-SIDE or gone-SIDE",
}
_LENS = _KEYED | {
    "hash": "of everything that is compared",
    "label": "how a person recognises it",
    "trouble": "index into its side's troubles: why it cannot be used; null = it can",
    "lacks": "the same: why it must not be made on the other side",
    "offending": "JSON object of the values that this is about, cut; null = none",
    "absent": "columns that the system did not show: unknown, not empty; null = none",
    "roots": "records without a link that it waits for, each MODULE/SIDE/ID",
    "field NAME": "what a guard, a mail or an offer looks at",
    "c0 …": "canonical values, one a line of the mapping",
}
_SITUATION = {
    "link_id, other_id, state": "its link; null = it has none",
    "base_hash, base_version": "what the source looked like when last in step",
    "situation": "one of SITUATIONS",
}
_HELD = {
    "record_id": "of the source",
    "content_hash": "what it looked like when it was held last",
    "waits": "whether it is left alone as long as it looks the same",
    "code": "why it is held",
}
_MATCHED = {
    "id": "a newcomer of the source",
    "candidates": "records of the target in view that it equals and that have no link",
    "other_id, other_version": "one of them; where all have a link, one that has",
    "rivals": "newcomers that equal the same record; of twins, how many they are",
    "taken": "whether all that it equals have a link",
    "outside": "whether none of those that it equals is in view",
    "others": "everybody that it equals, by id",
    "key": "the match key that found them, counted from 0",
    "spelled": "the other one's key where the two are only alike; null = they are equal",
}
_PAIRED = {
    "id, other_id": "a record of the source and its counterpart",
    "link_id": "null = recognised just now",
    "place": "where the source's is staged",
}

#: What is not plainly unchanged on the source.
STAGED = Table("staged", "read pair decide", "read pair decide write sync operations", _LENS | _SITUATION)
#: The latest change that each page showed, every id that was read, and the keys of every record that was read.
SEEN = Table("seen", "read", "read", {"version": "the latest of a page", "moment": "the same as a time"})
IDS = Table("ids", "read", "read", _ID)
#: Records that do not show a field that is compared.
HIDDEN = Table("hidden", "read", "sync", _ID)
KEYED = Table("keyed", "read", "pair", _KEYED)
#: Links of the records of a page; every link of the module, where everything is read.
LINKS = Table("links", "read", "read operations", _LINK)
ALL_LINKS = Table("all_links", "read", "read sync", _LINK)
#: What the ledger knows of records of the source: held, skipped, enrolled.
HELD = Table("held", "read", "read pair decide write operations", _HELD)
SKIPS = Table(
    "skips", "read", "read operations", {"record_id": "of the source", "other_id": "what it equals"}
)
ENROLLED = Table("enrolled", "read", "read", _ID | {"NAME …": "what its counterpart gets; null = nothing"})
#: Records of the target that may be recognised; all of them, where a saved view leaves some out; those that have a
#: link; those that a person's choice set aside.
KNOWN = Table("known", "pair", "pair sync", _KEYED)
OUTSIDE = Table("outside", "pair", "pair", _KEYED)
TAKEN = Table("taken", "pair", "pair", _ID)
#: Of those that several newcomers equal, or that are not the only ones: what they hold.
SAME_KEY = Table("same_key", "read pair", "pair", _LENS)
ASIDE = Table("aside", "pair", "pair", _ID)
MATCHED = Table("matched", "pair", "pair sync", _MATCHED)
#: Newcomers that are made on the target, and those for which a limited value is used up.
ABSENT = Table(
    "absent", "pair decide operations", "pair decide write sync operations", _ID | {"place": "in staged"}
)
BEYOND = Table("beyond", "pair", "decide", {"field": "with the limited value", "place": "in staged"})
PAIRED = Table("paired", "pair", "read pair write sync operations", _PAIRED)
#: Of a trigger: true already when it was activated; true once more; true no longer.
WAS_SO = Table("was_so", "decide", "decide write", _ID)
ANEW = Table(
    "anew", "decide operations", "decide write operations", _ID | {"link_id": "of its earlier occurrence"}
)
STOPPED = Table("stopped", "decide", "decide write", _ID | {"link_id, state": "its link; null = it has none"})
#: What a guard looks at: records as they would become.
BECOMING = Table(
    "becoming", "decide", "decide", {"…": "as the guard names it", "_nr": "number", "_to": "address"}
)
#: Counterparts right before a decision; sources right before they are written; targets right after a write.
FRESH = Table("fresh", "read", "read decide write", _LENS)
AGAIN = Table("again", "read", "read write operations", _LENS)
AFTER = Table("after", "write", "write", _LENS)
#: Former values of records of the target; they name nobody who could be told.
UNDONE = Table("undone", "write", "decide write", _LENS)

#: What the end of a module takes away.
TABLES = (
    *(
        STAGED,
        SEEN,
        IDS,
        HIDDEN,
        KEYED,
        LINKS,
        ALL_LINKS,
        HELD,
        SKIPS,
        ENROLLED,
        KNOWN,
        OUTSIDE,
        TAKEN,
        ASIDE,
        MATCHED,
    ),
    *(ABSENT, BEYOND, PAIRED, WAS_SO, ANEW, STOPPED, FRESH, AGAIN, AFTER, UNDONE),
)
