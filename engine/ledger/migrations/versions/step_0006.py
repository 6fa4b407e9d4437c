"""Held records keep the values that they are held for."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"

_TEXT = {"sqlite": "TEXT", "postgresql": 'TEXT COLLATE "C"'}


def upgrade() -> None:
    """One column more."""
    op.execute(f"ALTER TABLE held ADD COLUMN offending {_TEXT[op.get_bind().dialect.name]}")
