"""What every stand-in stands on: requests, tokens, limits, faults, the store."""

from __future__ import annotations
