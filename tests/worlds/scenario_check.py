"""What a scenario asserts: of a run, of a preview, and of how things then stand."""

from __future__ import annotations

import re
from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from scenario_acts import accidents_of, act
from scenario_stage import DEAD, NAME, Stage, links_of
from scenario_system import Accidents

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from scenario_read import Step

_TIMES = re.compile(r"(\d+) times (create|update|delete) (\S+)")


def play(stage: Stage, step: Step) -> None:
    """One step: check it, or act it."""
    if step.kind in CHECKS:
        CHECKS[step.kind](stage, step)
    else:
        act(stage, step)


def assert_quiet(stage: Stage, place: str) -> None:
    """Two runs more write nothing: nothing swings, nothing comes back."""
    for _ in range(2):
        accidents = Accidents()
        stage.run(accidents)
        assert accidents.sent == [], f"{place}: a run more still writes"


def _run(stage: Stage, step: Step) -> None:
    for _ in range(step.said.get("times", 1)):
        _run_once(stage, step.said, step.place)


def _run_once(stage: Stage, said: Mapping[str, Any], place: str) -> None:
    accidents = accidents_of(said, lambda one: play(stage, one))
    stage.run(accidents, accepted=said.get("accepted", False), full=said.get("full", False))
    ended, expected = stage.ended, DEAD if "dies" in said else said.get("exit", 0)
    assert ended.exit == expected, f"{place}: exit {ended.exit}, not {expected}. {ended.words}"
    assert_writes(accidents.sent, said["writes"], place)
    assert not accidents.meanwhile, f"{place}: `{', '.join(accidents.meanwhile)}` never came"
    assert_words(ended.words, said.get("tells", ()), place)
    assert not (said.get("quiet") and ended.words), f"{place}: it says {ended.words}"
    for stream, count in said.get("reads", {}).items():
        assert accidents.read.get(stream, 0) == count, f"{place}: read {accidents.read}"
    for stream, moment in said.get("since", {}).items():
        assert accidents.since[stream] == moment, f"{place}: read since {accidents.since}"


def assert_writes(sent: Sequence[str], said: str | Sequence[str], place: str) -> None:
    """`nothing`, or every write; many of one kind in one line: `250 times update books.customers`."""
    expected = [] if said == "nothing" else list(said)
    found = [one for one in map(_TIMES.fullmatch, expected) if one]
    many = {f"{one[2]} {one[3]}": int(one[1]) for one in found}
    summed = Counter(_first_of(many, line) or line for line in sent)
    single = Counter(line for line in expected if not _TIMES.fullmatch(line))
    assert summed == Counter(many) + single, f"{place}: it wrote {dict(summed)}"


def _first_of(kinds: Mapping[str, int], line: str) -> str | None:
    return next((kind for kind in kinds if re.match(rf"{re.escape(kind)}\b", line)), None)


def assert_words(words: str, wanted: Sequence[str], place: str) -> None:
    for word in wanted:
        assert word in words, f"{place}: `{word}` is not in: {words}"


def _validate(stage: Stage, step: Step) -> None:
    words = stage.validate()
    assert words, f"{step.place}: nothing was found"
    assert_words(words, step.said["finds"], step.place)


def _preview(stage: Stage, step: Step) -> None:
    changeset = stage.preview()
    lines = [
        f"{one.kind} {_stream(stage, one.module, one.side)}{f' {one.id}' if one.id else ''}"
        for one in changeset.lines
    ]
    assert_writes(lines, step.said["writes"], step.place)
    assert_words(" ".join(one.what for one in changeset.asks), step.said.get("asks", ()), step.place)


def _stream(stage: Stage, module: str, side: Any) -> str:
    plan = next(one for one in stage.plan().modules if one.name == module)
    return plan.side(side).name


def _then(stage: Stage, step: Step) -> None:
    """How things stand: what is not named is not held, not in conflict, and has not been lost."""
    said = {"held": {}, "conflicts": {}, "lost": [], **step.said}
    for name, expected in said.items():
        if name in STANDINGS and not stage.ledger.exists():
            assert not expected, f"{step.place}: there is no ledger yet"
        elif name in STANDINGS:
            STANDINGS[name](stage, expected, step.place)
        else:
            _assert_records(stage, name, expected, step.place)


def _assert_records(stage: Stage, stream: str, expected: Any, place: str) -> None:
    """Exactly these records, with these values of the fields that are named; or so many of them."""
    system, name = stage.place(stream)
    rows = system.streams.get(name, {})
    if isinstance(expected, int):
        assert len(rows) == expected, f"{place}: {stream} has {len(rows)} records"
        return
    shown = {
        key: {field: _plainly(row.get(field)) for field in expected.get(key, row)}
        for key, row in rows.items()
    }
    assert shown == expected, f"{place}: {stream} holds {shown}"


def _plainly(value: Any) -> Any:
    """A number as a person writes it."""
    return f"{value.normalize():f}" if isinstance(value, Decimal) else value


def _links(stage: Stage, said: Mapping[str, Any], place: str) -> None:
    for module, expected in said.items():
        present = links_of(stage, module)
        assert (len(present) if isinstance(expected, int) else present) == expected, (
            f"{place}: links of {module} are {present}"
        )


def _held(stage: Stage, said: Mapping[str, Sequence[str]], place: str) -> None:
    """Every held record with its code and words of its message and remedy."""
    with stage.open() as ledger:
        rows = {f"{one.module} {one.record_id}": one for one in ledger.held_rows(NAME)}
    rows = {name: one for name, one in rows.items() if one.code != "conflict"}
    shown = {name: f"{one.code}: {one.message} {one.remedy or ''}" for name, one in rows.items()}
    assert set(shown) == set(said), f"{place}: held are {shown}"
    for name, words in said.items():
        assert_words(shown[name], words, f"{place}, {name}")


def _conflicts(stage: Stage, said: Mapping[str, Sequence[Any]], place: str) -> None:
    """Every field that a person must decide, with what both sides hold."""
    with stage.open() as ledger:
        found = {
            f"{one.module} {one.left_id} {one.key}": [one.left, one.right] for one in ledger.conflicts(NAME)
        }
    assert found == said, f"{place}: conflicts are {found}"


def _lost(stage: Stage, said: Sequence[str], place: str) -> None:
    """Every value that was overwritten and kept: `customers right C1 name: ACME Inc`."""
    with stage.open() as ledger:
        found = [
            f"{one.module} {one.side} {one.record_id} {one.field}: {one.value}" for one in ledger.losers(NAME)
        ]
    assert sorted(found) == sorted(said), f"{place}: overwritten were {found}"


STANDINGS: Mapping[str, Callable[[Stage, Any, str], None]] = {
    "links": _links,
    "held": _held,
    "conflicts": _conflicts,
    "lost": _lost,
}
CHECKS: Mapping[str, Callable[[Stage, Step], None]] = {
    "run": _run,
    "validate": _validate,
    "preview": _preview,
    "then": _then,
}
