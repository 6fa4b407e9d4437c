"""What a module may do: guards, policies, limits, triggers, the lifecycle."""

from __future__ import annotations
