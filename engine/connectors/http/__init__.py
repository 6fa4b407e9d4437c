"""HTTP: a connector described in a YAML file (docs/connectors.md, schemas/connector.schema.json).

Reading order: `description/` (what a file says), `kind` (the connector type), `connector` (the open connection),
`read/` and `write/` (records), `send/` (one request: who we are, how fast, what the answer means, when to try again),
`content/` (bodies and addresses).
"""

from __future__ import annotations

from engine.connectors.http.kind import HttpType

__all__ = ["HttpType"]
