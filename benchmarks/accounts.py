"""The benchmark: a million accounts from one SQLite table into another, beside plain SQLite and DuckDB statements.

`python benchmarks/accounts.py [--rows N] [--folder F] [--json]`. Every step is a process of its own, and the
contenders take turns step by step, so that a ratio compares what ran one right after the other.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import company

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
REPEATS = 7  #: of what takes less than a second


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One contender in one step."""

    step: str
    contender: str
    seconds: float  #: wall clock of the whole process, start-up included
    cpu_s: float  #: processor time, all threads: what is left of `seconds` on a machine that others use too
    peak_mb: float  #: resident memory at its highest
    ratio: float | None = None  #: seconds against `sqlite` in the same step; None = there is no such thing
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """What one process took."""

    seconds: float
    cpu_s: float
    peak_mb: float
    said: str  #: its standard output


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """Who does the work, and on which target."""

    name: str
    folder: Path  #: its target and what it remembers
    words: tuple[str, ...]  #: the command; the act of a raw contender is put in by `command`

    @property
    def target(self) -> Path:
        return self.folder / "target.db"

    def command(self, act: str, source: Path) -> list[str]:
        if self.name.startswith("engine"):
            return [*self.words, "--folder", str(self.folder), "--format", "json"]
        return [*self.words, act, str(source), str(self.target)]


