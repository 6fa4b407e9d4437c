"""One side of a module becomes a SELECT."""

from __future__ import annotations
