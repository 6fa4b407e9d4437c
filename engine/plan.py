"""Plan: the compiled spec. Offline, deterministic, printable; the same spec and choices give the same bytes."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from engine.record import SIDES, Side

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.catalog import Capabilities, Catalog, FieldType

Arrow = Literal["->", "<-", "<->", "=="]
Duplicates = Literal["link", "overwrite", "skip", "clone"]

#: Who wins a field that differs: a side; the one changed last (`newest`); nobody (`hold`: it waits for a person).
Policy = Literal["left", "right", "newest", "hold"]


def sources(arrow: Arrow) -> tuple[Side, ...]:
    """The sides that changes or newcomers come from along an arrow; where records are only paired, both."""
    one_way: dict[Arrow, tuple[Side, ...]] = {"->": ("left",), "<-": ("right",)}
    return one_way.get(arrow, SIDES)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """How many records of a module one run may touch in one way; `Limits` says which of two figures counts."""

    count: int | None  #: None = no such number
    share: float | None  #: of the module's links, 0 to 1; None = no such share


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What makes a run stop and ask before it writes anything of a module; None = never.

    It stops at more than the figure says. Where a limit has both a count and a share, whichever is passed first
    stops it; only for creates both must be passed, so that a small module may still grow. A share says nothing below
    ten links. Creates count once a module has been linked in full; updates are those of one side.
    """

    creates: Limit | None
    updates: Limit | None
    deletes: Limit | None
    conflicts: Limit | None


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
    saved_view: str | None  #: a view saved in the system; None = all records
    #: SELECT over `page` (text columns named by field, `_id`, `_version`, `_absent`) giving
    #: id, version, moment (the version as a value that sorts), absent, hash (16 bytes over the compared values),
    #: trouble (index into `troubles` or null), lacks (the same, for creates only), in_view, label,
    #: roots (text list: `MODULE/SIDE/ID` of every referenced record that has no link yet; null = none),
    #: k0 … (match keys), c0 … (canonical values of every line)
    lens: str
    key_lens: str  #: SELECT over `page` giving id, version, moment, k0 …
    clock: str  #: SELECT over `page` giving id, version, moment: all that the cursor needs of an unchanged record
    troubles: tuple[Trouble, ...]
    slow: tuple[SlowField, ...]
    references: tuple[Reference, ...]  #: tables that the lens, or a write to this side, looks ids up in
    can: Capabilities
    walks: tuple[WalkPlan, ...] = ()  #: records of other streams that the lens looks at
    #: whose records must refer to one of this side for it to take part; None = it need not be referred to
    referrers: tuple[ReferrerPlan, ...] | None = None

    @property
    def name(self) -> str:
        """`system.stream`, as people write it."""
        return f"{self.system}.{self.stream}"

    @property
    def scope(self) -> str:
        """A fingerprint of what is read; when it changes, the cursor is worth nothing."""
        return digest([self.system, self.connector, self.stream, list(self.reads), self.saved_view])


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """Where a canonical value goes on one side, and as what."""

    to: str  #: the target's field name
    sql: str  #: DuckDB SQL over the canonical column: the value in the target's type
    keep: bool  #: True = the target needs a value, so it is never cleared


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldPlan:
    """One line of the mapping."""

    key: str  #: stable name in bases: the field it writes
    line: str  #: as a person reads it, such as `Account_Name -> contact_name`
    column: str  #: canonical column in both lenses, such as `c3`
    type: FieldType
    writes: Mapping[Side, Write]  #: which sides it may write
    on_create: bool  #: written only when the record is made; not compared
    policy: Policy  #: who wins where both sides differ
    fallback: Policy  #: who wins where `newest` cannot tell; never `newest`
    group: str | None  #: lines of one group are decided as one value; None = on its own
    place: str

    def toward(self, side: Side) -> bool:
        """Whether this line may write to that side of an existing record."""
        return side in self.writes and not self.on_create


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPlan:
    """A match key; column k<index> of both lenses, null where any part is empty."""

    line: str
    place: str


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


