"""What changes from one plan to another, in the words that a reviewer needs; `!` marks what should be reviewed."""

from __future__ import annotations

from dataclasses import asdict, replace
from itertools import groupby
from typing import TYPE_CHECKING, Any

from engine.render.condition import written_condition
from engine.render.plan import FIRST_CONTACT
from engine.render.text import count, listed, printable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.plan.difference import Difference

#: What stands above the lines that are of no single module.
_WHOLE = "the integration"


def difference_text(found: Sequence[Difference]) -> str:
    """By module, a line each."""
    if not found:
        return "Nothing changes.\n"
    parts = []
    for module, lines in groupby(found, key=lambda one: one.module):
        parts.append(f"{module or _WHOLE}\n")
        parts += [f"  {'!' if one.grave else ' '} {printable(says(one))}\n" for one in lines]
    return "".join(parts) + _summary(found) + "\n"


def difference_markdown(found: Sequence[Difference]) -> str:
    """For a comment on a pull request."""
    if not found:
        return "Nothing changes.\n"
    parts = []
    for module, lines in groupby(found, key=lambda one: one.module):
        parts.append(f"#### {_escaped(module or _WHOLE)}\n")
        parts += [f"- {'**!** ' if one.grave else ''}{_escaped(says(one))}\n" for one in lines]
        parts.append("\n")
    return "".join(parts) + _summary(found) + "\n"


def difference_json(found: Sequence[Difference]) -> dict[str, Any]:
    """Every difference with its sentence."""
    return {
        "differences": [{**asdict(one), "says": says(one)} for one in found],
        "grave": sum(one.grave for one in found),
    }


def says(one: Difference) -> str:
    """The sentence of one difference."""
    return _SENTENCES[one.aspect](one)


def _summary(found: Sequence[Difference]) -> str:
    grave = sum(one.grave for one in found)
    look = f", {grave} marked with ! should be reviewed" if grave > 1 else ""
    look = ", the one marked with ! should be reviewed" if grave == 1 else look
    return f"{count(len(found), 'difference')}{look}."


def _escaped(text: str) -> str:
    """As plain text in Markdown, but for what stands in backticks."""
    parts = printable(text).split("`")
    plain = [_plain(part) if place % 2 == 0 else part for place, part in enumerate(parts)]
    return "`".join(plain)


def _plain(text: str) -> str:
    for sign in "\\*_[]<>#|":
        text = text.replace(sign, f"\\{sign}")
    return text


def _instead(one: Difference, nothing: str) -> str:
    """`is X instead of Y`."""
    return f"{_word(one.after, nothing)} instead of {_word(one.before, nothing)}"


def _word(value: str | None, nothing: str) -> str:
    return f"`{value}`" if value else nothing


def _option(one: Difference) -> str:
    if one.before is None or one.after is None:
        return f"option `{one.about}` is {'new' if one.before is None else 'gone'}"
    return f"option `{one.about}`: {_instead(one, 'nothing')}"


def _system(one: Difference) -> str:
    if one.before is None or one.after is None:
        return f"system `{one.about}` is {'new' if one.before is None else 'gone'}"
    return f"system `{one.about}` has other settings: {_instead(one, 'nothing')}"


def _requirement(one: Difference) -> str:
    if one.before is not None and one.after is not None:
        return f"what is said where `{one.about}` does not hold: {_instead(one, 'nothing')}"
    return f"before anything is written, `{one.about}` is {'also' if one.before is None else 'no longer'} checked"


def _discloses(one: Difference) -> str:
    told = "connecting also shows to" if one.before is None else "connecting no longer shows to"
    return f"{told} {one.about}"


def _module(one: Difference) -> str:
    if one.before is None:
        return f"is synced now: `{one.after}`"
    return f"is no longer synced: `{one.before}`; its links are kept, and nothing is deleted"


def _may(one: Difference) -> str:
    before, after = (set((words or "").split(", ")) - {""} for words in (one.before, one.after))
    order = ("create", "update", "delete")
    more, less = ([verb for verb in order if verb in verbs] for verbs in (after - before, before - after))
    said = [f"may now {listed(more)} in `{one.about}`"] if more else []
    said += [f"may no longer {listed(less)} in `{one.about}`; what is there stays"] if less else []
    return "; ".join(said)


def _view(one: Difference) -> str:
    before, after = (None if sql is None else written_condition(sql) for sql in (one.before, one.after))
    return _included(replace(one, before=before, after=after))


def _included(one: Difference, by: str = "") -> str:
    shown = f"records of `{one.about}` to sync{by}: {_instead(one, 'all records')}"
    return f"{shown}; other records are left as they are, never deleted" if one.after else shown


def _duplicates(one: Difference) -> str:
    meaning = FIRST_CONTACT.get(str(one.after), "")
    return f"a first contact: {_instead(one, 'nothing')} ({meaning}); what is linked already stays so"


def _named(more: str, less: str, other: str) -> Callable[[Difference], str]:
    """Sentences of what is new, gone, or otherwise, with its name for {}."""

    def said(one: Difference) -> str:
        chosen = more if one.before is None else less if one.after is None else other
        return chosen.format(f"`{one.about}`")

    return said


def _field(one: Difference) -> str:
    if one.before is None:
        return f"also maps `{one.after}`"
    if one.after is None:
        return f"no longer maps `{one.before}`; what stands there stays"
    return f"maps {_instead(one, 'nothing')}"


_SENTENCES: dict[str, Callable[[Difference], str]] = {
    "option": _option,
    "system": _system,
    "requirement": _requirement,
    "discloses": _discloses,
    "module": _module,
    "streams": lambda one: f"is of other streams: {_instead(one, 'nothing')}",
    "arrow": lambda one: f"goes {_instead(one, 'nowhere')}",
    "may": _may,
    "saved-view": lambda one: _included(one, ", by the saved view"),
    "view": _view,
    "keys": lambda one: f"recognises records by {_instead(one, 'nothing')}; what is linked already stays so",
    "duplicates": _duplicates,
    "same-key": lambda one: f"newcomers of one match key: {_instead(one, 'nothing')}",
    "conflicts": lambda one: f"conflicts: {_instead(one, 'nobody')} wins",
    "limits": _named(
        "stops at a limit of {}", "no longer stops at a limit of {}", "stops at another limit of {}"
    ),
    "before-write": lambda one: f"before an update: {_instead(one, 'nothing')}",
    "check": _named("also holds records with: {}", "no longer holds records with: {}", "{}"),
    "guard": _named("guard {} is new", "guard {} is gone", "guard {} has changed"),
    "yields": _named("yields to {}", "no longer yields to {}", "{}"),
    "acts": lambda one: f"acts on another condition: {_instead(one, 'nothing')}",
    "field": _field,
    "field-how": lambda one: f"`{one.about}`: {_instead(one, 'nothing')}",
    "other": lambda _: "reads, computes or compares its records in another way; all are compared anew",
}
