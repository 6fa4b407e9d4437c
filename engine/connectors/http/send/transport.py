"""Transport: one HTTP request and its answer in bounded bytes. A failure says if it may have arrived."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any

from engine.connectors.http.content.json_body import UnreadableError, parse
from engine.connectors.http.content.redact import Secrets, unwatch_logs, watch_logs

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

#: Bytes that an answer may have, unpacked.
LARGEST = 32 * 1024 * 1024
#: Bytes that a file may have which is fetched as it is.
LARGEST_FILE = 512 * 1024 * 1024
CONNECT_S = 10.0
READ_S = 60.0


class UnsentError(Exception):
    """The system could not be reached: no byte of the request has arrived."""


class LostError(Exception):
    """The request left and no whole answer came back: it may have been applied."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpAnswer:
    """What came back."""

    status: int
    headers: Mapping[str, str]  #: names in lower case
    body: Any = None  #: parsed JSON; None = empty, or unreadable
    unreadable: str | None = None  #: what stands there instead of JSON; None = it was read


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """A request in full."""

    method: str
    url: str
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = None  #: None = no body
    into: IO[bytes] | None = None  #: takes the body of a success as it comes; None = it is JSON


class Transport:
    """One HTTP client for a connector's life; may be used from several threads.

    Follows no redirect, reads at most LARGEST bytes, and trusts proxy settings only for real hosts.
    """

    def __init__(self, secrets: Secrets, *, sandbox: bool, connections: int) -> None:
        import ssl  # as the HTTP client: only an open connection needs it

        import httpx

        self._secrets = secrets
        self._watcher = watch_logs(secrets)
        self._client = httpx.Client(
            timeout=httpx.Timeout(READ_S, connect=CONNECT_S),
            limits=httpx.Limits(max_connections=connections, max_keepalive_connections=connections),
            # The sandbox speaks plain HTTP: an empty context trusts nobody and costs no 40 ms.
            verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if sandbox else True,
            follow_redirects=False,
            trust_env=not sandbox,
            headers={"accept": "application/json", "accept-encoding": "gzip", "user-agent": "sync-engine"},
        )

    def close(self) -> None:
        """Give the connections back."""
        self._client.close()
        unwatch_logs(self._watcher)

    def fetch(self, wanted: HttpRequest) -> HttpAnswer:
        """Send once and read the answer.

        Raises:
            UnsentError: nothing has arrived.
            LostError: it may have arrived; timeouts, resets and answers that are cut off or too large.
        """
        answer, failure = self._attempt(wanted)
        if answer is None:
            # Raised out here on purpose: an exception of the client may carry headers in its text or context.
            raise failure or LostError("no answer")
        return answer

    def _attempt(self, wanted: HttpRequest) -> tuple[HttpAnswer | None, Exception | None]:
        import httpx  # only an open connection needs it

        unsent = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
        never = (httpx.UnsupportedProtocol, httpx.LocalProtocolError, httpx.InvalidURL)
        try:
            with self._client.stream(
                wanted.method,
                wanted.url,
                params=dict(wanted.params),
                headers=dict(wanted.headers),
                content=wanted.content,
            ) as response:
                return self._taken(response, wanted), None
        except (*unsent, *never) as error:
            return None, UnsentError(self._words(error))
        except httpx.TimeoutException:
            return None, LostError(f"no answer within {READ_S:.0f} s")
        except (httpx.HTTPError, zlib.error, _TooLargeError) as error:
            return None, LostError(self._words(error))

    def _words(self, error: Exception) -> str:
        return self._secrets.hide(str(error) or type(error).__name__)

    def _taken(self, response: httpx.Response, wanted: HttpRequest) -> HttpAnswer:
        if wanted.into is None or not response.is_success:
            return self._read(response)
        wanted.into.seek(0)
        wanted.into.truncate()
        for chunk in response.iter_bytes():
            if wanted.into.tell() + len(chunk) > LARGEST_FILE:
                raise _TooLargeError(f"the file is larger than {LARGEST_FILE // 1024 // 1024} MiB")
            wanted.into.write(chunk)
        return HttpAnswer(status=response.status_code, headers=_lower(response))

    def _read(self, response: httpx.Response) -> HttpAnswer:
        headers = _lower(response)
        raw = _bounded(response, headers.get("content-encoding", ""))
        try:
            return HttpAnswer(status=response.status_code, headers=headers, body=parse(raw))
        except UnreadableError as error:
            return HttpAnswer(status=response.status_code, headers=headers, unreadable=str(error))


def _lower(response: httpx.Response) -> dict[str, str]:
    return {name.lower(): value for name, value in response.headers.items()}


class _TooLargeError(Exception):
    """The answer has more bytes than anybody should read."""


def _bounded(response: httpx.Response, encoding: str) -> bytes:
    """The body, unpacked piece by piece so that a small bomb never becomes a large string."""
    unpack = zlib.decompressobj(wbits=31) if encoding.lower() in ("gzip", "x-gzip") else None
    parts: list[bytes] = []
    left = LARGEST
    for chunk in response.iter_raw():
        part = unpack.decompress(chunk, left + 1) if unpack else chunk
        left -= len(part)
        if left < 0:
            raise _TooLargeError(f"the answer is larger than {LARGEST // 1024 // 1024} MiB")
        parts.append(part)
    if unpack is not None and not unpack.eof and parts:
        raise _TooLargeError("the packed answer is cut off")
    return b"".join(parts)
