"""A plan on screen: what is read, how records are recognised, what may be written, what is slow."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from engine.compiler import compile_file
from engine.plan import NotBuilt
from engine.render.plan import plan_text

if TYPE_CHECKING:
    from pathlib import Path

    from engine.plan import Plan

SPEC = """\
spec: 1
name: offices
title: Two offices
systems:
  north:
    connector: memory
    with: { store: n, streams: { firms: { id: id, modified: modified, fields: { name: text, note: text } } } }
  south:
    connector: memory
    with: { store: s, streams: { clients: { id: id, fields: { label: text required, memo: text } } } }
options:
  people: { type: boolean, default: false }
requires:
  - { check: options.people = false, else: People are for later. }
modules:
  firms:
    sync: north.firms -> south.clients
    match: [ name = label ]
    duplicates: overwrite
    fields:
      - name -> label
      - { to: right.memo, text: "From {{ note }}", on: create }
  people:
    if: options.people
    sync: north.firms -> south.clients
    match: [ name = label ]
    fields: [ name -> label ]
"""


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Plan:
    """The plan of a small spec, compiled from a file of the present folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "offices.yaml").write_text(SPEC, encoding="utf-8")
    return compile_file("offices.yaml")


def test_a_plan_reads_from_top_to_bottom(plan: Plan) -> None:
    assert plan_text(plan) == (
        f"Two offices (offices), plan {plan.fingerprint}\n"
        "from offices.yaml\n"
        "\n"
        "systems\n"
        "  north: memory\n"
        "  south: memory\n"
        "\n"
        "options\n"
        "  people = no\n"
        "\n"
        "module firms: north.firms -> south.clients  (offices.yaml:16)\n"
        "  read left      north.firms: 2 fields; changes since the last run, by modified\n"
        "  read right     south.clients: 1 field; changes since the last run, by modified\n"
        "  recognise by   name = label\n"
        "  first contact  link the two, and the side that pushes first wins\n"
        "  may write      create and update on the right; each record is read again right before an update\n"
        "  stops beyond   creates 50 and 20% of the links, updates 30% of the links\n"
        "  fields\n"
        "    name -> label  (text)\n"
        "    From {{ note }} -> memo  (text, when created, slow: one record at a time)\n"
        "\n"
        "switched off by the options\n"
        "  people\n"
    )


def test_what_cannot_run_yet_is_named_with_its_place(plan: Plan) -> None:
    text = plan_text(replace(plan, not_built=(NotBuilt(what="the trigger `won`", place="offices.yaml:30"),)))
    assert text.endswith("\nnot built yet, so it cannot run\n  the trigger `won` (offices.yaml:30)\n")


def test_the_statements_are_shown_on_request_only(plan: Plan) -> None:
    assert "SELECT" not in plan_text(plan)
    assert "  lens of the right\n    SELECT" in plan_text(plan, sql=True)


def test_a_module_that_only_pairs_may_write_nothing(plan: Plan) -> None:
    pairs = replace(plan.modules[0], arrow="==", creates=(), fields=())
    assert "  may write      nothing\n" in plan_text(replace(plan, modules=(pairs,)))


BOTH = """\
    sync: north.firms <-> south.clients
    match: [ name = label ]
    conflicts: [ newest, south ]
    deletes: propagate
    limits: { creates: none, deletes: 5, conflicts: 10 or 5% }
    fields:
      - name <-> label
      - { map: note <-> memo, conflicts: hold, group: words }
"""


def test_a_plan_of_both_ways_says_who_wins_and_what_stops_it(plan: Plan, tmp_path: Path) -> None:
    del plan
    start = SPEC.index("    sync: north")
    end = SPEC.index("  people:\n")
    (tmp_path / "offices.yaml").write_text(SPEC[:start] + BOTH + SPEC[end:], encoding="utf-8")
    text = plan_text(compile_file("offices.yaml"))
    assert (
        "  conflicts      the newest change wins; where that is not known, south wins (right)\n"
        "  may write      create, update and delete on the left and create, update and delete on the right; "
        "each record is read again right before an update\n"
        "  stops beyond   updates 30% of the links, deletes 5, conflicts 10 or 5% of the links\n"
        "  fields\n"
        "    name <-> label  (text)\n"
        "    note <-> memo  (text, group words, a person decides)\n"
    ) in text
