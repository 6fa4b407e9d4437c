"""What `engine diff` says of two versions of a spec: every kind of change, and which should be reviewed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from engine.cli import engine

if TYPE_CHECKING:
    from pathlib import Path

OLD = """\
spec: 1
name: people
systems:
  a: { connector: memory, with: { store: a } }
  b: { connector: memory, with: { store: b } }
options:
  loud: { type: boolean, default: false }
discloses:
  - { to: b, what: Your name. }
modules:
  people:
    sync: a.people <-> b.people
    match: [ id = id ]
    conflicts: a
    deletes: keep
    limits: { deletes: 5 }
    view: { a: kind = 'x' }
    needs: [ { check: name IS NOT NULL, else: It needs a name. } ]
    fields: [ id <-> id, name <-> name, age -> age ]
  shouts:
    if: options.loud
    sync: a.shouts -> b.shouts
    match: [ id = id ]
    fields: [ id -> id, name -> name ]
guards:
  no-age:
    module: people
    refuse: age -> age
    when: age = '0'
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "specs").mkdir()
    return tmp_path / "specs"


def diff(folder: Path, new: str, *words: str) -> Result:
    (folder / "old.yaml").write_text(OLD, encoding="utf-8")
    (folder / "new.yaml").write_text(new, encoding="utf-8")
    return CliRunner().invoke(engine, ["diff", str(folder / "old.yaml"), str(folder / "new.yaml"), *words])


def lines(folder: Path, old: str, new: str) -> list[tuple[bool, str]]:
    """(grave, sentence) of what changing one text means."""
    assert OLD.count(old) == 1, old
    done = diff(folder, OLD.replace(old, new), "--format", "json")
    assert done.exit_code == 0, done.output
    return [(one["grave"], one["says"]) for one in json.loads(done.stdout)["differences"]]


@pytest.mark.parametrize(
    ("old", "new", "grave", "says"),
    [
        ("deletes: keep", "deletes: propagate", True, "may now delete in `a.people`"),
        ("id ]\n    conflicts", "name ]\n    conflicts", True, "recognises records by `id = name`"),
        ("conflicts: a", "conflicts: b", True, "conflicts: `b` instead of `a` wins"),
        ("conflicts: a", "conflicts: a\n    duplicates: skip", True, "a first contact: `skip` instead of `link`"),
        ("a.people <-> b.people", "a.people -> b.people", False, "goes `->` instead of `<->`"),
        ("a.people <-> b.people", "a.people <-> b.persons", True, "is of other streams"),
        ("limits: { deletes: 5 }", "limits: { deletes: none }", True, "no longer stops at a limit of `deletes`"),
        ("limits: { deletes: 5 }", "limits: { deletes: 9 }", False, "stops at another limit of `deletes`"),
        ("kind = 'x'", "kind = 'y'", False, "records of `a.people` to sync: `kind = 'y'` instead of `kind = 'x'`"),
        ("needs: [ {", "x-needs: [ {", True, "no longer holds records with: `It needs a name.`"),
        (", age -> age", "", False, "no longer maps `age -> age`; what stands there stays"),
        (", age -> age", ", age -> age, mail -> mail", False, "also maps `mail -> mail`"),
        (", age -> age", ", years -> age", False, "maps `years -> age` instead of `age -> age`"),
        ("when: age = '0'", "when: age = '1'", False, "guard `no-age` has changed"),
        ("default: false", "default: true", True, "is synced now: `a.shouts -> b.shouts`"),
        ("default: false", "default: true", False, "option `loud`: `true` instead of `false`"),
        ("Your name.", "Your address.", True, "connecting also shows to b: Your address."),
        ("store: b", "store: c", True, "system `b` has other settings"),
        ("conflicts: a", "conflicts: a\n    before-write: trust", True, "before an update: `trust` instead of `check`"),
    ],
)  # fmt: skip
def test_a_change_is_told_in_words_and_what_is_grave_is_marked(
    folder: Path, *, old: str, new: str, grave: bool, says: str
) -> None:
    found = lines(folder, old, new)
    assert [one for one in found if one[1].startswith(says)], found
    assert [one[0] for one in found if one[1].startswith(says)] == [grave]


def test_a_guard_and_a_module_that_are_taken_out_are_grave(folder: Path) -> None:
    text = OLD[: OLD.index("guards:")]
    done = json.loads(diff(folder, text, "--format", "json").stdout)
    assert [(one["grave"], one["says"]) for one in done["differences"]] == [
        (True, "guard `no-age` is gone"),
    ]


def test_nothing_is_told_where_only_lines_have_moved(folder: Path) -> None:
    done = diff(folder, "# A remark.\n\n" + OLD, "--detailed-exitcode")
    assert (done.exit_code, done.stdout) == (0, "Nothing changes.\n")


def test_the_exit_code_tells_that_something_changes_if_asked(folder: Path) -> None:
    changed = OLD.replace("deletes: keep", "deletes: propagate")
    assert diff(folder, changed).exit_code == 0
    assert diff(folder, changed, "--detailed-exitcode").exit_code == 3


def test_markdown_marks_what_is_grave_and_escapes_what_would_be_markup(folder: Path) -> None:
    done = diff(folder, OLD.replace("Your name.", "Your *name*."), "--format", "markdown")
    assert "- **!** connecting also shows to b: Your \\*name\\*.\n" in done.stdout


def test_a_version_with_mistakes_is_refused_with_its_findings(folder: Path) -> None:
    done = diff(folder, OLD.replace("conflicts: a", "conflict: a"))
    assert done.exit_code == 1
    assert "new.yaml:14:5: error[unknown-key]" in done.stderr


def test_choices_hold_for_both_versions_and_unknown_ones_are_refused(folder: Path) -> None:
    changed = OLD.replace("a.shouts -> b.shouts", "a.shouts -> b.cries")
    assert diff(folder, changed).stdout == "Nothing changes.\n"
    assert "is of other streams" in diff(folder, changed, "--set", "loud=true").stdout
    refused = diff(folder, changed, "--set", "lout=true")
    assert (refused.exit_code, "Neither version has an option `lout`" in refused.stderr) == (1, True)


def test_two_profiles_of_a_spec_are_compared_by_what_they_make_of_it(folder: Path) -> None:
    (folder / "people.yaml").write_text(OLD, encoding="utf-8")
    for name, word in (("quiet", "false"), ("loud", "true")):
        text = f"profile: people\noptions: {{ loud: {word} }}\n"
        (folder / f"{name}.profile.yaml").write_text(text, encoding="utf-8")
    words = [str(folder / f"{name}.profile.yaml") for name in ("quiet", "loud")]
    done = CliRunner().invoke(engine, ["diff", *words])
    assert "is synced now: `a.shouts -> b.shouts`" in done.stdout
