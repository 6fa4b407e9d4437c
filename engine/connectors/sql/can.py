"""What a table of a database lets us do."""

from __future__ import annotations

from dataclasses import replace

from engine.catalog import Capabilities

CAN_READ = Capabilities(page_size=100_000, since=True, by_ids=10_000, bulk=True)
CAN_WRITE = replace(CAN_READ, create=True, update=True, delete=True, batch_size=50_000)

#: The key of a table that the engine makes, unless the spec names another.
NEW_KEY = "id"
