"""Pairing: newcomers are recognised, and every record gets its way."""

from __future__ import annotations
