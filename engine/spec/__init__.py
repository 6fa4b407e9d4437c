"""The spec language: text -> document with places -> frozen model; what is wrong comes back as values."""

from __future__ import annotations