class Bench:
    """One whole measurement in a folder."""

    def __init__(self, folder: Path, rows: int, *, trace: bool) -> None:
        self.rows = rows
        self.kept = folder / f"accounts-{rows}.db"
        self.folder = folder / "run"
        self.source = self.folder / "source.db"
        self.measured: list[Measured] = []
        self.entry = [str(HERE / "traced.py")] if trace else ["-m", "engine"]

    def run(self) -> list[Measured]:
        self._prepare()
        names = ("sqlite", "duckdb", "engine")
        first = {name: self._contender(name) for name in names}
        for one in first.values():
            one.folder.mkdir()
            company.make_target(one.target)
        self._step("first", "first", list(first.values()))
        window = [self._twin(first["sqlite"], "sqlite-cursor"), first["engine"]]
        whole = [first["sqlite"], first["duckdb"], self._twin(first["engine"], "engine-full")]
        self._step("again, cursor", "later", window)
        self._step("again, all compared", "later", whole)
        company.change(self.source, self.rows)
        self._step("1.5 % changed, cursor", "later", window)
        self._step("1.5 % changed, all compared", "later", whole)
        self._step("again, cursor", "later", window)
        self._small()
        self._start_up()
        return self.measured

    def _prepare(self) -> None:
        """A fresh folder with a copy of the source, which is made once and kept."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        if not self.kept.exists():
            making = self.kept.with_suffix(".making")
            making.unlink(missing_ok=True)
            company.make(making, self.rows)
            making.rename(self.kept)
        shutil.copyfile(self.kept, self.source)

    def _contender(self, name: str) -> Contender:
        folder = self.folder / name
        if name.startswith("engine"):
            spec = HERE / "specs" / ("accounts-full.yaml" if name == "engine-full" else "accounts.yaml")
            return Contender(name=name, folder=folder, words=(*self.entry, "run", str(spec)))
        return Contender(name=name, folder=folder, words=(str(HERE / "raw.py"), name))

    def _twin(self, one: Contender, name: str) -> Contender:
        """Another contender that goes on from where this one stands."""
        twin = self._contender(name)
        shutil.copytree(one.folder, twin.folder)
        return twin

    def _step(self, step: str, act: str, contenders: list[Contender]) -> None:
        expected = company.totals(self.source, "accounts", "revenue")
        yardstick: float | None = None
        for one in contenders:
            used = self._measure(one.command(act, self.source), one.target)
            found = company.totals(one.target, "contacts", "yearly_revenue")
            if found != expected:
                sys.exit(f"{one.name} left {found} after `{step}`, but the source has {expected}.")
            yardstick = yardstick or used.seconds
            self._add(step, one.name, used, ratio=used.seconds / yardstick, note=_note(one, used.said))

    def _measure(self, command: list[str], target: Path | None = None) -> Used:
        """Run a Python process to its end."""
        places = {"BENCH_SOURCE": str(self.source), "BENCH_TARGET": str(target)}
        started = time.perf_counter()
        child = subprocess.Popen(
            [sys.executable, *command],
            cwd=ROOT,
            env={**os.environ, **places, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert child.stdout is not None
        said = child.stdout.read()
        _, status, used = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - started
        child.returncode = os.waitstatus_to_exitcode(status)
        child.stdout.close()
        if child.returncode:
            sys.exit(f"{' '.join(command)} ended with {child.returncode}: {said}")
        cpu_s = used.ru_utime + used.ru_stime
        return Used(seconds=seconds, cpu_s=cpu_s, peak_mb=used.ru_maxrss / 1024, said=said)

    def _small(self) -> None:
        """Twenty records in memory: the time inside a process that is warm."""
        used = self._measure([str(HERE / "small.py")])
        found = json.loads(used.said)
        note = f"median of 20, {found['least']:.3f} to {found['most']:.3f}"
        inside = replace(used, seconds=found["seconds"], cpu_s=found["cpu_s"])
        self._add("20 records in memory, warm", "engine", inside, note=note)

    def _start_up(self) -> None:
        for words in (["--help"], ["validate", "specs/", "mappings/"]):
            runs = sorted((self._measure(["-m", "engine", *words]) for _ in range(REPEATS)), key=_seconds)
            note = f"median of {REPEATS}, {runs[0].seconds:.3f} to {runs[-1].seconds:.3f}"
            self._add("start-up", f"engine {' '.join(words)}", runs[REPEATS // 2], note=note)

    def _add(self, step: str, name: str, used: Used, *, ratio: float | None = None, note: str = "") -> None:
        one = Measured(
            step=step,
            contender=name,
            seconds=round(used.seconds, 3),
            cpu_s=round(used.cpu_s, 3),
            peak_mb=round(used.peak_mb, 1),
            ratio=None if ratio is None else round(ratio, 2),
            note=note,
        )
        self.measured.append(one)
        print(_line(one), file=sys.stderr, flush=True)


def _seconds(used: Used) -> float:
    return used.seconds


def _note(one: Contender, said: str) -> str:
    """What the engine says that it did, for the reader to check."""
    if not one.name.startswith("engine"):
        return ""
    report = json.loads(said)
    counts = report["modules"]["accounts"]
    words = ("created", counts["created"]["right"]), ("updated", counts["updated"]["right"])
    told = [f"{count} {word}" for word, count in (*words, ("unchanged", counts["unchanged"])) if count]
    return f"{report['seconds']:.2f} s inside; {', '.join(told) or 'nothing read'}"


def _line(one: Measured) -> str:
    ratio = "" if one.ratio is None else f"{one.ratio:.2f}x"
    figures = f"{one.seconds:>8.3f} s {one.cpu_s:>8.3f} s cpu {one.peak_mb:>6.0f} MB {ratio:>8}"
    return f"{one.step:<28} {one.contender:<32} {figures}  {one.note}"


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument(
        "--rows", type=int, default=1_000_000, help="accounts in the source (default: a million)"
    )
    words.add_argument("--folder", type=Path, default=ROOT / ".engine" / "bench", help="where the files go")
    words.add_argument("--json", action="store_true", help="print the figures as JSON on standard output")
    words.add_argument("--trace", action="store_true", help="tell on stderr where the engine's time goes")
    asked = words.parse_args()
    measured = Bench(asked.folder.resolve(), asked.rows, trace=asked.trace).run()
    if asked.json:
        load = os.getloadavg()[0]
        print(
            json.dumps(
                {"rows": asked.rows, "load": load, "steps": [asdict(one) for one in measured]}, indent=2
            )
        )
    else:
        print("\n".join(_line(one) for one in measured))


if __name__ == "__main__":
    main()
