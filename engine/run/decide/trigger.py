"""Trigger: which records have just become so, and whether what it changes is as `only` asks: no paid invoice is voided.

A trigger is a module of one direction whose view is its condition. A record that was acted on has a link and is
never compared again. What was so when the trigger was activated is remembered as skipped; so is what it left alone.
Once a record stops being so, its skip is forgotten, and with `again: each-time` its link makes room for the next.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from engine.run.decide.compare import decide
from engine.run.session.tables import ANEW, HELD, STAGED, STOPPED, WAS_SO

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.ledger import ModuleState
    from engine.run.session.pair import Pair
    from engine.run.session.sync_pass import SyncPass

#: Why a record is left alone until it stops being so.
SO_ALREADY = "it was so already when the trigger was activated"
GONE = "the record that it would act on is gone"
NOT_SO = "the record that it would act on was not as `only` asks"
OURS = (SO_ALREADY, GONE, NOT_SO)
#: Between a record's id and the number of an occurrence that has made room for the next: in no system's ids.
NUMBERED = "␟"


def by_hand_only(sync: SyncPass) -> bool:
    """Whether this is a trigger that acts only when a person asks."""
    return sync.module.trigger is not None and sync.module.trigger.becomes is None


def awake(sync: SyncPass, state: ModuleState) -> bool:
    """Whether the trigger was activated with the condition that it has now."""
    trigger = sync.module.trigger
    return state.contacted and trigger is not None and state.right_scope == trigger.signature


def takes(sync: SyncPass) -> bool:
    """Whether this is a trigger that deletes."""
    return sync.module.trigger is not None and sync.module.trigger.act == "delete"


def arm(sync: SyncPass, state: ModuleState) -> None:
    """Leave in `staged` as newcomers those records that have just become so; note what is to be remembered."""
    trigger = sync.module.trigger
    if trigger is None:
        return
    columns, asleep = sync.columns, not awake(sync, state)
    columns.run(
        f"CREATE OR REPLACE TABLE {WAS_SO} AS SELECT id FROM {STAGED} "
        f"WHERE {asleep} AND situation IN ('newcomer', 'unreadable') AND id NOT IN (SELECT record_id FROM {HELD})"
    )
    columns.run(
        f"CREATE OR REPLACE TABLE {ANEW} AS SELECT id, link_id FROM {STAGED} "
        f"WHERE {trigger.again} AND situation = 'changed' AND state = 'suspended'"
    )
    columns.run(
        f"CREATE OR REPLACE TABLE {STOPPED} AS SELECT id, link_id, state FROM {STAGED} WHERE situation = 'out-of-view'"
    )
    columns.run(
        f"UPDATE {STAGED} SET situation = 'newcomer', link_id = NULL, other_id = NULL "
        f"WHERE id IN (SELECT id FROM {ANEW})"
    )
    columns.run(
        f"UPDATE {STAGED} SET situation = 'skipped' WHERE situation = 'changed' OR id IN (SELECT id FROM {WAS_SO})"
    )


def sift(sync: SyncPass, found: Sequence[Pair]) -> tuple[list[Pair], list[tuple[Pair, str]]]:
    """(pairs to go on with, those that a trigger leaves alone and why); of a module all go on.

    What already holds everything that would be written was written by a run that was killed: it goes on.
    """
    trigger = sync.module.trigger
    if trigger is None:
        return list(found), []
    gone = [(pair, GONE) for pair in found if pair.other is None]
    there = [pair for pair in found if pair.other is not None]
    barred = [pair for pair in there if not pair.its.in_view and pair.its.trouble is None]
    opened = [replace(pair, other=replace(pair.its, in_view=True)) for pair in barred]
    done = {
        one.pair.mine.id
        for one in (decide(sync, opened) if trigger.act == "change" else ())
        if not one.writes(sync.target.side)
    }
    left = [(pair, NOT_SO) for pair in barred if pair.mine.id not in done]
    aside = {pair.mine.id for pair, _ in left}
    kept = {pair.mine.id: pair for pair in opened}
    return [kept.get(pair.mine.id, pair) for pair in there if pair.mine.id not in aside], [*gone, *left]
