"""Held records keep what the refusal of their target depended on."""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"

_TEXT = {"sqlite": "TEXT", "postgresql": 'TEXT COLLATE "C"'}


def upgrade() -> None:
    """One column more."""
    op.execute(f"ALTER TABLE held ADD COLUMN demands {_TEXT[op.get_bind().dialect.name]}")
