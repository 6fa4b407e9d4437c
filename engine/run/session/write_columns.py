"""Write columns: what stands beside the fields in the rows that are sent; the journal keeps them all.

No field may have one of these names; the compiler refuses a mapping that would bring one in.
"""

from __future__ import annotations

OP = "_op"  #: names the write within its batch: KIND/ID
ID = "_id"  #: of the record that is written; null = it is to be made
VERSION = "_version"  #: that the record must still have; null = whatever it has
SET = "_set"  #: the fields that an update changes, as a list
#: What the target gets beside the fields; the others are for the journal alone.
SENT = frozenset((OP, ID, VERSION, SET))

SOURCE = "_source"  #: id of the record that the values come from
HASH = "_hash"  #: what that record looked like
SEEN = "_seen"  #: its version; null = it has none
LABEL = "_label"  #: how a person recognises it
BASE = "_base"  #: its canonical values as JSON, by key


def key_column(index: int) -> str:
    """Its match key of that number, from 0."""
    return f"_k{index}"


def is_remembered(name: str) -> bool:
    """Whether a column is for the journal alone."""
    return name in _REMEMBERED or (name.startswith("_k") and name[2:].isdigit())


_REMEMBERED = frozenset((SOURCE, HASH, SEEN, LABEL, BASE))
