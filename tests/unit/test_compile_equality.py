"""Compiled lines over rows: what systems write differently and mean alike is equal, and is held where it cannot fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from lens_world import Bench
from run_world import World

from engine.compiler import check_file, compile_file

if TYPE_CHECKING:
    from pathlib import Path

    from engine.record import Side

SPEC = """\
spec: 1
name: bench
systems:
  crm:
    connector: memory
    zone: Asia/Kolkata
    region: IN
    with:
      store: crm
      streams:
        firms:
          modified: changed
          fields: { changed: instant, amount: decimal, due: date, phone: phone, site: url, made: instant,
                    rank: text, hours: duration unit=hour, name: text max=255, called: instant, closed: instant,
                    noted: text }
  books:
    connector: memory
    zone: Asia/Kolkata
    with:
      store: books
      streams:
        clients: { fields: { worth: money scale=2, day: date, tel: text, web: text, born: instant precision=second,
                             grade: text caseless, minutes: duration, label: text max=10, seen: text, end: date } }
modules:
  firms:
    sync: crm.firms <-> books.clients
    match: [ phone = tel ]
    conflicts: hold
    fields:
      - amount <-> worth
      - due <-> day
      - phone <-> tel
      - site <-> web
      - made <-> born
      - rank <-> grade
      - hours <-> minutes
      - { map: name <-> label, cut: true }
      - closed -> end
      - { to: right.note, value: cast(called AS date) }
      - { to: right.since, value: cast(noted AS timestamptz) }
"""


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    file = tmp_path / "bench.yaml"
    file.write_text(SPEC, encoding="utf-8")
    return Bench(compile_file(str(file)))


def test_what_both_systems_mean_alike_is_no_difference(bench: Bench) -> None:
    """Scales, zones, regions, precisions, units, case and lengths of two systems meet in one value."""
    firm = {
        "amount": "100",
        "due": "2026-03-31T00:00:00+05:30",
        "phone": "020-5550100",
        "site": "HTTPS://A.in/",
    }
    firm |= {"made": "2026-01-31T10:00:00.75", "rank": "Gold", "hours": "1.5", "name": "Acme of Pune and Goa"}
    firm |= {"closed": "2026-03-30T20:00:00Z", "called": "2026-03-30T20:00:00Z"}
    firm |= {"noted": "2026-01-31 10:00:00"}
    client = {"worth": "100.00", "day": "2026-03-31", "tel": "+91 20 5550 100", "web": "https://a.in"}
    client |= {"born": "2026-01-31T04:30:00Z", "grade": "GOLD", "minutes": "90", "label": "Acme of Pu"}
    client |= {"end": "2026-03-31", "note": "2026-03-31", "since": "2026-01-31T04:30:00Z"}
    left = _verdict(bench, "left", firm)
    assert left == _verdict(bench, "right", client)
    assert left[1:] == ("+91205550100", None)


def _verdict(bench: Bench, side: Side, row: dict[str, str]) -> Any:
    """The hash of what is compared, the match key and the trouble of one record."""
    end = bench.module("firms").side(side)
    bench.stage(end, [{"_id": "1", **row}])
    return bench.database.execute(f"SELECT hash, k0, trouble FROM ({end.lens})").fetchone()


@pytest.mark.parametrize(
    ("side", "line", "row", "written"),
    [
        ("right", 2, {"phone": "020 555 0100"}, "+91205550100"),
        ("left", 2, {"tel": "0091 20 5550100"}, "+91205550100"),
        ("right", 5, {"rank": "Gold"}, "Gold"),
        ("left", 6, {"minutes": "90"}, "1.50"),
        ("right", 7, {"name": "Acme of P and Goa"}, "Acme of P"),
        ("left", 7, {"label": "Acme"}, "Acme"),
    ],
)
def test_what_is_written_is_the_canonical_value_in_the_words_of_the_target(
    bench: Bench, side: Side, line: int, row: dict[str, str], written: str
) -> None:
    assert str(bench.written("firms", side, line, {"_id": "1", **row})) == written


def test_the_time_of_a_change_without_an_offset_is_that_of_its_system(bench: Bench) -> None:
    end = bench.module("firms").left
    bench.stage(end, [{"_id": "1", "_version": "2026-01-31 10:00:00"}])
    moment = bench.database.execute(f"SELECT CAST(moment AS VARCHAR) FROM ({end.clock})").fetchone()
    assert moment == ("2026-01-31 04:30:00+00",)


def test_a_moment_is_a_day_only_where_a_zone_says_which(tmp_path: Path) -> None:
    file = tmp_path / "bench.yaml"
    file.write_text(SPEC.replace("    zone: Asia/Kolkata\n", ""), encoding="utf-8")
    found = {one.code: one for one in check_file(str(file))}
    assert set(found) == {"type-mismatch"}
    assert "zone: Asia/Kolkata" in (found["type-mismatch"].hint or "")


LONG = "Acme of Pune, Goa and everywhere"


def test_a_text_that_does_not_fit_is_held_with_both_lengths_until_it_is_shortened(tmp_path: Path) -> None:
    with World(tmp_path, lines=("name -> label",)) as world:
        _limit(world, "label: text required", "label: text required max=20")
        _limit(world, "name: text,", "name: text max=255,")
        world.shop.put("people", {"name": LONG})
        (held,) = world.run().held
        wanted = "`label` takes 20 characters, and `name` 255: `name -> label` gives more here."
        assert (held.held.code, held.held.message) == ("does-not-fit", wanted)
        world.shop.edit("people", "1", name="Acme")
        assert world.run().wrote == 1
        assert world.clients("label") == [("Acme",)]


def test_a_text_that_is_cut_is_written_once_and_is_quiet_then(tmp_path: Path) -> None:
    with World(tmp_path, lines=("{ map: name -> label, cut: true }",)) as world:
        _limit(world, "label: text required", "label: text required max=20")
        world.shop.put("people", {"name": LONG})
        world.run()
        assert world.clients("label") == [("Acme of Pune, Goa an",)]
        world.settled()
        world.shop.edit("people", "1", name=LONG + " else")
        assert world.run().wrote == 0, "what differs only behind the cut is no difference"


def _limit(world: World, field: str, limited: str) -> None:
    """Declare how long a field of the other system may be."""
    text = world.file.read_text(encoding="utf-8")
    assert field in text
    world.file.write_text(text.replace(field, limited), encoding="utf-8")
