"""What every command has in common: exit codes, streams, and errors in sentences."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click
import pytest
from click.testing import CliRunner, Result

from engine.cli import COMMANDS, engine
from engine.cli.shared.command import engine_command
from engine.errors import EngineError, LockedError, StoppedError, TemporaryError, UserError
from engine.exit_codes import ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.cli.shared.context import CommandContext


def run(action: Callable[[], int | None], *words: str) -> Result:
    @engine_command()
    def command(context: CommandContext) -> int | None:
        del context
        return action()

    return CliRunner().invoke(command, words)


def failing(error: BaseException) -> Callable[[], int | None]:
    def action() -> int | None:
        raise error

    return action


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UserError("Wrong file."), 1),
        (TemporaryError("Busy."), 5),
        (StoppedError("Too much."), 6),
        (LockedError("Taken."), 7),
        (EngineError("Failed."), 1),
        (KeyboardInterrupt(), 130),
        (FileNotFoundError(2, "No such file or directory", "x.yaml"), 1),
        (ZeroDivisionError("a bug"), 1),
    ],
)
def test_every_error_has_its_exit_code_and_no_traceback(error: BaseException, code: int) -> None:
    result = run(failing(error))
    assert (result.exit_code, result.stdout) == (code, "")
    assert result.stderr
    assert "Traceback" not in result.output


def test_an_error_is_a_sentence_with_what_to_try_on_lines_of_its_own() -> None:
    error = UserError("The host `a\x1b[2J` is\nunknown.", remedy="Correct the host.")
    assert run(failing(error)).stderr == "Error: The host `a\\x1b[2J` is\nunknown.\nTry: Correct the host.\n"


def test_an_error_is_one_object_on_stdout_for_a_program() -> None:
    result = run(failing(TemporaryError("Busy.", remedy="Wait.")), "--format", "json")
    assert json.loads(result.stdout) == {
        "error": {"kind": "TemporaryError", "message": "Busy.", "remedy": "Wait.", "exit_code": 5}
    }


def test_debug_shows_where_an_error_comes_from() -> None:
    error = UserError("Wrong file.")
    assert run(failing(error), "--debug").exception is error


def test_the_help_lists_every_exit_code_with_its_meaning() -> None:
    told = CliRunner().invoke(engine, ["--help"]).stdout
    for code in ExitCode:
        assert f"  {code.value:<3}  {code.meaning}\n" in told


@pytest.mark.parametrize("code", [0, 3, 4, None])
def test_the_answer_of_a_command_is_its_exit_code(code: int | None) -> None:
    assert run(lambda: code).exit_code == (code or 0)


@pytest.mark.parametrize(
    "words", [["rnu"], ["run"], ["run", "x", "--format", "xml"], ["run", "x", "--set", "a"]]
)
def test_wrong_use_exits_with_2_and_says_so_on_stderr(words: list[str]) -> None:
    result = CliRunner().invoke(engine, words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Error" in result.stderr


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_command_has_help(name: str) -> None:
    """And every command of a group; each has a format to choose, or a single one that is made for a file."""
    command = engine.get_command(click.Context(engine), name)
    for more in getattr(command, "commands", {None: command}):
        result = CliRunner().invoke(engine, [word for word in (name, more, "--help") if word])
        assert result.exit_code == 0
        assert "--debug" in result.stdout
        assert "--format" in result.stdout or "--output" in result.stdout
