"""`engine links`: what people do to the links between two runs, by hand and by file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, get_args

import pytest
from ledger_by_command import CONFLICT, HELD, Desk, desk_in, linked

from engine.cli.commands import links
from engine.ledger.model import LinkState

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "module,left_id,right_id,state\n"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Three pairs of one module; the first is held."""
    made = desk_in(tmp_path)
    (tmp_path / ".engine").mkdir()
    made.remember(links=linked(("1", "a"), made="right"), held=(HELD,), conflicts=(CONFLICT,))
    made.remember(links=linked(("2", "b"), ('odd,"id"', "ü\n1"), state="missing-left"))
    return made


def known(desk: Desk, *words: str) -> list[dict[str, Any]]:
    shown = desk.call("links", "list", "shop-desk", "--format", "json", *words)
    assert shown.exit_code == 0, shown.output
    found: list[dict[str, Any]] = json.loads(shown.stdout)["links"]
    return found


def pairs(desk: Desk, *words: str) -> list[tuple[str, str]]:
    return [(one["left_id"], one["right_id"]) for one in known(desk, *words)]


def test_links_are_counted_by_state_and_shown(desk: Desk) -> None:
    shown = desk.call("links", "list", desk.spec, "--limit", "2").stdout
    assert shown == (
        "people: 1 active\n"
        "people: 2 missing-left\n"
        "\n"
        "module  left  right  state         made on the\n"
        "──────────────────────────────────────────────\n"
        "people  1     a      active        right\n"
        "people  2     b      missing-left  -\n"
        "… and 1 more; --limit shows them, `engine links export` writes all\n"
    )


def test_links_are_chosen_by_state_and_by_the_id_of_either_record(desk: Desk) -> None:
    assert pairs(desk, "--state", "active") == [("1", "a")]
    assert pairs(desk, "--record", "b") == pairs(desk, "--record", "2") == [("2", "b")]
    assert pairs(desk, "--record", "none of them") == []
    nothing = desk.call("links", "list", desk.spec, "--state", "suspended")
    assert (nothing.exit_code, nothing.stdout) == (0, "No record is linked.\n")


def test_a_link_made_by_hand_is_there_and_made_again_is_no_mistake(desk: Desk) -> None:
    told = desk.call("links", "add", desk.spec, "people", "7", "g")
    assert told.exit_code == 0, told.output
    assert told.stdout.startswith("Linked 1 pair.\n")
    assert ("7", "g") in pairs(desk)
    again = desk.call("links", "add", desk.spec, "people", "7", "g", "--format", "json")
    assert json.loads(again.stdout) == {"added": [], "already": 1}


def test_the_next_run_looks_at_a_link_from_the_side_that_its_module_reads(desk: Desk) -> None:
    desk.call("links", "add", desk.spec, "people", "7", "g")
    desk.call("links", "add", desk.spec, "notes", "7", "g")
    with desk.ledger() as ledger:
        looks = [one for module in ("people", "notes") for one in ledger.waits("shop-desk", module)]
    assert [(one.side, one.record_id) for one in looks] == [("left", "7"), ("right", "g")]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["people", "1", "z"], "people 1 = z cannot be linked: people 1 = a is linked already."),
        (["poeple", "8", "h"], "has no module `poeple` that runs"),
    ],
)
def test_a_link_that_cannot_be_made_is_refused(desk: Desk, words: list[str], sentence: str) -> None:
    told = desk.call("links", "add", desk.spec, *words)
    assert (told.exit_code, sentence in told.stderr) == (1, True), told.output
    assert len(known(desk)) == 3


@pytest.mark.parametrize("word", ["1", "left:1", "right:a", "shop.people:1", "desk.clients:a"])
def test_a_link_is_removed_by_either_of_its_records(desk: Desk, word: str) -> None:
    told = desk.call("links", "remove", desk.spec, "people", word, "--yes", "--format", "json")
    assert told.exit_code == 0, told.output
    gone = {"module": "people", "left_id": "1", "right_id": "a", "state": "active"}
    assert json.loads(told.stdout) == {"removed": [gone], "left_alone": False}
    assert ("1", "a") not in pairs(desk)
    with desk.ledger() as ledger:
        left = (
            ledger.held_rows(),
            ledger.conflicts("shop-desk"),
            ledger.skips_table("shop-desk", "people").num_rows,
        )
    assert left == ([], [], 0)


def test_records_whose_link_is_removed_can_be_left_alone(desk: Desk) -> None:
    told = desk.call("links", "remove", desk.spec, "people", "1", "--yes", "--leave-alone")
    assert "excluded from sync from now on" in told.stdout
    with desk.ledger() as ledger:
        skips = ledger.skips_table("shop-desk", "people").to_pylist()
    assert {(one["side"], one["record_id"]) for one in skips} == {("left", "1"), ("right", "a")}


