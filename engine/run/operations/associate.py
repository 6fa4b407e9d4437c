"""Associate: put records together as a spec allows, take them apart, say which are and which may be.

What shows it in a product is written first and remembered afterwards; taken apart, it is cleared first. So whoever is
interrupted does the same again, and nothing is remembered that nobody can see.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from engine.errors import TemporaryError, UserError
from engine.ledger import Settlement
from engine.ledger.association import Association
from engine.run.read.attached import Attached, read_attached, together
from engine.run.read.one_record_streams import read_fields
from engine.run.read.requirements import check_requirements
from engine.run.sync.opened import Opened, opened, remembered, session_of, systems_of
from engine.run.sync.recorded import leased, recorded
from engine.run.sync.standing import (
    heed_accounts,
    known_systems,
    pin_reads,
    pins_of,
    refuse_at_rest,
    settings_prints,
)
from engine.run.write.door import Target, send
from engine.run.write.permit import Permit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from engine.connectors.read_port import Reader
    from engine.ledger.store import Ledger
    from engine.plan import AssociationPlan, AttachedPlan, AttachPlan, Plan
    from engine.run.session.columns import Columns
    from engine.run.session.run_request import RunRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """Two records that may be put together, or are."""

    of: str  #: SYSTEM.STREAM:ID
    of_label: str | None  #: None = it has no text by which a person recognises it
    to: str
    to_label: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """An association with its records as they are now."""

    stored: Association
    pair: Offer
    missing: tuple[str, ...]  #: those of the two that their systems do not have any more


def association_named(plan: Plan, name: str) -> AssociationPlan:
    """The association that people may use under a name. Raises UserError if there is none."""
    able = [one for one in plan.associations if not one.by_trigger]
    for one in able:
        if one.name == name:
            return one
    known = ", ".join(one.name for one in able) or "none, for the options chosen"
    raise UserError(f"`{plan.name}` has no association `{name}`.", remedy=f"These take part: {known}.")


def id_in(record: str, streams: Sequence[str]) -> tuple[str, str]:
    """(stream, id) of SYSTEM.STREAM:ID. Raises UserError for another form or stream."""
    stream, colon, identity = record.partition(":")
    if not colon or not identity or stream not in streams:
        expected = " or ".join(f"{one}:ID" for one in dict.fromkeys(streams))
        raise UserError(f"`{record}` is not one of these records.", remedy=f"Name it as {expected}.")
    return stream, identity


def known_associations(plan: Plan, ledger: Ledger, of: str | None) -> list[Association]:
    """What is put together: of one record, SYSTEM.STREAM:ID, or of all."""
    found = ledger.associations(plan.name)
    return [one for one in found if of is None or of in _names(one)]


def _names(one: Association) -> tuple[str, str]:
    return f"{one.of_stream}:{one.of_id}", f"{one.to_stream}:{one.to_id}"


def show(plan: Plan, request: RunRequest, stored: Sequence[Association]) -> tuple[Shown, ...]:
    """The same with what the systems show of the records now."""
    ends = {end.name: end for one in plan.associations for end in (one.left, *(to.right for to in one.to))}
    wanted: dict[str, set[str]] = {}
    for one in stored:
        for name in _names(one):
            stream, _, identity = name.partition(":")
            wanted.setdefault(stream, set()).add(identity)
    found: dict[str, Attached] = {}
    with systems_of(plan, request) as systems, session_of(request) as session:
        for stream, ids in sorted(wanted.items()):
            if stream in ends:
                read = read_attached(session, systems, ends[stream], "left", tuple(sorted(ids)))
                found |= {f"{stream}:{one.id}": one for one in read.values()}
    return tuple(_shown(one, found, ends) for one in stored)


def _shown(one: Association, found: Mapping[str, Attached], ends: Mapping[str, AttachedPlan]) -> Shown:
    of, to = _names(one)
    labels = [found[name].label if name in found else None for name in (of, to)]
    gone = tuple(name for name in (of, to) if name not in found and name.partition(":")[0] in ends)
    return Shown(stored=one, pair=Offer(of=of, of_label=labels[0], to=to, to_label=labels[1]), missing=gone)


def offers(plan: Plan, request: RunRequest, ledger: Ledger, name: str, of: str | None) -> tuple[Offer, ...]:
    """Pairs that may be put together and are not yet; with `of`, those of one record.

    Raises UserError where that record is not there or not offered.
    """
    one = association_named(plan, name)
    record = id_in(of, [one.left.name])[1] if of is not None else None
    known = {_names(row) for row in ledger.associations(plan.name)}
    found: list[Offer] = []
    with systems_of(plan, request) as systems, session_of(request) as session:
        check_requirements(plan, systems, session)
        lefts = read_attached(session, systems, one.left, "left", (record,) if record else None)
        if record is not None:
            _offered(one, record, lefts)
        for attach in one.to:
            rights = read_attached(session, systems, attach.right, "right")
            pairs = together(session, ledger, plan.name, attach)
            found += [_offer(one, attach, lefts[left], rights[right]) for left, right in pairs]
    return tuple(pair for pair in found if (pair.of, pair.to) not in known)


def _offer(one: AssociationPlan, attach: AttachPlan, left: Attached, right: Attached) -> Offer:
    return Offer(
        of=f"{one.left.name}:{left.id}",
        of_label=left.label,
        to=f"{attach.right.name}:{right.id}",
        to_label=right.label,
    )


def _offered(one: AssociationPlan, record: str, lefts: Mapping[str, Attached]) -> Attached:
    """The record itself. Raises UserError where it is not there or not offered."""
    name = f"{one.left.name}:{record}"
    if record not in lefts:
        raise UserError(
            f"{one.left.system} has no record {name}, or not any more.", remedy="Look its id up there."
        )
    if not lefts[record].offered:
        raise UserError(f"{name} is not offered.", remedy=f"For that it must hold that {one.offer}.")
    return lefts[record]


def put_together(plan: Plan, request: RunRequest, *, name: str, of: str, to: str) -> Offer:
    """Put two records together, which shows on the right one and is remembered.

    Raises UserError, having written nothing, where the two may not be; TemporaryError where a system cannot be asked.
    """
    one = association_named(plan, name)
    _, left_id = id_in(of, [one.left.name])
    stream, right_id = id_in(to, [attach.right.name for attach in one.to])
    attach = next(some for some in one.to if some.right.name == stream)
    with _changing(plan, request, name) as (opened_, permit):
        check_requirements(plan, opened_.systems, opened_.session)
        left, right = _both(opened_.session, opened_.systems, one, attach, left_id, right_id)
        _demand_fit(plan, opened_.session, opened_.ledger, one, attach, left, right)
        if attach.shows is not None and right.shown != left.shown:
            _write(opened_, permit, attach, right_id, left.shown)
        row = Association(
            name=name,
            of_stream=one.left.name,
            of_id=left_id,
            to_stream=stream,
            to_id=right_id,
            locked=False,
            at=permit.writer.clock.text(),
        )
        if not any(_names(row) == _names(known) for known in opened_.ledger.associations(plan.name)):
            # What a trigger has put together stays its own.
            permit.writer.ledger.associate(permit.writer.renew(), row)
    return _offer(one, attach, left, right)


@contextmanager
def _changing(plan: Plan, request: RunRequest, name: str) -> Iterator[tuple[Opened, Permit]]:
    """Under the lease of the integration, recorded as a run: its systems, and leave to write for one association."""
    with leased(plan, request) as writer:
        refuse_at_rest(plan, writer.ledger.standing(plan.name))
        with (
            recorded(plan, writer) as record,
            opened(plan, request, writer.ledger, writer=writer, run=record.run) as one,
        ):
            _demand_same_accounts(plan, request, writer.ledger, one.systems)
            try:
                yield one, Permit(writer=writer, module=name)
            finally:
                record.calls |= {system: connector.calls for system, connector in one.systems.items()}


def _demand_same_accounts(
    plan: Plan, request: RunRequest, ledger: Ledger, systems: Mapping[str, Reader]
) -> None:
    """Raises UserError where a system is another account than the one that the integration was connected to."""
    standing = ledger.standing(plan.name)
    known = known_systems(plan, standing, settings_prints(plan, request.world()))
    heed_accounts(plan, standing, pins_of(plan, read_fields(pin_reads(plan, known), systems)))


def _both(
    session: Columns,
    systems: Mapping[str, Reader],
    one: AssociationPlan,
    attach: AttachPlan,
    left_id: str,
    right_id: str,
) -> tuple[Attached, Attached]:
    lefts = read_attached(session, systems, one.left, "left", (left_id,))
    left = _offered(one, left_id, lefts)
    rights = read_attached(session, systems, attach.right, "right", (right_id,))
    if right_id not in rights:
        name = f"{attach.right.name}:{right_id}"
        raise UserError(f"{attach.right.system} has no record {name}.", remedy="Look its id up there.")
    return left, rights[right_id]


def _demand_fit(
    plan: Plan,
    session: Columns,
    ledger: Ledger,
    one: AssociationPlan,
    attach: AttachPlan,
    left: Attached,
    right: Attached,
) -> None:
    """Raises UserError where the two may not be put together."""
    pair = _offer(one, attach, left, right)
    if not together(session, ledger, plan.name, attach):
        raise UserError(
            f"{pair.of} and {pair.to} do not go together.", remedy=f"For that it must hold that {one.when}."
        )
    if attach.shows is not None and right.shown not in (None, "", left.shown):
        raise UserError(
            f"{pair.to} belongs to {one.left.name}:{right.shown} already: its `{attach.shows}` says so.",
            remedy=f"Take these two apart first: --of {one.left.name}:{right.shown} --to {pair.to}",
        )


def take_apart(plan: Plan, request: RunRequest, of: str, to: str) -> Association:
    """Take two records apart: nothing shows it any more, and nothing is remembered.

    Raises UserError, having written nothing, where they are not together or may not be taken apart.
    """
    with remembered(request) as ledger:
        stored = _stored(plan, ledger, of, to)
    with _changing(plan, request, stored.name) as (opened_, permit):
        for attach in _showing(plan, stored):
            rights = read_attached(opened_.session, opened_.systems, attach.right, "right", (stored.to_id,))
            if any(one.shown == stored.of_id for one in rights.values()):
                _write(opened_, permit, attach, stored.to_id, None)
        permit.writer.ledger.dissociate(permit.writer.renew(), stored)
    return stored


def _stored(plan: Plan, ledger: Ledger, of: str, to: str) -> Association:
    """The association of the two. Raises UserError where there is none that people may take apart."""
    refuse_at_rest(plan, ledger.standing(plan.name))
    found = [one for one in ledger.associations(plan.name) if _names(one) == (of, to)]
    if not found:
        raise UserError(
            f"{of} and {to} are not associated.", remedy="`engine associations list` shows which records are."
        )
    if found[0].locked:
        raise UserError(
            f"{of} and {to} were associated by the trigger `{found[0].name}`, which people cannot undo.",
            remedy=f"`associate: locked` in {plan.file} says so.",
        )
    return found[0]


def _showing(plan: Plan, stored: Association) -> list[AttachPlan]:
    """What shows such a pair on its right record; at most one."""
    return [
        attach
        for one in plan.associations
        for attach in one.to
        if (one.left.name, attach.right.name) == (stored.of_stream, stored.to_stream) and attach.shows
    ][:1]


def _write(one: Opened, permit: Permit, attach: AttachPlan, record: str, value: str | None) -> None:
    """Show something on a record, or nothing. Raises UserError where its system refuses.

    What an order that was interrupted has left in the journal is closed: it counts for nothing until it is repeated.
    """
    end, ledger = attach.right, permit.writer.ledger
    for intent in ledger.pending_intents(one.plan.name):
        if intent.module == permit.module:
            ledger.settle(permit.writer.renew(), intent.id, Settlement(run=one.run, module=permit.module))
    row: dict[str, pa.Array] = {
        "_op": pa.array([f"update/{record}"]),
        "_id": pa.array([record]),
        "_version": pa.array([None], pa.string()),
        "_set": pa.array([[attach.shows]], pa.list_(pa.string())),
        str(attach.shows): pa.array([value], pa.string()),
    }
    target = Target(
        connector=one.systems[end.system],
        stream=end.stream,
        side="right",
        run=one.run,
        module=permit.module,
    )
    answer = send(target, permit, "update", pa.table(row))
    receipt = answer.by_op[f"update/{record}"]
    if receipt.outcome == "unknown":
        raise TemporaryError(
            f"{end.system} did not say whether {end.name}:{record} was changed.", remedy="Do the same again."
        )
    ledger.settle(permit.writer.renew(), answer.intent, Settlement(run=one.run, module=permit.module))
    if receipt.outcome != "applied":
        raise UserError(
            f"{end.system} refuses to change {end.name}:{record}: {receipt.message}",
            remedy="Nothing is remembered. Correct it there, then do the same again.",
        )
