"""Description: what a connector file says about an API. schemas/connector.schema.json explains every key."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003  `load` reads the types of the fields at run time
from dataclasses import dataclass, field
from typing import Any, Literal

from engine.catalog import Source  # noqa: TC001  see above

#: What the caller does after an answer that is not a success.
Next = Literal[
    "hold",  # this record is wrong; the others go on
    "gone",  # the record does not exist any more
    "stale",  # the record changed after it was read
    "wait",  # not applied; ask again after a while
    "retry",  # not applied, and nothing is wrong with the request
    "refresh",  # the access token is not accepted; get a new one, once
    "stop",  # a person must act before anything works
    "later",  # nothing more works today
    "unknown",  # it may or may not have been applied
    "unsent",  # no byte has reached the system
]
What = Literal["read", "create", "update", "delete"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One line of the error table; the first line whose every condition fits decides."""

    next: Next
    status: tuple[int, ...] = ()  #: HTTP statuses; empty = any
    code: tuple[str, ...] = ()  #: the system's codes; empty = any
    says: str | None = None  #: a part of the system's message, in any case; None = any
    request: tuple[What, ...] = ()  #: kinds of request; empty = any
    cause: str | None = None  #: a sentence: why this happens; None = the system's words say it
    remedy: str | None = None  #: a sentence: what a person can do


@dataclass(frozen=True, slots=True, kw_only=True)
class Errors:
    """How trouble looks in an answer."""

    ok: str | None = None  #: JMESPath over a 2xx body that must be true; None = the status says it
    code: str = "code"  #: JMESPath of the system's code
    message: str = "message"  #: JMESPath of the system's words
    about: str | None = None  #: JMESPath of an object with particulars, such as the field; None = none
    table: tuple[Rule, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Throttle:
    """At most so many tokens in a moving window."""

    tokens: int
    window_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Auth:
    """How a request proves who sends it."""

    style: Literal["oauth2-refresh", "api-key", "basic"]
    path: str = ""  #: of the token endpoint, on the data centre's `accounts` host
    prefix: str = "Bearer"  #: stands before the token in the Authorization header
    error: str = "error"  #: JMESPath into the token answer; a value there means refusal, whatever the status
    lifetime_s: int = 3600  #: of a token whose answer does not say
    throttle: Throttle | None = None  #: None = no limit known
    table: tuple[Rule, ...] = ()  #: what the values under `error` mean


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenant:
    """Which of several organisations a request is about."""

    param: str  #: query parameter on every request
    setting: str  #: key of `with:` whose value it carries


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How fast the system may be called."""

    per_minute: int | None = None  #: requests; None = no limit known
    concurrency: int = 1  #: requests at the same moment, for writes of one record a call
    limit: str | None = None  #: response header: requests a minute
    remaining: str | None = None  #: response header: requests left in this minute
    reset_s: str | None = None  #: response header: seconds until the minute is over
    credits_left: str | None = None  #: response header: credits left for the day


@dataclass(frozen=True, slots=True, kw_only=True)
class Paging:
    """How a list goes on after its first page."""

    style: Literal["none", "page", "token"] = "none"
    page: str = "page"  #: parameter: number of the page, from 1
    size: str = "per_page"  #: parameter: records a page
    at_most: int = 200  #: records a page
    more: str = ""  #: JMESPath: whether there is another page
    token: str | None = None  #: parameter that takes the token of the next page
    next: str | None = None  #: JMESPath of that token
    reach: int | None = None  #: records that page numbers reach; beyond it only tokens do; None = all
    ceiling: int | None = (
        None  #: records that one list reaches; then it starts again at the last time; None = all
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Since:
    """How a list is limited to what changed lately."""

    style: Literal["header", "sorted"]  #: sorted = newest first, and stop at the first older one
    header: str | None = None  #: for header: its name
    exclusive: bool = False  #: True = the system leaves out the given second; one second is taken off
    params: Mapping[str, str] = field(default_factory=dict)  #: sent with such a read


@dataclass(frozen=True, slots=True, kw_only=True)
class Param:
    """A query parameter that takes a list joined by commas."""

    param: str
    at_most: int  #: entries one request takes


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """How a list is limited to a view saved in the system."""

    param: str  #: takes the view's id
    without: tuple[str, ...] = ()  #: parameters that may not stand beside it
    path: str  #: list of the views that exist
    params: Mapping[str, str] = field(default_factory=dict)
    rows: str  #: JMESPath of the views
    id: str = "id"  #: key of a view's id
    names: tuple[str, ...] = ("name",)  #: keys of what a person may call it
    paging: Paging = field(default_factory=Paging)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """Reading many records."""

    path: str
    rows: str  #: JMESPath of the records
    params: Mapping[str, str] = field(default_factory=dict)
    paging: Paging = field(default_factory=Paging)
    fields: Param | None = None  #: names the wanted fields; None = the system decides
    since: Since | None = None
    ids: Param | None = None  #: names the wanted records; None = see `get`
    view: View | None = None
    source: Source = "published"


@dataclass(frozen=True, slots=True, kw_only=True)
class Getting:
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
class Writing:
    """Writing records."""

    method: Literal["POST", "PUT", "PATCH", "DELETE"]
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    batch: int = 1  #: records one request carries
    body: Body | None = None  #: None = no body
    receipts: Receipts = field(default_factory=Receipts)
    condition: str | None = None  #: header that takes the version of a single record; None = unconditional
    source: Source = "published"


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamCalls:
    """The requests of one stream; what is None the system cannot do."""

    list: Listing | None = None
    get: Getting | None = None
    create: Writing | None = None
    update: Writing | None = None
    delete: Writing | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomFields:
    """Fields that live in a list of name and value instead of at the top of a record."""

    prefix: str  #: of their names
    list: str  #: key of that list
    name: str  #: key of the name inside an entry
    value: str  #: key of the value inside an entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """The request that shows whom we are connected to."""

    path: str
    rows: str  #: JMESPath of the accounts that the credentials open
    id: str  #: key of an account's id
    name: str  #: key of an account's name
    setting: str | None = None  #: key of `with:` that chooses one; None = there is only one


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """A connector file."""

    connector: str
    summary: str
    settings: Mapping[str, Any]  #: JSON Schema of `with:`
    centres: Mapping[str, Mapping[str, str]]  #: data centre -> what for (`api`, `accounts`) -> https://host
    base: str  #: path in front of every path
    auth: Auth
    tenant: Tenant | None = None
    limits: Limits = field(default_factory=Limits)
    errors: Errors = field(default_factory=Errors)
    custom_fields: CustomFields | None = None
    check: Check | None = None
    streams: Mapping[str, StreamCalls] = field(default_factory=dict)
