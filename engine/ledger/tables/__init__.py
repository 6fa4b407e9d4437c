"""The tables of the ledger, and how values stand in their cells."""

from __future__ import annotations
