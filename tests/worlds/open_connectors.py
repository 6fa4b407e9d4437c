"""Connectors that a test opens for itself, closed when it ends. A test module takes over the fixture `close_all`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.connectors.port import Connector

_OPENED: list[Connector] = []


def opened(connector: Any) -> Any:
    """A connector that is closed when the test ends."""
    _OPENED.append(connector)
    return connector


@pytest.fixture(autouse=True)
def close_all() -> Iterator[None]:
    """Close what the test has opened."""
    yield
    while _OPENED:
        _OPENED.pop().close()
