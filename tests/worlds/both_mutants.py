"""Every protective rule of the engine, switched off: what a careless change could do, one function each.

Nothing of this is in the engine; a test patches it in and looks whether a promise breaks.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from engine.ledger import leases
from engine.ledger.store import Ledger
from engine.reconcile import merge, reconcile
from engine.run.decide import compare
from engine.run.pair import pairing, pairing_sql
from engine.run.read import absent_or_deleted, counterparts, stage_source
from engine.run.session import pair
from engine.run.session.columns import Columns
from engine.run.sync import limits, writing
from engine.run.write import after, door, recover, settle, update
from engine.run.write import delete as remove
from engine.run.write.judge import Judged

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pytest

    from engine.ledger import ModuleState, Settlement
    from engine.reconcile import Decision, Rule, Seen
    from engine.record import Side
    from engine.run.session.pair import Decided, Pair, Shown
    from engine.run.session.sync_pass import SyncPass
    from engine.run.sync.approvals import Stop
    from engine.run.sync.look import Looked
    from engine.run.write.door import Answer


def no_overlap(patch: pytest.MonkeyPatch) -> None:
    """A window begins exactly where the last one ended."""
    patch.setattr(stage_source, "since", lambda cursor: cursor)


def a_strict_cursor(patch: pytest.MonkeyPatch) -> None:
    """A window begins after the last moment seen."""

    def strict(cursor: str | None) -> str | None:
        if cursor is None:
            return None
        return (datetime.fromisoformat(cursor) + timedelta(microseconds=1)).isoformat()

    patch.setattr(stage_source, "since", strict)


def our_own_clock(patch: pytest.MonkeyPatch) -> None:
    """The cursor is the time of this machine."""
    patch.setattr(stage_source, "_handled", lambda sync, *_told: sync.clock.text())


def no_base(patch: pytest.MonkeyPatch) -> None:
    """Nobody remembers what was in step."""
    real = reconcile

    def without(rules: Sequence[Rule], _left: object, _right: object, *seen: Any, **more: Any) -> Decision:
        return real(rules, None, None, *seen, **more)

    patch.setattr(compare, "reconcile", without)


def whole_records(patch: pytest.MonkeyPatch) -> None:
    """Where one field is written, all are."""
    real = reconcile

    def whole(rules: Any, base_left: Any, base_right: Any, *, left: Any, right: Any, **more: Any) -> Decision:
        decision = real(rules, base_left, base_right, left, right, **more)
        written = [one.write for one in decision.fields if one.write]
        if not written:
            return decision
        values: Mapping[str, Seen] = left if written[0] == "right" else right
        fields = [
            replace(one, write=written[0], base_left=values[one.key], base_right=values[one.key])
            for one in decision.fields
        ]
        return replace(decision, fields=tuple(fields))

    patch.setattr(compare, "reconcile", whole)


def no_precondition(patch: pytest.MonkeyPatch) -> None:
    """An update does not say which version it was decided from."""
    real = update.update_rows

    def rows(sync: SyncPass, decided: Sequence[Decided]) -> pa.Table:
        table = real(sync, decided)
        nothing = pa.nulls(table.num_rows, pa.string())
        return table.set_column(table.column_names.index("_version"), "_version", nothing)

    patch.setattr(update, "update_rows", rows)


def no_second_look(patch: pytest.MonkeyPatch) -> None:
    """A source that is written back to is not read again before."""

    def judge(sync: SyncPass, found: Sequence[Pair]) -> Judged:
        clear = [pair for pair in found if pair.clear]
        unclear = [pair for pair in found if not pair.clear]
        return Judged(decided=list(compare.decide(sync, clear)), unclear=unclear, lost=[])

    patch.setattr(update, "judge", judge)


def making_again_blindly(patch: pytest.MonkeyPatch) -> None:
    """What a killed run may have made is made again without a look."""
    patch.setattr(recover, "found_on_target", lambda _work, _rows: {})


def no_journal(patch: pytest.MonkeyPatch) -> None:
    """Nobody asks what a killed run has left open."""
    patch.setattr(writing, "recover", lambda _work, _pen: None)


def no_answer_means_no(patch: pytest.MonkeyPatch) -> None:
    """A write without a clear answer counts as not applied."""
    real = door._send

    def send(*words: Any) -> Answer:
        answer = real(*words)
        by_op = {
            op: replace(one, outcome="retry") if one.outcome == "unknown" else one
            for op, one in answer.by_op.items()
        }
        return replace(answer, by_op=by_op)

    patch.setattr(door, "_send", send)


def no_stale_guard(patch: pytest.MonkeyPatch) -> None:
    """A listing is believed, even where it shows less than we know."""
    patch.setattr(stage_source, "_stale", lambda _work: ())


def raw_comparison(patch: pytest.MonkeyPatch) -> None:
    """A side is thought to hold what it was sent."""
    for place in (after, update):
        patch.setattr(place, "held_values", lambda sent, _shown, _version: dict(sent))


def nothing_parked(patch: pytest.MonkeyPatch) -> None:
    """A record that cannot go on is passed by, and nobody writes it down."""
    real = Ledger.settle

    def forgetful(self: Ledger, lease: Any, intent: int | None, what: Settlement) -> range:
        return real(self, lease, intent, replace(what, held=()))

    patch.setattr(Ledger, "settle", forgetful)


def a_cursor_ahead_of_the_work(patch: pytest.MonkeyPatch) -> None:
    """The cursor moves once everything is read, before anything is written."""
    real = limits.heed_limits

    def early(passes: Sequence[SyncPass], state: ModuleState, looked: Mapping[Side, Looked]) -> list[Stop]:
        stops = real(passes, state, looked)
        ahead = state
        for sync in passes:
            ahead = writing._next_state(sync, ahead, looked[sync.source_side])
            if sync.writer is not None:
                sync.ledger.finish_module(sync.writer.renew(), ahead)
        return stops

    patch.setattr(writing, "heed_limits", early)


def absence_is_deletion(patch: pytest.MonkeyPatch) -> None:
    """What a listing does not show is deleted, without asking for it."""
    real = counterparts.fetch

    def fetch(sync: SyncPass, ids: Sequence[str], **more: Any) -> dict[str, Shown]:
        return {} if more.get("side") is sync.source else real(sync, ids, **more)

    patch.setattr(absent_or_deleted, "fetch", fetch)


def deletion_beats_edit(patch: pytest.MonkeyPatch) -> None:
    """The counterpart of a deleted record goes, whoever has edited it."""
    patch.setattr(
        remove, "_sifted", lambda _work, gone: ([], [pair for pair in gone if pair.other is not None])
    )


def made_again_after_its_deletion(patch: pytest.MonkeyPatch) -> None:
    """The link of a record whose counterpart is gone is forgotten."""
    real = settle.unclear_settlement

    def forgetting(sync: SyncPass, found: Sequence[Pair]) -> Settlement | None:
        what = real(sync, found)
        gone = tuple(pair.link_id for pair in found if pair.other is None and pair.link_id is not None)
        return what and replace(what, changes=None, dropped=gone)

    patch.setattr(update, "unclear_settlement", forgetting)


def losers_are_forgotten(patch: pytest.MonkeyPatch) -> None:
    """Policy overwrites, and nobody keeps what was there."""
    patch.setattr(update, "losers_of", lambda _work, _decided: ())


def half_a_pair_is_a_pair(patch: pytest.MonkeyPatch) -> None:
    """A pair that is written on both sides counts as in step after the first write."""

    def content(sync: SyncPass, one: Decided, side: Any, shown: Shown) -> bytes:
        written = (
            {key: one.holds[side][key] for key in one.decision.writes(side)} if side in one.holds else {}
        )
        order = [line.key for line in sync.module.compared]
        return pair.content_hash({**shown.texts, **written}, order)

    patch.setattr(settle, "_hash_after", content)


def decisions_about_other_values(patch: pytest.MonkeyPatch) -> None:
    """A choice counts whatever the values are by now."""

    def chosen(lines: Sequence[Any], asked: Any) -> list[Any]:
        found = [asked.resolutions.get(rule.key) for rule, _ in lines]
        return [one.take for one in found if one]

    patch.setattr(merge, "_chosen", chosen)


def no_fence(patch: pytest.MonkeyPatch) -> None:
    """A run that has lost its lease goes on."""
    patch.setattr(leases, "fence", lambda _work, _lease: None)


def first_contact_unasked(patch: pytest.MonkeyPatch) -> None:
    """Existing records are linked and overwritten before anybody has agreed."""
    patch.setattr(limits, "_first_contact", lambda *_: iter(()))


def unknown_is_empty(patch: pytest.MonkeyPatch) -> None:
    """A field that a system does not show is taken for a cleared one."""
    patch.setattr(pair.Shown, "seen", lambda self: dict(self.texts))


def repeats_count_twice(patch: pytest.MonkeyPatch) -> None:
    """A record that comes with two pages is two records."""
    patch.setattr(Columns, "last_of_each", lambda _self, _name: 0)


def no_meeting(patch: pytest.MonkeyPatch) -> None:
    """Nobody looks whether a newcomer is on the other side already."""

    def meet(sync: SyncPass, _newcomers: int, **_more: Any) -> tuple[str, ...]:
        sync.columns.run(pairing_sql.NO_MATCHES)
        return ()

    patch.setattr(pairing, "match_staged", meet)
