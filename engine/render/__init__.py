"""The only place with prose and formats: pure functions from values to text or JSON."""

from __future__ import annotations
