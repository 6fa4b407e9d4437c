"""The first schema."""

from __future__ import annotations

from alembic import op

revision = "0001"
down_revision = None

#: The names of types, by database.
_TYPES = {
    "sqlite": {"text": "TEXT", "blob": "BLOB", "number": "INTEGER", "counted": "INTEGER"},
    "postgresql": {"text": 'TEXT COLLATE "C"', "blob": "BYTEA", "number": "BIGINT", "counted": "BIGSERIAL"},
}
_TABLES = """
CREATE TABLE meta (key {text} NOT NULL, value {text} NOT NULL, PRIMARY KEY (key));
CREATE TABLE lease (
  integration {text} NOT NULL, epoch INTEGER NOT NULL, holder {text}, expires {text} NOT NULL,
  PRIMARY KEY (integration)
);
CREATE TABLE runs (
  number {counted} NOT NULL, id {text} NOT NULL, integration {text} NOT NULL, started {text} NOT NULL,
  spec_file {text} NOT NULL, plan_fingerprint {text} NOT NULL, ended {text}, outcome {text}, error {text},
  counts {text} NOT NULL, calls {text} NOT NULL, seconds FLOAT, PRIMARY KEY (number), UNIQUE (id)
);
CREATE TABLE modules (
  integration {text} NOT NULL, module {text} NOT NULL, left_cursor {text}, right_cursor {text}, left_scope {text},
  right_scope {text}, contacted BOOLEAN NOT NULL, fingerprint {text}, PRIMARY KEY (integration, module)
);
CREATE TABLE links (
  id {number} NOT NULL, integration {text} NOT NULL, module {text} NOT NULL, left_id {text} NOT NULL,
  right_id {text} NOT NULL, left_hash {blob}, right_hash {blob}, left_version {text}, right_version {text},
  state {text} NOT NULL, created_run {text} NOT NULL, PRIMARY KEY (id)
);
CREATE UNIQUE INDEX links_left ON links (integration, module, left_id);
CREATE UNIQUE INDEX links_right ON links (integration, module, right_id);
CREATE TABLE bases (link_id {number} NOT NULL, left_values {text}, right_values {text}, PRIMARY KEY (link_id));
CREATE TABLE intents (
  id {counted} NOT NULL, integration {text} NOT NULL, run {text} NOT NULL, module {text} NOT NULL, side {text} NOT NULL,
  kind {text} NOT NULL, epoch INTEGER NOT NULL, created {text} NOT NULL, state {text} NOT NULL,
  count INTEGER NOT NULL, payload {blob}, before {blob}, not_before {text}, PRIMARY KEY (id)
);
CREATE INDEX intents_state ON intents (integration, state);
CREATE TABLE held (
  integration {text} NOT NULL, module {text} NOT NULL, side {text} NOT NULL, record_id {text} NOT NULL,
  code {text} NOT NULL, message {text} NOT NULL, since {text} NOT NULL, run {text} NOT NULL, remedy {text},
  label {text},
  place {text}, "temporary" BOOLEAN NOT NULL, attempts INTEGER NOT NULL, next_try {text}, content_hash {blob},
  plan_fingerprint {text}, PRIMARY KEY (integration, module, side, record_id)
);
CREATE TABLE skips (
  integration {text} NOT NULL, module {text} NOT NULL, side {text} NOT NULL, record_id {text} NOT NULL, other_id {text},
  why {text} NOT NULL, PRIMARY KEY (integration, module, side, record_id)
);
CREATE TABLE sightings (
  integration {text} NOT NULL, module {text} NOT NULL, side {text} NOT NULL, record_id {text} NOT NULL, version {text},
  keys {text}, PRIMARY KEY (integration, module, side, record_id)
);
CREATE TABLE losers (
  id {counted} NOT NULL, integration {text} NOT NULL, run {text} NOT NULL, module {text} NOT NULL, side {text} NOT NULL,
  record_id {text} NOT NULL, link_id {number}, field {text} NOT NULL, value {text} NOT NULL, winner {text} NOT NULL,
  at {text} NOT NULL, PRIMARY KEY (id)
);
CREATE INDEX losers_run ON losers (integration, run);
"""


def upgrade() -> None:
    """Make every table of the first schema."""
    types = _TYPES[op.get_bind().dialect.name]
    for statement in _TABLES.format(**types).split(";"):
        if statement.strip():
            op.execute(statement)
