"""`engine init`: it asks what means something, checks the answers together, shows what they change, and keeps them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import yaml
from click.testing import CliRunner, Result

from engine.cli import engine
from engine.cli.shared import confirmation

if TYPE_CHECKING:
    from pathlib import Path

SPEC = """\
spec: 1
name: people
systems:
  a: { connector: files, with: { folder: a, format: csv, streams: { people: { id: id }, shouts: { id: id } } } }
  b: { connector: files, with: { folder: b, format: csv, streams: { people: { id: id }, shouts: { id: id } } } }
options:
  kinds: { choices: [all, some], default: all, help: Which of them come over. }
  which: { type: text, default: "", needs: "options.kinds = 'some'", help: Their name. }
  often: { type: number, default: 3 }
  loud: { type: boolean, default: false }
requires:
  - check: NOT (options.loud AND options.often = 7)
    else: Seven times is too often for what is loud.
modules:
  people:
    sync: a.people -> b.people
    match: [ id = id ]
    fields: [ id -> id, name -> name ]
  shouts:
    if: options.loud
    sync: a.shouts -> b.shouts
    match: [ id = id ]
    fields: [ id -> id, name -> name ]
"""


class Place:
    """A folder with a spec, and somebody at the command line."""

    def __init__(self, folder: Path) -> None:
        self.spec = folder / "specs" / "people.yaml"
        self.profile = folder / "specs" / "people.profile.yaml"
        self.folder = folder / "engine"
        self.spec.parent.mkdir()
        self.spec.write_text(
            SPEC.replace("folder: a", f"folder: {folder / 'a'}").replace(
                "folder: b", f"folder: {folder / 'b'}"
            ),
            encoding="utf-8",
        )
        for name in ("a", "b"):
            (folder / name).mkdir()
            for stream in ("people", "shouts"):
                (folder / name / f"{stream}.csv").write_text("id,name\n", encoding="utf-8")

    def call(self, command: str, *words: str, answers: str | None = None) -> Result:
        line = [command, str(self.spec), *words]
        line += [] if command == "plan" else ["--folder", str(self.folder)]
        return CliRunner().invoke(engine, line, input=answers)

    def chosen(self) -> dict[str, object]:
        text = self.profile.read_text(encoding="utf-8")
        return dict(yaml.safe_load(text)["options"])


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.fixture
def somebody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confirmation, "can_ask", lambda: True)


def test_without_a_terminal_it_takes_what_set_says_and_writes_all_that_means_something(place: Place) -> None:
    done = place.call("init", "--set", "often=4")
    assert done.exit_code == 0, done.output
    assert place.chosen() == {"kinds": "all", "often": 4, "loud": False}
    assert "a.people -> b.people" in done.stdout
    assert f"engine preview {place.spec}" in done.stdout
    assert json.loads(place.call("plan", "--format", "json").stdout)["options"]["often"] == "4"


def test_what_the_profile_says_stays_unless_set_says_otherwise(place: Place) -> None:
    place.call("init", "--set", "kinds=some", "--set", "which=tall")
    place.call("init", "--set", "often=5")
    assert place.chosen() == {"kinds": "some", "which": "tall", "often": 5, "loud": False}
    place.call("init", "--set", "kinds=all")
    assert place.chosen() == {"kinds": "all", "often": 5, "loud": False}


@pytest.mark.usefixtures("somebody")
def test_on_a_terminal_it_asks_for_what_means_something_with_its_help_and_default(place: Place) -> None:
    done = place.call("init", answers="some\ntall\n\n\ny\n")
    assert done.exit_code == 0, done.output
    assert "Which of them come over.\nkinds (all, some) [all]:" in done.stderr
    assert "Their name.\nwhich (text)" in done.stderr
    assert place.chosen() == {"kinds": "some", "which": "tall", "often": 3, "loud": False}
    again = place.call("init", answers="all\n\n\ny\n")
    assert "Their name." not in again.stderr
    assert place.chosen() == {"kinds": "all", "often": 3, "loud": False}


@pytest.mark.usefixtures("somebody")
def test_an_answer_of_the_wrong_kind_is_asked_for_again(place: Place) -> None:
    done = place.call("init", answers="each\nall\nmany\n4\nperhaps\ntrue\ny\n")
    assert done.exit_code == 0, done.output
    assert "Known here: `all`, `some`." in done.stderr
    assert "Write a number." in done.stderr
    assert "Write true or false." in done.stderr
    assert place.chosen() == {"kinds": "all", "often": 4, "loud": True}


@pytest.mark.usefixtures("somebody")
def test_answers_that_do_not_go_together_are_told_and_asked_for_again(place: Place) -> None:
    done = place.call("init", answers="all\n7\ntrue\ny\nall\n7\nfalse\ny\n")
    assert done.exit_code == 0, done.output
    assert "Seven times is too often for what is loud." in done.stderr
    assert place.chosen() == {"kinds": "all", "often": 7, "loud": False}


@pytest.mark.usefixtures("somebody")
def test_nothing_is_written_without_a_yes(place: Place) -> None:
    done = place.call("init", answers="all\n\n\nn\n")
    assert done.exit_code == 1
    assert not place.profile.exists()


def test_choices_that_do_not_go_together_are_refused_and_nothing_is_written(place: Place) -> None:
    refused = place.call("init", "--set", "often=7", "--set", "loud=true")
    assert refused.exit_code == 1
    assert "Seven times is too often for what is loud." in refused.stderr
    idle = place.call("init", "--set", "which=tall")
    assert "`which` of `people` only applies if options.kinds = 'some'" in idle.stderr
    assert not place.profile.exists()


def test_what_changes_is_shown_against_the_last_run_and_takes_effect_with_the_next(place: Place) -> None:
    (place.folder.parent / "a" / "shouts.csv").write_text("id,name\n1,Hey\n", encoding="utf-8")
    place.call("init")
    first = place.call("run")
    assert first.exit_code == 0, first.output
    for word in ("true", "false", "true"):
        done = place.call("init", "--set", f"loud={word}", "--format", "json")
        says = [one["says"] for one in json.loads(done.stdout)["differences"]]
        expected = [] if word == "false" else ["option `loud`: `true` instead of `false`"]
        assert says[:1] == expected
    assert "is synced now: `a.shouts -> b.shouts`" in says
    assert (place.folder.parent / "b" / "shouts.csv").read_text(encoding="utf-8") == "id,name\n"
    done = place.call("run")
    assert done.exit_code == 0, done.output
    assert "Options changed since the last run: loud: true instead of false." in done.stderr
    assert "Chosen otherwise" not in place.call("run").stderr
    assert "Hey" in (place.folder.parent / "b" / "shouts.csv").read_text(encoding="utf-8")


def test_without_a_profile_the_choices_of_the_last_run_are_what_holds_now(place: Place) -> None:
    assert place.call("run", "--set", "often=9").exit_code == 0
    place.call("init", "--set", "loud=true")
    assert place.chosen() == {"kinds": "all", "often": 9, "loud": True}


def test_the_profile_it_writes_says_what_each_option_means(place: Place) -> None:
    place.call("init", "--profile", str(place.folder.parent / "mine.yaml"))
    text = (place.folder.parent / "mine.yaml").read_text(encoding="utf-8")
    assert '  # Which of them come over. (all, some)\n  kinds: "all"\n' in text
    assert not place.profile.exists()


def test_a_run_is_taken_back_by_the_choices_of_the_profile_wherever_its_spec_was_named(place: Place) -> None:
    (place.folder.parent / "a" / "shouts.csv").write_text("id,name\n1,Hey\n", encoding="utf-8")
    place.call("init", "--set", "loud=true")
    run = json.loads(place.call("run", "--format", "json").stdout)["run"]
    done = CliRunner().invoke(engine, ["undo", run, "--apply", "--folder", str(place.folder)])
    assert done.exit_code == 0, done.output
    assert "Hey" not in (place.folder.parent / "b" / "shouts.csv").read_text(encoding="utf-8")


def test_the_choices_for_a_spec_of_the_installed_package_are_kept_in_the_present_folder(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = place.folder.parent / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    package = place.folder.parent / "_share" / "specs"
    package.mkdir(parents=True)
    place.spec = place.spec.rename(package / "people.yaml")
    assert place.call("init", "--set", "often=8").exit_code == 0
    assert (here / "people.profile.yaml").is_file()
    assert json.loads(place.call("plan", "--format", "json").stdout)["options"]["often"] == "8"
