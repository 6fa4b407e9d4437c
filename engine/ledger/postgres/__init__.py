"""A ledger in a schema of a PostgreSQL database."""

from __future__ import annotations
