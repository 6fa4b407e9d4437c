"""A database that cannot hold every letter takes no ledger. Making and dropping one flushes the whole server."""

from __future__ import annotations

from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from ledger_place import SERVER, demand_server, on_server

from engine.errors import EngineError
from engine.ledger import open_ledger


def test_a_database_that_cannot_hold_every_letter_is_refused() -> None:
    demand_server()
    name = f"test_{uuid4().hex}"
    on_server(f"CREATE DATABASE {name} ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")
    try:
        with pytest.raises(EngineError, match="stores text as LATIN1"):
            open_ledger(f"postgresql://{urlsplit(SERVER).netloc}/{name}")
    finally:
        on_server(f"DROP DATABASE {name}")
