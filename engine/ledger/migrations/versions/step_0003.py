"""Where integrations stand, which records take part by hand, and which are associated."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"

#: The names of types, by database.
_TYPES = {
    "sqlite": {"text": "TEXT", "key": "INTEGER NOT NULL"},
    "postgresql": {"text": 'TEXT COLLATE "C"', "key": "BIGSERIAL NOT NULL"},
}
_CHANGES = """
CREATE TABLE integrations (
  integration {text} NOT NULL, state {text} NOT NULL, since {text} NOT NULL, pins {text} NOT NULL, options {text},
  agreed {text}, "by" {text}, PRIMARY KEY (integration)
);
CREATE TABLE enrolments (
  integration {text} NOT NULL, module {text} NOT NULL, side {text} NOT NULL, record_id {text} NOT NULL,
  state {text} NOT NULL, place {text} NOT NULL, at {text} NOT NULL,
  PRIMARY KEY (integration, module, side, record_id)
);
CREATE TABLE associations (
  number {key}, integration {text} NOT NULL, name {text} NOT NULL, of_stream {text} NOT NULL, of_id {text} NOT NULL,
  to_stream {text} NOT NULL, to_id {text} NOT NULL, locked BOOLEAN NOT NULL, at {text} NOT NULL, run {text},
  PRIMARY KEY (number)
);
CREATE UNIQUE INDEX associations_pair ON associations (integration, of_stream, of_id, to_stream, to_id);
"""


def upgrade() -> None:
    """Make the three tables."""
    types = _TYPES[op.get_bind().dialect.name]
    for statement in _CHANGES.format(**types).split(";"):
        if statement.strip():
            op.execute(statement)
