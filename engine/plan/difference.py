"""Difference: what one plan does that another one does not, module by module, as values. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from engine.record import SIDES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.plan.field import FieldPlan
    from engine.plan.model import Plan
    from engine.plan.module import ModulePlan
    from engine.plan.rule import GuardPlan

Aspect = Literal[
    "option",
    "system",
    "requirement",
    "discloses",
    "module",  # it takes part, or does not
    "streams",
    "arrow",
    "may",  # what it may write, by stream
    "saved-view",
    "view",
    "keys",
    "duplicates",
    "same-key",
    "conflicts",
    "limits",
    "before-write",
    "check",  # what holds a record
    "guard",
    "yields",
    "acts",  # when a trigger acts
    "field",
    "field-how",  # the same two fields, in another way
    "other",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing that changes."""

    module: str | None  #: None = of the integration as a whole
    aspect: Aspect
    about: str  #: which of several: a stream, a line of the mapping, an option; empty = there is only one
    before: str | None  #: None = it was not there
    after: str | None  #: None = it is not there any more
    grave: bool = (
        False  #: it writes somewhere new, deletes, recognises or decides otherwise, or asks for less
    )


def differences(old: Plan, new: Plan) -> tuple[Difference, ...]:
    """Everything that changes from one plan to the other: of the whole first, then module by module."""
    before = {one.name: one for one in old.modules}
    after = {one.name: one for one in new.modules}
    found = list(_of_the_whole(old, new))
    for name in dict.fromkeys([*after, *before]):
        found += _of_module(name, before.get(name), after.get(name))
    return tuple(found)


def _of_the_whole(old: Plan, new: Plan) -> Iterator[Difference]:
    yield from _named(None, "option", _words(old.options), _words(new.options))
    systems = [
        {name: _text([one.connector, dict(one.settings)]) for name, one in plan.systems.items()}
        for plan in (old, new)
    ]
    yield from _named(None, "system", *systems, grave=lambda _, after: after is not None)
    checks = [{one.text: one.message for one in plan.requirements} for plan in (old, new)]
    yield from _named(None, "requirement", *checks, grave=lambda _, after: after is None)
    told = [dict.fromkeys(plan.discloses, "") for plan in (old, new)]
    yield from _named(None, "discloses", *told, grave=lambda _, after: after is not None)


def _of_module(name: str, old: ModulePlan | None, new: ModulePlan | None) -> list[Difference]:
    if old is None or new is None:
        row = Difference(
            module=name,
            aspect="module",
            about="",
            before=None if old is None else _ends(old),
            after=None if new is None else _ends(new),
            grave=new is None or any(new.may(side) for side in SIDES),
        )
        return [row, *([] if new is None else _rights(name, None, new))]
    if asdict(old) == asdict(new):
        return []
    found = [*_of_ends(name, old, new), *_of_rules(name, old, new), *_of_fields(name, old, new)]
    if not found and _bare(old) != _bare(new):
        found.append(Difference(module=name, aspect="other", about="", before="", after=""))
    return found


def _ends(module: ModulePlan) -> str:
    return f"{module.left.name} {module.arrow} {module.right.name}"


def _of_ends(name: str, old: ModulePlan, new: ModulePlan) -> Iterator[Difference]:
    """Where it reads and writes, and which records take part."""
    if (old.left.name, old.right.name) != (new.left.name, new.right.name):
        yield Difference(
            module=name, aspect="streams", about="", before=_ends(old), after=_ends(new), grave=True
        )
    elif old.arrow != new.arrow:
        yield Difference(module=name, aspect="arrow", about="", before=old.arrow, after=new.arrow)
    yield from _rights(name, old, new)
    for side in SIDES:
        was, now = old.side(side), new.side(side)
        for aspect, before, after in (
            ("saved-view", was.saved_view, now.saved_view),
            ("view", was.view, now.view),
        ):
            yield from _one(name, aspect, now.name, before, after)  # type: ignore[arg-type] # two of the aspects


def _rights(name: str, old: ModulePlan | None, new: ModulePlan) -> Iterator[Difference]:
    for side in SIDES:
        before, after = old.may(side) if old else (), new.may(side)
        more = set(after) - set(before)
        yield from _one(name, "may", new.side(side).name, _list(before), _list(after), grave=bool(more))


