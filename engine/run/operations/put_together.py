"""Put together: two records are associated as the spec allows, or taken apart; both are runs of their own.

What shows it in a product is written first and remembered afterwards; taken apart, it is cleared first. So whoever is
interrupted does the same again, and nothing is remembered that nobody can see.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pyarrow as pa

from engine.errors import TemporaryError, UserError
from engine.ledger import Settlement
from engine.ledger.association import Association
from engine.run.operations.associated import (
    AssociationEnds,
    association_named,
    id_in,
    names_of,
    offer_of,
    offered,
)
from engine.run.read.attached import Attached, read_attached, together
from engine.run.read.one_record_streams import read_fields
from engine.run.read.requirements import check_requirements
from engine.run.sync.opened import Opened, opened, remembered
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
from engine.run.write.recover import close_orders

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from engine.connectors.read_port import Reader
    from engine.ledger.store import Ledger
    from engine.plan import AssociationPlan, AttachPlan, Plan
    from engine.run.session.columns import Columns
    from engine.run.session.run_request import RunRequest


def put_together(plan: Plan, request: RunRequest, *, name: str, of: str, to: str) -> AssociationEnds:
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
            _write(opened_, permit, attach, right, left.shown)
        row = Association(
            name=name,
            of_stream=one.left.name,
            of_id=left_id,
            to_stream=stream,
            to_id=right_id,
            locked=False,
            at=permit.writer.clock.text(),
        )
        if not any(names_of(row) == names_of(known) for known in opened_.ledger.associations(plan.name)):
            # What a trigger has put together stays its own.
            permit.writer.ledger.associate(permit.writer.renew(), row)
    return offer_of(one, attach, left, right)


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
            close_orders(plan, writer, record.run)
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
    left = offered(one, left_id, lefts)
    rights = read_attached(session, systems, attach.right, "right", (right_id,))
    if right_id not in rights:
        name = f"{attach.right.name}:{right_id}"
        raise UserError(f"{attach.right.system} has no record {name}.", remedy="Look up its id there.")
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
    pair = offer_of(one, attach, left, right)
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
            for right in rights.values():
                if right.shown == stored.of_id:
                    _write(opened_, permit, attach, right, None)
        permit.writer.ledger.dissociate(permit.writer.renew(), stored)
    return stored


def _stored(plan: Plan, ledger: Ledger, of: str, to: str) -> Association:
    """The association of the two. Raises UserError where there is none that people may take apart."""
    refuse_at_rest(plan, ledger.standing(plan.name))
    found = [one for one in ledger.associations(plan.name) if names_of(one) == (of, to)]
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


def _write(one: Opened, permit: Permit, attach: AttachPlan, right: Attached, value: str | None) -> None:
    """Show something on a record as it was read, or nothing. Raises UserError where its system refuses."""
    end, ledger = attach.right, permit.writer.ledger
    record = right.id
    row: dict[str, pa.Array] = {
        "_op": pa.array([f"update/{record}"]),
        "_id": pa.array([record]),
        "_version": pa.array([right.version], pa.string()),
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
            f"{end.system} did not say whether {end.name}:{record} was changed.",
            remedy="Run the same command again.",
        )
    ledger.settle(permit.writer.renew(), answer.intent, Settlement(run=one.run, module=permit.module))
    if receipt.outcome in ("stale", "retry"):
        raise TemporaryError(
            f"{end.name}:{record} was not changed: {receipt.message}", remedy="Do the same again."
        )
    if receipt.outcome != "applied":
        raise UserError(
            f"{end.system} refuses to change {end.name}:{record}: {receipt.message}",
            remedy="Nothing was recorded. Correct it there, then run the same command again.",
        )
    now = read_attached(one.session, one.systems, end, "right", (record,)).get(record)
    if now is not None and now.shown == right.shown != value:
        raise UserError(
            f"{end.name}:{record} accepted the change of `{attach.shows}` and did not keep it.",
            remedy=f"Nothing was recorded. Find what resets it in {end.system}, then run the same command again.",
        )