@dataclass(frozen=True, slots=True, kw_only=True)
class ModulePlan:
    """Two streams that are kept in step, and how."""

    name: str
    title: str
    arrow: Arrow
    left: SidePlan
    right: SidePlan
    fields: tuple[FieldPlan, ...]
    #: SQL over the columns of a lens: JSON object of the compared values as canonical text, by key
    snapshot: str
    keys: tuple[KeyPlan, ...]
    duplicates: Duplicates
    creates: tuple[Side, ...]  #: the sides on which newcomers are made
    deletes: Literal["keep", "propagate"]
    limits: Limits
    before_write: Literal["check", "trust"]
    place: str
    trigger: TriggerPlan | None = None  #: None = records are kept in step
    yields: tuple[YieldPlan, ...] = ()  #: modules whose values win over this one's
    checks: tuple[PairCheckPlan, ...] = ()  #: what both records of a pair must meet together
    guards: tuple[GuardPlan, ...] = ()  #: in the order of the spec

    def side(self, side: Side) -> SidePlan:
        """That end."""
        return self.left if side == "left" else self.right

    @property
    def sources(self) -> tuple[Side, ...]:
        """The sides that changes or newcomers come from, in the order in which they are read and push."""
        return sources(self.arrow)

    def policy(self, line: FieldPlan) -> Policy:
        """Who wins a line that differs: in one direction always the source."""
        return line.policy if len(self.sources) > 1 else self.sources[0]

    @property
    def compared(self) -> tuple[FieldPlan, ...]:
        """The lines that tell whether a record changed."""
        return tuple(line for line in self.fields if not line.on_create)

    @property
    def fingerprint(self) -> str:
        """Changes whenever a held record deserves another try."""
        return digest(asdict(self))


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemPlan:
    """A system as the spec names it; references in its settings are resolved only when it is opened."""

    name: str
    connector: str
    settings: Mapping[str, Any]
    place: str
    #: as it was pulled and is kept beside the spec; None = the connector knows its own
    catalog: Catalog | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequirementPlan:
    """What must hold before anything is written."""

    sql: str  #: over one-row columns named SYSTEM.STREAM.FIELD
    reads: tuple[tuple[str, str, str], ...]  #: (system, stream, field)
    #: how each of `reads` becomes canonical: SELECT list items over text columns of the same names
    canonical: tuple[str, ...]
    message: str
    text: str
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotBuilt:
    """A construct that is checked but cannot be run by this version."""

    what: str
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The compiled spec."""

    name: str
    title: str
    file: str
    options: Mapping[str, Any]
    systems: Mapping[str, SystemPlan]
    requirements: tuple[RequirementPlan, ...]
    modules: tuple[ModulePlan, ...]  #: in the order they run; triggers are among them
    not_built: tuple[NotBuilt, ...] = ()
    switched_off: tuple[str, ...] = field(default=())  #: modules and triggers whose `if` does not hold
    asleep: tuple[str, ...] = ()  #: the triggers among them: they begin anew once they are switched on again
    mail: MailServer | None = None  #: None = nobody is written to
    discloses: tuple[str, ...] = ()  #: what connecting shows, as `system: sentence`

    @property
    def fingerprint(self) -> str:
        """A digest of everything the plan says."""
        return digest(self.describe())

    def describe(self) -> dict[str, Any]:
        """The whole plan as JSON values, in a stable order. Settings are shown as written, never resolved."""
        said = asdict(self)
        for system in said["systems"].values():
            pulled = system.pop("catalog")
            if pulled is not None:
                system["catalog"] = digest(pulled)  # the lock beside the spec shows it in full
        return said


def digest(value: Any) -> str:
    """A short stable fingerprint of JSON values."""
    text = json.dumps(value, sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
