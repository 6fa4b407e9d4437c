"""The world of the row scenarios: a company in the sandbox, a copy of the shipped specs, and the command line.

A scenario is a function `test_EC_13_…(house)` that is marked with `proves`: which spec it is about, and which lines
of it (or of a mapping) it proves. `test_rows_flipped.py` runs each scenario once more for every such line, with the
line changed, and expects it to fail.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from contextlib import chdir, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest
from click.testing import CliRunner, Result
from places import ROOT
from sandbox_visitor import Visitor, visit

from engine.cli import engine
from engine.compiler import compile_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from engine.plan import Plan
    from engine.sandbox.server.site import CompanyName


@dataclass(frozen=True, kw_only=True)
class Flip:
    """A line that a scenario proves, and what it is changed to; an empty `new` takes it out."""

    old: str  #: text that occurs in the file, exactly once unless `after` says where to begin
    new: str
    file: str | None = None  #: such as `mappings/vendor.yaml`; None = the scenario's own spec
    after: str | None = None  #: text behind which `old` is looked for; None = from the start


@dataclass(frozen=True, kw_only=True)
class Proof:
    """What a scenario is about."""

    spec: str  #: name of a shipped spec
    flips: tuple[Flip, ...]
    company: CompanyName
    row: str | None = None  #: such as BC-04; None = it is about no row
    sampled: bool = True  #: run by default; the others of a row only with `--long`


#: By area: its spec, and its finance product.
SPECS = {
    "BC": ("zoho-books-crm", "books"),
    "EC": ("zoho-erp-crm", "erp"),
    "BP": ("zoho-projects-books", "books"),
    "EP": ("zoho-projects-erp", "erp"),
}
#: Every scenario that `proves` has marked, by its name.
PROOFS: dict[str, tuple[Proof, Callable[[House], None]]] = {}


def flip(old: str, new: str = "", *, file: str | None = None, after: str | None = None) -> Flip:
    """A line and what it is changed to."""
    return Flip(old=old, new=new, file=file, after=after)


def proves(
    spec: str, *flips: Flip, company: CompanyName = "bare", sampled: bool = True
) -> Callable[[Callable[[House], None]], Callable[[House], None]]:
    """Mark the first scenario of a row: the spec it is about, and the lines that it proves."""

    def mark(scenario: Callable[[House], None]) -> Callable[[House], None]:
        name = scenario.__name__
        assert name not in PROOFS, f"two scenarios are called {name}"
        row = name[5:10].replace("_", "-")
        PROOFS[name] = (Proof(row=row, spec=spec, flips=flips, company=company, sampled=sampled), scenario)
        return scenario if sampled else pytest.mark.slow(scenario)

    return mark


#: Mark a further scenario of a row, which is left to long runs.
also_proves = partial(proves, sampled=False)


def proves_alike(
    *rows: str, flips: Sequence[Flip], sampled: str | None = None
) -> Callable[[Callable[[House], None]], Callable[[House], None]]:
    """Mark a scenario that rows of several integrations have in common, told with `house.finance`.

    FINANCE in its lines stands for the finance product; `sampled` is the row whose first scenario this is.
    """

    def mark(scenario: Callable[[House], None]) -> Any:
        told = []
        for row in rows:
            spec, finance = SPECS[row[:2]]
            own = tuple(
                replace(one, old=one.old.replace("FINANCE", finance), new=one.new.replace("FINANCE", finance))
                for one in flips
            )
            proof = Proof(row=row, spec=spec, flips=own, company="bare", sampled=row == sampled)
            PROOFS[f"{scenario.__name__}[{row}]"] = (proof, scenario)
            told.append(pytest.param(row, id=row, marks=() if proof.sampled else pytest.mark.slow))
        return pytest.mark.parametrize("house", told, indirect=True)(scenario)

    return mark


@dataclass(kw_only=True)
class House:
    """A company, its specs, and somebody at the command line."""

    name: str  #: the spec that the scenario is about
    root: Path  #: has `specs/` and `mappings/`
    folder: Path  #: where the ledger is
    visitor: Visitor
    environment: dict[str, str] = field(default_factory=dict)
    #: What was chosen by `choose`, for every later command.
    chosen: dict[str, str] = field(default_factory=dict)

    @property
    def finance(self) -> str:
        """The finance product that the spec is about."""
        return "erp" if "erp" in self.name else "books"

    @property
    def spec(self) -> Path:
        """The file of the spec."""
        return self.root / "specs" / f"{self.name}.yaml"

    def choose(self, **options: object) -> None:
        """Choose options for every command from now on; True and False are written as YAML has them."""
        for name, value in options.items():
            self.chosen[name] = str(value).lower() if isinstance(value, bool) else str(value)

    def engine(self, command: str, *words: str, spec: str | None = None, sandbox: bool = True) -> Result:
        """`engine COMMAND SPEC --set … WORDS` against this sandbox; `spec`: the name of another shipped one."""
        file = f"specs/{spec or self.name}.yaml"
        sets = [f"--set={name}={value}" for name, value in self.chosen.items()] if spec is None else []
        where = [f"--sandbox={self.visitor.running.url}"] if sandbox else []
        line = [*command.split(), file, *words, *sets, *where, "--folder", str(self.folder)]
        return self._invoke(line)

    def bare_engine(self, *words: str) -> Result:
        """`engine WORDS` in this folder, for commands that take no spec."""
        return self._invoke([*words, "--folder", str(self.folder)])

    def _invoke(self, line: list[str]) -> Result:
        # Every house is called from its root, so that equal specs are equal to the memory of the compiler.
        with chdir(self.root), mock.patch("engine.compiler.compile_file", remembered(self.root)):
            return CliRunner().invoke(engine, line, env=self.environment)

    def run(self, *words: str, spec: str | None = None, expect: int = 0) -> Outcome:
        """One run; the exit code must be `expect`."""
        result = self.engine("run", *words, "--format", "json", spec=spec)
        assert result.exit_code == expect, f"exit {result.exit_code}\n{result.output}"
        return Outcome(said=result.stderr, report=json.loads(result.stdout) if result.stdout.strip() else {})

    def must(self, command: str, *words: str, expect: int = 0, **more: Any) -> str:
        """A command whose exit code must be `expect`; answers all that it printed."""
        result = self.engine(command, *words, **more)
        assert result.exit_code == expect, f"exit {result.exit_code}\n{result.output}"
        return result.output

    def writes(self) -> list[str]:
        """Every writing call of the products since the last `forget_calls`, as `METHOD path`."""
        calls = self.visitor.command("calls")["calls"]
        reads = ("/oauth/", "/coql", "/_sandbox/", "/bulk/")
        return [
            f"{one['method']} {one['path']}"
            for one in calls
            if one["method"] != "GET" and not any(word in one["path"] for word in reads)
        ]

    def forget_calls(self) -> None:
        """Count calls from now on."""
        self.visitor.http.request("DELETE", "/_sandbox/calls")

    def quiet(self, *words: str) -> None:
        """The next run must write nothing at all."""
        self.forget_calls()
        outcome = self.run(*words)
        assert self.writes() == []
        assert outcome.wrote == 0


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a run printed."""

    said: str
    report: dict[str, Any]

    @property
    def wrote(self) -> int:
        """How many records were created, updated or deleted, on both sides."""
        return sum(
            sum(counts[kind].values())
            for counts in self.report["modules"].values()
            for kind in ("created", "updated", "deleted")
        )

    def held(self) -> list[tuple[str, str]]:
        """(module, sentence) of every record that is held."""
        return [(one["module"], one["message"]) for one in self.report["held"]]


