"""What can be asked of the ledger."""

from __future__ import annotations
