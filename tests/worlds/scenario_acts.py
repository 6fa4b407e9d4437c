"""What people, time and the systems do in a scenario, step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scenario_read import duration, steps_of
from scenario_stage import NAME, Stage
from scenario_system import Accidents

from engine.ledger import LinkRow

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from scenario_read import Step


def act(stage: Stage, step: Step) -> None:
    """One step of people, time or the systems."""
    ACTS[step.kind](stage, step.said)


def _add(stage: Stage, said: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> None:
    for stream, records in said.items():
        system, name = stage.place(stream)
        for identity, record in records.items():
            assert identity not in system.streams.get(name, {}), f"{identity} is there already"
            system.put(name, {**record, "id": identity})


def _add_many(stage: Stage, said: Mapping[str, Any]) -> None:
    system, name = stage.place(said["to"])
    for number in range(1, said["count"] + 1):
        record = {key: value.format(number=number) for key, value in said["record"].items()}
        system.put(name, {**record, "id": f"{name[0].upper()}{number}"})


def _add_late(stage: Stage, said: Mapping[str, Any]) -> None:
    """Records that can be seen only now, although they say that they were changed before."""
    _add(stage, said["records"])
    stamp = stage.now - duration(said["stamped"].removesuffix(" ago"))
    for stream, records in said["records"].items():
        system, name = stage.place(stream)
        for identity in records:
            system.stamp(name, identity, f"{stamp:%Y-%m-%dT%H:%M:%S.%fZ}")


def _edit(stage: Stage, said: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> None:
    for stream, records in said.items():
        system, name = stage.place(stream)
        for identity, values in records.items():
            system.edit(name, identity, **values)


def _delete(stage: Stage, said: Mapping[str, list[str]]) -> None:
    for stream, ids in said.items():
        system, name = stage.place(stream)
        for identity in ids:
            system.delete(name, identity)


def _restore(stage: Stage, said: Mapping[str, list[str]]) -> None:
    for stream, ids in said.items():
        system, name = stage.place(stream)
        for identity in ids:
            system.restore(name, identity)


def _wait(stage: Stage, said: str) -> None:
    stage.now += duration(said)


def _decide(stage: Stage, said: Mapping[str, str]) -> None:
    """`customers A1 name: right`: whose value a person takes."""
    with stage.open() as ledger:
        numbers = {f"{one.module} {one.left_id} {one.key}": one.number for one in ledger.conflicts(NAME)}
    takes: dict[int, Any] = {numbers[name]: side for name, side in said.items()}
    stage.by_hand(lambda ledger, lease: ledger.decide(lease, takes))


def _link(stage: Stage, said: Mapping[str, list[str]]) -> None:
    """`customers: [A5 = C7]`: a person says that these two are the same."""
    sources = {one.name: one.sources[0] for one in stage.plan().modules}
    pairs = [(module, *pair.split(" = ")) for module, several in said.items() for pair in several]
    rows = [LinkRow(module=module, left_id=left, right_id=right) for module, left, right in pairs]
    stage.by_hand(lambda ledger, lease: ledger.add_links(lease, rows, sources))


def accidents_of(said: Mapping[str, Any], play: Callable[[Step], None]) -> Accidents:
    """What happens during a run, as the step says."""

    def meanwhile(moment: str) -> Callable[[], None]:
        steps = steps_of(said["meanwhile"][moment], moment)

        def happens() -> None:
            for step in steps:
                play(step)

        return happens

    return Accidents(
        dies=said.get("dies"),
        unanswered=said.get("unanswered", ()),
        meanwhile={moment: meanwhile(moment) for moment in said.get("meanwhile", {})},
    )


ACTS: dict[str, Callable[[Stage, Any], None]] = {
    "add": _add,
    "add-many": _add_many,
    "add-late": _add_late,
    "edit": _edit,
    "delete": _delete,
    "restore": _restore,
    "wait": _wait,
    "habits": Stage.have_habits,
    "spec": Stage.say,
    "decide": _decide,
    "link": _link,
}
