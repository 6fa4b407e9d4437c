"""Writing: the one door to the systems, and how what was written is settled."""

from __future__ import annotations
