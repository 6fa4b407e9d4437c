"""Associated records: which are, which may be, and what their systems show of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.errors import UserError
from engine.run.read.attached import Attached, read_attached, together
from engine.run.read.requirements import check_requirements
from engine.run.sync.opened import session_of, systems_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.ledger.association import Association
    from engine.ledger.store import Ledger
    from engine.plan import AssociationPlan, AttachedPlan, AttachPlan, Plan
    from engine.run.session.run_request import RunRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class AssociationEnds:
    """Two records that may be put together, or are."""

    of: str  #: SYSTEM.STREAM:ID
    of_label: str | None  #: None = it has no text by which a person recognises it
    to: str
    to_label: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PresentAssociation:
    """An association with its records as they are now."""

    stored: Association
    pair: AssociationEnds
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
    return [one for one in found if of is None or of in names_of(one)]


def names_of(one: Association) -> tuple[str, str]:
    """Both records, SYSTEM.STREAM:ID."""
    return f"{one.of_stream}:{one.of_id}", f"{one.to_stream}:{one.to_id}"


def show(plan: Plan, request: RunRequest, stored: Sequence[Association]) -> tuple[PresentAssociation, ...]:
    """The same with what the systems show of the records now."""
    ends = {end.name: end for one in plan.associations for end in (one.left, *(to.right for to in one.to))}
    wanted: dict[str, set[str]] = {}
    for one in stored:
        for name in names_of(one):
            stream, _, identity = name.partition(":")
            wanted.setdefault(stream, set()).add(identity)
    found: dict[str, Attached] = {}
    with systems_of(plan, request) as systems, session_of(request) as session:
        for stream, ids in sorted(wanted.items()):
            if stream in ends:
                read = read_attached(session, systems, ends[stream], "left", tuple(sorted(ids)))
                found |= {f"{stream}:{one.id}": one for one in read.values()}
    return tuple(_shown(one, found, ends) for one in stored)


def _shown(
    one: Association, found: Mapping[str, Attached], ends: Mapping[str, AttachedPlan]
) -> PresentAssociation:
    of, to = names_of(one)
    labels = [found[name].label if name in found else None for name in (of, to)]
    gone = tuple(name for name in (of, to) if name not in found and name.partition(":")[0] in ends)
    return PresentAssociation(
        stored=one, pair=AssociationEnds(of=of, of_label=labels[0], to=to, to_label=labels[1]), missing=gone
    )


def offers(
    plan: Plan, request: RunRequest, ledger: Ledger, name: str, of: str | None
) -> tuple[AssociationEnds, ...]:
    """Pairs that may be put together and are not yet; with `of`, those of one record.

    Raises UserError where that record is not there or not offered.
    """
    one = association_named(plan, name)
    record = id_in(of, [one.left.name])[1] if of is not None else None
    known = {names_of(row) for row in ledger.associations(plan.name)}
    found: list[AssociationEnds] = []
    with systems_of(plan, request) as systems, session_of(request) as session:
        check_requirements(plan, systems, session)
        lefts = read_attached(session, systems, one.left, "left", (record,) if record else None)
        if record is not None:
            offered(one, record, lefts)
        for attach in one.to:
            rights = read_attached(session, systems, attach.right, "right")
            pairs = together(session, ledger, plan.name, attach)
            found += [offer_of(one, attach, lefts[left], rights[right]) for left, right in pairs]
    return tuple(pair for pair in found if (pair.of, pair.to) not in known)


def offer_of(one: AssociationPlan, attach: AttachPlan, left: Attached, right: Attached) -> AssociationEnds:
    """The two as a person is shown them."""
    return AssociationEnds(
        of=f"{one.left.name}:{left.id}",
        of_label=left.label,
        to=f"{attach.right.name}:{right.id}",
        to_label=right.label,
    )


def offered(one: AssociationPlan, record: str, lefts: Mapping[str, Attached]) -> Attached:
    """The record itself. Raises UserError where it is not there or not offered."""
    name = f"{one.left.name}:{record}"
    if record not in lefts:
        raise UserError(
            f"{one.left.system} has no record {name}, or not any more.", remedy="Look up its id there."
        )
    if not lefts[record].offered:
        raise UserError(f"{name} is not offered.", remedy=f"For that it must hold that {one.offer}.")
    return lefts[record]
