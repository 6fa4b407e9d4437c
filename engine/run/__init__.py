"""Executes a plan: read, pair, decide, write, settle; recovers first what a killed run left open."""

from __future__ import annotations
