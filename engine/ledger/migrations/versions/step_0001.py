"""The first schema."""

from __future__ import annotations

from alembic import op

revision = "0001"
down_revision = None

_TABLES = """
CREATE TABLE meta (key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (key));
CREATE TABLE lease (
  integration TEXT NOT NULL, epoch INTEGER NOT NULL, holder TEXT, expires TEXT NOT NULL,
  PRIMARY KEY (integration)
);
CREATE TABLE runs (
  number INTEGER NOT NULL, id TEXT NOT NULL, integration TEXT NOT NULL, started TEXT NOT NULL,
  spec_file TEXT NOT NULL, plan_fingerprint TEXT NOT NULL, ended TEXT, outcome TEXT, error TEXT,
  counts TEXT NOT NULL, calls TEXT NOT NULL, seconds FLOAT, PRIMARY KEY (number), UNIQUE (id)
);
CREATE TABLE modules (
  integration TEXT NOT NULL, module TEXT NOT NULL, left_cursor TEXT, right_cursor TEXT, left_scope TEXT,
  right_scope TEXT, contacted BOOLEAN NOT NULL, fingerprint TEXT, PRIMARY KEY (integration, module)
);
CREATE TABLE links (
  id INTEGER NOT NULL, integration TEXT NOT NULL, module TEXT NOT NULL, left_id TEXT NOT NULL,
  right_id TEXT NOT NULL, left_hash BLOB, right_hash BLOB, left_version TEXT, right_version TEXT,
  state TEXT NOT NULL, created_run TEXT NOT NULL, PRIMARY KEY (id)
);
CREATE UNIQUE INDEX links_left ON links (integration, module, left_id);
CREATE UNIQUE INDEX links_right ON links (integration, module, right_id);
CREATE TABLE bases (link_id INTEGER NOT NULL, left_values TEXT, right_values TEXT, PRIMARY KEY (link_id));
CREATE TABLE intents (
  id INTEGER NOT NULL, integration TEXT NOT NULL, run TEXT NOT NULL, module TEXT NOT NULL, side TEXT NOT NULL,
  kind TEXT NOT NULL, epoch INTEGER NOT NULL, created TEXT NOT NULL, state TEXT NOT NULL,
  count INTEGER NOT NULL, payload BLOB, before BLOB, not_before TEXT, PRIMARY KEY (id)
);
CREATE INDEX intents_state ON intents (integration, state);
CREATE TABLE held (
  integration TEXT NOT NULL, module TEXT NOT NULL, side TEXT NOT NULL, record_id TEXT NOT NULL,
  code TEXT NOT NULL, message TEXT NOT NULL, since TEXT NOT NULL, run TEXT NOT NULL, remedy TEXT, label TEXT,
  place TEXT, "temporary" BOOLEAN NOT NULL, attempts INTEGER NOT NULL, next_try TEXT, content_hash BLOB,
  plan_fingerprint TEXT, PRIMARY KEY (integration, module, side, record_id)
);
CREATE TABLE skips (
  integration TEXT NOT NULL, module TEXT NOT NULL, side TEXT NOT NULL, record_id TEXT NOT NULL, other_id TEXT,
  why TEXT NOT NULL, PRIMARY KEY (integration, module, side, record_id)
);
CREATE TABLE unlinked (
  integration TEXT NOT NULL, module TEXT NOT NULL, side TEXT NOT NULL, record_id TEXT NOT NULL, version TEXT,
  keys TEXT, PRIMARY KEY (integration, module, side, record_id)
);
CREATE TABLE losers (
  id INTEGER NOT NULL, integration TEXT NOT NULL, run TEXT NOT NULL, module TEXT NOT NULL, side TEXT NOT NULL,
  record_id TEXT NOT NULL, link_id INTEGER, field TEXT NOT NULL, value TEXT NOT NULL, winner TEXT NOT NULL,
  at TEXT NOT NULL, PRIMARY KEY (id)
);
CREATE INDEX losers_run ON losers (integration, run);
"""


def upgrade() -> None:
    """Make every table of the first schema."""
    for statement in _TABLES.split(";"):
        if statement.strip():
            op.execute(statement)
