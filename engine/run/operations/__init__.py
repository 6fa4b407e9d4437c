"""What commands call: preview, apply, explain, enrol, search, undo, the lifecycle."""

from __future__ import annotations
