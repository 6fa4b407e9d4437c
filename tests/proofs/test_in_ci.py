"""What we hand to other people's CI does there what docs/in-ci.md says: the hook, and the steps of the action."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
import yaml

TOP = Path(__file__).parents[2]
SPEC = """spec: 1
name: people
systems:
  old: { connector: files, with: { folder: old } }
  new: { connector: files, with: { folder: new } }
modules:
  people:
    sync: old.people -> new.people
    match: [ number = number ]
    fields:
      - { map: number -> number }
"""


def _git(folder: Path, *words: str) -> None:
    who = ("-c", "user.name=Ann", "-c", "user.email=ann@example.org", "-c", "init.defaultBranch=main")
    subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A project with one good spec in its first commit."""
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs/people.yaml").write_text(SPEC)
    _git(tmp_path, "init", "-q")
    _git(tmp_path, "add", ".")
    _git(tmp_path, "commit", "-qm", "the first form")
    return tmp_path


def _run_action(repository: Path, **inputs: str) -> tuple[int, str, str]:
    """Its steps but the installation, as the runner would: the exit code, what was printed, the job's summary."""
    action = yaml.safe_load((TOP / "action.yml").read_text())
    given = {name: spec["default"] for name, spec in action["inputs"].items()} | inputs
    summary = repository / ".git/summary.md"
    summary.touch()
    printed = ""
    for step in action["runs"]["steps"][1:]:
        switch = step.get("if", "").removeprefix("inputs.").partition(" ")[0]
        if switch and not given[switch]:
            continue
        values = {name: given[text[len("${{ inputs.") : -len(" }}")]] for name, text in step["env"].items()}
        ended = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=repository, env=os.environ | values | {"GITHUB_STEP_SUMMARY": str(summary)},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        printed += ended.stdout + ended.stderr
        if ended.returncode:
            return ended.returncode, printed, summary.read_text()
    return 0, printed, summary.read_text()


def test_the_action_annotates_each_mistake_and_writes_the_findings_for_code_scanning(
    repository: Path,
) -> None:
    (repository / "specs/people.yaml").write_text(SPEC.replace("sync:", "snyc:"))
    code, printed, _ = _run_action(repository, paths="specs/", sarif="findings.sarif")
    assert code == 1
    assert "::error file=specs/people.yaml,line=8" in printed.replace("\\", "/")
    assert json.loads((repository / "findings.sarif").read_text())["runs"][0]["results"]


def test_the_action_says_what_a_change_means_and_passes_where_nothing_is_wrong(repository: Path) -> None:
    (repository / "specs/people.yaml").write_text(SPEC.replace("map: number ->", "map: code ->"))
    code, printed, summary = _run_action(repository, paths="specs/", diff="specs/people.yaml", base="main")
    assert (code, "code" in summary) == (0, True), printed


def test_the_hook_names_a_command_that_takes_the_files_it_is_given(repository: Path) -> None:
    (hook,) = yaml.safe_load((TOP / ".pre-commit-hooks.yaml").read_text())
    (repository / "specs/people.yaml").write_text(SPEC.replace("sync:", "snyc:"))
    ended = subprocess.run(
        [*hook["entry"].split(), "specs/people.yaml"],
        cwd=repository,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, "specs/people.yaml:8" in ended.stdout) == (1, True), ended.stderr


def test_every_workflow_of_ours_can_be_read_and_runs_what_is_there() -> None:
    for file in sorted((TOP / ".github/workflows").glob("*.yml")):
        jobs = yaml.safe_load(file.read_text())["jobs"]
        commands = [step["run"] for job in jobs.values() for step in job["steps"] if "run" in step]
        assert commands or file.stem == "release"
        assert all((TOP / command).exists() for command in commands if command.startswith(".ci/"))
