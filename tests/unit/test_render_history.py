"""What the ledger remembers, on screen: why a record is missing, without opening a database."""

from __future__ import annotations

import json
from dataclasses import replace

from engine.ledger.model import HeldRow, ModuleState, ModuleStatus, RunRow
from engine.render.errors import errors_json, errors_text
from engine.render.history import history_text
from engine.render.status import status_json, status_text
from engine.render.table import Screen

SCREEN = Screen()
COUNTS = {
    "customers": {
        "read": {"left": 320, "right": 60},
        "created": {"left": 0, "right": 275},
        "updated": {"left": 0, "right": 40},
        "deleted": {"left": 0, "right": 0},
        "held": 5,
    }
}
RUN = RunRow(
    id="r2",
    integration="books-crm",
    started="2026-01-02T03:04:05Z",
    spec_file="x.yaml",
    plan_fingerprint="f",
    ended="2026-01-02T03:04:09Z",
    outcome="held",
    counts=COUNTS,
    calls={"crm": 3, "books": 400},
    seconds=4.2,
)
KILLED = replace(RUN, id="r1", outcome=None, ended=None, seconds=None, counts={}, calls={}, error="Killed.")
HELD = HeldRow(
    integration="books-crm",
    module="customers",
    side="left",
    record_id="77",
    code="refused",
    message="Phone is too long.",
    remedy="Shorten it in CRM.",
    label="Acme\nERROR lease stolen",
    place="x.yaml:12",
    since="2026-01-02T03:04:08Z",
    run="r2",
    attempts=2,
    content_hash=b"0123456789abcdef",
)


def test_history_shows_every_run_with_figures_and_what_ended_it() -> None:
    assert history_text([RUN, KILLED], SCREEN) == (
        "run  integration  started                  outcome             took  read  add/upd/del  held  calls\n"
        "───────────────────────────────────────────────────────────────────────────────────────────────────\n"
        "r2   books-crm    2026-01-02 03:04:05 UTC  held               4.2 s   380     275/40/0     5    403\n"
        "r1   books-crm    2026-01-02 03:04:05 UTC  running or killed      -     0        0/0/0     0      0\n"
        "\n"
        "r1: Killed.\n"
    )


def test_errors_name_the_cause_the_remedy_and_the_record_on_lines_of_our_own() -> None:
    assert errors_text([HELD]) == (
        "1 record held\n"
        "\n"
        "books-crm · customers · refused: 1\n"
        "  why: Phone is too long.\n"
        "  try: Shorten it in CRM.\n"
        "  spec: x.yaml:12\n"
        "    Acme\\nERROR lease stolen  (left 77, since 2026-01-02 03:04:08 UTC, tried 2 times)\n"
    )


def test_a_cause_is_said_once_above_its_records_and_many_are_counted() -> None:
    many = [replace(HELD, record_id=str(n)) for n in range(12)]
    text = errors_text([*many, replace(HELD, message="Name is taken."), replace(HELD, code="ambiguous")])
    assert [line for line in text.splitlines() if "·" in line] == [
        "books-crm · customers · ambiguous: 1",
        "books-crm · customers · refused: 13",
    ]
    assert [text.count(words) for words in ("Name is taken.", "Phone is too long.")] == [1, 2]
    assert "… and 2 more" in text


def test_a_held_record_always_has_something_to_try() -> None:
    bare = replace(HELD, remedy=None)
    assert "try: Correct the record on the left" in errors_text([bare])
    waiting = replace(bare, temporary=True, next_try="2026-01-02T03:05:00Z")
    assert "retried automatically" in errors_text([waiting])
    assert "next retry after 2026-01-02 03:05:00 UTC" in errors_text([waiting])
    assert errors_json([bare])["held"][0]["remedy"].startswith("Correct the record")


def test_errors_as_json_list_every_record_and_no_bytes() -> None:
    held = json.loads(json.dumps(errors_json([replace(HELD, record_id=str(n)) for n in range(30)])))["held"]
    assert len(held) == 30
    assert held[0]["message"] == "Phone is too long."
    assert "content_hash" not in held[0]


def test_no_held_record_is_said_in_words() -> None:
    assert errors_text([]) == "No record is held.\n"


def test_status_tells_how_far_each_module_has_come() -> None:
    state = ModuleState(integration="books-crm", module="customers", left_cursor="2026-01-02T03:00:00+01:00")
    module = ModuleStatus(state=state, links=315, held=5, skipped=0, intents=1)
    text = status_text("books-crm", RUN, [module], None, None, SCREEN)
    assert text.startswith("books-crm: last run 2026-01-02 03:04:05 UTC, held\n\nmodule ")
    assert text.splitlines()[-1].split() == [
        "customers",
        "2026-01-02T03:00:00+01:00",
        "-",
        "315",
        "5",
        "0",
        "1",
    ]
    figures = status_json("books-crm", RUN, [module])["modules"]["customers"]
    assert (figures["linked"], figures["unsettled"]) == (315, 1)


def test_an_integration_that_never_ran_says_so() -> None:
    assert status_text("books-crm", None, [], None, None, SCREEN) == "books-crm: never run\n"
