"""Calls: what a connector file says about the requests of a stream: lists, details, writes, actions."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003  `load` reads the types of the fields at run time
from dataclasses import dataclass, field
from typing import Any, Literal

from engine.catalog import Source  # noqa: TC001  see above


@dataclass(frozen=True, slots=True, kw_only=True)
class Paging:
    """How a list goes on after its first page."""

    #: link = the Link header names the next page; only its parameters are followed, never its address
    style: Literal["none", "page", "token", "offset", "link"] = "none"
    page: str = "page"  #: parameter: number of the page, from 1; for offset: records to leave out
    size: str = "per_page"  #: parameter: records a page
    at_most: int = 200  #: records a page
    more: str = ""  #: JMESPath: whether there is another page; empty = a page that is not full is the last
    token: str | None = None  #: parameter that takes the token of the next page
    next: str | None = None  #: JMESPath of that token
    #: for page: key of a row's id. Each page then begins with a record of the page before; None = it does not
    overlap: str | None = None
    reach: int | None = None  #: records that page numbers reach; beyond it only tokens do; None = all
    ceiling: int | None = (
        None  #: records that one list reaches; then it starts again at the last time; None = all
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Since:
    """How a list is limited to what changed lately."""

    #: header, filter = the system compares; sorted = newest first, and reading stops at the first older one
    style: Literal["header", "sorted", "filter"]
    header: str | None = None  #: for header: its name
    param: str | None = None  #: for filter: the query parameter that takes the moment
    basic: bool = False  #: for filter: True = the offset is written `+0100`, without its colon
    #: for filter: True = an account may ignore it; a moment far in the future is sent once to find out
    probe: bool = False
    exclusive: bool = False  #: True = the system leaves out the given second; one second is taken off
    params: Mapping[str, str] = field(default_factory=dict)  #: sent with such a read


@dataclass(frozen=True, slots=True, kw_only=True)
class Param:
    """A query parameter that takes a list joined by commas."""

    param: str
    at_most: int  #: entries one request takes


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedView:
    """How a list is limited to a view saved in the system."""

    param: str  #: takes the view's id
    without: tuple[str, ...] = ()  #: parameters that may not stand beside it
    path: str  #: list of the views that exist
    params: Mapping[str, str] = field(default_factory=dict)
    rows: str  #: JMESPath of the views
    id: str = "id"  #: key of a view's id
    names: tuple[str, ...] = ("name",)  #: keys of what a person may call it
    paging: Paging = field(default_factory=Paging)
    credits: int = 1  #: that a page of such a list costs


@dataclass(frozen=True, slots=True, kw_only=True)
class Windows:
    """A list that shows a stretch of days only, and is read stretch by stretch."""

    start: str  #: parameter: the first day
    end: str  #: parameter: the last day
    days: int  #: that one stretch may have
    first: str  #: `YYYY-MM-DD`: no record is older
    ahead_days: int = 31  #: after today, for records of the near future
    changed: Mapping[str, str] = field(default_factory=dict)  #: sent when the days are those of changes
    each: str | None = None  #: parameter that must name a kind of record; every stretch is read once a kind
    kinds: tuple[str, ...] = ()  #: its values


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryCalls:
    """How a long list goes on by queries, which deliver more records for less.

    The list must be sorted by the modified field, oldest first. What writes the query is a hook of the connector.
    """

    path: str
    key: str  #: key of the body that takes the text
    rows: str  #: JMESPath of the records
    more: str  #: JMESPath: whether there are more
    at_most: int  #: records a query
    columns: int  #: that a query may name
    after: int  #: records that are listed before queries are cheaper
    credits: int = 1  #: that one costs


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkCalls:
    """How everything that a stream holds comes as one packed CSV file, which the system makes meanwhile.

    It shows no moment: what changed since it was asked for is listed after it.
    """

    base: str  #: path in front of the paths below
    start: str  #: path that takes a new job
    body: Any  #: of a new job; `{stream}` stands for the stream, the text `{fields}` for the list of fields
    go_on: Any  #: of the job for what did not fit; `{token}` stands for the token of the job before
    job: str  #: JMESPath of the id of a new job
    created: str  #: JMESPath of the moment at which it was taken on
    look: str  #: path that tells how far it is; names `{job}`
    state: str  #: JMESPath of that
    done: str  #: the state in which the file is there
    failed: tuple[str, ...]  #: states in which it will never be
    rows: str  #: JMESPath of the number of its rows
    more: str  #: JMESPath: whether a further job is needed
    token: str  #: JMESPath of the token that it takes
    result: str  #: path of the file; names `{job}`
    at_most: int  #: rows of one file
    total: str  #: path that tells how many records the stream has
    count: str  #: JMESPath of that
    credits: int = 1  #: that a job costs
    wait_s: float = 2.0  #: before the first look; then twice as long each time
    patience_s: float = 3600.0  #: that a job may take
    source: Source = "published"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListCalls:
    """Reading many records."""

    path: str
    rows: str  #: JMESPath of the records
    params: Mapping[str, str] = field(default_factory=dict)
    paging: Paging = field(default_factory=Paging)
    fields: Param | None = None  #: names the wanted fields; None = the system decides
    since: Since | None = None
    ids: Param | None = None  #: names the wanted records; None = see `get`
    view: SavedView | None = None
    windows: Windows | None = None
    query: QueryCalls | None = None
    bulk: BulkCalls | None = None
    credits: int = 1  #: that a page costs, where the system counts credits
    source: Source = "published"


@dataclass(frozen=True, slots=True, kw_only=True)
class GetCalls:
    """Reading one record in full."""

    path: str
    row: str  #: JMESPath of the record
    params: Mapping[str, str] = field(default_factory=dict)
    source: Source = "published"


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """How records are packed into a request."""

    rows: str | None = None  #: key of the list of records; None = the record itself is the body
    id: str | None = None  #: key that carries the id inside a row; None = the id is in the path
    also: Mapping[str, Any] = field(default_factory=dict)  #: further keys of the body
    unique: str | None = None  #: for upsert: key of the list that names the unique field


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipts:
    """Where an answer tells what became of each record."""

    rows: str | None = (
        None  #: JMESPath of one result a record, in the order sent; None = the answer is about one
    )
    success: str | None = None  #: code of a result that went well; None = the answer as a whole says it
    id: str | None = None  #: JMESPath, in the result; None = the id that was sent
    version: str | None = None  #: JMESPath, in the result
    record: str | None = None  #: JMESPath, in the result, of the record as it now is; None = not shown


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteCalls:
    """Writing records."""

    method: Literal["POST", "PUT", "PATCH", "DELETE"]
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)  #: for upsert: may name `{unique}` and `{value}`
    batch: int = 1  #: records one request carries
    body: Body | None = None  #: None = no body
    receipts: Receipts = field(default_factory=Receipts)
    condition: str | None = None  #: header that takes the version of a single record; None = unconditional
    #: objects that the system replaces as a whole: when a part changes, all of it is sent, freshly read
    whole: tuple[str, ...] = ()
    per_credit: int | None = None  #: records that one credit pays for; None = a request costs one
    source: Source = "published"


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionCalls:
    """How a field is set that no write takes: by a request of its own, after the write."""

    path: str  #: may name `{id}`, `{parent}` and `{value}`
    values: Mapping[str, str]  #: value of the field -> the word that stands for `{value}`
    new: str | None = None  #: value that a new record has by itself; None = not known
    #: value -> the value that a record must have had before; it is set first, and a refusal of that says nothing
    through: Mapping[str, str] = field(default_factory=dict)
    method: Literal["POST", "PUT", "PATCH"] = "POST"
    source: Source = "published"


@dataclass(frozen=True, slots=True, kw_only=True)
class ParentCalls:
    """Which record a record lives below; paths name its id `{parent}`, and that of its own parent `{grandparent}`."""

    stream: str  #: the stream of the parents; a list whose path names `{parent}` is read once a parent
    field: str  #: dotted name of the field that holds the parent's id
    #: dotted name of the field that tells a parent's records apart, where they have no id of their own: their id is
    #: then made of the parent's and this one, and `{id}` in a path is this one. None = they have an id
    own: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """How a system is asked which fields a stream has for this account."""

    path: str
    #: JMESPath of the fields, as objects with `name`, `kind` and, where the system tells them, `label`, `required`,
    #: `writable`, `unique`, `max_length`, `scale`, `choices` and `refers`
    rows: str
    #: the system's word for a kind -> our type, and the types of the shipped catalog that fit it as well
    kinds: Mapping[str, tuple[str, ...]]
    params: Mapping[str, str] = field(default_factory=dict)
    paging: Paging = field(default_factory=Paging)
    parts: Mapping[str, str] = field(default_factory=dict)  #: kind -> the part of its object that we read
    refers: Mapping[str, str] = field(default_factory=dict)  #: kind -> stream, where the system does not say
    #: which fields the answer names without exception: a shipped one that it lacks does not exist
    covers: Literal["all", "custom"] = "all"
    detail: bool = False  #: True = lists leave a new field out
    source: Source = "published"


@dataclass(frozen=True, slots=True, kw_only=True)
class Others:
    """Streams that an account made itself: how they are found, and what they are like."""

    path: str
    rows: str  #: JMESPath of them, as objects with `name` and `label`
    like: str  #: the stream whose requests, id, modified field and capabilities they share
    params: Mapping[str, str] = field(default_factory=dict)
    paging: Paging = field(default_factory=Paging)
    source: Source = "published"


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamCalls:
    """The requests of one stream; what is None the system cannot do."""

    list: ListCalls | None = None
    get: GetCalls | None = None
    create: WriteCalls | None = None
    update: WriteCalls | None = None
    delete: WriteCalls | None = None
    upsert: WriteCalls | None = (
        None  #: creates that change the record with the same unique value, if there is one
    )
    deleted: ListCalls | None = None  #: what was deleted; its rows hold the id and the modified field
    parent: ParentCalls | None = None  #: None = records stand alone
    #: name of a field -> what a write calls it, where the system reads and writes under different names
    written: Mapping[str, str] = field(default_factory=dict)
    base: str | None = None  #: path in front of the paths of this stream; None = that of the file
    actions: Mapping[str, ActionCalls] = field(
        default_factory=dict
    )  #: by the name of the field that they set
    metadata: Metadata | None = None  #: None = the catalog that ships is all that is known
