"""Commands that only look: plan, validate, connectors, schema; and the sandbox served alone."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result
from patience import LONGEST_S
from places import ROOT

from engine.cli import engine

if TYPE_CHECKING:
    from pathlib import Path

SPEC = str(ROOT / "specs" / "zoho-books-crm.yaml")


def call(*words: str) -> Result:
    return CliRunner().invoke(engine, words)


def test_a_plan_is_printed_offline_and_always_the_same() -> None:
    first, second = call("plan", SPEC), call("plan", SPEC)
    assert first.exit_code == 0, first.output
    assert first.stdout == second.stdout
    assert "module customers: crm.Accounts -> books.contacts" in first.stdout


def test_a_chosen_option_changes_the_plan_and_its_fingerprint() -> None:
    plans = [
        json.loads(call("plan", SPEC, "--format", "json", *more).stdout)
        for more in ((), ("--set", "duplicates=skip"))
    ]
    assert plans[0]["fingerprint"] != plans[1]["fingerprint"]
    assert [plan["modules"][0]["duplicates"] for plan in plans] == ["overwrite", "skip"]


@pytest.mark.parametrize("choice", ["duplicates=mabye", "no-such-option=1"])
def test_a_choice_that_the_spec_does_not_offer_is_refused(choice: str) -> None:
    result = call("plan", SPEC, "--set", choice)
    assert result.exit_code == 1
    assert choice.split("=", maxsplit=1)[0] in result.stderr


def test_validate_is_quiet_about_what_is_right() -> None:
    result = call("validate", str(ROOT / "specs"), str(ROOT / "mappings"))
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "No findings.\n")


@pytest.mark.parametrize("form", ["text", "json", "github", "sarif"])
def test_validate_says_every_mistake_in_the_form_that_was_asked_for(form: str, tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text("spec: 1\nname: broken\nmoduls: {}\n", encoding="utf-8")
    result = call("validate", str(broken), "--format", form)
    assert result.exit_code == 1
    assert "unknown-key" in result.stdout
    assert "missing-key" in result.stdout
    if form in {"json", "sarif"}:
        json.loads(result.stdout)
    if form == "github":
        assert all(line.startswith("::error ") for line in result.stdout.splitlines())


@pytest.mark.parametrize("name", ["spec", "mapping", "connector"])
def test_a_schema_is_printed_for_editors(name: str) -> None:
    assert (
        json.loads(call("schema", name).stdout)["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    )


def test_connectors_are_listed_with_what_is_only_assumed() -> None:
    names = json.loads(call("connectors", "--format", "json").stdout)["connectors"]
    assert {"files", "memory", "sql", "zoho-books", "zoho-crm"} <= set(names)
    shown = call("connectors", "zoho-crm").stdout
    assert "Accounts" in shown
    assert "Assumed, confirmed by no public description" in shown


def test_a_stream_is_shown_field_by_field() -> None:
    fields = json.loads(call("connectors", "zoho-crm", "Accounts", "--format", "json").stdout)["fields"]
    assert fields["Account_Name"]["required"]
    line = next(
        one for one in call("connectors", "zoho-crm", "Accounts").stdout.splitlines() if "Account_Name" in one
    )
    assert "required" in line


@pytest.mark.parametrize("words", [["connectors", "zoho-cmr"], ["connectors", "zoho-crm", "Acounts"]])
def test_an_unknown_connector_or_stream_is_said_with_what_there_is(words: list[str]) -> None:
    result = call(*words)
    assert result.exit_code == 1
    assert "Try: " in result.stderr


def test_the_sandbox_is_served_alone_until_ctrl_c(tmp_path: Path) -> None:
    words = [
        sys.executable,
        "-m",
        "engine",
        "sandbox",
        "--port",
        "0",
        "--folder",
        str(tmp_path),
        "--format",
        "json",
    ]
    with subprocess.Popen(words, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as serving:
        assert serving.stderr is not None
        assert serving.stderr.readline() == "Serving until Ctrl-C.\n"
        serving.send_signal(signal.SIGINT)
        shown, told = serving.communicate(timeout=LONGEST_S)
    assert (serving.returncode, told) == (0, "Stopped; the records stay in the folder.\n")
    assert json.loads(shown)["zoho-crm"]["host"].startswith("http://127.0.0.1:")
