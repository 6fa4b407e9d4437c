"""Which fields the engine itself has changed in the last runs, so that a value that goes round is found."""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"

_TEXT = {"sqlite": "TEXT", "postgresql": 'TEXT COLLATE "C"'}


def upgrade() -> None:
    """One table more."""
    text = _TEXT[op.get_bind().dialect.name]
    op.execute(
        f"CREATE TABLE turns (integration {text} NOT NULL, module {text} NOT NULL, side {text} NOT NULL,"
        f" record_id {text} NOT NULL, origin {text} NOT NULL, source_origin {text} NOT NULL,"
        f" source_id {text} NOT NULL, fields {text} NOT NULL, run {text} NOT NULL, held BOOLEAN NOT NULL,"
        " PRIMARY KEY (integration, module, side, record_id))"
    )
    op.execute("CREATE INDEX turns_record ON turns (record_id)")
