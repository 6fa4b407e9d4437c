"""What the ledger remembers, as frozen values; loads nothing heavy.

Every moment is text, ISO 8601 with a zone (`2026-01-02T03:04:05Z`), and comes from the caller: the ledger has
no clock. Hashes are 16 bytes. Values that were in step are JSON text; a number with a point is a decimal.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from engine.record import Kind, Side

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa

#: The ledger inside the engine's folder, where no URL names another.
LEDGER_FILE = "ledger.sqlite"

#: active: in step · missing-left, missing-right: active, but not delivered by the last complete read of that side ·
#: gone-left, gone-right: deleted there and not made again · suspended: out of the view
LinkState = Literal["active", "missing-left", "missing-right", "gone-left", "gone-right", "suspended"]
#: pending: journalled, maybe sent · uncertain: the outcome is not known yet · done, failed: settled
IntentState = Literal["pending", "uncertain", "done", "failed"]
#: kept: told here only · pending: to be mailed · sent · failed: given up
NoticeState = Literal["kept", "pending", "sent", "failed"]
#: parked: a system cannot or will not work now; the next run goes on where this one ended
RunOutcome = Literal["done", "held", "failed", "stopped", "interrupted", "parked"]

#: One record of a module: its side and its id there.
RecordKey = tuple[Side, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right to write for one integration; every write proves that it is still the current one."""

    integration: str
    epoch: int  #: fencing number; grows with every lease that is taken
    holder: str  #: who holds it, in words that help a person find the process
    expires: str  #: moment after which anybody may take it over


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRow:
    """One run in the history."""

    id: str
    integration: str
    started: str
    spec_file: str
    plan_fingerprint: str
    ended: str | None = None  #: None = still going, or killed
    outcome: RunOutcome | None = None  #: None = still going, or killed
    error: str | None = None  #: the sentence that ended it; None = no error
    counts: Mapping[str, Any] = field(default_factory=dict)  #: by module, as `Counts.as_json`
    calls: Mapping[str, int] = field(default_factory=dict)  #: requests sent, by system
    seconds: float | None = None  #: None = still going, or killed


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleState:
    """How far a module has come."""

    integration: str
    module: str
    left_cursor: str | None = None  #: server time up to which everything was handled; None = read everything
    right_cursor: str | None = None
    left_scope: str | None = None  #: fingerprint of what was read (fields, view); None = nothing yet
    right_scope: str | None = None
    left_newest: str | None = None  #: the latest server time that a record of that side has shown
    right_newest: str | None = None
    contacted: bool = False  #: the first contact has been agreed to, or had nothing to agree to
    fingerprint: str | None = None  #: of the module's plan when it was last completed; None = never
    #: whose records the links are of, on that side: connector, place, stream, id field, as JSON; None = not known
    left_origin: str | None = None
    right_origin: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """A batch of writes that is about to be sent; stays until its outcome is settled."""

    run: str
    module: str
    side: Side  #: the side that is written
    kind: Kind
    created: str
    payload: pa.Table | None  #: what is sent; None once it is done
    count: int  #: writes in the payload
    before: pa.Table | None = None  #: how the records looked before; None = creates
    state: IntentState = "pending"
    not_before: str | None = None  #: do not look it up on the target before this moment; None = at once
    id: int = 0  #: 0 = not stored yet
    integration: str = ""  #: filled in by the ledger
    epoch: int = 0  #: of the lease it was written under; filled in by the ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldRow:
    """A held record, as it is kept until something resolves it.

    Holding a record again with the same code counts one attempt more and keeps `since`.
    """

    integration: str
    module: str
    side: Side
    record_id: str
    code: str
    message: str
    since: str
    run: str
    remedy: str | None = None
    label: str | None = None  #: how a person recognises it; None = only its id is known
    place: str | None = None  #: file:line that decided; None = no single line
    temporary: bool = False  #: True = tried again at `next_try`
    attempts: int = 1  #: counted by the ledger; what is given here only counts for a record not held so far
    next_try: str | None = None  #: None = when the record, the plan or its cause changes
    content_hash: bytes | None = None  #: 16 bytes; of the record when it was held
    plan_fingerprint: str | None = None  #: of the plan that held it
    demands: str | None = None  #: of a refusal: a fingerprint of what its system asked of the record
    #: the values that it is held for, by field, each cut; None = the field is empty
    offending: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """What a person let through of one module, kept until the module has been worked off."""

    module: str
    code: str  #: by which it was agreed to
    about: str  #: the side and the kind of change
    plan_fingerprint: str  #: of the module's plan; under another one it is worth nothing
    entries: bytes  #: digests of what exactly, end to end
    at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Turned:
    """A field that the engine has changed in so many runs in a row, with nobody else touching it."""

    turns: int
    sources: tuple[str, ...]  #: the fields of the other record that its value was made of
    line: str  #: that did it, as a person reads it
    value: str | None  #: of one that is held: what would have been written, as text


