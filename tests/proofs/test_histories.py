"""Random histories over the command line, killed at system calls: nothing is lost, doubled, brought back or restless.

One history is a seed. `HISTORIES=100000 pytest tests/proofs/test_histories.py` tries more, `FIRST=N` others; a seed
that failed once stands in `tests/cases/histories/seeds.txt` and is tried for ever.
"""

from __future__ import annotations

import os
import random
import re
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from command_server import MOMENTS, CommandServer, Done, Moment
from history_oracle import SIDES, Oracle
from history_spec import ENDS, Contacts, spec_text
from places import CASES
from sandbox_visitor import visit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from history_oracle import Side

HISTORIES = int(os.environ.get("HISTORIES", "300"))
FIRST = int(os.environ.get("FIRST", "0"))
#: Histories of one test: enough that loading the command line once is little of it.
GROUP = 10
FAILED_ONCE = [int(one) for one in (CASES / "histories" / "seeds.txt").read_text("utf-8").split()]
PAIRS = [
    ("sqlite", "sqlite"),
    ("sqlite", "csv"),
    ("jsonl", "sqlite"),
    ("csv", "jsonl"),
    ("postgres", "mariadb"),
    ("mariadb", "sqlite"),
    ("sqlite", "books"),
]


@dataclass(kw_only=True)
class History:
    """One seed: two systems, what people do, and where runs die."""

    seed: int
    folder: Path
    server: CommandServer
    story: list[str] = field(default_factory=list)  #: what happened, for whoever has to mend it

    def __post_init__(self) -> None:
        """Choose the systems and the spec."""
        self.chance = random.Random(self.seed)
        kinds = self.chance.choice(PAIRS)
        self.ends = {side: ENDS[kind](self.folder, side) for side, kind in zip(SIDES, kinds, strict=True)}
        clocks = all(end.clock for end in self.ends.values())
        conflicts = self.chance.choice(["left", "right", "hold", *(["newest"] if clocks else [])])
        deletes = self.chance.choice(["keep", "propagate"])
        self.decides = conflicts in SIDES
        self.oracle = Oracle(ends=self.ends, follow=deletes == "propagate")
        text = spec_text(self.ends["left"], self.ends["right"], conflicts=conflicts, deletes=deletes)
        (self.folder / "s.yaml").write_text(text, encoding="utf-8")
        self.story.append(f"{kinds[0]} <-> {kinds[1]}, conflicts: {conflicts}, deletes: {deletes}")

    def live(self) -> None:
        """People and accidents, then peace."""
        for _ in range(self.chance.randint(2, 4)):
            self._act("left", "add")
        for _ in range(self.chance.randint(2, 4)):
            for _ in range(self.chance.randint(0, 3)):
                self._act(
                    self.chance.choice(SIDES),
                    self.chance.choice(["add", "edit", "edit", "edit", "clear", "delete"]),
                )
            self._run(kill=self.chance.random() < 0.6)
        for words in ((), *[("--full",)] * (2 if self.oracle.follow else 1)):
            self._run(*words)

    def _act(self, side: Side, act: str) -> None:
        rows = self.ends[side].rows()
        if act == "add" or not rows:
            codes = {row["code"] for one in SIDES for row in self.ends[one].rows()}
            mine = {row["code"] for row in rows}
            known = {one.code for one in self.oracle.typed} - self.oracle.deleted.keys()
            met = sorted((codes & known) - mine)
            twin = met and self.chance.random() < 0.3
            code = self.chance.choice(met) if twin else f"K{next(self.oracle.numbers)}"
            self.oracle.add(side, code)
            self.story.append(f"add {code} on the {side}")
            return
        row = self.chance.choice(rows)
        name = self.chance.choice(self.oracle.fields)
        if act == "delete":
            self.oracle.delete(side, row)
        else:
            value = None if act == "clear" else self.oracle.fresh(name)
            self.oracle.edit(side, row, name, value)
            act += f" {name} = {value} of"
        self.story.append(f"{act} {row['code']} on the {side}")

    def _run(self, *words: str, kill: bool = False) -> Done:
        """One run; a stop is approved as a person would who has read it."""
        at = int(2 ** self.chance.uniform(0, 8)) if kill else 0
        moment = self.chance.choice(MOMENTS)
        codes: list[str] = []
        for _ in range(4):
            done = self._engine("run", "s.yaml", *words, *codes, kill_at=at, moment=moment)
            self.story.append(
                f"run {' '.join((*words, *codes))}{f' killed {moment} call {at}' if done.killed else ''}: {done.code}"
            )
            assert "Traceback" not in done.err, self.told(done.err)
            if done.code != 6:
                break
            codes = [
                word
                for code in set(re.findall(r"--accept ([\w:.-]+)", done.out + done.err))
                for word in ("--accept", code)
            ]
        assert done.killed or done.code in (0, 4), self.told(done.out + done.err)
        return done

    def judge(self) -> None:
        """Nothing moves any more, and all is where it must be."""
        before = {side: self.ends[side].rows() for side in SIDES}
        last = self._run()
        assert {side: self.ends[side].rows() for side in SIDES} == before, self.told(
            "a quiet run wrote something"
        )
        asked = (("errors",), ("conflicts", "list")) if last.code else ()
        told = "".join(self._engine(*words, "s.yaml", "--format", "json").out for words in asked)
        wrong = self.oracle.wrongs(self._losers(), told)
        if self.decides and told:
            wrong.append("something is held although nothing refuses it and the policy decides")
        assert not wrong, self.told(*wrong, last.out)

    def _engine(self, *words: str, kill_at: int = 0, moment: Moment = "before") -> Done:
        sandbox = next((end.sandbox for end in self.ends.values() if end.sandbox), None)
        more = ["--sandbox"] if sandbox and words[0] == "run" else []
        return self.server.run(
            *words, *more, folder=self.folder, kill_at=kill_at, moment=moment, sandbox=sandbox
        )

    def _losers(self) -> frozenset[str]:
        """Fields and values that the ledger keeps as overwritten."""
        with closing(sqlite3.connect(self.folder / ".engine" / "ledger.sqlite")) as ledger:
            kept = ledger.execute("SELECT value FROM losers").fetchall()
        return frozenset(value.strip('"') for (value,) in kept)

    def told(self, *wrong: str) -> str:
        """The story, and what is wrong in its end."""
        return "\n".join((f"seed {self.seed}", *self.story, *wrong))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CommandServer]:
    folder = tmp_path_factory.mktemp("server")
    with CommandServer(folder) as one, visit(folder / "sandbox", company="bare") as Contacts.visitor:
        yield one


def _tell(seed: int, folder: Path, server: CommandServer) -> None:
    folder.mkdir()
    history = History(seed=seed, folder=folder, server=server)
    try:
        history.live()
        history.judge()
    finally:
        for end in history.ends.values():
            end.close()


@pytest.mark.parametrize("first", range(FIRST, FIRST + HISTORIES, GROUP))
def test_a_random_history_ends_in_step_with_nothing_lost_doubled_or_brought_back(
    first: int, tmp_path: Path, server: CommandServer
) -> None:
    for seed in range(first, first + GROUP):
        _tell(seed, tmp_path / str(seed), server)


@pytest.mark.parametrize("seed", FAILED_ONCE)
def test_a_history_that_failed_once_holds(seed: int, tmp_path: Path, server: CommandServer) -> None:
    _tell(seed, tmp_path / str(seed), server)
