"""Promises about writing: what was asked and nothing else, and a true receipt for each record."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from engine.testing.applies import Promises, applies
from engine.testing.bench import ABSENT, Bench, batch, field_of, receipts
from engine.testing.samples import AMOUNTS, DOUBTFUL_TEXTS, HOSTILE_IDS, ODD_TEXTS, PEOPLE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.record import Kind, Receipt


class CreatePromises(Promises):
    """A create makes one record, with the values it names."""

    @applies(lambda suite: suite.can.create)
    def test_a_created_record_is_there_once_under_the_id_of_its_receipt(self, bench: Bench) -> None:
        bench.plant_people()
        (receipt,) = bench.create(bench.row("Di", "Oslo"))
        assert receipt.outcome == "applied"
        held = bench.held()
        assert len(held) == len(PEOPLE) + 1
        assert held[str(receipt.id)] == ("Di", "Oslo")
        assert bench.people() == held

    @applies(lambda suite: suite.can.create)
    def test_many_creates_give_the_ids_in_the_order_of_the_batch(self, bench: Bench) -> None:
        count = min(2 * self.can.batch_size + 1, 1_001)
        written = bench.create(*(bench.row(f"n{number}", None, number) for number in range(count)))
        held = bench.held()
        assert len(held) == count
        assert [held[str(receipt.id)][0] for receipt in written] == [f"n{number}" for number in range(count)]

    @applies(lambda suite: suite.can.create)
    def test_a_refused_record_says_why_and_does_not_stop_the_others(self, bench: Bench) -> None:
        bench.plant_people()
        rows = [bench.row("Di", "Oslo", 1), bench.row("Ed", "Kyiv", 2), bench.row("Fi", "Lima", 3)]
        first, second, third = bench.create(rows[0], {**rows[1], **bench.system.refused}, rows[2])
        assert (first.outcome, second.outcome, third.outcome) == ("applied", "refused", "applied")
        assert second.code
        assert second.message
        assert sorted(name for name, _ in bench.held().values()) == ["Ada", "Bo", "Cy", "Di", "Fi"]

    @applies(lambda suite: suite.can.create)
    def test_null_and_empty_are_written_as_two_things(self, bench: Bench) -> None:
        null, empty = bench.create(bench.row("n", None, 1), bench.row("e", "", 2))
        held = bench.held()
        assert held[str(null.id)][1] in (None, ABSENT, *_no_value(bench))
        assert held[str(empty.id)][1] in (bench.system.tidied(""), *_no_value(bench, ABSENT))

    @applies(lambda suite: suite.can.create)
    def test_odd_texts_are_written_as_they_are(self, bench: Bench) -> None:
        written = _write_all(bench, ODD_TEXTS)
        assert {receipt.outcome for receipt in written.values()} == {"applied"}
        self._are_exact(bench, written)

    @applies(lambda suite: suite.can.create)
    def test_doubtful_texts_are_written_as_they_are_or_refused_in_words(self, bench: Bench) -> None:
        written = _write_all(bench, DOUBTFUL_TEXTS)
        for receipt in written.values():
            assert receipt.outcome == "applied" or (receipt.outcome == "refused" and receipt.message)
        taken = {pair: receipt for pair, receipt in written.items() if receipt.outcome == "applied"}
        self._are_exact(bench, taken)
        assert len(bench.held()) == len(taken)

    @staticmethod
    def _are_exact(bench: Bench, written: dict[tuple[str, str], Receipt]) -> None:
        held, read = bench.held(), bench.people()
        expected = {
            str(receipt.id): tuple(bench.system.tidied(text) for text in pair)
            for pair, receipt in written.items()
        }
        assert held == expected
        assert read == held

    @applies(lambda suite: suite.can.create and suite.number)
    def test_decimals_are_written_and_read_digit_by_digit(self, bench: Bench) -> None:
        field, amounts = str(self.number), [Decimal(text) for text in AMOUNTS]
        rows = [{**bench.row(f"n{place}", None, place), field: one} for place, one in enumerate(amounts)]
        made = [str(receipt.id) for receipt in bench.create(*rows)]
        held = {id_: Decimal(str(field_of(row, field))) for id_, row in bench.system.look().items()}
        assert [held[id_] for id_ in made] == amounts
        read = {str(field_of(row, bench.key)): field_of(row, field) for row in bench.read(field)}
        assert [Decimal(read[id_]) for id_ in made] == amounts

    @applies(lambda suite: suite.can.create)
    def test_a_receipt_shows_the_record_and_its_version_as_they_are_read_next(self, bench: Bench) -> None:
        (receipt,) = bench.create(bench.row("Di", "Oslo"))
        (row,) = bench.read(bench.system.text, bench.system.other)
        modified = bench.described.modified
        if receipt.version is not None and modified is not None:
            assert receipt.version == field_of(row, modified)
        for name in (bench.system.text, bench.system.other) if receipt.accepted is not None else ():
            assert field_of(receipt.accepted or {}, name) in (field_of(row, name), ABSENT)

    @applies(lambda suite: suite.can.upsert)
    def test_a_create_that_names_a_unique_field_may_be_repeated(self, bench: Bench) -> None:
        unique = bench.system.unique or bench.system.text
        first = {**bench.row("Di", "Oslo"), unique: "Di"}
        (made,) = bench.create(first, unique=unique)
        (again,) = bench.create({**first, bench.system.other: "Bergen"}, unique=unique)
        assert (made.outcome, again.outcome, again.id) == ("applied", "applied", made.id)
        assert bench.held() == {str(made.id): ("Di", "Bergen")}


class ChangePromises(Promises):
    """An update writes the fields it names; a delete takes one record away."""

    @applies(lambda suite: suite.can.update)
    def test_an_update_writes_only_the_fields_it_names(self, bench: Bench) -> None:
        text, other, ids = bench.system.text, bench.system.other, bench.plant_people()
        unwanted = "must not be written"
        rows: list[dict[str, Any]] = [
            {"_id": ids[0], "_set": [text], text: "Eve", other: unwanted},
            {"_id": ids[1], "_set": [other], text: unwanted, other: "Bonn"},
            {"_id": ids[2], "_set": [text, other], text: "Flo", other: None},
        ]
        assert [receipt.outcome for receipt in bench.change(*rows)] == ["applied"] * 3
        held = bench.held()
        assert [held[ids[0]], held[ids[1]]] == [("Eve", "London"), ("Bo", "Bonn")]
        assert held[ids[2]] in [("Flo", blank) for blank in (None, ABSENT, *_no_value(bench))]

    @applies(lambda suite: suite.can.update)
    def test_an_update_of_what_is_not_there_is_gone_and_the_others_are_written(self, bench: Bench) -> None:
        text, ids = bench.system.text, bench.plant_people()
        bench.system.remove(ids[2])
        first, second = bench.change({"_id": ids[0], text: "Eve"}, {"_id": ids[2], text: "Nobody"})
        assert (first.outcome, second.outcome) == ("applied", "gone")
        assert second.message
        assert bench.held() == {ids[0]: ("Eve", "London"), ids[1]: bench.held()[ids[1]]}

    @applies(lambda suite: suite.can.delete)
    def test_a_deleted_record_is_not_read_again_and_cannot_be_deleted_twice(self, bench: Bench) -> None:
        ids = bench.plant_people()
        assert [receipt.outcome for receipt in bench.delete(ids[1])] == ["applied"]
        assert [receipt.outcome for receipt in bench.delete(ids[1], ids[0])] == ["gone", "applied"]
        assert set(bench.held()) == set(bench.people()) == {ids[2]}

    @applies(lambda suite: suite.can.update or suite.can.delete)
    def test_no_id_however_it_looks_changes_a_record_that_does_not_have_it(self, bench: Bench) -> None:
        bench.plant_people()
        before = bench.held()
        for kind in self._kinds():
            rows = [_target(bench, kind, id_) for id_ in HOSTILE_IDS]
            answer = receipts(bench.open().write(bench.stream, batch(kind, rows)), len(rows))
            assert {receipt.outcome for receipt in answer} <= {"gone", "refused"}
            assert all(receipt.message for receipt in answer)
        assert bench.held() == before

    @applies(lambda suite: suite.conditional and suite.can.update)
    def test_a_write_that_was_decided_on_an_older_version_is_stale(self, bench: Bench) -> None:
        ids = bench.plant_people()
        (row,) = bench.read(bench.system.text, ids=(ids[0],))
        version = field_of(row, str(bench.described.modified))
        bench.system.edit(ids[0], {bench.system.other: "Paris"})
        (receipt,) = bench.change({"_id": ids[0], "_version": version, bench.system.text: "Eve"})
        assert receipt.outcome == "stale"
        assert bench.held()[ids[0]] == ("Ada", "Paris")

    def _kinds(self) -> Sequence[Kind]:
        kinds: tuple[tuple[Kind, bool], ...] = (("update", self.can.update), ("delete", self.can.delete))
        return [kind for kind, able in kinds if able]


def _target(bench: Bench, kind: Kind, id_: str) -> dict[str, Any]:
    if kind == "delete":
        return {"_id": id_}
    return {"_id": id_, "_set": [bench.system.text], bench.system.text: "taken over"}


def _no_value(bench: Bench, *more: Any) -> tuple[Any, ...]:
    """What else stands for no value in a system that tells null and empty no different."""
    return ("", None, *more) if bench.described.empty_is_null else ()


def _both(bench: Bench, place: int, odd: str) -> tuple[str, str]:
    """An odd text for both fields: as it is, and made different from all others at its end."""
    fields = bench.described.fields
    room = [
        fields[name].max_length if name in fields else None
        for name in (bench.system.text, bench.system.other)
    ]
    return f"{odd[:40]} {place}"[: room[0]], odd[: room[1]]


def _write_all(bench: Bench, odd_texts: Sequence[str]) -> dict[tuple[str, str], Receipt]:
    """One record for each text; what was written into both fields, with the receipt."""
    pairs = [_both(bench, place, odd) for place, odd in enumerate(odd_texts)]
    written = bench.create(*(bench.row(*pair, number) for number, pair in enumerate(pairs)))
    return dict(zip(pairs, written, strict=True))