@dataclass(frozen=True, slots=True, kw_only=True)
class Turns:
    """A record that the engine has changed, with the fields."""

    integration: str
    module: str
    side: Side
    record_id: str
    origin: str  #: whose records these are: see `modules`
    source_origin: str
    source_id: str
    fields: Mapping[str, Turned]
    run: str
    held: bool  #: whether one of them is held because it goes round


@dataclass(frozen=True, slots=True, kw_only=True)
class Loser:
    """A value that a policy overwrote; kept so that it can be found and put back."""

    module: str
    side: Side  #: whose value was overwritten
    record_id: str
    field: str
    value: Any  #: the overwritten canonical value
    winner: Any  #: the canonical value that took its place
    at: str
    run: str
    link_id: int | None = None  #: None = the link was made in the same settlement


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkRow:
    """A link as people write it down."""

    module: str
    left_id: str
    right_id: str
    state: LinkState = "active"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """A record that must be looked at again once another one, its root, has a link."""

    side: Side
    record_id: str
    root_module: str
    root_side: Side  #: a side of the root's module
    root_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """One field of a pair that differs and that a person must decide; values are canonical text."""

    module: str
    left_id: str
    right_id: str
    key: str  #: of the line
    line: str  #: the line as a person reads it
    base_left: str | None  #: None = null, or never in step: see `contact`
    base_right: str | None
    contact: bool  #: the field was never in step
    left: str | None
    right: str | None
    left_version: (
        str | None
    )  #: when each side was changed last, in its server's words; None = it does not say
    right_version: str | None
    since: str
    run: str
    integration: str = ""  #: filled in by the ledger
    take: Side | None = None  #: what a person decided, for exactly these values; None = not decided
    number: int = 0  #: by which people name it; 0 = not stored yet


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What a person is told of one change, once; and the mail about it until it is sent."""

    key: str  #: the same for every attempt at the same change; what is known by it is not stored again
    module: str
    side: Side
    record_id: str
    label: str | None  #: how a person recognises the record; None = only its id is known
    rule: str  #: the guard that refused it
    message: str
    place: str
    at: str
    run: str
    state: NoticeState = "kept"
    mail_to: str | None = None  #: None = nobody is written to
    subject: str | None = None
    body: str | None = None
    attempts: int = 0  #: at sending
    next_try: str | None = None  #: not before this moment; None = at once
    error: str | None = None  #: what the mail server said last; None = nothing yet
    integration: str = ""  #: filled in by the ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """A record that a person has let take part in a module."""

    module: str
    side: Side
    record_id: str
    place: Mapping[str, str]  #: fields of the other side -> what they get when the record is made there
    at: str
    #: marked: the record itself says so, too · leaving: taken out again, and its counterpart is still to be deleted
    state: Literal["enrolled", "marked", "leaving"] = "enrolled"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleStatus:
    """A module at a glance, for `engine status`."""

    state: ModuleState
    links: int
    held: int
    skipped: int
    intents: int  #: batches whose outcome is not settled
