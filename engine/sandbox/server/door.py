"""The outermost door: only clients of this machine come in, and no web page of somewhere else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import JSONResponse

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

#: Names of this machine; any other leads here by a name server that somebody else controls.
_OWN = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class Door:
    """Refuses, with 403, what a browser sends for another site."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a call in, or refuse it."""
        headers = Headers(scope=scope) if scope["type"] == "http" else Headers()
        why = stranger(headers.get("Host", _OWN[0]), headers.get("Origin"))
        if why is None:
            await self.app(scope, receive, send)
        else:
            await JSONResponse({"error": why}, status_code=403)(scope, receive, send)


def stranger(host: str, origin: str | None) -> str | None:
    """Why a call is refused, by its headers; None = it is not."""
    try:
        name = urlsplit(f"//{host}").hostname
    except ValueError:
        name = None
    if name not in _OWN:
        return "The sandbox answers on this machine only: the header Host names another one."
    if origin is not None and origin != f"http://{host}":
        return "The sandbox answers no web page of another origin."
    return None
