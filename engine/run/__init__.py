"""Executes a plan: pull, lens, pair, reconcile, push, settle; recovers first what a killed run left open."""

from __future__ import annotations
