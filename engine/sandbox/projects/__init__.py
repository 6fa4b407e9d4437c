"""A stand-in for Projects."""

from __future__ import annotations
