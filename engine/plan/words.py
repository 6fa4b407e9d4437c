"""Words of the plan that several of its parts use, and the fingerprint."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, Literal

from engine.record import SIDES

if TYPE_CHECKING:
    from engine.record import Side


Arrow = Literal["->", "<-", "<->", "=="]
Duplicates = Literal["link", "overwrite", "skip", "clone"]

#: Who wins a field that differs: a side; the one changed last (`newest`); nobody (`hold`: it waits for a person).
Policy = Literal["left", "right", "newest", "hold"]


def sources(arrow: Arrow) -> tuple[Side, ...]:
    """The sides that changes or newcomers come from along an arrow; where records are only paired, both."""
    one_way: dict[Arrow, tuple[Side, ...]] = {"->": ("left",), "<-": ("right",)}
    return one_way.get(arrow, SIDES)


def digest(value: Any) -> str:
    """A short stable fingerprint of JSON values."""
    text = json.dumps(value, sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
