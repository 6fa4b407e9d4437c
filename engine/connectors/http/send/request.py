"""Request: one request as reading and writing see it, and what it came to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.connectors.http.description.api import What
    from engine.connectors.http.send.answer_meaning import Failure
    from engine.connectors.http.send.transport import HttpAnswer


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiRequest:
    """A request as reading and writing see it."""

    what: What
    about: str  #: what it is for, in a sentence such as `list orders`
    method: str
    path: str  #: after the base, already quoted
    base: str | None = None  #: None = that of the connector file
    pattern: str | None = (
        None  #: the path as the connector file writes it, for limits; None = the path itself
    )
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = None
    credits: int = 1  #: that it costs if the system takes it, where the system counts credits
    into: IO[bytes] | None = None  #: takes a file that is no JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiReply:
    """What one call came to."""

    answer: HttpAnswer | None  #: None = there was no whole answer
    failure: Failure | None  #: None = success

    @property
    def body(self) -> Any:
        """The parsed JSON; None = there is none."""
        return self.answer.body if self.answer else None
