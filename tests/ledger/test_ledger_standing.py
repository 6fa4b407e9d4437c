"""Where an integration stands, and what the ledger forgets when people say so."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from test_ledger_waiting import CONFLICT, LATER, NOW, pair

from engine.errors import LockedError
from engine.ledger import HeldRow, Intent, Lease, ModuleState, Settlement, Sightings, open_ledger
from engine.ledger.standing import Pin, Standing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.ledger.store import Ledger

STANDING = Standing(
    integration="i",
    state="disabled",
    since=NOW,
    pins={"crm.org.id": Pin(value="007", name="Ärzte & Söhne"), "erp.org.id": Pin(value="8")},
    options={"extent": "fetch", "figures": True, "from": None},
    agreed={"discloses": "abc"},
    by="ada@example.com",
)
HELD = HeldRow(
    integration="i", module="m", side="left", record_id="3", code="no", message="No.", since=NOW, run="r"
)


@pytest.fixture
def ledger(place: str) -> Iterator[Ledger]:
    with open_ledger(place) as opened:
        yield opened


@pytest.fixture
def lease(ledger: Ledger) -> Lease:
    return ledger.take_lease("i", "a test", NOW, 60)


def fill(ledger: Ledger, lease: Lease, module: str) -> None:
    """One of everything that is known of the records of a module."""
    links = pair("1", "a").append_column("left_values", pa.array(["{}"]))
    skips = pa.table({"side": ["left"], "record_id": ["9"], "why": ["so"]})
    held, conflict = replace(HELD, module=module), replace(CONFLICT, module=module)
    several = {"links": links, "held": (held,), "conflicts": (conflict,), "skips": skips}
    ledger.note(lease, Settlement(run="r", module=module, **several))
    keys = {name: pa.array([None], pa.string()) for name in ("version", "keys")}
    seen = Sightings(records=pa.table({"record_id": ["7"], **keys}), complete=True)
    state = ModuleState(integration=lease.integration, module=module, left_cursor=NOW, contacted=True)
    ledger.finish_module(lease, state, left=seen)
    payload = pa.table({"_op": ["create/1"]})
    ledger.intend(
        lease,
        Intent(run="r", module=module, side="right", kind="create", created=NOW, payload=payload, count=1),
    )


def known(ledger: Ledger, module: str, integration: str = "i") -> list[int]:
    """How much is known: links, held, conflicts, skips, sightings, open batches; and whether a cursor is."""
    return [
        ledger.links_table(integration, module).num_rows,
        len(ledger.held_rows(integration, module)),
        len(ledger.conflicts(integration, module)),
        ledger.skips_table(integration, module).num_rows,
        ledger.sightings_table(integration, module, "left").num_rows,
        sum(one.module == module for one in ledger.pending_intents(integration)),
        int(ledger.module_state(integration, module).left_cursor is not None),
    ]


def test_of_an_integration_that_nobody_spoke_of_it_is_said_that_it_is_active(ledger: Ledger) -> None:
    assert ledger.standing("i") == Standing(integration="i")
    assert ledger.standing("i").state == "active"


def test_where_an_integration_stands_is_remembered_and_replaced_as_a_whole(
    ledger: Ledger, lease: Lease
) -> None:
    ledger.stand(lease, STANDING)
    assert ledger.standing("i") == STANDING
    assert ledger.standing("another") == Standing(integration="another")
    later = replace(STANDING, state="active", since=LATER, pins={}, options=None, agreed={}, by=None)
    ledger.stand(lease, later)
    assert ledger.standing("i") == later


def test_nobody_says_where_it_stands_while_another_run_is_on(ledger: Ledger, lease: Lease) -> None:
    ledger.release(lease)
    ledger.take_lease("i", "another", NOW, 60)
    with pytest.raises(LockedError):
        ledger.stand(lease, STANDING)
    assert ledger.standing("i").state == "active"


def test_of_forgotten_modules_nothing_is_known_and_of_others_everything(ledger: Ledger, lease: Lease) -> None:
    for module in ("m", "other"):
        fill(ledger, lease, module)
    link = ledger.links_table("i", "m")["link_id"].to_pylist()
    assert known(ledger, "m") == known(ledger, "other") == [1] * 7
    ledger.forget(lease, ["m"])
    assert known(ledger, "m") == [0] * 7
    assert known(ledger, "other") == [1] * 7
    assert ledger.bases(link) == {}


def test_an_integration_is_forgotten_as_a_whole_but_not_another_one_nor_its_history(
    ledger: Ledger, lease: Lease
) -> None:
    beside = ledger.take_lease("beside", "a test", NOW, 60)
    fill(ledger, lease, "m")
    fill(ledger, beside, "m")
    ledger.forget(lease)
    assert known(ledger, "m") == [0] * 7
    assert known(ledger, "m", "beside") == [1] * 7
    assert len(ledger.run_intents("i", "r")) == 1


def test_what_is_read_from_the_beginning_keeps_its_links(ledger: Ledger, lease: Lease) -> None:
    fill(ledger, lease, "m")
    ledger.start_anew(lease, ["m"])
    assert known(ledger, "m") == [1, 1, 1, 1, 0, 1, 0]
