"""`engine`, telling on stderr how much processor time each statement, the ledger and the connectors took.

Processor time of all threads: what others do on the machine does not count.
"""

from __future__ import annotations

import functools
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

SPENT: dict[str, list[float]] = defaultdict(list)


def timed(
    name: str, function: Callable[..., Any], words: Callable[..., str] = lambda *_: ""
) -> Callable[..., Any]:
    """The function, its time noted; of an iterator the time it takes to give what it gives."""

    @functools.wraps(function)
    def wrapper(*given: Any, **named: Any) -> Any:
        label = f"{name} {words(*given)}"
        started = time.process_time()
        answer = function(*given, **named)
        SPENT[label].append(time.process_time() - started)
        return _stepped(label, answer) if isinstance(answer, Iterator) else answer

    return wrapper


def _stepped(label: str, answer: Iterator[Any]) -> Iterator[Any]:
    while True:
        started = time.process_time()
        try:
            item = next(answer)
        except StopIteration:
            return
        finally:
            SPENT[label].append(time.process_time() - started)
        yield item


def _statement(columns: Any, sql: str, *more: Any) -> str:
    del columns, more
    return " ".join(sql.split())[:70]


def main() -> None:
    from engine.connectors.sql.connector import SqlConnector
    from engine.ledger.store import Ledger
    from engine.run.session.columns import Columns

    for name in ("run", "rows", "one", "table"):
        setattr(Columns, name, timed(f"columns.{name}", getattr(Columns, name), _statement))
    for name in (
        "settle",
        "intend",
        "links_table",
        "bases",
        "finish_module",
        "start_run",
        "take_lease",
        "held_rows",
    ):
        setattr(Ledger, name, timed(f"ledger.{name}", getattr(Ledger, name)))
    for name in ("read", "write"):
        setattr(SqlConnector, name, timed(f"sql.{name}", getattr(SqlConnector, name)))
    started = time.process_time()
    from engine.cli import main as engine

    try:
        engine()
    finally:
        _tell(time.process_time() - started)


def _tell(whole: float) -> None:
    for label, times in sorted(SPENT.items(), key=lambda item: -sum(item[1]))[:25]:
        print(f"{sum(times):8.3f} s {len(times):>5} x  {label}", file=sys.stderr)
    print(f"{whole:8.3f} s in all", file=sys.stderr)


if __name__ == "__main__":
    main()
