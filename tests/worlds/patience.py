"""Patience: how tests wait for other processes, on a machine that may be busy with something else."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

#: Seconds after which something hangs, however busy the machine; nothing that works is measured by it.
LONGEST_S = 600.0


def eventually(holds: Callable[[], bool]) -> bool:
    """Whether it holds before patience ends."""
    end = time.monotonic() + LONGEST_S
    while not (held := holds()) and time.monotonic() < end:
        time.sleep(0.02)
    return held


def wait_little_for(monkeypatch: pytest.MonkeyPatch, method: str | None, path: str, times: int = 1) -> None:
    """Of the next requests that fit, so many wait a moment only: the test lets them go without an answer."""
    send, left = httpx.Client.send, [times]

    def sent(client: httpx.Client, request: httpx.Request, **more: Any) -> httpx.Response:
        if left[0] and method in (None, request.method) and re.search(path, request.url.path):
            left[0] -= 1
            request.extensions["timeout"] = {**request.extensions["timeout"], "read": 0.2}
        return send(client, request, **more)

    monkeypatch.setattr(httpx.Client, "send", sent)
