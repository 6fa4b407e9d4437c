"""The SPEC that a person names is found, or she is told what there is."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from engine.cli.shared.command import engine_command
from engine.cli.shared.context import CommandContext
from engine.cli.shared.folder import private_folder
from engine.cli.shared.options import CHOICES, SANDBOX, SPEC
from engine.cli.shared.spec_file import find_spec
from engine.errors import UserError

SHIPPED = "zoho-books-crm.yaml"


def test_a_path_that_exists_is_taken_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "specs").mkdir()
    mine = tmp_path / "specs" / SHIPPED
    mine.touch()
    assert find_spec(f"specs/{SHIPPED}").resolve() == mine


@pytest.mark.parametrize("name", [f"specs/{SHIPPED}", SHIPPED, "zoho-books-crm"])
def test_a_shipped_spec_is_found_from_any_folder_and_said_so(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert find_spec(name).is_file()
    told = capsys.readouterr()
    assert told.out == ""
    assert f"`{name}` is not in this folder; using the one that ships with the engine: " in told.err


@pytest.mark.parametrize("name", ["nothing.yaml", "other/zoho-books-crm.yaml", "../zoho-books-crm.yaml"])
def test_what_is_nowhere_is_said_with_what_there_is(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError) as told:
        find_spec(name)
    assert name in told.value.message
    assert SHIPPED in str(told.value.remedy)


def parsed(*typed: str) -> tuple[int, CommandContext]:
    seen = [CommandContext()]

    @engine_command(SPEC, CHOICES, SANDBOX)
    def command(context: CommandContext) -> None:
        seen.append(context)

    return CliRunner().invoke(command, typed).exit_code, seen[-1]


@pytest.mark.parametrize(
    ("typed", "company"),
    [
        (["x.yaml"], None),
        (["x.yaml", "--sandbox"], "clean"),
        (["--sandbox", "x.yaml"], "clean"),
        (["--sandbox=awkward", "x.yaml"], "awkward"),
    ],
)
def test_sandbox_may_stand_alone_even_before_the_spec(typed: list[str], company: str | None) -> None:
    code, seen = parsed(*typed)
    assert (code, seen.spec, seen.sandbox) == (0, "x.yaml", company)


def test_options_are_set_by_name() -> None:
    _, seen = parsed("x.yaml", "--set", "extent=both", "--set", "view=a=b")
    assert seen.choices == {"extent": "both", "view": "a=b"}


@pytest.mark.parametrize("typed", [["--set", "extent"], ["--set", "=both"], ["--set", "a=1", "--set", "a=2"]])
def test_an_option_that_is_set_wrongly_is_wrong_use(typed: list[str]) -> None:
    assert parsed("x.yaml", *typed)[0] == 2


def test_the_folder_is_private_and_stays_out_of_git(tmp_path: Path) -> None:
    folder = private_folder(tmp_path / "a" / ".engine")
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / ".gitignore").read_text() == "*\n"
    assert private_folder(folder) == folder


def test_a_command_is_repeated_as_it_was_typed() -> None:
    """What a run advises to type next means the same spec, choices and place."""
    context = CommandContext(spec="my spec.yaml", sets={"extent": "both"}, sandbox="awkward")
    assert context.words() == "'my spec.yaml' --set extent=both --sandbox=awkward"
    assert context.words(choices=False, sandbox=False) == "'my spec.yaml'"
    place = CommandContext(spec="x", sandbox="clean", folder=Path("a b"), ledger="x.db")
    assert place.words(more=" --full") == "x --full --sandbox --folder 'a b' --ledger x.db"
