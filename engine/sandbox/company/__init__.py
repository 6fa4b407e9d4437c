"""The company that lives in the sandbox."""

from __future__ import annotations
