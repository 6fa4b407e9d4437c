"""Modules know whose records their links are of."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"

_TEXT = {"sqlite": "TEXT", "postgresql": 'TEXT COLLATE "C"'}


def upgrade() -> None:
    """Two columns more."""
    text = _TEXT[op.get_bind().dialect.name]
    for side in ("left", "right"):
        op.execute(f"ALTER TABLE modules ADD COLUMN {side}_origin {text}")
