"""A warm run of twenty changed records between two stores of this process; prints the median as JSON.

`small.py one|both`: kept in step one way, or both ways.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

from engine.compiler import compile_file
from engine.connectors.memory import store
from engine.run.session.run_request import RunRequest
from engine.run.session.sync_pass import Accepted
from engine.run.sync.execute import execute

SPECS = Path(__file__).parent / "specs"
RECORDS, ROUNDS = 20, 20


def main() -> None:
    name = "small-both.yaml" if sys.argv[1:] == ["both"] else "small.yaml"
    plan = compile_file(str(SPECS / name))
    left, right = store("bench-left"), store("bench-right")
    names = [
        left.put("people", {"name": f"Person {nr}", "email": f"p{nr}@firm.example"}) for nr in range(RECORDS)
    ]
    with tempfile.TemporaryDirectory() as folder:
        # Twenty of twenty records changed would else need a person's word.
        call = RunRequest(folder=Path(folder), overrides={}, accepted=Accepted(everything=True))
        execute(plan, call)  # the warm-up makes the records
        seconds, cpu_s = [], []
        for number in range(ROUNDS):
            for name in names:
                left.edit("people", name, staff=number)
            started, busy = time.perf_counter(), time.process_time()
            report = execute(plan, call)
            seconds.append(time.perf_counter() - started)
            cpu_s.append(time.process_time() - busy)
            if report.modules["people"].updated["right"] != RECORDS:
                sys.exit(f"The run did not update {RECORDS} records: {report.as_json()}")
    if [row["size"] for row in right.rows("contacts")] != [ROUNDS - 1] * RECORDS:
        sys.exit("The target does not hold what the source holds.")
    found = {"seconds": statistics.median(seconds), "least": min(seconds), "most": max(seconds)}
    print(json.dumps({**found, "cpu_s": statistics.median(cpu_s)}))


if __name__ == "__main__":
    main()
