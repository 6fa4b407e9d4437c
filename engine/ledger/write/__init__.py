"""What is written into the ledger; every function is a part of one fenced transaction."""

from __future__ import annotations
