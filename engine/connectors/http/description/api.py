"""API: what a connector file says about an API. schemas/connector.schema.json explains every key.

The requests of its streams are in `calls`.
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003  `load` reads the types of the fields at run time
from dataclasses import dataclass, field
from typing import Any, Literal

from engine.connectors.http.description.calls import Others, StreamCalls  # noqa: TC001  see above

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
class ErrorRule:
    """One line of the error table; the first line whose every condition fits decides."""

    next: Next
    status: tuple[int, ...] = ()  #: HTTP statuses; empty = any
    code: tuple[str, ...] = ()  #: the system's codes; empty = any
    says: str | None = None  #: a part of the system's message, in any case; None = any
    request: tuple[What, ...] = ()  #: kinds of request; empty = any
    cause: str | None = None  #: a sentence: why this happens; None = the system's words say it
    remedy: str | None = None  #: a sentence: what a person can do
    wait_s: float | None = (
        None  #: for wait: how long at least, where the answer does not say; None = a little
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Errors:
    """How trouble looks in an answer."""

    ok: str | None = None  #: JMESPath over a 2xx body that must be true; None = the status says it
    code: str = "code"  #: JMESPath of the system's code
    message: str = "message"  #: JMESPath of the system's words
    about: str | None = None  #: JMESPath of an object with particulars, such as the field; None = none
    table: tuple[ErrorRule, ...] = ()


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
    header: str = "Authorization"  #: takes the proof
    prefix: str = "Bearer"  #: stands before the token or key in that header; empty = nothing
    error: str = "error"  #: JMESPath into the token answer; a value there means refusal, whatever the status
    lifetime_s: int = 3600  #: of a token whose answer does not say
    throttle: Throttle | None = None  #: None = no limit known
    table: tuple[ErrorRule, ...] = ()  #: what the values under `error` mean


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenant:
    """Which of several organisations a request is about."""

    param: str  #: query parameter on every request
    setting: str  #: key of `with:` whose value it carries


@dataclass(frozen=True, slots=True, kw_only=True)
class Rolling:
    """At most so many requests in a moving window."""

    requests: int
    window_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimits:
    """How fast the system may be called."""

    per_minute: int | None = None  #: requests; None = no limit known
    per_day: int | None = None  #: requests in a day of UTC; None = not counted
    per_day_setting: str | None = None  #: key of `with:` that says so for an account; None = no such key
    per_path: Rolling | None = None  #: for each path as the file writes it; None = no such limit
    concurrency: int = 1  #: requests at the same moment, for writes of one record a call
    limit: str | None = None  #: response header: requests a minute
    remaining: str | None = None  #: response header: requests left in this minute
    reset_s: str | None = None  #: response header: seconds until the minute is over
    credits_left: str | None = None  #: response header: credits left for the day
    credits: bool = False  #: True = requests cost credits


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomFields:
    """Fields that live in a list of name and value instead of at the top of a record."""

    prefix: str  #: of their names
    list: str  #: key of that list
    name: str  #: key of the name inside an entry
    value: str  #: key of the value inside an entry


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountCheck:
    """The request that shows whom we are connected to."""

    path: str
    rows: str  #: JMESPath of the accounts that the credentials open
    id: str  #: key of an account's id
    name: str  #: key of an account's name
    setting: str | None = None  #: key of `with:` that chooses one; None = there is only one
    base: str | None = None  #: path in front; None = that of the file


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
    digest: str = ""  #: of all that the file says
    words: tuple[str, ...] = ()  #: further keys of `with:` that paths, parameters and windows may name
    limits: RateLimits = field(default_factory=RateLimits)
    errors: Errors = field(default_factory=Errors)
    custom_fields: CustomFields | None = None
    check: AccountCheck | None = None
    streams: Mapping[str, StreamCalls] = field(default_factory=dict)
    others: Others | None = None  #: None = an account has the streams of the catalog file and no others
