"""Approvals: what a person let through is kept, entry by entry, until its module has been worked off.

A run that ends early goes on with the rest of it unasked. Whatever is not exactly one of the entries counts afresh: a
further record, or the same one with other values.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING

from engine.ledger.model import Approval

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from engine.run.session.ledger_writer import LedgerWriter
    from engine.run.session.sync_pass import SyncPass

FIRST_CONTACT = "first contact"
_DIGEST = 16  #: bytes an entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """One reason to ask a person first."""

    code: str  #: names exactly this changeset
    what: str  #: a sentence
    remedy: str
    about: str  #: the side and the kind of change
    entries: tuple[str, ...]  #: what exactly: each record with what it shows
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    """What is let through of a module already, by side and kind of change."""

    entries: Mapping[str, frozenset[bytes]]

    def rest(self, about: str, entries: Sequence[str]) -> list[str]:
        """Those of the entries that nobody has let through."""
        known = self.entries.get(about)
        return list(entries) if not known else [one for one in entries if _digest(one) not in known]


def approved_before(sync: SyncPass) -> Approved:
    """What earlier runs were allowed of this module, under the same plan, and have not worked off."""
    found: dict[str, set[bytes]] = {}
    for one in sync.ledger.approvals(sync.integration, sync.module.name):
        if one.plan_fingerprint == sync.module.fingerprint:
            starts = range(0, len(one.entries), _DIGEST)
            found.setdefault(one.about, set()).update(one.entries[at : at + _DIGEST] for at in starts)
    return Approved(entries={about: frozenset(known) for about, known in found.items()})


def pairs_agreed(sync: SyncPass) -> bool:
    """Whether a person has let pairs of a first contact through that are not worked off: later ones are asked anew."""
    return any(
        one.about.endswith(FIRST_CONTACT) for one in sync.ledger.approvals(sync.integration, sync.module.name)
    )


def keep_approvals(sync: SyncPass, writer: LedgerWriter, stops: Collection[Stop]) -> None:
    """Store what is let through now, before anything of it is written."""
    kept = [
        Approval(
            module=sync.module.name,
            code=one.code,
            about=one.about,
            plan_fingerprint=sync.module.fingerprint,
            entries=b"".join(sorted(map(_digest, one.entries))),
            at=sync.clock.text(),
        )
        for one in stops
    ]
    if kept:
        sync.ledger.approve(writer.renew(), kept)


def _digest(entry: str) -> bytes:
    return blake2b(entry.encode(), digest_size=_DIGEST).digest()
