"""What is said where a record was to be linked that has another link; loads nothing heavy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.ledger.model import LinkRow

_NAMED = 20  #: of many mistakes of one kind so many are named


class AlreadyLinked(UserError):  # noqa: N818 - it says what is the case
    """Records were to be linked that have another link; nothing was stored."""

    def __init__(self, clashes: Sequence[tuple[LinkRow, LinkRow]]) -> None:
        super().__init__(
            first_of([clash(*pair) for pair in clashes]),
            remedy="Remove the link that is there with `engine links remove`, or leave the record out.",
        )
        #: (the link that was wanted, the one that is in its way)
        self.clashes = tuple(clashes)


def clash(wanted: LinkRow, present: LinkRow) -> str:
    """Why one link cannot be made."""
    if (wanted.left_id, wanted.right_id) == (present.left_id, present.right_id):
        return f"{_pair(present)} is there already and is {present.state}, not {wanted.state}."
    return f"{_pair(wanted)} cannot be linked: {_pair(present)} is linked already."


def _pair(row: LinkRow) -> str:
    return f"{row.module} {row.left_id} = {row.right_id}"


def first_of(several: Sequence[str]) -> str:
    """The first sentences of several, and how many there are besides."""
    rest = len(several) - _NAMED
    return "\n".join([*several[:_NAMED], *([f"… and {rest:,} more."] if rest > 0 else [])])
