"""Links that are not kept in step are counted without looking at all others."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Index the few links that are not kept."""
    op.execute(
        "CREATE INDEX links_unkept ON links (integration, module, state)"
        " WHERE state IN ('gone-left', 'gone-right', 'suspended')"
    )
