"""A ledger in a SQLite file."""

from __future__ import annotations
