"""Link origins: whose records the links of a module are of: the place, the stream and the id field of each side.

Links are bare ids. Used for other records, they would write values of one record over another; so a module whose links
were made for something else stops before anything is read.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from engine.connectors.read_port import Located
from engine.errors import StoppedError
from engine.event import Noted
from engine.plan import digest
from engine.record import SIDES
from engine.run.session.report import Ask

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.ledger import ModuleState
    from engine.record import Side
    from engine.run.session.ledger_writer import LedgerWriter
    from engine.run.session.sync_pass import SyncPass

#: What tells whose records a side's are, in the order in which it is kept.
PARTS = ("connector", "place", "stream", "id field")


def origin(sync: SyncPass, side: Side) -> str:
    """Whose records that side's are now, as the ledger keeps it."""
    plan = sync.module.side(side)
    connector = sync.connector(plan)
    place = connector.location() if isinstance(connector, Located) else ""
    return json.dumps([plan.connector, place, plan.stream, plan.id_field], ensure_ascii=False)


def check_origins(passes: Sequence[SyncPass], writer: LedgerWriter) -> None:
    """Raises StoppedError where the links of the module were made for other records and nobody has said how to go on.

    What is approved is carried out at once: the links are kept, or all that is known of the module is forgotten.
    Agreeing to whatever a run asks is no approval of this.
    """
    first = passes[0]
    ledger, name = first.ledger, first.module.name
    state = ledger.module_state(first.integration, name)
    asks = origin_asks(first, state)
    if asks:
        demand_approval(first, asks)
    if _changed(first, state) and (not asks or asks[0].code in first.accepted.codes):
        ledger.forget(writer.renew(), [name])
        state = ledger.module_state(first.integration, name)
    left, right = (origin(first, side) for side in SIDES)
    if (state.left_origin, state.right_origin) != (left, right):
        ledger.finish_module(writer.renew(), replace(state, left_origin=left, right_origin=right))


def refuse_other_origins(sync: SyncPass) -> None:
    """Raises StoppedError where the links of the module were made for other records: nothing of theirs is undone."""
    asks = origin_asks(sync, sync.ledger.module_state(sync.integration, sync.module.name))
    if asks:
        raise StoppedError(
            f"Module `{sync.module.name}` cannot be undone. Nothing was written.\n  {asks[0].what}",
            remedy="Name the systems again that the run wrote to.",
        )


def demand_approval(sync: SyncPass, asks: Sequence[Ask]) -> None:
    """Raises StoppedError with the ways on, unless a person has approved one of these."""
    approved = [one for one in asks if one.code in sync.accepted.codes]
    if not approved:
        raise StoppedError(
            f"Module `{sync.module.name}` requires confirmation. Nothing was read or written.\n  {asks[0].what}",
            remedy=" ".join(f"{one.remedy}, add: --accept {one.code}." for one in asks),
        )
    sync.listen(Noted(module=sync.module.name, message=f"Approved: {approved[0].what}"))


def origin_asks(sync: SyncPass, state: ModuleState) -> list[Ask]:
    """The ways on where the links were made for other records, starting afresh first; empty = they are right."""
    wrong = _changed(sync, state)
    if not wrong or not sync.ledger.link_count(sync.integration, sync.module.name):
        return []
    what = " ".join(_sentence(sync, side, old, now) for side, (old, now) in wrong.items())
    same_records = not any(_others(old, now, PARTS.index("stream")) for old, now in wrong.values())
    ways = [("afresh", "To forget these links and begin with a first contact")]
    ways += (
        [("keep", "If these are the same records at another place, to keep the links")]
        if same_records
        else []
    )
    return [
        Ask(
            module=sync.module.name,
            code=digest([sync.integration, sync.module.name, way, sorted(wrong.values())])[:8],
            what=what,
            remedy=remedy,
            details=(),
        )
        for way, remedy in ways
    ]


def _changed(sync: SyncPass, state: ModuleState) -> dict[Side, tuple[str, str]]:
    """The sides whose records are others now: (what was known, what is so)."""
    known: dict[Side, str | None] = {"left": state.left_origin, "right": state.right_origin}
    both = {side: (old, origin(sync, side)) for side, old in known.items() if old is not None}
    return {side: (old, now) for side, (old, now) in both.items() if _others(old, now)}


def _others(old: str, now: str, first: int = 0) -> bool:
    """Whether two origins differ from a part on; what is unknown, as the id of a table to be made, does not differ."""
    parts = zip(json.loads(old)[first:], json.loads(now)[first:], strict=True)
    return any(was and is_ and was != is_ for was, is_ in parts)


def _sentence(sync: SyncPass, side: Side, old: str, now: str) -> str:
    """What is another one now, in words."""
    parts = zip(PARTS, json.loads(old), json.loads(now), strict=True)
    changed = "; ".join(f"{name} {was}, now {is_}" for name, was, is_ in parts if was and is_ and was != is_)
    return f"Its links were made for other records of {sync.module.side(side).system}: {changed}."
