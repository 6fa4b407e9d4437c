"""Changeset code: the few letters by which a person agrees to exactly this changeset."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.plan import digest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.run.session.sync_pass import SyncPass


def changeset_code(sync: SyncPass, about: str, entries: Sequence[str]) -> str:
    """Names this changeset: the same records with the same values, the same code."""
    return digest([sync.integration, sync.module.name, about, sorted(entries)])[:8]
