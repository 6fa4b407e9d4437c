"""Profiles: what is chosen for a spec, kept in a file beside it, read strictly, and gone by in every command."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result

from engine.cli import engine
from engine.compiler.compile import check_file

if TYPE_CHECKING:
    from pathlib import Path

SPEC = """\
spec: 1
name: people
systems:
  a: { connector: memory, with: { store: a } }
  b: { connector: memory, with: { store: b } }
options:
  kinds: { choices: [all, some], default: all, help: Which of them. }
  which: { type: text, default: "", needs: "options.kinds = 'some'", help: Their name. }
  often: { type: number, default: 3 }
  loud: { type: boolean, default: false }
  start: { type: date, default: "2026-01-31" }
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


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    file = tmp_path / "specs" / "people.yaml"
    file.parent.mkdir()
    file.write_text(SPEC, encoding="utf-8")
    return file


def profile(spec: Path, text: str) -> Path:
    file = spec.with_name("people.profile.yaml")
    file.write_text(text, encoding="utf-8")
    return file


def call(*words: object) -> Result:
    return CliRunner().invoke(engine, [str(word) for word in words])


def options_of(*words: object) -> dict[str, Any]:
    done = call("plan", *words, "--format", "json")
    assert done.exit_code == 0, done.output
    return dict(json.loads(done.stdout)["options"])


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ("profile: people\noptions: { kind: all }\n", "2:12", "has no option `kind`"),
        ("profile: people\noptions: { kinds: one }\n", "2:19", "`one` is no choice for the option `kinds`"),
        ("profile: people\noptions: { loud: maybe }\n", "2:18", "`maybe` is no boolean"),
        ("profile: people\noptions: { often: many }\n", "2:19", "`many` is no number"),
        ("profile: people\noptions: { start: 31.1.2026 }\n", "2:19", "`31.1.2026` is no date"),
        ("profile: people\noptions: { which: x }\n", "2:19", "only applies if options.kinds"),
        ("profile: people\noptions: { kinds: [all] }\n", "2:19", "must be text, a number or"),
        ("profile: people\noption: {}\n", "2:1", "`option` is not a key of a profile"),
        ("profile: other\n", "1:10", "These are choices for `other`, but the spec is `people`."),
        ("options: {}\n", "1:1", "`profile` is missing"),
        ("profile: people\noptions: { often: 7, loud: yes }\n", "13:12", "Seven times is too often"),
    ],
)
def test_a_mistake_in_a_profile_is_found_at_its_place(spec: Path, text: str, place: str, said: str) -> None:
    file = profile(spec, text)
    (found,) = check_file(str(file))
    assert f"{found.span.line}:{found.span.column}" == place, found
    assert said in found.message
    if found.span.file == str(file):
        refused = call("plan", spec, "--profile", file)
        assert refused.exit_code == 1
        assert f"{file}:" in refused.stderr


def test_validate_finds_the_profiles_of_a_folder(spec: Path) -> None:
    profile(spec, "profile: people\noptions: { kind: all }\n")
    done = call("validate", spec.parent)
    assert done.exit_code == 1
    assert "error[unknown-option]" in done.stdout


def test_every_command_goes_by_the_profile_beside_the_spec_and_set_wins(spec: Path) -> None:
    profile(spec, "profile: people\noptions: { kinds: some, which: tall, often: 4 }\n")
    assert options_of(spec) == {
        "kinds": "some", "which": "tall", "often": "4", "loud": False, "start": "2026-01-31",
    }  # fmt: skip
    assert options_of(spec, "--set", "often=5")["often"] == "5"
    other = spec.parent / "other.yaml"
    other.write_text("profile: people\noptions: { loud: true }\n", encoding="utf-8")
    assert options_of(spec, "--profile", other)["kinds"] == "all"
    assert options_of(spec, "--profile", other)["loud"] is True


def test_a_choice_that_would_mean_nothing_is_refused(spec: Path) -> None:
    refused = call("plan", spec, "--set", "which=tall")
    assert refused.exit_code == 1
    assert "`which` of `people` only applies if options.kinds = 'some'" in refused.stderr
    assert call("plan", spec, "--set", "which=").exit_code == 0


def test_a_word_that_is_neither_true_nor_false_is_refused(spec: Path) -> None:
    refused = call("plan", spec, "--set", "loud=maybe")
    assert refused.exit_code == 1
    assert "`maybe` is no boolean for the option `loud`" in refused.stderr


def test_a_profile_that_does_not_exist_is_told(spec: Path) -> None:
    refused = call("plan", spec, "--profile", spec.parent / "none.yaml")
    assert refused.exit_code == 1
    assert "none.yaml cannot be read" in refused.stderr


def test_a_spec_need_not_be_called_like_its_file(spec: Path) -> None:
    file = spec.rename(spec.with_name("mine.yaml"))
    beside = spec.with_name("mine.profile.yaml")
    beside.write_text("profile: people\noptions: { often: 8 }\n", encoding="utf-8")
    assert check_file(str(beside)) == ()
    assert options_of(file)["often"] == "8"


def test_a_name_that_leads_elsewhere_is_no_spec(spec: Path) -> None:
    (spec.parent.parent / "people.yaml").write_text(SPEC, encoding="utf-8")
    beside = spec.with_name("other.profile.yaml")
    beside.write_text("profile: ../people\n", encoding="utf-8")
    (found,) = check_file(str(beside))
    assert found.code == "unknown-spec"
