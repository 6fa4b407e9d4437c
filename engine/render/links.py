"""Links on screen: which record is which, how each pair stands, and what a person has changed about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.render.table import Column, Screen, table
from engine.render.text import count, printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.ledger.model import LinkRow

_SHOWN = ("module", "left_id", "right_id", "state", "made")
_TITLES = ("module", "left", "right", "state", "made on the")


def links_text(
    links: Sequence[Mapping[str, Any]], counts: Mapping[tuple[str, str], int], screen: Screen
) -> str:
    """How many links there are, by module and state, and some of them; a link is a row of `Ledger.links_table`."""
    total = sum(counts.values())
    if not total:
        return "No record is linked.\n"
    lines = [
        f"{printable(module)}: {number:,} {state}\n" for (module, state), number in sorted(counts.items())
    ]
    rest = total - len(links)
    more = f"… and {rest:,} more; --limit shows them, `engine links export` writes all\n" if rest else ""
    rows = [[str(one[name] or "-") for name in _SHOWN] for one in links]
    shown = table([Column(title=title) for title in _TITLES], rows, screen) if rows else ""
    return "\n".join(part for part in ("".join(lines), shown + more) if part)


def links_json(links: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The links as one object; every link, none left out."""
    names = (*_SHOWN, "left_version", "right_version")
    return {"links": [{name: one[name] for name in names} for one in links]}


def added_text(added: Sequence[LinkRow], asked: int, run: str) -> str:
    """What was linked by hand, and what comes of it."""
    there = asked - len(added)
    lines = [f"{count(there, 'link')} already there."] if there else []
    if added:
        lines.append(f"Linked {count(len(added), 'pair')}.")
        lines.append(
            f"`{run}` compares each pair: equal values need nothing, others are handled as at first contact."
        )
    return "".join(f"{line}\n" for line in lines)


def added_json(added: Sequence[LinkRow], asked: int) -> dict[str, Any]:
    """The same as one object."""
    return {"added": [_row(one) for one in added], "already": asked - len(added)}


_ALONE = "Both records of each pair are excluded from sync from now on."
_NEW = (
    "The next run that reads one of these records treats it as new: it may match the same counterpart again, or "
    "create one. With `--leave-alone` it would not."
)


def removed_text(removed: Sequence[LinkRow], *, alone: bool) -> str:
    """What is linked no longer, and what that means for its records."""
    after = _ALONE if alone else _NEW
    return f"Removed {count(len(removed), 'link')}: {pairs(removed)}.\n{after}\n"


def pairs(rows: Sequence[LinkRow]) -> str:
    """The pairs in words."""
    return ", ".join(printable(f"{row.module} {row.left_id} = {row.right_id}") for row in rows)


def removed_json(removed: Sequence[LinkRow], *, alone: bool) -> dict[str, Any]:
    """The same as one object."""
    return {"removed": [_row(one) for one in removed], "left_alone": alone}


def _row(row: LinkRow) -> dict[str, str]:
    return {"module": row.module, "left_id": row.left_id, "right_id": row.right_id, "state": row.state}