def test_nothing_is_removed_before_somebody_has_agreed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    told = desk.call("links", "remove", desk.spec, "people", "1", "2")
    assert (told.exit_code, told.stdout) == (6, "")
    assert "This would remove the links people 1 = a, people 2 = b." in told.stderr
    monkeypatch.setattr(links, "can_ask", lambda: True)
    assert desk.call("links", "remove", desk.spec, "people", "1").exit_code == 1
    assert len(known(desk)) == 3


@pytest.mark.parametrize("word", ["a", "right:1", "desk.notes:a", ":", "left:"])
def test_a_record_without_a_link_is_named_and_nothing_is_removed(desk: Desk, word: str) -> None:
    told = desk.call("links", "remove", desk.spec, "people", "2", word, "--yes")
    assert (told.exit_code, "people: no link of" in told.stderr) == (1, True), told.output
    assert len(known(desk)) == 3


def test_what_is_exported_is_imported_elsewhere_as_it_was(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "links.csv"
    told = desk.call("links", "export", desk.spec, "-o", str(file))
    assert (told.exit_code, told.stdout, told.stderr) == (0, "", f"Wrote 3 links to {file}.\n")
    assert desk.call("links", "export", "shop-desk").stdout == file.read_bytes().decode()
    (tmp_path / "elsewhere").mkdir()
    elsewhere = desk_in(tmp_path / "elsewhere")
    assert elsewhere.call("links", "import", elsewhere.spec, str(file)).exit_code == 0
    again = elsewhere.call("links", "import", elsewhere.spec, str(file))
    assert again.stdout == "3 links already there.\n"
    assert elsewhere.call("links", "export", elsewhere.spec).stdout == file.read_bytes().decode()


def test_a_file_as_table_programs_write_it_is_understood(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "links.csv"
    file.write_bytes("\ufeffright_id,module,left_id\r\ng,people,7\r\n\r\ng,notes,7\r\n".encode())
    assert desk.call("links", "import", desk.spec, str(file)).exit_code == 0
    assert {("7", "g")} < set(pairs(desk))


def test_every_line_that_cannot_be_taken_is_named_and_nothing_is_stored(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "links.csv"
    lines = ['people,"7\n7",g,active', "poeple,8,h,active", "people,,i,", "people,9,j,gone", "people,9"]
    file.write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")
    told = desk.call("links", "import", desk.spec, str(file))
    assert told.exit_code == 1
    assert told.stderr.splitlines()[:4] == [
        f"Error: {file}:4: the spec has no module `poeple`. Did you mean `people`?",
        f"{file}:5: `left_id` is empty.",
        f"{file}:6: `gone` is not a state; use one of {', '.join(get_args(LinkState))}.",
        f"{file}:7: 2 cells, but 4 columns.",
    ]
    assert len(known(desk)) == 3


def test_lines_that_link_a_record_twice_are_named_and_nothing_is_stored(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "links.csv"
    file.write_text(HEAD + "people,7,g,\npeople,8,g,\npeople,1,k,\n", encoding="utf-8")
    told = desk.call("links", "import", desk.spec, str(file))
    assert told.stderr.splitlines()[:2] == [
        f"Error: {file}:3: people 8 = g cannot be linked: people 7 = g is linked already.",
        f"{file}:4: people 1 = k cannot be linked: people 1 = a is linked already.",
    ]
    assert len(known(desk)) == 3


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "the first line must name the columns module, left_id, right_id, state."),
        (b"people,1,a\n", "the first line must name the columns"),
        (b"module,left_id,right_id,mood\n", "the first line must name the columns"),
        (HEAD.encode() + b'people,"1" 2,a,\n', ":2: this is not valid CSV"),
        (HEAD.encode() + b"people,\xff,a,\n", "is not UTF-8 text"),
        (
            HEAD.encode() + b"people," + b"7" * 100_000 + b",a,\n",
            ":2: a cell has 100,000 characters; at most 4,096",
        ),
    ],
    ids=["empty", "no header", "odd column", "quotes", "no text", "huge cell"],
)
def test_what_is_no_file_of_links_is_refused_in_a_sentence(
    desk: Desk, tmp_path: Path, content: bytes, sentence: str
) -> None:
    file = tmp_path / "links.csv"
    file.write_bytes(content)
    told = desk.call("links", "import", desk.spec, str(file))
    assert (told.exit_code, sentence in told.stderr) == (1, True), told.output
    absent = desk.call("links", "import", desk.spec, str(tmp_path / "absent.csv"))
    assert (absent.exit_code, "absent.csv" in absent.stderr) == (1, True), absent.output


def test_nobody_changes_a_link_while_a_run_is_on(desk: Desk) -> None:
    with desk.ledger() as ledger:
        ledger.take_lease("shop-desk", "process 7 on elsewhere", "2100-01-01T00:00:00Z", 60)
        for words in (["add", desk.spec, "people", "7", "g"], ["remove", desk.spec, "people", "1", "--yes"]):
            told = desk.call("links", *words)
            assert (told.exit_code, "is being run by process 7" in told.stderr) == (7, True), told.output
        assert len(known(desk)) == 3
