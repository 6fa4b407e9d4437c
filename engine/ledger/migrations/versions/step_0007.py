"""What a person let through is kept until its module has been worked off."""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"

_TEXT = {"sqlite": "TEXT", "postgresql": 'TEXT COLLATE "C"'}
_BLOB = {"sqlite": "BLOB", "postgresql": "BYTEA"}


def upgrade() -> None:
    """One table more."""
    dialect = op.get_bind().dialect.name
    text, blob = _TEXT[dialect], _BLOB[dialect]
    op.execute(
        f"CREATE TABLE approvals (integration {text} NOT NULL, module {text} NOT NULL, code {text} NOT NULL,"
        f" about {text} NOT NULL, plan_fingerprint {text} NOT NULL, entries {blob}, at {text} NOT NULL,"
        " PRIMARY KEY (integration, module, code))"
    )
