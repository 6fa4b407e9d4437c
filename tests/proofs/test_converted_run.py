"""One value that two sides say differently is one decision: whoever edits it, both mean the same, and then it rests."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from engine.cli import engine

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

CODE = {
    "whole": "concat('No. ', code)",
    "part": "CASE WHEN starts_with(number, 'No. ') THEN substr(number, 5) END",
}
LINES = f"""\
      - id <-> id
      - {{ map: [first, last] <-> whole, join: " ", split: last }}
      - {{ map: price <-> cents, times: 100 }}
      - {{ map: code <-> number, right: "{CODE["whole"]}", left: "{CODE["part"]}" }}
"""
#: The same with the sides exchanged.
MIRRORED = f"""\
      - id <-> id
      - {{ map: whole <-> [first, last], join: " ", split: last }}
      - {{ map: cents <-> price, times: 0.01 }}
      - {{ map: number <-> code, left: "{CODE["whole"]}", right: "{CODE["part"]}" }}
"""
PARTS = "id TEXT PRIMARY KEY, first TEXT, last TEXT, price DECIMAL(10,3), code TEXT"
WHOLES = "id TEXT PRIMARY KEY, whole TEXT, cents INTEGER, number TEXT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """A table of people in parts, one of them as a whole, and a spec between the two."""

    folder: Path

    @classmethod
    def of(cls, folder: Path, *, mirrored: bool, conflicts: str = "parts", arrow: str = "<->") -> Names:
        """Both tables, empty."""
        ends = ["wholes.people", "parts.people"] if mirrored else ["parts.people", "wholes.people"]
        rule = f"    conflicts: {conflicts}\n" if arrow == "<->" else ""
        (folder / "names.yaml").write_text(
            "spec: 1\nname: names\nsystems:\n"
            '  parts: { connector: sql, with: { url: "sqlite:///parts.sqlite" } }\n'
            '  wholes: { connector: sql, with: { url: "sqlite:///wholes.sqlite" } }\n'
            f"modules:\n  people:\n    sync: {ends[0]} {arrow} {ends[1]}\n    match: [ id = id ]\n"
            f"    limits: {{ updates: none }}\n{rule}"
            f"    fields:\n{MIRRORED if mirrored else LINES}",
            encoding="utf-8",
        )
        made = cls(folder=folder)
        made.sql("parts", f"CREATE TABLE people ({PARTS})")
        made.sql("wholes", f"CREATE TABLE people ({WHOLES})")
        return made

    def sql(self, file: str, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """A statement on one of the two files."""
        connection = sqlite3.connect(self.folder / f"{file}.sqlite")
        with connection:
            found = connection.execute(statement, values).fetchall()
        connection.close()
        return found

    def call(self, *words: str) -> Result:
        """A command of the engine."""
        command, *rest = words
        place = ("--folder", str(self.folder / ".engine"))
        return CliRunner().invoke(engine, [command, str(self.folder / "names.yaml"), *rest, *place])

    def run(self, *words: str, code: int = 0) -> str:
        """A run, and what it says."""
        result = self.call("run", *words)
        assert result.exit_code == code, result.output
        return result.output

    def rests(self, code: int = 0) -> None:
        """Neither an ordinary run nor a whole one writes anything."""
        for words in ((), ("--full",)):
            said = self.run(*words, code=code)
            assert "nothing was written" in said or "Nothing to do" in said

    def undo(self) -> Result:
        """Take the last run back."""
        place = ("--folder", str(self.folder / ".engine"))
        history = CliRunner().invoke(engine, ["history", "--format", "json", *place])
        run = json.loads(history.stdout)["runs"][0]["id"]
        return CliRunner().invoke(engine, ["undo", run, str(self.folder / "names.yaml"), "--apply", *place])

    def parts(self, record: str = "1") -> tuple[Any, ...]:
        """What the one side shows of a person."""
        return self.sql("parts", "SELECT first, last, price, code FROM people WHERE id = ?", record)[0]

    def whole(self, record: str = "1") -> tuple[Any, ...]:
        """What the other side shows."""
        return self.sql("wholes", "SELECT whole, cents, number FROM people WHERE id = ?", record)[0]


@pytest.fixture(params=[False, True], ids=["left-parts", "right-parts"])
def names(tmp_path: Path, request: pytest.FixtureRequest) -> Names:
    """One person who is in step."""
    made = Names.of(tmp_path, mirrored=request.param)
    made.sql("parts", "INSERT INTO people VALUES ('1', 'Ann Marie', 'Ray', 10.5, 'A7')")
    made.run()
    assert made.whole() == ("Ann Marie Ray", 1050, "No. A7")
    return made


#: what a person types on the side of the parts -> what the other one shows then
FORTH = {
    "first = 'Anna'": ("Anna Ray", 1050, "No. A7"),
    "last = 'van Ray'": ("Ann Marie van Ray", 1050, "No. A7"),
    "first = NULL": ("Ray", 1050, "No. A7"),
    "last = NULL": ("Ann Marie", 1050, "No. A7"),
    "first = '', last = ''": (None, 1050, "No. A7"),
    "price = 0.01, code = 'B8'": ("Ann Marie Ray", 1, "No. B8"),
    "price = NULL, code = NULL": ("Ann Marie Ray", None, None),
    "price = -3": ("Ann Marie Ray", -300, "No. A7"),
}
#: what a person types on the other side -> what the parts show then
BACK = {
    "whole = 'Zoe'": (None, "Zoe", 10.5, "A7"),
    "whole = 'Zoe Lee'": ("Zoe", "Lee", 10.5, "A7"),
    "whole = ' Zoe  van  Lee '": ("Zoe van", "Lee", 10.5, "A7"),
    "whole = NULL": (None, None, 10.5, "A7"),
    "cents = 1": ("Ann Marie", "Ray", 0.01, "A7"),
    "cents = NULL, number = NULL": ("Ann Marie", "Ray", None, None),
    "cents = -12345, number = 'No. B8'": ("Ann Marie", "Ray", -123.45, "B8"),
}


def test_an_edit_on_one_side_arrives_on_the_other_and_stays_as_it_was_typed(names: Names) -> None:
    for number in range(len(FORTH) + len(BACK)):
        names.sql("parts", "INSERT INTO people VALUES (?, 'Ann Marie', 'Ray', 10.5, 'A7')", f"p{number}")
    names.run()
    for number, edit in enumerate([*FORTH, *BACK]):
        file = "parts" if edit in FORTH else "wholes"
        names.sql(file, f"UPDATE people SET {edit} WHERE id = 'p{number}'")
    typed = [
        (names.parts(f"p{number}"), names.whole(f"p{number}")) for number in range(len(FORTH) + len(BACK))
    ]
    names.run()
    for number, (edit, (parts, whole)) in enumerate(zip([*FORTH, *BACK], typed, strict=True)):
        shown = names.parts(f"p{number}"), names.whole(f"p{number}")
        assert shown == ((parts, FORTH[edit]) if edit in FORTH else (BACK[edit], whole)), edit
    names.rests()


def test_what_means_the_same_is_never_rewritten(names: Names) -> None:
    names.sql("parts", "UPDATE people SET first = 'Ann', last = 'Marie Ray'")
    names.sql("wholes", "UPDATE people SET whole = 'Ann  Marie Ray'")
    names.rests()
    assert names.parts()[:2] == ("Ann", "Marie Ray")
    assert names.whole()[0] == "Ann  Marie Ray"
    names.rests()


@pytest.mark.parametrize(
    ("edit", "side"),
    [("price = 0.125", "parts"), ("number = 'B8'", "wholes")],
)
def test_a_value_that_has_no_form_on_the_other_side_is_held_and_overwrites_nothing(
    names: Names, edit: str, side: str
) -> None:
    before = {"parts": names.whole(), "wholes": names.parts()}[side]
    names.sql(side, f"UPDATE people SET {edit}")
    shown = names.parts(), names.whole()
    for words in ((), (), ("--full",)):
        names.run(*words, code=4)
        assert (names.parts(), names.whole()) == shown
    assert before == {"parts": names.whole(), "wholes": names.parts()}[side]
    told = " ".join(
        CliRunner().invoke(engine, ["errors", "--folder", str(names.folder / ".engine")]).output.split()
    )
    assert "has no form in" in told


def test_newcomers_of_both_sides_are_made_whole_and_in_parts(names: Names) -> None:
    names.sql(
        "wholes", "INSERT INTO people VALUES ('2', 'Cher', 5, 'No. 1'), ('3', 'Zoe van Lee', NULL, NULL)"
    )
    names.sql("parts", "INSERT INTO people VALUES ('4', 'Bo', NULL, 1, NULL)")
    names.run()
    assert names.parts("2") == (None, "Cher", 0.05, "1")
    assert names.parts("3") == ("Zoe van", "Lee", None, None)
    assert names.whole("4") == ("Bo", 100, None)
    names.rests()


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("rule", ["parts", "wholes", "hold"])
def test_both_sides_edited_is_one_conflict_about_the_whole_value(
    tmp_path: Path, rule: str, *, mirrored: bool
) -> None:
    names = Names.of(tmp_path, mirrored=mirrored, conflicts=rule)
    names.sql("parts", "INSERT INTO people VALUES ('1', 'Ann', 'Ray', 1, 'x')")
    names.run()
    names.sql("parts", "UPDATE people SET last = 'Roy'")
    names.sql("wholes", "UPDATE people SET whole = 'Anna Ray'")
    names.run(code=4 if rule == "hold" else 0)
    shown = (names.parts()[:2], names.whole()[0])
    assert (
        shown
        == {
            "parts": (("Ann", "Roy"), "Ann Roy"),
            "wholes": (("Anna", "Ray"), "Anna Ray"),
            "hold": (("Ann", "Roy"), "Anna Ray"),
        }[rule]
    )
    if rule == "hold":
        place = ("--folder", str(tmp_path / ".engine"))
        spec = str(tmp_path / "names.yaml")
        listed = CliRunner().invoke(engine, ["conflicts", "list", spec, *place]).output
        assert listed.startswith("1 field in conflict")
        take = "right" if mirrored else "left"
        chosen = CliRunner().invoke(engine, ["conflicts", "resolve", spec, "1", "--take", take, *place])
        assert chosen.exit_code == 0, chosen.output
        names.run()
        assert (names.parts()[:2], names.whole()[0]) == (("Ann", "Roy"), "Ann Roy")
    names.rests()


def test_a_preview_and_its_saved_changes_are_what_the_run_does(names: Names, tmp_path: Path) -> None:
    names.sql("wholes", "UPDATE people SET whole = 'Zoe Lee', cents = 7")
    saved = str(tmp_path / "saved.changes")
    shown = names.call("preview", "--output", saved)
    assert shown.exit_code == 0, shown.output
    assert "Zoe Lee" in shown.output
    names.run("--changes", saved)
    assert names.parts()[:3] == ("Zoe", "Lee", 0.07)
    names.rests()


def test_a_run_that_wrote_the_value_is_undone(names: Names) -> None:
    names.sql("wholes", "UPDATE people SET whole = 'Zoe Lee', cents = 7, number = 'No. 9'")
    names.run()
    undone = names.undo()
    assert undone.exit_code == 0, undone.output
    assert names.parts() == ("Ann Marie", "Ray", 10.5, "A7")


def test_one_way_the_source_says_the_whole_value(tmp_path: Path) -> None:
    names = Names.of(tmp_path, mirrored=False, arrow="->")
    names.sql("parts", "INSERT INTO people VALUES ('1', 'Ann', 'Ray', 1, 'x')")
    names.run()
    assert names.whole() == ("Ann Ray", 100, "No. x")
    names.sql("wholes", "UPDATE people SET whole = 'Typed'")
    names.sql("parts", "UPDATE people SET last = 'Roy'")
    names.run()
    assert (names.whole()[0], names.parts()[:2]) == ("Ann Roy", ("Ann", "Roy"))
    names.rests()
