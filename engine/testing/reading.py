"""Promises about reading: all of it, once, exactly; and nothing that was not there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.connectors.port import ReadRequest
from engine.testing.applies import Promises, applies
from engine.testing.bench import ABSENT, Bench, field_of, read, rows_of, rows_or_words
from engine.testing.samples import HALF_A_CHARACTER, HOSTILE_IDS, ODD_TEXTS, PEOPLE

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.connectors.port import Connector

#: No page of any system needs to be larger for its seams to be seen.
MANY = 2_500


class ReadingPromises(Promises):
    """What a connector reads is what its system holds."""

    def test_a_complete_read_delivers_every_record_once_as_the_system_holds_it(self, bench: Bench) -> None:
        bench.plant_people()
        assert bench.people() == bench.held()
        assert len(bench.people()) == len(PEOPLE)

    def test_an_empty_stream_is_read_completely_too(self, bench: Bench) -> None:
        assert bench.read(bench.system.text) == []

    def test_records_that_fill_several_pages_all_arrive(self, bench: Bench) -> None:
        count = min(2 * self.can.page_size + 1, MANY)
        ids = bench.plant([(f"n{number}", None) for number in range(count)])
        rows = bench.read(bench.system.text)
        found = sorted((field_of(row, bench.key), field_of(row, bench.system.text)) for row in rows)
        assert found == sorted((id_, f"n{number}") for number, id_ in enumerate(ids))

    def test_what_is_made_or_changed_while_pages_are_read_hides_no_other_record(self, bench: Bench) -> None:
        def meanwhile(ids: list[str]) -> None:
            bench.plant([("newcomer", None)])
            bench.system.edit(ids[0], {bench.system.other: "Bonn"})
            bench.system.edit(ids[-1], {bench.system.other: "Rome"})

        self._reads_all(bench, meanwhile)

    @applies(lambda suite: suite.steady_pages)
    def test_what_is_deleted_while_pages_are_read_hides_no_other_record(self, bench: Bench) -> None:
        self._reads_all(bench, lambda ids: bench.system.remove(ids[0]))

    def _reads_all(self, bench: Bench, meanwhile: Callable[[list[str]], None]) -> None:
        """Every record but the first comes, whatever happens after the first page."""
        count = min(2 * self.can.page_size + 1, MANY)
        ids = bench.plant([(f"n{number}", None) for number in range(count)])
        pages = iter(bench.reader.read(ReadRequest(stream=bench.stream, fields=(bench.system.text,))))
        seen = {field_of(row, bench.key) for row in rows_of(next(pages))}
        meanwhile(ids)
        seen |= {field_of(row, bench.key) for page in pages for row in rows_of(page)}
        assert set(ids[1:]) <= seen

    def test_only_requested_fields_come_and_always_the_id_as_text(self, bench: Bench) -> None:
        ids = bench.plant_people()
        rows = bench.read(bench.system.other)
        assert all(field_of(row, bench.system.text) is ABSENT for row in rows)
        assert sorted(_raw(row, bench.key) for row in rows) == sorted(ids)

    def test_a_field_that_does_not_exist_is_never_made_up(self, bench: Bench) -> None:
        bench.plant_people()
        rows, said = rows_or_words(lambda: bench.read("no_such_field"))
        assert rows or "no_such_field" in said
        assert all(field_of(row, "no_such_field") in (ABSENT, None) for row in rows)

    def test_a_read_that_is_left_in_the_middle_does_no_harm_to_the_next(self, bench: Bench) -> None:
        bench.plant_people()
        connector = bench.open()
        pages = iter(connector.read(ReadRequest(stream=bench.stream, fields=(bench.system.text,))))
        next(pages)
        del pages
        assert len(read(connector, bench.stream, bench.system.text)) == len(PEOPLE)

    def test_texts_arrive_as_the_system_holds_them_and_absent_null_and_empty_stay_apart(
        self, bench: Bench
    ) -> None:
        """What a system cannot hold is not asked for: a table has no absent fields, many APIs no empty ones."""
        fitting = [*(one[: _longest(bench)] for one in ODD_TEXTS), "", None]
        bench.plant([(f"t{number}", odd) for number, odd in enumerate(fitting)])
        bench.system.plant([{**bench.system.also, bench.system.text: "absent"}])
        held, came = bench.held(), bench.people()
        if bench.described.empty_is_null:
            held, came = _without_blanks(held), _without_blanks(came)
        assert came == held

    @applies(lambda suite: suite.can.by_ids)
    def test_records_are_found_by_id_and_missing_ones_are_not_delivered(self, bench: Bench) -> None:
        one, two, three = bench.plant_people()
        rows = bench.read(bench.system.text, ids=(three, "no-such", one, f"0{two}", f"{two} ", f"{two}.0"))
        found = sorted((field_of(row, bench.key), field_of(row, bench.system.text)) for row in rows)
        assert found == sorted([(one, "Ada"), (three, "Cy")])

    @applies(lambda suite: suite.can.by_ids)
    def test_no_id_however_it_looks_finds_a_record_that_does_not_have_it(self, bench: Bench) -> None:
        ids = bench.plant_people()
        assert bench.read(bench.system.text, ids=(*HOSTILE_IDS, HALF_A_CHARACTER)) == []
        rows = bench.read(bench.system.text, ids=(*HOSTILE_IDS, ids[0]))
        assert [field_of(row, bench.key) for row in rows] == ids[:1]

    @applies(lambda suite: suite.can.by_ids)
    def test_more_ids_than_one_call_takes_are_all_looked_up(self, bench: Bench) -> None:
        count = min(2 * self.can.by_ids + 1, 250)
        ids = bench.plant([(f"n{number}", None) for number in range(count)])
        rows = bench.read(bench.system.text, ids=tuple(ids))
        assert sorted(field_of(row, bench.key) for row in rows) == sorted(ids)

    @applies(lambda suite: suite.can.since)
    def test_reading_what_changed_includes_the_very_moment_asked_for(self, bench: Bench) -> None:
        ids = bench.plant_people()
        bench.system.edit(ids[1], {bench.system.other: "Bonn"})
        newest = self._newest(bench, bench.open())
        rows = bench.read(bench.system.other, since=newest)
        changed = {field_of(row, bench.key): field_of(row, bench.system.other) for row in rows}
        assert changed[ids[1]] == "Bonn"
        assert set(changed) <= set(ids)

    @applies(lambda suite: not suite.can.since)
    def test_a_stream_that_cannot_tell_what_changed_says_so_or_gives_everything(self, bench: Bench) -> None:
        bench.plant_people()
        rows, said = rows_or_words(lambda: bench.read(since="2026-01-01T00:00:00+00:00"))
        assert said or len(rows) == len(PEOPLE)

    @applies(lambda suite: suite.can.deleted_feed)
    def test_what_was_deleted_is_told_with_the_time(self, bench: Bench) -> None:
        ids = bench.plant_people()
        since = min(str(_raw(row, self._modified(bench))) for row in bench.read(bench.system.text))
        bench.system.remove(ids[1])
        told = bench.read(deleted=True, since=since)
        assert [field_of(row, bench.key) for row in told] == [ids[1]]
        assert field_of(told[0], self._modified(bench)) not in (None, ABSENT)
        assert set(bench.people()) == {ids[0], ids[2]}

    def _newest(self, bench: Bench, connector: Connector) -> str:
        rows = read(connector, bench.stream, bench.system.text)
        return max(str(_raw(row, self._modified(bench))) for row in rows)

    @staticmethod
    def _modified(bench: Bench) -> str:
        modified = bench.described.modified
        assert modified is not None
        return modified


def _longest(bench: Bench) -> int | None:
    field = bench.described.fields.get(bench.system.other)
    return field.max_length if field else None


def _raw(row: dict[str, Any], name: str) -> Any:
    value = field_of(row, name)
    assert value is not ABSENT, f"`{name}` always comes"
    return value


def _without_blanks(people: dict[str, tuple[Any, Any]]) -> dict[str, tuple[Any, ...]]:
    blank = ("", None, ABSENT)
    return {id_: tuple(None if one in blank else one for one in pair) for id_, pair in people.items()}
