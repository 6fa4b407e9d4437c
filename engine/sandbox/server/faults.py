"""Faults on command: what can go wrong between a client and a vendor, played on the calls that match."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, get_args

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse

from engine.errors import UserError
from engine.sandbox.server.body import read_body
from engine.sandbox.server.refusals import broken, quoting, too_many

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

MEBIBYTE = 1024 * 1024
HUGE = 40 * MEBIBYTE
_DAY_S = 24 * 60 * 60

Kind = Literal[
    "status-429",  # refused before anything is done
    "status-503",  # the same, the product is down
    "status-500-after-apply",  # the write is done, the answer says it failed
    "timeout",  # nothing is done, and no answer ever comes
    "timeout-after-apply",  # the write is done, and no answer ever comes
    "torn",  # the write is done, and the answer breaks off in the middle
    "slow",  # all is well, later
    "html",  # a proxy's page instead of JSON; nothing is done
    "echo",  # refused, in words that quote the request with its credentials; nothing is done
    "huge",  # an answer that is larger than anybody should read; nothing is done
    "stale-listing",  # the answer shows the records as they were some seconds ago
    "expired-token",  # every access token ends its life right before the call
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault and the calls that it meets."""

    kind: Kind
    method: str | None  #: upper case; None = any
    path: re.Pattern[str]  #: searched in the path
    times: int  #: how many calls are still to meet it
    retry_after_s: int | None  #: told in the header Retry-After; None = no such header
    seconds: float  #: of slowness, of silence before the connection ends, or how stale


def parse_fault(wanted: dict[str, Any]) -> Fault:
    """Read a fault from the command's JSON; UserError says what is wrong with it."""
    match, times, seconds = wanted.get("match", {}), wanted.get("times", 1), wanted.get("seconds", 30)
    after = wanted.get("retry_after")
    if wanted.get("fault") not in get_args(Kind):
        raise UserError(f"`fault` is one of {', '.join(get_args(Kind))}.")
    for name, number, most in (
        ("times", times, 10**6),
        ("seconds", seconds, _DAY_S),
        ("retry_after", after or 0, _DAY_S),
    ):
        if isinstance(number, bool) or not isinstance(number, int | float) or not 0 <= number <= most:
            raise UserError(f"`{name}` is a number, {most} at most.")
    try:
        return Fault(
            kind=wanted["fault"],
            method=None if match.get("method") is None else str(match["method"]).upper(),
            path=re.compile(str(match.get("path", ""))),
            times=int(times),
            retry_after_s=None if after is None else int(after),
            seconds=float(seconds),
        )
    except (re.error, AttributeError) as error:
        raise UserError(f"The fault cannot be read: {error}.") from error


class Faults:
    """The faults that are still to be played, in the order in which they were asked for."""

    def __init__(self) -> None:
        self.waiting: list[Fault] = []

    def take(self, method: str, path: str) -> Fault | None:
        """The first fault that meets this call, used up by one; None = the call goes well."""
        for place, fault in enumerate(self.waiting):
            if fault.method in (None, method) and fault.path.search(path):
                left = replace(fault, times=fault.times - 1)
                self.waiting[place : place + 1] = [left] if left.times > 0 else []
                return fault
        return None


def refusal(fault: Fault, path: str) -> Response | None:
    """The answer of a fault that keeps the call from the product; None = the product sees the call."""
    if fault.kind == "html":
        return HTMLResponse(
            "<!doctype html><title>Bad gateway</title><h1>502 Bad gateway</h1>", status_code=502
        )
    if fault.kind == "huge":
        return StreamingResponse(_endless(), media_type="application/json")
    if fault.kind not in ("status-429", "status-503"):
        return None
    status, body = too_many(path) if fault.kind == "status-429" else (503, broken(path))
    after = {} if fault.retry_after_s is None else {"Retry-After": str(fault.retry_after_s)}
    return JSONResponse(body, status_code=status, headers=after)


async def _endless() -> AsyncIterator[bytes]:
    """A list whose one text is longer than HUGE."""
    yield b'{"data":["'
    for _ in range(HUGE // MEBIBYTE):
        yield b"x" * MEBIBYTE
    yield b'"]}'


async def play(fault: Fault, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one call the way the fault says."""
    early = refusal(fault, scope["path"])
    if early is not None:
        await early(scope, receive, send)
    elif fault.kind == "echo":
        await (await _echo(scope, receive))(scope, receive, send)
    elif fault.kind == "timeout":
        await _silence(fault.seconds, receive)
    elif fault.kind in ("status-500-after-apply", "timeout-after-apply", "torn"):
        await _after_apply(fault, app, scope, receive, send)
    else:
        await app(scope, receive, send)


async def _echo(scope: Scope, receive: Receive) -> Response:
    """A refusal as careless products write it."""
    request = Request(scope, receive)
    sent = (await read_body(request))[:1000].decode("utf-8", "replace")
    words = f"Bad request: {request.headers.get('authorization', '')} {sent}"
    if request.url.path == "/oauth/v2/token":
        return JSONResponse({"error": words})
    return JSONResponse(quoting(request.url.path, words), status_code=400)


async def _after_apply(fault: Fault, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    messages: list[Message] = []

    async def keep(message: Message) -> None:
        messages.append(message)

    await app(scope, receive, keep)
    if fault.kind == "status-500-after-apply":
        await JSONResponse(broken(scope["path"]), status_code=500)(scope, receive, send)
    elif fault.kind == "timeout-after-apply":
        await _silence(fault.seconds, receive)
    else:
        await _tear(messages, send)


async def _tear(messages: list[Message], send: Send) -> None:
    """Send the head and half of the body, then let the server drop the connection."""
    body = b"".join(message.get("body", b"") for message in messages)
    await send(messages[0])
    await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})


async def _silence(seconds: float, receive: Receive) -> None:
    """Say nothing until the client hangs up or the time is over."""

    async def hung_up() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    try:
        await asyncio.wait_for(hung_up(), seconds)
    except TimeoutError:
        return
