"""One record on screen: where it stands in every module, why, and what a run does with it next."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from engine.render.errors import remedy_of
from engine.render.held import values_text
from engine.render.text import moment, printable, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.run.operations.explain import Explained, Linked, Placed
    from engine.run.operations.outlook import Outlook

_HIDDEN = ("content_hash", "plan_fingerprint", "demands")
_STATES = {
    "active": "in step",
    "missing-left": "in step, but the left record was missing from the last complete read",
    "missing-right": "in step, but the right record was missing from the last complete read",
    "gone-left": "the left record was deleted; it is not created again",
    "gone-right": "the right record was deleted; it is not created again",
    "suspended": "suspended",
}


def explained_text(explained: Explained, *, spec: str) -> str:
    """The record for a person; `spec` is how she named the spec on the command line."""
    head = f"{printable(str(explained.record))}{_label(explained)}\n"
    return "\n".join([head, *("".join(_module(one, spec)) for one in explained.modules)])


def _label(explained: Explained) -> str:
    labels = [one.now.label for one in explained.modules if one.now and one.now.label]
    labels += [one.held.label for one in explained.modules if one.held and one.held.label]
    return f"  {printable(labels[0])}" if labels else ""


def _module(one: Placed, spec: str) -> Iterator[str]:
    yield f"In {printable(one.module)}, on the {one.side} ({printable(one.place)})\n"
    for title, text in _facts(one, spec):
        yield f"  {title:<9} {printable(text)}\n"
    if one.now is not None:
        yield from _fields(one.now)
        yield f"  {'next':<9} {printable(one.now.next)}\n"


def _facts(one: Placed, spec: str) -> Iterator[tuple[str, str]]:
    if one.now is not None:
        yield "now", _now(one.now)
    yield from _link(one.link)
    if one.link is None and one.now is not None:
        yield from (("match", f"`{line}`, here {shown(value)}") for line, value in one.now.keys)
    if one.skipped is not None:
        yield "left alone", one.skipped
    if one.held is not None:
        tries = f", tried {one.held.attempts} times" if one.held.attempts > 1 else ""
        yield "held", f"{one.held.code}, since {moment(one.held.since)}{tries}"
        yield "why", one.held.message
        if one.held.offending:
            yield "value", values_text(one.held.offending.items())
        yield "try", remedy_of(one.held)
        if one.held.next_try:
            yield "again", f"after {moment(one.held.next_try)}"
    for cause in one.causes:
        name = f"{cause.record} {cause.label}" if cause.label else cause.record
        yield "waits for", f"{name} in {cause.module}: {cause.why or 'it has no counterpart yet.'}"
    for conflict in one.conflicts:
        values = f"left {shown(conflict.left)}, right {shown(conflict.right)}"
        taken = (
            f"{conflict.take} stays" if conflict.take else f"engine conflicts show {spec} {conflict.number}"
        )
        yield "conflict", f"{conflict.number}: {conflict.line}: {values}; {taken}"


def _now(now: Outlook) -> str:
    if not now.exists:
        return "does not exist"
    version = f"version {now.version}, " if now.version else ""
    return f"{version}{'inside' if now.in_view else 'outside'} the view"


def _link(link: Linked | None) -> Iterator[tuple[str, str]]:
    if link is None:
        yield "link", "none"
        return
    when = f" of {moment(link.since)}" if link.since else ""
    made = f"which created it on the {link.made}" if link.made else "which matched both"
    yield "link", f"{link.to}: {_STATES[link.state]}"
    yield "since", f"run {link.run}{when}, {made}" if link.run else "linked by hand"
    if link.version or link.its_version:
        yield "handled", f"up to version {link.version or '-'}, of the other {link.its_version or '-'}"


def _fields(now: Outlook) -> Iterator[str]:
    for one in now.fields:
        to = f" -> {one.write}" if one.write else ""
        yield f"  field     {printable(one.line)} ({printable(one.place)}){to}: {printable(one.why)}\n"
        yield f"            left {shown(one.left)}, right {shown(one.right)}\n"


def explained_json(explained: Explained) -> dict[str, Any]:
    """The same as one object."""
    return {
        "integration": explained.integration,
        "record": str(explained.record),
        "modules": [_module_json(one) for one in explained.modules],
    }


def _module_json(one: Placed) -> dict[str, Any]:
    told = asdict(one)
    if one.held is not None:
        held = {key: value for key, value in told["held"].items() if key not in _HIDDEN}
        told["held"] = held | {"remedy": remedy_of(one.held)}
    return told
