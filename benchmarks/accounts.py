"""The benchmark: a million accounts from one SQLite table into another, beside plain SQLite and DuckDB statements.

`python benchmarks/accounts.py [--rows N] [--folder F] [--peers PYTHON] [--only one-way|both] [--json]`. Every step is
a process of its own, and the contenders take turns step by step, so that a ratio compares what ran one right after
the other.
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
PEERS = ("sling", "dlt")  #: other tools, see `peers.py`; they take part in the first step only
SPECS = {"engine": "accounts", "engine-full": "accounts-full", "engine-both": "accounts-both"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One contender in one step."""

    step: str
    contender: str
    seconds: float  #: wall clock of the whole process, start-up included
    cpu_s: float  #: processor time, all threads: what is left of `seconds` on a machine that others use too
    peak_mb: float  #: resident memory at its highest
    ratio: float | None = (
        None  #: seconds against the first contender of the step; None = there is no such thing
    )
    cpu_ratio: float | None = None  #: the same of processor time
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
    source: Path  #: what it reads; in two-way steps it writes there too
    python: str = sys.executable

    @property
    def target(self) -> Path:
        return self.folder / "target.db"

    def command(self, act: str) -> list[str]:
        if self.name.startswith("engine"):
            return [self.python, *self.words, "--folder", str(self.folder), "--format", "json"]
        acts = [] if self.name in PEERS else [act]
        return [self.python, *self.words, *acts, str(self.source), str(self.target)]


