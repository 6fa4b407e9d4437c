"""What a database must do for the ledger, and what SQLite and PostgreSQL share in doing it."""

from __future__ import annotations
