"""A stand-in for CRM."""

from __future__ import annotations
