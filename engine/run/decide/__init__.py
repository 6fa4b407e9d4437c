"""Deciding: what becomes of each pair, field by field. Connects to no system."""

from __future__ import annotations
