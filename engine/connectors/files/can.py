"""What the files of a folder let us do."""

from __future__ import annotations

from engine.catalog import Capabilities

CAN_WRITE = Capabilities(
    create=True, update=True, delete=True, batch_size=100_000, page_size=100_000, by_ids=100_000, bulk=True
)
#: Several files as one stream.
CAN_READ = Capabilities(page_size=100_000, by_ids=100_000, bulk=True)
