"""Beside: fields that a side shows as they are, because guards or checks of a pair look at them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.compiler.fields.behind import behind

if TYPE_CHECKING:
    from engine.compiler.draft.draft import Draft
    from engine.compiler.draft.parts import Checked, Guarded
    from engine.record import Side


def beside(draft: Draft, checked: Checked, side: Side) -> tuple[str, ...]:
    """Fields that are shown as they are, because checks of a pair or guards look at them."""
    names = [name for one in checked.together for name in one.reads.get(side, ())]
    names += checked.enrol.reads(side) if checked.enrol else ()
    return tuple(dict.fromkeys([*names, *_of_guards(draft, checked, side)]))


def _of_guards(draft: Draft, checked: Checked, side: Side) -> tuple[str, ...]:
    """Fields of that side that guards look at or write to, beside those that are compared."""
    names = [name for one in checked.guards if one.side == side for name in plain_fields(draft, checked, one)]
    names += [one.mail.to for one in checked.guards if one.mail and one.side != side]
    return tuple(dict.fromkeys(names))


def plain_fields(draft: Draft, checked: Checked, one: Guarded) -> list[str]:
    """The record's own fields; of one behind a reference, the reference."""
    ref = checked.ends[one.side].ref
    found = [(name, behind(draft, ref, name)) for name in one.reads]
    return list(dict.fromkeys(name if walked is None else walked.by.name for name, walked in found))
