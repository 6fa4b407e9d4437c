"""Connectors: how the engine reaches a system. `port` says what one is, `registry` finds them."""

from __future__ import annotations