def _of_rules(name: str, old: ModulePlan, new: ModulePlan) -> Iterator[Difference]:
    """How records are recognised, who wins, and what stops or refuses them."""
    keys = [_list([key.line for key in one.keys]) for one in (old, new)]
    yield from _one(name, "keys", "", *keys, grave=True)
    yield from _one(name, "duplicates", "", old.duplicates, new.duplicates, grave=True)
    yield from _one(name, "same-key", "", old.same_key, new.same_key, grave=True)
    wins = (_wins(old), _wins(new))
    if None not in wins:
        yield from _one(name, "conflicts", "", *wins, grave=True)
    limits = [{key: _text(one) for key, one in asdict(module.limits).items() if one} for module in (old, new)]
    yield from _named(name, "limits", *limits, grave=lambda _, after: after is None)
    yield from _one(
        name, "before-write", "", old.before_write, new.before_write, grave=new.before_write == "trust"
    )
    checks = [dict.fromkeys(_sentences(module), "") for module in (old, new)]
    yield from _named(name, "check", *checks, grave=lambda _, after: after is None)
    guards = [{one.name: _guard(one) for one in module.guards} for module in (old, new)]
    yield from _named(name, "guard", *guards, grave=lambda _, after: after is None)
    yields = [dict.fromkeys((one.to for one in module.yields), "") for module in (old, new)]
    yield from _named(name, "yields", *yields)
    yield from _one(name, "acts", "", _acts(old), _acts(new), grave=True)


def _wins(module: ModulePlan) -> str | None:
    """Who wins most of the lines that can differ; None where no line goes both ways."""
    rules = Counter(_winner(module, line) for line in module.fields if len(line.writes) > 1)
    return rules.most_common(1)[0][0] if rules else None


def _winner(module: ModulePlan, line: FieldPlan) -> str:
    def name(policy: str) -> str:
        return module.side(policy).system if policy in SIDES else policy

    return f"newest, else {name(line.fallback)}" if line.policy == "newest" else name(line.policy)


def _sentences(module: ModulePlan) -> list[str]:
    """What a record is held with that does not meet a check of the spec."""
    troubles = [one for side in SIDES for one in module.side(side).troubles]
    return [one.message for one in troubles if one.code == "not-allowed"]


def _guard(guard: GuardPlan) -> str:
    return _text([guard.line, guard.condition, guard.restores, guard.mail is not None])


def _acts(module: ModulePlan) -> str | None:
    trigger = module.trigger
    if trigger is None:
        return None
    often = "each time" if trigger.again else "once a record"
    return _text([trigger.act, trigger.becomes, often, trigger.by_hand, trigger.only, trigger.of])


def _of_fields(name: str, old: ModulePlan, new: ModulePlan) -> Iterator[Difference]:
    before = {line.key: line for line in old.fields}
    after = {line.key: line for line in new.fields}
    for key in dict.fromkeys([*after, *before]):
        was, now = before.get(key), after.get(key)
        if was and now and _turned(old, was) == _turned(new, now):
            continue  # the arrow of the module says it
        if was is None or now is None or was.line != now.line:
            lines = [one.line if one else None for one in (was, now)]
            yield Difference(module=name, aspect="field", about=key, before=lines[0], after=lines[1])
        elif _how(old, was) != _how(new, now):
            yield Difference(
                module=name, aspect="field-how", about=now.line, before=_how(old, was), after=_how(new, now)
            )


def _turned(module: ModulePlan, line: FieldPlan) -> list[str]:
    """A line without its arrow where that is the module's own, and what is said of it besides."""
    bare = line.line.replace(f" {module.arrow} ", " — ", 1)
    return [bare, _how(module, line)]


def _how(module: ModulePlan, line: FieldPlan) -> str:
    """What is said of a line besides its two fields."""
    words = ["when created"] if line.on_create else []
    words += [f"group {line.group}"] if line.group else []
    words += [line.converts] if line.converts else []
    if len(line.writes) > 1 and _winner(module, line) != _wins(module):
        words.append(f"{_winner(module, line)} wins")
    return ", ".join([*words, line.type])


def _one(
    name: str, aspect: Aspect, about: str, before: str | None, after: str | None, *, grave: bool = False
) -> Iterator[Difference]:
    if before != after:
        yield Difference(module=name, aspect=aspect, about=about, before=before, after=after, grave=grave)


def _named(
    name: str | None,
    aspect: Aspect,
    old: dict[str, str],
    new: dict[str, str],
    *,
    grave: Any = lambda _, __: False,
) -> Iterator[Difference]:
    """What was added to, taken from or changed in things that have names."""
    for key in dict.fromkeys([*new, *old]):
        before, after = old.get(key), new.get(key)
        if before != after:
            yield Difference(
                module=name,
                aspect=aspect,
                about=key,
                before=before,
                after=after,
                grave=bool(grave(before, after)),
            )


def _words(options: Any) -> dict[str, str]:
    return {name: _word(value) for name, value in options.items()}


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)


def _list(words: Sequence[str]) -> str | None:
    return ", ".join(words) or None


def _text(value: Any) -> str:
    import json

    return json.dumps(value, sort_keys=True, default=str, ensure_ascii=False)


def _bare(value: Any) -> Any:
    """A plan without the places where it was written."""
    if not isinstance(value, (dict, list, tuple)):
        return _bare(asdict(value)) if hasattr(value, "__dataclass_fields__") else value
    if isinstance(value, dict):
        return {key: _bare(one) for key, one in value.items() if key != "place"}
    return [_bare(one) for one in value]
