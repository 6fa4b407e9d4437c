"""Catalog: the streams, fields and types of a system; what a spec is checked against."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

FieldType = Literal[
    "text",  # Unicode, NFC, line ends as \n
    "integer",
    "decimal",  # exact; `scale` digits after the point
    "money",  # a decimal whose scale is the currency's
    "number",  # binary floating point: measures, never money
    "boolean",
    "date",  # a calendar day without a zone
    "instant",  # a moment, kept in UTC
    "duration",  # whole minutes
    "email",
    "phone",
    "url",
    "enum",  # text out of `choices`
    "id",  # an identity; text even if it looks like a number
    "list",
    "object",
    "unknown",  # an open catalog does not say; read as text
]

#: Characters of a value that are shown where somebody is told of it, and what stands for one that nobody is shown.
SHOWN, HIDDEN = 80, "(sensitive)"

Source = Literal["published", "observed", "assumed"]
Precision = Literal["second", "millisecond", "microsecond"]
Unit = Literal["hour", "minute", "second"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of a stream, as its system describes it."""

    name: str  #: dotted path inside a record, such as `billing_address.city`
    type: FieldType
    label: str | None = None  #: what people call it; None = the name
    required: bool = False  #: must have a value when a record is created
    unique: bool = False  #: no two records may hold the same value
    writable: bool = True  #: False = the system sets it
    max_length: int | None = None  #: characters; None = no limit known
    scale: int | None = None  #: digits after the point; None = 9 for decimal and money
    choices: tuple[str, ...] = ()  #: for enum: the values the system accepts; empty = any
    refers: str | None = None  #: the stream of the same system whose id this holds; None = no reference
    #: The field beside it that names the stream whose id this holds, where that differs by record; None = no such field
    stream_in: str | None = None
    zone: str | None = None  #: IANA name of the clock that times without an offset are of; None = not known
    region: str | None = None  #: two letters: whose phone numbers show no country; None = not known
    precision: Precision | None = None  #: what the system keeps of an instant; None = all that it is given
    unit: Unit | None = None  #: of a duration that is a number; None = minutes
    caseless: bool = False  #: the system changes the case of what it is given, so case is no difference
    detail_only: bool = False  #: list answers leave it out; reading it costs one request a record
    #: The system computes it of other records: it changes without the time of the record's last change moving.
    unstamped: bool = False
    sends_null: bool = (
        False  #: a record that is made without a value for it gets null, and no default of its system
    )
    sensitive: bool = False  #: nobody is shown its value who is told why a record is held
    source: Source = "published"


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a stream lets us do. The engine plans within it and never guesses."""

    read: bool = True
    create: bool = False
    update: bool = False
    delete: bool = False
    batch_size: int = 1  #: records one write call carries
    page_size: int = 200  #: records one read call returns
    since: bool = False  #: reading can be limited to records modified at or after an instant
    by_ids: int = 1  #: records one read-by-id call returns; 0 = cannot read by id
    saved_views: bool = False  #: reading can be limited to a view saved in the system
    bulk: bool = False  #: writes take Arrow tables without a Python object a record
    upsert: bool = False  #: a unique field can be named so that a create finds its own record again
    deleted_feed: bool = False  #: the system lists which records were deleted since an instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """A collection of records that a connector offers."""

    name: str
    id: str  #: the field that identifies a record
    modified: str | None = (
        None  #: the field that tells the server's time of the last change; None = no cursor
    )
    changed_by: str | None = (
        None  #: the field with the mail address of who changed it last; None = none tells
    )
    label: str | None = None
    fields: Mapping[str, Field] = field(default_factory=dict)
    can: Capabilities = field(default_factory=Capabilities)
    empty_is_null: bool = False  #: the system answers "" where it has no value
    empty_is_absent: bool = False  #: the system leaves a field out where it has no value
    sends_null: bool = False  #: the same of every field
    tells_nothing: bool = False  #: nobody can ask for what a write has brought about: what was sent counts
    fillable: bool = False  #: a field that a record does not show is not there, and can be written
    singleton: bool = False  #: one record only, such as the organisation itself
    #: The field by which people recognise whose account this is, in the one record that tells it; None = it does not.
    account: str | None = None
    open: bool = False  #: fields that are not listed may exist
    source: Source = "published"


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """Every stream of a system."""

    connector: str
    streams: Mapping[str, Stream] = field(default_factory=dict)
    open: bool = False  #: streams that are not listed may exist (known only once connected)
    #: What a stream will be that is made with its first record, whatever its name; None = none is made.
    unmade: Stream | None = None
    #: Fields have types that are not listed here, and that the system tells once connected.
    tells_types: bool = False
