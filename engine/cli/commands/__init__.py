"""One file a command."""

from __future__ import annotations
