"""The main job from the command line: preview, run, run again, and ask what happened."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result
from filelock import FileLock
from patience import LONGEST_S
from places import ROOT

from engine.cli import engine

if TYPE_CHECKING:
    from pathlib import Path

SPEC = str(ROOT / "specs" / "zoho-books-crm.yaml")


def call(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(engine, [*words, "--folder", str(folder)])


def asked(folder: Path, *words: str) -> Any:
    result = call(folder, *words, "--format", "json")
    assert result.exit_code in {0, 3, 4}, result.output
    return json.loads(result.stdout)


def sum_of(counts: dict[str, Any]) -> int:
    both = [sum(counts[name].values()) for name in ("created", "updated", "deleted")]
    return int(sum(both) + sum(counts[name] for name in ("unchanged", "skipped", "held", "conflicts")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """A folder in which the default spec was previewed and then run once against the clean company."""

    folder: Path
    foretold: dict[str, Any]
    files_after_preview: list[str]
    report: dict[str, Any]


@pytest.fixture(scope="session")
def ran(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Ran:
    """Made once, whichever worker comes first; no test changes what another looks at."""
    base = tmp_path_factory.getbasetemp()
    shared = base if worker_id == "master" else base.parent
    seen = shared / "ran.json"
    with FileLock(shared / "ran.lock"):
        if not seen.exists():
            seen.write_text(json.dumps(preview_and_run(shared / "ran")), encoding="utf-8")
    foretold, files, report = json.loads(seen.read_text(encoding="utf-8"))
    return Ran(folder=shared / "ran", foretold=foretold, files_after_preview=files, report=report)


def preview_and_run(folder: Path) -> tuple[Any, list[str], Any]:
    # A ledger that is named and not there yet is no reason to refuse a preview.
    place = str(folder / "ledger.sqlite")
    foretold = asked(folder, "preview", SPEC, "--sandbox", "--detailed-exitcode", "--ledger", place)
    return foretold, [path.name for path in folder.iterdir()], asked(folder, "run", SPEC, "--sandbox")


def test_what_a_preview_foretells_is_what_the_run_then_does(ran: Ran) -> None:
    assert ran.foretold["writes"] > 200
    assert ran.foretold["modules"] == ran.report["modules"]


def test_a_preview_writes_no_ledger(ran: Ran) -> None:
    assert "ledger.sqlite" not in ran.files_after_preview


def test_the_counts_of_a_run_add_up(ran: Ran) -> None:
    assert ran.report["outcome"] == "done"
    for counts in ran.report["modules"].values():
        assert counts["read"]["left"] == sum_of(counts) > 0
    assert sum(ran.report["calls"].values()) > 0


def test_a_preview_of_what_is_in_step_has_nothing_pending(ran: Ran) -> None:
    done = call(ran.folder, "preview", SPEC, "--sandbox", "--detailed-exitcode")
    assert done.exit_code == 0
    assert "Nothing would change; nothing was written" in done.stdout


def test_a_second_run_says_that_there_is_nothing_to_do(ran: Ran) -> None:
    again = call(ran.folder, "run", SPEC, "--sandbox")
    assert again.exit_code == 0
    assert "Nothing to do" in again.stdout


def test_history_status_and_errors_tell_what_happened(ran: Ran) -> None:
    runs = asked(ran.folder, "history", SPEC)["runs"]
    assert runs
    assert {run["outcome"] for run in runs} == {"done"}
    module = asked(ran.folder, "status")["integrations"][0]["modules"]["customers"]
    assert module["linked"] > 200
    assert (module["held"], module["unsettled"]) == (0, 0)
    assert call(ran.folder, "errors", SPEC).stdout == "No record is held.\n"


def test_records_that_the_target_refuses_are_held_and_the_rest_goes_on(tmp_path: Path) -> None:
    awkward = call(tmp_path, "run", SPEC, "--sandbox=awkward")
    assert awkward.exit_code == 4, awkward.output
    again = f"engine errors {SPEC} --folder {tmp_path}"
    assert f"records are held. See why, and what resolves each: {again}\n" in awkward.stdout
    held = asked(tmp_path, "errors", SPEC)["held"]
    assert len(held) >= 4
    assert all(row["message"] and row["remedy"] and row["label"] for row in held)
    text = call(tmp_path, "errors", SPEC).stdout
    assert "\x1b" not in text
    assert "why: " in text
    assert "try: " in text


def test_a_spec_with_findings_reads_and_writes_nothing(tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text("spec: 1\nname: broken\nmoduls: {}\n", encoding="utf-8")
    result = call(tmp_path / ".engine", "run", str(broken), "--sandbox")
    assert (result.exit_code, result.stdout) == (1, "")
    assert f"{broken}:3:1: error[unknown-key]" in result.stderr
    assert not (tmp_path / ".engine").exists()


def test_missing_credentials_are_said_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ZOHO_CRM", "ZOHO_BOOKS", "ZOHO_BOOKS_ORG"):
        monkeypatch.delenv(name, raising=False)
    result = call(tmp_path, "run", SPEC)
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1].startswith("Try: Set ZOHO_")


@pytest.mark.parametrize("words", [["history"], ["status"], ["errors"], ["history", "zoho-books-crm"]])
def test_asking_where_nothing_has_run_says_so(words: list[str], tmp_path: Path) -> None:
    result = call(tmp_path, *words)
    assert result.exit_code == 1
    assert "Nothing has run yet here" in result.stderr


def test_an_integration_that_never_ran_here_is_not_shown_as_faultless(ran: Ran) -> None:
    result = call(ran.folder, "errors", "books-cmr")
    assert result.exit_code == 1
    assert "`books-cmr` has not run here yet" in result.stderr


def test_ctrl_c_settles_says_how_to_go_on_and_the_next_run_goes_on(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "engine", "run", SPEC, "--sandbox", "--folder", str(tmp_path)]
    with subprocess.Popen(words, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:
        assert running.stderr is not None
        assert next(line for line in running.stderr if line.startswith("run "))
        running.send_signal(signal.SIGINT)
        _, told = running.communicate(timeout=LONGEST_S)
    assert running.returncode == 130, told
    assert "Run the same command again to go on" in told
    assert asked(tmp_path, "run", SPEC, "--sandbox")["outcome"] == "done"
    assert [run["outcome"] for run in asked(tmp_path, "history")["runs"]] == ["done", "interrupted"]