class Bench:
    """One whole measurement in a folder."""

    def __init__(self, folder: Path, rows: int, *, trace: bool, peers: str | None) -> None:
        self.rows = rows
        self.kept = folder / f"accounts-{rows}.db"
        self.folder = folder / "run"
        self.source = self.folder / "source.db"
        self.measured: list[Measured] = []
        self.entry = [str(HERE / "traced.py")] if trace else ["-m", "engine"]
        self.peers = peers

    def run(self, only: str | None) -> list[Measured]:
        self._prepare()
        if only != "both":
            self._one_way()
        if only != "one-way":
            self._both_ways()
        if only is None:
            self._small()
            self._start_up()
        return self.measured

    def _one_way(self) -> None:
        first = {name: self._contender(name) for name in ("sqlite", "duckdb", *self._peers(), "engine")}
        for one in first.values():
            one.folder.mkdir()
            company.make_target(one.target)
        self._step("first", "first", list(first.values()))
        for name in set(first) & set(PEERS):
            shutil.rmtree(first[name].folder)
        window = [self._twin(first["sqlite"], "sqlite-cursor"), first["engine"]]
        whole = [first["sqlite"], first["duckdb"], self._twin(first["engine"], "engine-full")]
        self._step("again, cursor", "later", window)
        self._step("again, all compared", "later", whole)
        company.change(self.source, self.rows)
        self._step("1.5 % changed, cursor", "later", window)
        self._step("1.5 % changed, all compared", "later", whole)
        self._step("again, cursor", "later", window)
        for one in (*window, *whole):
            shutil.rmtree(one.folder)

    def _both_ways(self) -> None:
        """The engine reads and writes both files; the yardstick only joins and compares them, in DuckDB."""
        both = self._contender("engine-both")
        both.folder.mkdir()
        shutil.copyfile(self.kept, both.source)
        company.make_target(both.target)
        bare = replace(both, name="duckdb", words=(str(HERE / "raw.py"), "duckdb"))
        self._step("both ways: first", "first", [both])
        self._step("both ways: again", "later", [bare, both])
        company.change_both(both.source, both.target, self.rows)
        self._step("both ways: 1 % changed on each", "later", [both])
        self._step("both ways: again", "later", [bare, both])

    def _peers(self) -> list[str]:
        """The other tools that are installed."""
        if self.peers is None:
            return []
        found: list[str] = json.loads(self._measure([self.peers, str(HERE / "peers.py"), "list"]).said)
        for name in set(PEERS) - set(found):
            print(f"{name} is not installed for {self.peers} and is left out.", file=sys.stderr)
        return found

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
        folder, source, python = self.folder / name, self.source, sys.executable
        if name in SPECS:
            words = (*self.entry, "run", str(HERE / "specs" / f"{SPECS[name]}.yaml"))
            source = folder / "source.db" if name == "engine-both" else source
        elif name in PEERS:
            words, python = (str(HERE / "peers.py"), name), self.peers or python
        else:
            words = (str(HERE / "raw.py"), name)
        return Contender(name=name, folder=folder, words=words, source=source, python=python)

    def _twin(self, one: Contender, name: str) -> Contender:
        """Another contender that goes on from where this one stands."""
        twin = self._contender(name)
        shutil.copytree(one.folder, twin.folder)
        return twin

    def _step(self, step: str, act: str, contenders: list[Contender]) -> None:
        yardstick: Used | None = None
        for one in contenders:
            used = self._measure(one.command(act), one)
            expected = company.totals(one.source, "accounts", "revenue")
            found = company.totals(one.target, "contacts", "yearly_revenue")
            if found != expected:
                sys.exit(f"{one.name} left {found} after `{step}`, but the source has {expected}.")
            yardstick = yardstick or used
            self._add(step, one.name, used, yardstick=yardstick, note=_note(one, used.said))

    def _measure(self, command: list[str], one: Contender | None = None) -> Used:
        """Run a process to its end."""
        places = {"BENCH_SOURCE": str(one.source), "BENCH_TARGET": str(one.target)} if one else {}
        started = time.perf_counter()
        child = subprocess.Popen(
            command,
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
        for ways in ("one", "both"):
            used = self._measure([sys.executable, str(HERE / "small.py"), ways])
            found = json.loads(used.said)
            note = f"median of 20, {found['least']:.3f} to {found['most']:.3f}"
            inside = replace(used, seconds=found["seconds"], cpu_s=found["cpu_s"])
            name = "engine" if ways == "one" else "engine-both"
            self._add("20 records in memory, warm", name, inside, note=note)

    def _start_up(self) -> None:
        for words in (["--help"], ["validate", "specs/", "mappings/"]):
            each = (self._measure([sys.executable, "-m", "engine", *words]) for _ in range(REPEATS))
            runs = sorted(each, key=_seconds)
            note = f"median of {REPEATS}, {runs[0].seconds:.3f} to {runs[-1].seconds:.3f}"
            self._add("start-up", f"engine {' '.join(words)}", runs[REPEATS // 2], note=note)

    def _add(
        self, step: str, name: str, used: Used, *, yardstick: Used | None = None, note: str = ""
    ) -> None:
        one = Measured(
            step=step,
            contender=name,
            seconds=round(used.seconds, 3),
            cpu_s=round(used.cpu_s, 3),
            peak_mb=round(used.peak_mb, 1),
            ratio=None if yardstick is None else round(used.seconds / yardstick.seconds, 2),
            cpu_ratio=None if yardstick is None else round(used.cpu_s / yardstick.cpu_s, 2),
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
    words = [(word, sum(counts[word].values())) for word in ("created", "updated")]
    told = [f"{count} {word}" for word, count in (*words, ("unchanged", counts["unchanged"])) if count]
    return f"{report['seconds']:.2f} s inside; {', '.join(told) or 'nothing read'}"


def _line(one: Measured) -> str:
    ratio = "" if one.ratio is None else f"{one.ratio:.2f}x"
    cpu_ratio = "" if one.cpu_ratio is None else f"{one.cpu_ratio:.2f}x cpu"
    figures = (
        f"{one.seconds:>8.3f} s {one.cpu_s:>8.3f} s cpu {one.peak_mb:>6.0f} MB {ratio:>8} {cpu_ratio:>12}"
    )
    return f"{one.step:<32} {one.contender:<32} {figures}  {one.note}"


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument(
        "--rows", type=int, default=1_000_000, help="accounts in the source (default: a million)"
    )
    words.add_argument("--folder", type=Path, default=ROOT / ".engine" / "bench", help="where the files go")
    words.add_argument("--peers", metavar="PYTHON", help="the Python of an environment with Sling or dlt")
    words.add_argument("--only", choices=["one-way", "both"], help="only these steps")
    words.add_argument("--json", action="store_true", help="print the figures as JSON on standard output")
    words.add_argument("--trace", action="store_true", help="tell on stderr where the engine's time goes")
    asked = words.parse_args()
    bench = Bench(asked.folder.resolve(), asked.rows, trace=asked.trace, peers=asked.peers)
    measured = bench.run(asked.only)
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
