"""A run is killed at a system call that stores or sends, and run again: all ends as if it had never been killed.

About a dozen calls of each run, by turns before, after and in the middle of the call; all of them with `--long`.
"""

from __future__ import annotations

import re
from itertools import count
from typing import TYPE_CHECKING

import pytest
from command_server import MOMENTS, CommandServer, Done, Moment
from history_spec import ENDS, Contacts, spec_text
from sandbox_visitor import visit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from history_ends import Row

POINTS = 12  #: calls of one run
PAIRS = [
    ("sqlite", "sqlite"),
    ("csv", "jsonl"),
    ("jsonl", "sqlite"),
    ("postgres", "mariadb"),
    ("sqlite", "books"),
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CommandServer]:
    folder = tmp_path_factory.mktemp("server")
    with CommandServer(folder) as one, visit(folder / "sandbox", company="bare") as Contacts.visitor:
        yield one


class Story:
    """Two filled sides that meet, and then change on both."""

    def __init__(self, folder: Path, kinds: tuple[str, str], server: CommandServer) -> None:
        folder.mkdir()
        self.folder, self.server = folder, server
        self.left, self.right = (ENDS[kind](folder, name) for kind, name in zip(kinds, "lr", strict=True))
        self.sandbox = self.left.sandbox or self.right.sandbox
        (folder / "s.yaml").write_text(spec_text(self.left, self.right, conflicts="left"), encoding="utf-8")
        for end, codes in ((self.left, "ABC"), (self.right, "CD")):
            for code in codes:
                end.add(
                    {"code": code, **dict.fromkeys(end.names.keys() - {"code"})} | {"note": f"old {code}"}
                )

    def go_on(self) -> None:
        """People change, make and clear something on both sides after the first run."""
        for end, code in ((self.left, "A"), (self.right, "B"), (self.left, "D"), (self.right, "D")):
            row = next(row for row in end.rows() if row["code"] == code)
            end.edit(row["id"], "note", f"new {code}")
        for end, code in ((self.left, "E"), (self.right, "F")):
            end.add({"code": code, **dict.fromkeys(end.names.keys() - {"code"})} | {"note": f"old {code}"})

    def run(self, kill_at: int = 0, moment: Moment = "before") -> Done:
        """One run; what it asks for is approved."""
        codes: list[str] = []
        for _ in range(3):
            words = ["run", "s.yaml", *codes, *(["--sandbox"] if self.sandbox else [])]
            done = self.server.run(
                *words, folder=self.folder, kill_at=kill_at, moment=moment, sandbox=self.sandbox
            )
            if done.code != 6:
                break
            codes += [
                word
                for code in re.findall(r"--accept (\w+)", done.err + done.out)
                for word in ("--accept", code)
            ]
        return done

    def look(self) -> list[list[Row]]:
        """What is on both sides, without ids, which a second attempt may have counted on."""
        return [
            sorted(({**row, "id": None} for row in end.rows()), key=lambda row: str(row["code"]))
            for end in (self.left, self.right)
        ]

    def close(self) -> None:
        """Drop what lies outside the folder."""
        for end in (self.left, self.right):
            end.close()


@pytest.mark.parametrize("which", ["first run", "later run"])
@pytest.mark.parametrize("kinds", PAIRS, ids="-".join)
def test_a_run_that_dies_at_a_system_call_is_made_up_for_by_the_next(
    kinds: tuple[str, str], which: str, tmp_path: Path, server: CommandServer, request: pytest.FixtureRequest
) -> None:
    every = request.config.getoption("--long")
    folders = (tmp_path / str(number) for number in count())

    def tell(kill_at: int, moment: Moment) -> tuple[Done, list[list[Row]]]:
        story = Story(next(folders), kinds, server)
        try:
            if which == "later run":
                assert story.run().code == 0
                story.go_on()
            done = story.run(kill_at, moment)
            if done.killed:
                again = story.run()
                assert again.code == 0, again.out + again.err
            seen = story.look()
            quiet = story.run()
            assert quiet.code == 0, quiet.out + quiet.err
            assert story.look() == seen, f"the second run after {moment} call {kill_at} wrote something"
            return done, seen
        finally:
            story.close()

    whole, wanted = tell(0, "before")
    killed = 0
    stride = 1 if every else max(1, whole.calls // POINTS)
    for at in range(1, whole.calls + 1, stride):
        for moment in MOMENTS if every else [MOMENTS[at % 3]]:
            done, seen = tell(at, moment)
            killed += done.killed
            assert seen == wanted, f"killed {moment} call {at} of {whole.calls}"
    assert killed >= POINTS // 2
