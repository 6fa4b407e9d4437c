"""Compare: decide field by field what becomes of pairs whose two sides were read."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from engine.reconcile import Policy, Resolution, Rule, Times, reconcile
from engine.record import other
from engine.run.decide.yielding import yielding
from engine.run.session.cursors import moment_of
from engine.run.session.pair import Decided, left_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.plan import FieldPlan
    from engine.reconcile import Seen
    from engine.record import Side
    from engine.run.session.pair import Pair
    from engine.run.session.sync_pass import SyncPass

#: How far the clocks of two servers may be apart before `newest` trusts them, with their whole seconds.
CLOCK_MARGIN = timedelta(seconds=5)


def decide(sync: SyncPass, several: Sequence[Pair]) -> Iterator[Decided]:
    """Every pair that can be compared, with its decision. The bases come from the ledger in one go."""
    bases = sync.ledger.bases([pair.link_id for pair in several if pair.link_id is not None])
    known, new = rules(sync, first_contact=False), rules(sync, first_contact=True)
    yields = yielding(sync, several) if sync.module.yields else {}
    still = tuple(replace(rule, toward=frozenset(), policy="left") for rule in known)
    timed = any(rule.policy == "newest" for rule in known)
    for pair in several:
        left, right = bases.get(pair.link_id, (None, None)) if pair.link_id is not None else (None, None)
        right = left if right is None else right
        yield Decided(
            pair=pair,
            bases={"left": left, "right": right},
            decision=reconcile(
                still if pair.mine.id in yields else new if left is None and right is None else known,
                left,
                right,
                **_sides(sync, pair),
                times=_times(sync, pair) if timed else None,
                resolutions=_resolutions(sync, pair),
            ),
        )


def _sides(sync: SyncPass, pair: Pair) -> dict[Side, dict[str, Seen]]:
    mine, its = pair.mine.seen(), pair.its.seen()
    if sync.source_side == "left":
        return {"left": mine, "right": its}
    return {"left": its, "right": mine}


def _times(sync: SyncPass, pair: Pair) -> Times | None:
    """When each side was changed last, by its own server's clock."""
    by_side = {
        sync.source_side: pair.mine.version,
        other(sync.source_side): pair.other.version if pair.other else None,
    }
    return Times(
        left=moment_of(by_side["left"]),
        right=moment_of(by_side["right"]),
        margin=CLOCK_MARGIN,
    )


def _resolutions(sync: SyncPass, pair: Pair) -> dict[str, Resolution] | None:
    """What a person has decided about fields of this pair."""
    found = sync.shared.disputed.get(left_id(sync, pair), ())
    return {
        one.key: Resolution(take=one.take, left=one.left, right=one.right) for one in found if one.take
    } or None


def rules(sync: SyncPass, *, first_contact: bool) -> tuple[Rule, ...]:
    """The rules of the module's compared lines, for pairs that were in step or that meet for the first time."""
    return tuple(
        Rule(
            key=line.key,
            toward=frozenset(side for side in line.writes if line.toward(side)),
            policy=_policy(sync, line, first_contact=first_contact),
            fallback=line.fallback,
            group=line.group,
            keep=frozenset(side for side, write in line.writes.items() if write.keep),
            fillable=frozenset(side for side in line.writes if sync.module.side(side).fillable),
        )
        for line in sync.module.compared
    )


def _policy(sync: SyncPass, line: FieldPlan, *, first_contact: bool) -> Policy:
    """At first contact: overwrite = the side that pushes first wins; link = as the module says, one way nobody."""
    module = sync.module
    if not first_contact:
        return module.policy(line)
    if module.duplicates == "overwrite":
        return module.sources[0]
    return module.policy(line) if len(module.sources) > 1 else "hold"
