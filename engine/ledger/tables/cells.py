"""How values stand in the ledger's cells: JSON with exact numbers, compressed Arrow tables, moments."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa


def to_json(value: Any) -> str:
    """JSON text; a Decimal stays a number with all its digits."""
    import simplejson

    return simplejson.dumps(value, use_decimal=True, ensure_ascii=False, separators=(",", ":"))


def from_json(text: str | None) -> Any:
    """The value; numbers with a point are Decimal. None = null."""
    return None if text is None else json.loads(text, parse_float=Decimal)


def pack(table: pa.Table | None) -> bytes | None:
    """An Arrow table as an IPC stream, compressed with zstd."""
    import pyarrow as pa

    if table is None:
        return None
    sink = pa.BufferOutputStream()
    # The lightest level: as small as the usual one for such tables, in less than half the time.
    options = pa.ipc.IpcWriteOptions(compression=pa.Codec("zstd", 1))
    with pa.ipc.new_stream(sink, table.schema, options=options) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


def unpack(packed: bytes | None) -> pa.Table | None:
    """The table that `pack` was given."""
    import pyarrow as pa

    return None if packed is None else pa.ipc.open_stream(packed).read_all()


def moment(text: str) -> datetime:
    """A moment in UTC. Raises ValueError if the text has no zone: such a moment means nothing."""
    parsed = datetime.fromisoformat(text)
    if parsed.tzinfo is None:
        raise ValueError(f"the moment {text!r} has no zone")
    return parsed.astimezone(UTC)


def later(text: str, seconds: float) -> str:
    """The moment so many seconds after."""
    return (moment(text) + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")
