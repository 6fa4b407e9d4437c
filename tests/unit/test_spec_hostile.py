"""Files of an attacker end quickly, with a finding, in little memory, and leave no trace."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from places import CASES

from engine.render.findings import findings_github, findings_text
from engine.spec.confined import confined

if TYPE_CHECKING:
    from pathlib import Path

    from engine.spec.diagnostic import Diagnostic

pytestmark = pytest.mark.xdist_group("hostile")  # the samples run once, for one worker

HERE = CASES / "hostile"
MOST_SECONDS = 2.0
MOST_KIB = 200 * 1024

#: What each written sample must be told for; T-numbers are those of the threats they stand for.
WRITTEN = {
    "t1-merge-bomb": {"alias", "merge-key"},
    "t2-alias-bomb": {"alias"},
    "t3-self-reference": {"alias"},
    "t6-include": {"tag"},
    "t6-python-tag": {"tag"},
    "t7-silent-override": {"duplicate-key"},
    "t8-surprising-types": {"bad-default"},
    "t10-template-code": {"unknown-function", "not-allowed"},
    "t11-template-that-computes": {"not-allowed"},
    "t11-template-that-loops": {"not-allowed"},
    "t12-template-object": {"unknown-field"},
    "t14-format-string": {"not-allowed"},
    "t15-deep-expression": {"too-deep"},
    "t15-long-expression": {"too-long"},
    "t17-addresses": {"unknown-key"},
    "t18-secrets-and-paths": {"misplaced-reference"},
    "t20-forged-output": {"unknown-key"},
}

#: Samples that are too large to keep: what they hold, and what they must be told for.
MADE = {
    "t4-brackets": (b"[" * 1_000, {"too-deep"}),
    "t4-many-brackets": ((b"[" * 1_000 + b"\n") * 50, {"too-deep"}),
    "t4-braces": (b"{a: \n" * 5_000, {"too-deep"}),
    "t4-dashes": (b"- " * 4_000, {"too-deep"}),
    "t4-question-marks": (b"? " * 4_000, {"too-deep"}),
    "t5-a-megabyte": (b"".join(b"k%d: {a: 1}\n" % n for n in range(80_000)), {"too-large"}),
    "t5-many-keys": (b"".join(b"k%d: {a: 1}\n" % n for n in range(15_000)), {"too-many"}),
    "t5-many-unknown-keys": (
        b"".join(b"modulse%d: 1\n" % n for n in range(9_000)),
        {"unknown-key", "missing-key"},
    ),
    "t5-many-wrong-lines": (
        b"mapping: t5-many-wrong-lines\nleft: a.b\nright: c.d\nfields:\n" + b"- {}\n" * 9_000,
        {"missing-key"},
    ),
    "t5-many-arrows": (
        b"mapping: t5-many-arrows\nleft: a.b\nright: c.d\nfields:\n"
        + (b"- a " + b"-> a " * 800 + b"\n") * 40,
        {"bad-arrow"},
    ),
    "t5-wide-blanks": (
        b"mapping: t5-wide-blanks\nleft: a.b\nright: c.d\nfields:\n" + (b"- a" + b" " * 4_000 + b"b\n") * 60,
        {"bad-arrow"},
    ),
    "t5-one-long-line": (b"title: [" + b"a, " * 60_000 + b"]", {"too-long"}),
    "t5-equal-keys": (b"a: 1\n" * 9_000, {"duplicate-key"}),
    "t9-five-thousand-digits": (b"spec: " + b"9" * 5_000, {"too-long"}),
    "t9-four-thousand-digits": (b"spec: " + b"9" * 4_000, {"bad-number", "wrong-choice", "missing-key"}),
    "t9-base-sixty": (b"spec: " + b"59:" * 3_000 + b"59", {"too-long"}),
    "not-text": (bytes(range(256)) * 100, {"not-utf8"}),
    "utf-16": (("spec: 1\n" * 100).encode("utf-16"), {"not-utf8"}),
    "zeros": (b"\0" * 100_000, {"control-character", "too-long"}),
}


@dataclass(frozen=True)
class Outcome:
    """What one sample came to."""

    codes: set[str]
    seconds: float  #: of computing
    kib: int  #: the child's peak memory so far
    printed: str


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outcome]:
    """All samples, one after the other in one confined child."""
    folder = tmp_path_factory.mktemp("hostile")
    for name, (raw, _) in MADE.items():
        (folder / f"{name}.yaml").write_bytes(raw)
    files = [*HERE.glob("*.yaml"), *folder.glob("*.yaml")]
    found = confined("hostile_probe:measured", [str(file) for file in files])
    return {file.stem: outcome([one for one in found if one.span.file == str(file)]) for file in files}


def outcome(found: list[Diagnostic]) -> Outcome:
    *told, cost = found
    seconds, kib = cost.message.split() if cost.code == "measured" else ("inf", str(MOST_KIB))
    codes = {one.code for one in told}
    return Outcome(codes=codes, seconds=float(seconds), kib=int(kib), printed=findings_text(told))


@pytest.mark.parametrize("name", sorted({**WRITTEN, **MADE}))
def test_a_hostile_file_ends_soon_with_a_finding(name: str, outcomes: dict[str, Outcome]) -> None:
    came = outcomes[name]
    assert came.codes == (WRITTEN[name] if name in WRITTEN else MADE[name][1])
    assert came.seconds < MOST_SECONDS
    assert came.kib < MOST_KIB
    assert "Traceback" not in came.printed
    assert len(came.printed) < 1_000_000


def test_every_written_sample_is_tested() -> None:
    assert {path.stem for path in HERE.glob("*.yaml")} == set(WRITTEN)


def test_a_file_cannot_forge_a_command_of_the_build_log() -> None:
    """T20: a key with a line break and an escape stays inside its own line."""
    found = confined("engine.compiler:check_file", [str(HERE / "t20-forged-output.yaml")])
    for printed in (findings_text(found), findings_github(found)):
        assert "\x1b" not in printed
        assert not any(line.startswith("::error::forged") for line in printed.split("\n"))


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    """T18: what lies outside shows up in no excerpt."""
    secret = tmp_path / "secret"
    secret.write_text("password: hunter2", encoding="utf-8")
    project = tmp_path / "project" / "specs"
    project.mkdir(parents=True)
    (project / "spec.yaml").symlink_to(secret)
    found = confined("engine.compiler:check_file", [str(project / "spec.yaml")])
    assert [one.code for one in found] == ["unreadable-file"]
    assert "hunter2" not in findings_text(found)