#: Plans by what they were compiled from: many commands of many scenarios compile the very same text.
_PLANS: dict[Any, Plan] = {}


def remembered(root: Path) -> Callable[..., Plan]:
    """`compile_file` that compiles the same files with the same choices only once in a process."""
    files = sorted(path for path in root.rglob("*.yaml") if ".engine" not in path.parts)
    seen = hashlib.sha256(
        b"".join(str(path.relative_to(root)).encode() + path.read_bytes() for path in files)
    )

    def compiled(file: str, **more: Any) -> Plan:
        if more.get("live"):
            return compile_file(file, **more)
        key = (seen.digest(), file, repr(sorted((more.get("profile") or {}).items())), repr(more.get("hand")))
        if key not in _PLANS:
            _PLANS[key] = compile_file(file, **more)
        return _PLANS[key]

    return compiled


@contextmanager
def house_of(proof: Proof, folder: Path, *, flipped: Flip | None = None) -> Iterator[House]:
    """A house whose specs are the shipped ones, but for one flipped line."""
    root = folder / "shipped"
    for name in ("specs", "mappings"):
        shutil.copytree(ROOT / name, root / name)
    if flipped is not None:
        _change(root / (flipped.file or f"specs/{proof.spec}.yaml"), flipped)
    with visit(folder / "sandbox", company=proof.company) as visitor:
        yield House(name=proof.spec, root=root, folder=folder / "engine", visitor=visitor)


def _change(path: Path, flipped: Flip) -> None:
    text = path.read_text(encoding="utf-8")
    start = 0
    if flipped.after is not None:
        assert flipped.after in text, f"{path.name} lacks {flipped.after!r}"
        start = text.index(flipped.after) + len(flipped.after)
    before, rest = text[:start], text[start:]
    found = rest.count(flipped.old)
    assert found == 1 or (found and flipped.after), f"{path.name} has {flipped.old!r} {found} times"
    path.write_text(before + rest.replace(flipped.old, flipped.new, 1), encoding="utf-8")


def only(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The only one of several. Fails where there are none or more."""
    assert len(rows) == 1, f"{len(rows)} where one is expected: {rows}"
    return rows[0]
