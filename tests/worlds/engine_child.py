"""The command line with `--sandbox` leading to a sandbox that runs somewhere else, as a vendor does.

Usage: python engine_child.py CONNECTIONS WORD…  (CONNECTIONS: JSON, what that sandbox tells under /connect)
"""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from unittest import mock

from engine.cli import main

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True)
class Elsewhere:
    """A sandbox as the command line sees it."""

    connections: Mapping[str, Any]

    def connect(self) -> Mapping[str, Any]:
        """Settings by connector."""
        return self.connections


@contextmanager
def sandbox_at(connections: Mapping[str, Any]) -> Iterator[None]:
    """While it lasts, `--sandbox` starts nothing and leads there."""

    @contextmanager
    def start(*_words: Any, **_more: Any) -> Iterator[Elsewhere]:
        yield Elsewhere(connections)

    with mock.patch("engine.sandbox.serve.start", start):
        yield


if __name__ == "__main__":
    with sandbox_at(json.loads(sys.argv[1])):
        sys.argv = ["engine", *sys.argv[2:]]
        main()
