"""Records that are shown on each other: put together by a trigger or by hand. Parts of a transaction."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import sqlalchemy as sa

from engine.ledger.association import Association
from engine.ledger.tables import schema

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from engine.ledger.association import Associating
    from engine.ledger.database.transaction import WriteTransaction
    from engine.ledger.model import Lease

_TABLE = schema.associations
#: Between a record's id and the number of an earlier occurrence, in the links of a trigger that acts several times.
_NUMBERED = "␟"
_PAIR = ("integration", "of_stream", "of_id", "to_stream", "to_id")


def associate(transaction: WriteTransaction, lease: Lease, several: Sequence[Association]) -> None:
    """Put records together; a pair that is already is told anew."""
    rows = [{**_stored(one), "integration": lease.integration} for one in several]
    if rows:
        transaction.delete(_TABLE, [{name: row[name] for name in _PAIR} for row in rows])
        transaction.insert(_TABLE, rows)


def _stored(one: Association) -> dict[str, Any]:
    return {name: value for name, value in asdict(one).items() if name not in ("number", "integration")}


def of_links(said: Associating, run: str, links: Sequence[tuple[str, str]]) -> list[Association]:
    """What is associated because a trigger made one record of the other: (watched id, id of what was made)."""
    return [
        Association(
            name=said.name,
            of_stream=said.of_stream,
            of_id=watched,
            to_stream=said.to_stream,
            to_id=made,
            locked=said.locked,
            at=said.at,
            run=run,
        )
        for watched, made in links
    ]


def dissociate(transaction: WriteTransaction, lease: Lease, one: Association) -> None:
    """Take two records apart; nothing happens where they are not together."""
    row = {**_stored(one), "integration": lease.integration}
    transaction.delete(_TABLE, [{name: row[name] for name in _PAIR}])


def drop_made(
    transaction: WriteTransaction, integration: str, name: str, links: Sequence[tuple[str, str]]
) -> None:
    """Forget what a trigger associated when it made records whose links are dropped; modules have nothing here."""
    mine = (_TABLE.c.integration == integration) & (_TABLE.c.name == name)
    if not transaction.rows(sa.select(_TABLE.c.number).where(mine).limit(1)):
        return
    rows = [
        {"integration": integration, "name": name, "of_id": left.partition(_NUMBERED)[0], "to_id": right}
        for left, right in links
    ]
    transaction.delete(_TABLE, rows)


def stored(integration: str) -> sa.Select[Any]:
    """The query for every association of an integration, in the order in which they were made."""
    return sa.select(_TABLE).where(_TABLE.c.integration == integration).order_by(_TABLE.c.number)
