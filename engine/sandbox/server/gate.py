"""What stands before every endpoint: the log of calls, the faults, the token, and the limits."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse

from engine.sandbox.server.faults import Fault, play
from engine.sandbox.server.oauth import Standing, expire_all, standing
from engine.sandbox.server.refusals import COMMANDS, crm_error, projects_error, too_many

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from engine.sandbox.server.site import Site


@dataclass(frozen=True, slots=True)
class CallLog:
    """The outermost layer: notes every call and plays the fault that meets it."""

    app: ASGIApp
    site: Site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one call, as it is or as a fault has it."""
        if scope["type"] != "http" or scope["path"].startswith(COMMANDS):
            await self.app(scope, receive, send)
            return
        fault = self.site.faults.take(scope["method"], scope["path"])
        call = self._note(scope, fault)

        async def watched(message: Message) -> None:
            if message["type"] == "http.response.start":
                call["status"] = message["status"]
                call["not_served"] = scope.get("sandbox.not_served")
            await send(message)

        if fault is None:
            await self.app(scope, receive, watched)
            return
        if fault.kind == "expired-token":
            expire_all(self.site.store, self.site.clock.now())
        if fault.kind == "slow":
            scope["sandbox.delay"] = fault.seconds
        if fault.kind == "stale-listing":
            scope["sandbox.as_of"] = self.site.clock.now() - fault.seconds
        await play(fault, self.app, scope, receive, watched)

    def _note(self, scope: Scope, fault: Fault | None) -> dict[str, Any]:
        call = {
            "at": self.site.clock.now(),
            "method": scope["method"],
            "path": scope["path"],
            "query": scope["query_string"].decode("ascii", "replace"),
            "status": None,
            "not_served": None,
            "fault": None if fault is None else fault.kind,
        }
        self.site.calls.append(call)
        return call


@dataclass(frozen=True, slots=True)
class CrmGate:
    """Lets a call into CRM that has a token and credits."""

    app: ASGIApp
    site: Site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one call, or refuse it with 401 or 429."""
        now, throttle = self.site.clock.now(), self.site.throttle
        refused = _CRM_401.get(standing(self.site.store, _authorization(scope), "crm", now))
        if refused is not None:
            await JSONResponse(refused, status_code=401)(scope, receive, send)
            return
        throttle.at_once["crm"] += 1
        try:
            if throttle.crm_refuses(now):
                status, body = too_many("/crm/")
                await JSONResponse(body, status_code=status)(scope, receive, send)
                return
            throttle.credits.spend(_crm_price(scope), now)
            await asyncio.sleep(scope.get("sandbox.delay", 0))
            await self.app(scope, receive, _with_headers(send, throttle.crm_headers(now)))
        finally:
            throttle.at_once["crm"] -= 1


@dataclass(frozen=True, slots=True)
class BooksGate:
    """Lets a call into a finance product that has a token and stays within the limits, and tells the limits."""

    app: ASGIApp
    site: Site
    product: str

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one call, or refuse it with 401 or 429."""
        now, throttle, product = self.site.clock.now(), self.site.throttle, self.product
        refused = _BOOKS_401.get(standing(self.site.store, _authorization(scope), product, now))
        if refused is not None:
            await JSONResponse(refused, status_code=401)(scope, receive, send)
            return
        throttle.at_once[product] += 1
        try:
            code = throttle.books_refuses(product, now)
            if code is not None:
                status, body = too_many(f"/{product}/", code)
                answer = JSONResponse(body, status_code=status, headers=throttle.books_headers(product, now))
                await answer(scope, receive, send)
                return
            throttle.minute[product].spend(1, now)
            throttle.day[product].spend(1, now)
            await asyncio.sleep(scope.get("sandbox.delay", 0))
            await self.app(scope, receive, _with_headers(send, throttle.books_headers(product, now)))
        finally:
            throttle.at_once[product] -= 1


@dataclass(frozen=True, slots=True)
class ProjectsGate:
    """Lets a call into Projects that has a token, and whose address was not called too often."""

    app: ASGIApp
    site: Site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one call, or refuse it with 401, or with 400 when it is one too many."""
        now, path = self.site.clock.now(), scope["path"]
        if standing(self.site.store, _authorization(scope), "projects", now) != "valid":
            await JSONResponse(_PROJECTS_401, status_code=401)(scope, receive, send)
            return
        address = f"{scope['method']} {_NUMBER.sub('/{id}', path)}"
        if self.site.throttle.projects_refuses(address, now):
            status, body = too_many(path)
            await JSONResponse(body, status_code=status)(scope, receive, send)
            return
        await asyncio.sleep(scope.get("sandbox.delay", 0))
        await self.app(scope, receive, send)


_NUMBER = re.compile(r"/[0-9]+")
_PROJECTS_401 = projects_error(401, "INVALID_OAUTHTOKEN", "The token is invalid or has expired.")
_CRM_401: dict[Standing, dict[str, Any]] = {
    "unknown": crm_error("INVALID_TOKEN", "invalid oauth token"),
    "expired": crm_error("INVALID_TOKEN", "invalid oauth token"),
    "out-of-scope": crm_error("OAUTH_SCOPE_MISMATCH", "invalid oauth scope to access this URL"),
}
_BOOKS_401: dict[Standing, dict[str, Any]] = {
    "unknown": {"code": 14, "message": "Invalid value passed for authtoken."},
    "expired": {"code": 57, "message": "You are not authorized to perform this operation"},
    "out-of-scope": {"code": 57, "message": "You are not authorized to perform this operation"},
}


def _authorization(scope: Scope) -> str | None:
    return Headers(scope=scope).get("Authorization")


def _crm_price(scope: Scope) -> int:
    """Credits of a call; a write of many records is charged for the rest where they are counted."""
    if scope["method"] == "GET" and b"cvid=" in scope["query_string"]:
        return 3
    return 2 if scope["path"].endswith("/deleted") else 1


def _with_headers(send: Send, headers: dict[str, str]) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).update(headers)
        await send(message)

    return sent
