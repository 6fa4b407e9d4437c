"""A run that only keeps its ledger, as a process of its own, so that a test can kill it anywhere.

Usage: python ledger_child.py LEDGER settles|loads|fights [FLAG]
"""

from __future__ import annotations

import os
import sys
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from engine.errors import LockedError
from engine.ledger import Intent, Lease, Settlement, open_ledger

if TYPE_CHECKING:
    from engine.ledger.store import Ledger

NOW = "2026-03-01T10:00:00Z"
SMALL, LARGE = 30, 6_000  #: rows of a batch by either way into the file


def batch(number: int) -> pa.Table:
    """The links of one batch; their ids tell which one."""
    rows = LARGE if number % 3 == 2 else SMALL
    ids = [f"{number}/{row}" for row in range(rows)]
    hashes = pa.array([b"0123456789abcdef"] * rows)
    columns = {"left_id": ids, "right_id": ids, "left_hash": hashes, "right_hash": hashes}
    return pa.table({**columns, "left_values": ['{"a":1}'] * rows, "right_values": pa.nulls(rows)})


def settle_for_ever(ledger: Ledger, lease: Lease) -> None:
    """Journal and settle batch after batch; the number of a batch is its intent's id."""
    while True:
        payload = pa.table({"_op": ["x"]})
        intent = Intent(
            run="r", module="m", side="right", kind="create", created=NOW, payload=payload, count=1
        )
        number = ledger.intend(lease, intent)
        ledger.settle(lease, number, Settlement(run="r", module="m", links=batch(number)))
        say("settled")


def load_for_ever(ledger: Ledger, lease: Lease) -> None:
    """Fill the links without indexes, and never come to the end."""
    with ledger.bulk_load(lease):
        for number in count():
            ledger.note(lease, Settlement(run="r", module="m", links=batch(number)))
            say("settled")


def fight(place: str, flag: Path, turns: int) -> None:
    """Take the lease so many times against others; the file is there while one of them holds it."""
    won = 0
    with open_ledger(place) as ledger:
        say("ready")
        while won < turns:
            try:
                lease = ledger.take_lease("i", f"process {os.getpid()}", NOW, ttl_s=3600)
            except LockedError:
                continue
            flag.touch(exist_ok=False)
            ledger.note(lease, Settlement(run="r", module="m", links=batch(lease.epoch).slice(0, 1)))
            flag.unlink()
            ledger.release(lease)
            won += 1


def say(word: str) -> None:
    """Tell the test how far this is."""
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def main() -> None:
    """Say a word when the lease is taken, then work until killed; fight only so many times."""
    if sys.argv[2] == "fights":
        fight(sys.argv[1], Path(sys.argv[3]), turns=4)
        return
    ledger = open_ledger(sys.argv[1])
    lease = ledger.take_lease("i", "a child", NOW, ttl_s=3600)
    say("ready")
    {"settles": settle_for_ever, "loads": load_for_ever}[sys.argv[2]](ledger, lease)


if __name__ == "__main__":
    main()
