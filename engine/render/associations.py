"""Associations on screen: which records are shown on each other, and which may be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.render.table import Column, Screen, table
from engine.render.text import count, printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.ledger.association import Association
    from engine.run.operations.associated import AssociationEnds, PresentAssociation


def listed_text(shown: Sequence[PresentAssociation], screen: Screen) -> str:
    """A row for each pair, with what put it together."""
    if not shown:
        return "No records are associated.\n"
    rows = [
        [
            _called(one.pair.of, one.pair.of_label, gone=one.pair.of in one.missing),
            _called(one.pair.to, one.pair.to_label, gone=one.pair.to in one.missing),
            one.stored.name,
            _by(one.stored),
        ]
        for one in shown
    ]
    titles = ("record", "associated with", "as", "by")
    return table([Column(title=title) for title in titles], rows, screen)


def _called(name: str, label: str | None, *, gone: bool) -> str:
    return f"{name} (deleted)" if gone else f"{label}  {name}" if label else name


def _by(one: Association) -> str:
    who = f"run {one.run}" if one.run else "hand"
    return f"{who}, locked" if one.locked else who


def listed_json(shown: Sequence[PresentAssociation]) -> dict[str, Any]:
    """Every pair as an object."""
    return {
        "associations": [
            {
                **_pair(one.pair),
                "name": one.stored.name,
                "locked": one.stored.locked,
                "run": one.stored.run,
                "at": one.stored.at,
                "deleted": list(one.missing),
            }
            for one in shown
        ]
    }


def _pair(pair: AssociationEnds) -> dict[str, Any]:
    return {"of": pair.of, "of_label": pair.of_label, "to": pair.to, "to_label": pair.to_label}


def offers_text(offers: Sequence[AssociationEnds], screen: Screen) -> str:
    """A row for each pair that may be put together."""
    if not offers:
        return "Nothing can be associated: the spec offers no further pair.\n"
    rows = [
        [
            _called(one.of, one.of_label, gone=False),
            _called(one.to, one.to_label, gone=False),
        ]
        for one in offers
    ]
    told = f"{count(len(offers), 'pair')} can be associated; `engine associations add` does it.\n"
    return table([Column(title="record"), Column(title="can be associated with")], rows, screen) + told


def offers_json(offers: Sequence[AssociationEnds]) -> dict[str, Any]:
    """The same as objects."""
    return {"pairs": [_pair(one) for one in offers]}


def added_text(pair: AssociationEnds) -> str:
    """One sentence."""
    of, to = (_called(*one, gone=False) for one in ((pair.of, pair.of_label), (pair.to, pair.to_label)))
    return printable(f"Associated: {of} and {to}.") + "\n"


def removed_text(gone: Association) -> str:
    """One sentence."""
    names = f"{gone.of_stream}:{gone.of_id} and {gone.to_stream}:{gone.to_id}"
    return printable(f"Association removed: {names}. Both records stay.") + "\n"


def removed_json(gone: Association) -> dict[str, Any]:
    """What was taken apart."""
    return {"of": f"{gone.of_stream}:{gone.of_id}", "to": f"{gone.to_stream}:{gone.to_id}"}
