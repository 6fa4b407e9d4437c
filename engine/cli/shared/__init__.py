"""What commands have in common."""

from __future__ import annotations
