"""Who made a link's records, the newest moment seen, what records wait for, what people decide and are told."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"

#: The names of types, by database.
_TYPES = {
    "sqlite": {"text": "TEXT", "number": "INTEGER"},
    "postgresql": {"text": 'TEXT COLLATE "C"', "number": "BIGINT"},
}
_CHANGES = """
ALTER TABLE links ADD COLUMN made {text};
ALTER TABLE modules ADD COLUMN left_newest {text};
ALTER TABLE modules ADD COLUMN right_newest {text};
CREATE TABLE waits (
  integration {text} NOT NULL, module {text} NOT NULL, side {text} NOT NULL, record_id {text} NOT NULL,
  root_module {text} NOT NULL, root_side {text} NOT NULL, root_id {text} NOT NULL,
  PRIMARY KEY (integration, module, side, record_id, root_module, root_side, root_id)
);
CREATE TABLE conflicts (
  integration {text} NOT NULL, module {text} NOT NULL, left_id {text} NOT NULL, key {text} NOT NULL,
  right_id {text} NOT NULL, line {text} NOT NULL, base_left {text}, base_right {text}, contact BOOLEAN NOT NULL,
  "left" {text}, "right" {text}, left_version {text}, right_version {text}, since {text} NOT NULL, run {text} NOT NULL,
  take {text}, number {number} NOT NULL, PRIMARY KEY (integration, module, left_id, key)
);
CREATE UNIQUE INDEX conflicts_number ON conflicts (integration, number);
CREATE TABLE notices (
  integration {text} NOT NULL, key {text} NOT NULL, module {text} NOT NULL, side {text} NOT NULL,
  record_id {text} NOT NULL, label {text}, rule {text} NOT NULL, message {text} NOT NULL, place {text} NOT NULL,
  at {text} NOT NULL, run {text} NOT NULL, state {text} NOT NULL, mail_to {text}, subject {text}, body {text},
  attempts INTEGER NOT NULL, next_try {text}, error {text}, PRIMARY KEY (integration, key)
);
"""


def upgrade() -> None:
    """Widen the links, and make the three new tables."""
    types = _TYPES[op.get_bind().dialect.name]
    for statement in _CHANGES.format(**types).split(";"):
        if statement.strip():
            op.execute(statement)
