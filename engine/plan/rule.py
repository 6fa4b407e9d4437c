"""Rules beside the mapping: triggers, guards and their mails, checks of pairs, and who yields to whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from engine.plan.side import SlowField, Trouble, WalkPlan
    from engine.record import Side


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a person is asked who starts a trigger by hand."""

    field: str  #: of the target
    type: Literal["text", "number", "boolean", "date", "choice"]
    choices: tuple[str, ...]  #: for choice
    default: str | None  #: what holds without an answer; may be a template; None = what the mapping says
    help: str | None
    required: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerPlan:
    """What makes a module a trigger: it acts once on a record of its source, and never compares the two again."""

    act: Literal["create", "change", "delete"]
    of: str | None  #: the trigger whose record is changed or deleted; None = it makes one
    becomes: str | None  #: the condition as written; None = it acts only when a person asks
    signature: str  #: of the compiled condition; another one makes it begin anew
    again: bool  #: True = at each transition of a record; False = once a record
    by_hand: bool  #: a person may ask for it
    only: str | None  #: the condition on the record to be changed, as written; None = any
    asks: tuple[Question, ...]  #: what a person who asks for it may give
    associate: Literal["no", "yes", "locked"]


@dataclass(frozen=True, slots=True, kw_only=True)
class YieldPlan:
    """A module whose values win over this one's where it has linked one of the two records."""

    to: str  #: as a person names it
    integration: str | None  #: whose module it is; None = this one's
    module: str
    side: Side  #: our side whose records it links
    there: Side  #: on which side of its links they are
    table: str  #: DuckDB table of its links


@dataclass(frozen=True, slots=True, kw_only=True)
class PairCheckPlan:
    """What both records of a pair must meet together before anything of it is written."""

    side: Side  #: the side that records come from when it is asked
    sql: str  #: over the columns `field NAME` of the record, called `w`, and of its counterpart, called `o`
    trouble: Trouble  #: also among those of the other side, by which the pair is held
    offending: str  #: over the same columns: JSON object of the values that it looks at, by side and field


@dataclass(frozen=True, slots=True, kw_only=True)
class MailPlan:
    """Who is written to about a refusal, and what."""

    to: str  #: the field of the changed record that holds the address
    subject: SlowField
    body: SlowField


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """How mails are sent; references are resolved only when one is."""

    sender: str
    url: str
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardPlan:
    """A rule that refuses changes of a module's records, judged by what the written record would become."""

    name: str
    side: Side  #: the side whose records it protects
    keys: tuple[str, ...]  #: the lines it looks at where a record is there
    targets: tuple[str, ...]  #: the fields it looks at where one is made
    whole: bool  #: it looks at every change, and refuses all of it
    restores: bool  #: the other side gets back what this one holds; False = the two stay different
    #: SELECT list: the fields of the record as it would become, over what is sent (`n`: `keys` and a column per key)
    #: and what it shows (`o`: columns `field NAME`)
    becoming: tuple[str, ...]
    made: tuple[
        str, ...
    ]  #: the same for a record that would be made, over what is sent (`n`: columns by field)
    walks: tuple[
        WalkPlan, ...
    ]  #: records that it looks at through references of the record as it would become
    behind: tuple[str, ...]  #: SELECT list: their fields, over a table `typed` with the record's own
    condition: str  #: over all these columns; true = refused
    shows: tuple[tuple[str, str], ...]  #: (name as its texts write it, column) of what they may show
    sentence: SlowField | None  #: why, as a template over the fields; None = only its name is told
    line: str  #: what it refuses, as a person reads it
    place: str
    mail: MailPlan | None = None  #: None = nobody is written to
