"""What the passes of the compiler share."""

from __future__ import annotations
