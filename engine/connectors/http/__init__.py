"""HTTP: a connector described in a YAML file (docs/connectors.md, schemas/connector.schema.json).

Reading order: `description` (what a file says), `kind` (the connector type), `connector` (the open
connection), `reading` and `writing` (what goes over the wire), `wire` (one request: budget, token, patience),
`verdict` (what an answer means), `transport` (bytes).
"""

from __future__ import annotations

from engine.connectors.http.kind import HttpType

__all__ = ["HttpType"]
