"""What is put into the ledger comes out of it, by either way into the file."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ledger_place import ask
from test_ledger_waiting import CONFLICT

from engine.errors import RecordError
from engine.ledger import (
    LINK_COLUMNS,
    HeldRow,
    Intent,
    Lease,
    Loser,
    ModuleState,
    RunRow,
    Settlement,
    Sightings,
    open_ledger,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.ledger.store import Ledger

NOW = "2026-03-01T10:00:00Z"
HASH = b"0123456789abcdef"
HELD = HeldRow(
    integration="i",
    module="m",
    side="left",
    record_id="7",
    code="refused",
    message="No.",
    since=NOW,
    run="r",
    content_hash=HASH,
)


@pytest.fixture(params=["ordinary", "bulk"])
def ledger(request: pytest.FixtureRequest, place: str) -> Iterator[Ledger]:
    """A new ledger, used by one of the two ways whatever the number of rows."""
    rows = 1_000_000 if request.param == "ordinary" else -1
    with pytest.MonkeyPatch.context() as patch, open_ledger(place) as opened:
        patch.setattr(opened._database, "bulk_rows", rows)
        yield opened


@pytest.fixture
def lease(ledger: Ledger) -> Lease:
    return ledger.take_lease("i", "a test", NOW, 60)


def links(*pairs: tuple[str, str], **columns: list[object]) -> pa.Table:
    ids = {"left_id": [left for left, _ in pairs], "right_id": [right for _, right in pairs]}
    hashes = pa.array([HASH] * len(pairs), pa.binary())
    return pa.table({**ids, "left_hash": hashes, "right_hash": hashes, **columns})


def settlement(**parts: object) -> Settlement:
    return replace(Settlement(run="r", module="m"), **parts)  # type: ignore[arg-type]  # named by the caller


odd_ids = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


def test_links_of_any_text_ids_are_found_again_by_either_id(ledger: Ledger, lease: Lease) -> None:
    """Empty ids, NUL, quotes, other scripts: text is text."""
    modules = (f"m{number}" for number in range(1_000_000))

    @settings(max_examples=20, deadline=None)
    @given(st.lists(odd_ids, unique=True, max_size=8))
    def round_trip(ids: list[str]) -> None:
        module = next(modules)
        pairs = [(left, left[::-1] + "!") for left in ids]
        new = ledger.note(lease, Settlement(run="r", module=module, links=links(*pairs)))
        expected = {(number, left, right) for number, (left, right) in zip(new, pairs, strict=True)}
        everything = ledger.links_table("i", module)
        by_right = ledger.links_table("i", module, pa.array([r for _, r in pairs], pa.string()), "right")
        by_link = ledger.links_table("i", module, pa.array(new, pa.int64()))
        with ledger.links_reader("i", module, LINK_COLUMNS) as reader:
            bit_by_bit = reader.read_all()
        for table in (everything, by_right, by_link, bit_by_bit):
            assert {
                (row["link_id"], row["left_id"], row["right_id"]) for row in table.to_pylist()
            } == expected

    round_trip()


def test_tables_have_their_declared_types_even_if_empty_or_full_of_nulls(
    ledger: Ledger, lease: Lease
) -> None:
    """ADBC guesses types from the first rows; nobody must notice."""
    empty = ledger.links_table("i", "m").schema
    ledger.note(lease, settlement(links=links(("1", "a"), ("2", "b"))))
    assert ledger.links_table("i", "m").schema == empty
    with ledger.links_reader("i", "m", LINK_COLUMNS) as reader:
        assert reader.schema == empty
        assert reader.read_all().num_rows == 2
    assert [str(kind) for kind in empty.types] == ["int64", *["string"] * 2, *["binary"] * 2, *["string"] * 4]
    bases = ledger.bases_table(pa.array([1, 2]))
    assert [str(kind) for kind in bases.schema.types] == ["int64", "string", "string"]
    assert bases.sort_by("link_id").to_pylist()[1] == {
        "link_id": 2,
        "left_values": None,
        "right_values": None,
    }


def test_bases_keep_numbers_exact_and_the_right_side_may_equal_the_left(ledger: Ledger, lease: Lease) -> None:
    columns: dict[str, list[object]] = {"left_values": ['{"a":1.10}'] * 2, "right_values": [None, '{"b":2}']}
    new = ledger.note(lease, settlement(links=links(("1", "a"), ("2", "b"), **columns)))
    first = {"a": Decimal("1.10")}
    assert ledger.bases(new) == {new[0]: (first, first), new[1]: (first, {"b": 2})}
    assert str(ledger.bases(new)[new[0]][1]) == "{'a': Decimal('1.10')}"


def test_a_change_writes_the_columns_it_has_and_leaves_the_others(ledger: Ledger, lease: Lease) -> None:
    columns: dict[str, list[object]] = {"left_values": ['{"a":1}'] * 2, "left_version": ["v1", "v1"]}
    one, two = ledger.note(lease, settlement(links=links(("1", "a"), ("2", "b"), **columns)))
    changes = pa.table({"link_id": [two], "state": ["gone-left"], "left_version": pa.nulls(1)})
    ledger.note(lease, settlement(changes=changes))
    rows = {row["link_id"]: row for row in ledger.links_table("i", "m").to_pylist()}
    assert (rows[one]["state"], rows[one]["left_version"]) == ("active", "v1")
    assert (rows[two]["state"], rows[two]["left_version"]) == ("gone-left", None)
    assert (rows[two]["left_hash"], ledger.bases([two])[two][0]) == (HASH, {"a": 1})


def test_a_dropped_link_takes_its_base_along_and_its_number_is_not_used_again(
    ledger: Ledger, lease: Lease
) -> None:
    (old,) = ledger.note(lease, settlement(links=links(("1", "a"))))
    ledger.note(lease, settlement(dropped=(old,)))
    assert ledger.links_table("i", "m").num_rows == 0
    assert ledger.bases([old]) == {}
    assert list(ledger.note(lease, settlement(links=links(("1", "a"))))) == [old + 1]


def test_a_record_cannot_be_linked_twice_and_then_nothing_of_the_batch_is_stored(
    ledger: Ledger, lease: Lease
) -> None:
    ledger.note(lease, settlement(links=links(("1", "a"))))
    with pytest.raises(RecordError) as caught:
        ledger.note(lease, settlement(links=links(("2", "b"), ("3", "a")), held=(HELD,)))
    assert caught.value.code == "linked-twice"
    assert ledger.links_table("i", "m")["left_id"].to_pylist() == ["1"]
    assert ledger.held_rows() == []
    ledger.note(lease, Settlement(run="r", module="another", links=links(("1", "a"))))


def test_holding_again_for_the_same_reason_counts_and_keeps_the_beginning(
    ledger: Ledger, lease: Lease
) -> None:
    later = replace(HELD, since="2026-03-02T10:00:00Z", run="r2", message="Still no.")
    ledger.note(lease, settlement(held=(HELD,)))
    ledger.note(lease, settlement(held=(later,)))
    assert ledger.held_rows("i", "m") == [replace(later, since=NOW, attempts=2)]
    other = replace(later, code="unreadable", temporary=True, next_try="2026-03-03T10:00:00Z")
    ledger.note(lease, settlement(held=(other,)))
    assert ledger.held_rows() == [other]
    ledger.note(lease, settlement(released=(("right", "7"),)))
    assert len(ledger.held_rows()) == 1
    ledger.note(lease, settlement(released=(("left", "7"),)))
    assert ledger.held_rows() == []


def test_an_intent_is_open_until_it_is_settled_and_a_create_then_forgets_what_it_sent(
    ledger: Ledger, lease: Lease
) -> None:
    payload = pa.table({"_op": ["1"], "amount": pa.array([Decimal("1.10")], pa.decimal128(9, 2))})
    intent = Intent(run="r", module="m", side="right", kind="create", created=NOW, payload=payload, count=1)
    number = ledger.intend(lease, intent)
    stored = replace(intent, id=number, integration="i", epoch=lease.epoch)
    assert ledger.pending_intents("i") == [stored]
    ledger.settle(lease, number, settlement(intent_state="uncertain", not_before=NOW))
    assert ledger.pending_intents("i") == [replace(stored, state="uncertain", not_before=NOW)]
    ledger.settle(lease, number, settlement(links=links(("1", "a"))))
    assert ledger.pending_intents("i") == []
    assert [status.intents for status in ledger.status("i")] == [0]
    with ledger._database.reading() as connection:
        row = connection.exec_driver_sql("SELECT state, payload, not_before FROM intents").one()
    assert tuple(row) == ("done", None, None)


def test_sightings_are_replaced_or_added_to_whether_linked_or_not(ledger: Ledger, lease: Lease) -> None:
    def seen(*ids: str) -> pa.Table:
        return pa.table({"record_id": list(ids), "version": ["v"] * len(ids), "keys": pa.nulls(len(ids))})

    def known() -> list[str]:
        return sorted(ledger.sightings_table("i", "m", "right")["record_id"].to_pylist())

    state = ModuleState(integration="i", module="m", right_cursor="2026", contacted=True)
    ledger.finish_module(lease, state, right=Sightings(records=seen("a", "b", "c"), complete=True))
    assert (known(), ledger.module_state("i", "m")) == (["a", "b", "c"], state)
    ledger.note(lease, settlement(links=links(("1", "a"))))
    ledger.finish_module(lease, state, right=Sightings(records=seen("d"), complete=False, gone=("b",)))
    assert known() == ["a", "c", "d"]
    ledger.finish_module(lease, replace(state, right_cursor="2027"))
    assert (known(), ledger.module_state("i", "m").right_cursor) == (["a", "c", "d"], "2027")
    ledger.finish_module(lease, state, right=Sightings(records=seen("e"), complete=True))
    assert known() == ["e"]
    assert ledger.sightings_table("i", "m", "left").num_rows == 0


def test_skips_and_lost_values_are_remembered(ledger: Ledger, lease: Lease) -> None:
    skips = pa.table(
        {"side": ["left", "right"], "record_id": ["1", "a"], "other_id": ["a", None], "why": ["x"] * 2}
    )
    loser = Loser(
        module="m", side="left", record_id="1", field="f", value=Decimal("2.50"), winner=None, at=NOW, run="r"
    )
    ledger.note(lease, settlement(skips=skips, losers=(loser,)))
    assert ledger.skips_table("i", "m").sort_by("side").to_pylist() == skips.to_pylist()
    assert ledger.losers("i", "r") == [loser]
    assert ledger.losers("i", "another run") == []
    ledger.note(lease, settlement(unskipped=(("right", "a"),), skips=skips.slice(0, 1)))
    assert ledger.skips_table("i", "m")["record_id"].to_pylist() == ["1"]
    assert [(status.skipped, status.links) for status in ledger.status("i")] == [(1, 0)]


def test_of_several_rows_for_one_record_the_last_one_counts(ledger: Ledger, lease: Lease) -> None:
    rows = {"side": ["left"] * 3, "record_id": ["1", "2", "1"], "other_id": pa.nulls(3)}
    ledger.note(lease, settlement(skips=pa.table({**rows, "why": ["first", "x", "last"]})))
    found = ledger.skips_table("i", "m").sort_by("record_id")
    assert found.select(["record_id", "why"]).to_pylist() == [
        {"record_id": "1", "why": "last"},
        {"record_id": "2", "why": "x"},
    ]


def test_the_history_shows_how_a_run_ended(ledger: Ledger, lease: Lease) -> None:
    run = RunRow(id="r", integration="i", started=NOW, spec_file="s.yaml", plan_fingerprint="p")
    ledger.start_run(lease, run)
    assert ledger.last_run("i") == run
    ledger.end_run(
        lease, "r", outcome="held", ended=NOW, seconds=1.5, counts={"m": {"held": 1}}, calls={"crm": 3}
    )
    ended = replace(run, outcome="held", ended=NOW, seconds=1.5, counts={"m": {"held": 1}}, calls={"crm": 3})
    assert ledger.runs() == [ended]
    assert (ledger.integrations(), ledger.last_run("another")) == (["i"], None)


def test_a_hundred_thousand_links_come_back_as_they_were_stored(place: str) -> None:
    """The first load, in batches, indexes last; then all of them and many of them are read."""
    count, size = 100_000, 30_000
    ids = pa.array(range(count)).cast(pa.string())
    hashes = pa.array([number.to_bytes(16, "big") for number in range(count)])
    versions = pa.array([None if number % 7 else str(number) for number in range(count)])
    columns = {"left_id": ids, "right_id": ids, "left_hash": hashes, "right_hash": hashes}
    table = pa.table({**columns, "left_version": versions, "left_values": ids})
    with open_ledger(place) as ledger:
        lease = ledger.take_lease("i", "a test", NOW, 60)
        with ledger.bulk_load(lease):
            for start in range(0, count, size):
                ledger.note(lease, settlement(links=table.slice(start, size)))
        read = ledger.links_table("i", "m").sort_by("link_id")
        assert read.select([*columns, "left_version"]) == table.select([*columns, "left_version"])
        some = ledger.links_table("i", "m", ids.slice(0, 20_000), "left")
        assert some.num_rows == 20_000
        assert ledger.bases_table(some["link_id"].combine_chunks()).num_rows == 20_000


def interrupted_load(ledger: Ledger, lease: Lease, table: pa.Table) -> None:
    """A first load that ends with an error."""
    with ledger.bulk_load(lease):
        ledger.note(lease, settlement(links=table, conflicts=(CONFLICT, replace(CONFLICT, left_id="2"))))
        raise ZeroDivisionError


def test_doubles_that_came_in_without_indexes_are_held_and_the_first_link_stays(place: str) -> None:
    with open_ledger(place) as ledger:
        lease = ledger.take_lease("i", "a test", NOW, 60)
        with pytest.raises(ZeroDivisionError):
            interrupted_load(ledger, lease, links(("1", "a"), ("2", "a"), ("3", "c")))
        assert sorted(ledger.links_table("i", "m")["left_id"].to_pylist()) == ["1", "3"]
        assert [(row.side, row.record_id, row.code) for row in ledger.held_rows()] == [
            ("left", "2", "linked-twice")
        ]
        assert [one.left_id for one in ledger.conflicts("i")] == ["1"]
        with pytest.raises(RecordError):
            ledger.note(lease, settlement(links=links(("4", "a"))))


def test_both_ways_into_one_file_work_side_by_side_in_one_process(place: str) -> None:
    """Each way brings its own SQLite, and the two would not see each other's locks."""

    def write(integration: str, rows: int, batches: int) -> int:
        with open_ledger(place) as ledger:
            lease = ledger.take_lease(integration, "a thread", NOW, 60)
            for batch in range(batches):
                ids = [(f"{batch}/{row}", f"{batch}/{row}") for row in range(rows)]
                ledger.note(lease, settlement(links=links(*ids)))
            return int(ledger.links_table(integration, "m").num_rows)

    with ThreadPoolExecutor(3) as threads:
        jobs = [("bulk", 6_000, 4), ("few", 3, 30), ("more", 5, 30)]
        results = [threads.submit(write, *job) for job in jobs]
        assert [result.result() for result in results] == [24_000, 90, 150]
    assert ask(place, "SELECT count(*), max(id) FROM links") == [(24_240, 24_240)]
    if not place.startswith("postgresql"):
        assert ask(place, "PRAGMA integrity_check") == [("ok",)]
