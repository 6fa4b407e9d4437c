"""One file a step, oldest first; a step is never changed once it was released."""

from __future__ import annotations
