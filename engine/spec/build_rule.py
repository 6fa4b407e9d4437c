"""Build: triggers, guards, associations and the stages of an integration's life."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.spec.build_line import lines
from engine.spec.build_part import Builder, check, mail, plain
from engine.spec.model import Association, Check, Guard, LifecycleStep, Step, StreamRef, Trigger
from engine.spec.node import IncompleteError, Node
from engine.spec.phrase import stream_ref

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.spec.diagnostic import Text
    from engine.spec.report import Report

_ACTS = ("create", "change", "delete")


def trigger(node: Node, builder: Builder) -> Trigger:
    """One trigger.

    Raises:
        IncompleteError: what it watches or does is missing or wrong; a finding has been noted.
    """
    _check_trigger(node, builder.report)
    return Trigger(
        name=node.name,
        only_if=node.text("if"),
        watch=builder.need_stream(node, "watch"),
        becomes=node.text("becomes"),
        by_hand=node.string("by") == "hand",
        ask={
            entry.name: plain(entry.value) for entry in node.entries("ask") if isinstance(entry.value, dict)
        },
        needs=builder.all(node.items("needs"), check),
        create=builder.stream(node, "create"),
        change=node.text("change"),
        delete=node.text("delete"),
        mapping=node.text("mapping"),
        fields=lines(node, builder.report),
        only=node.text("only"),
        set=node.mapping("set"),
        associate=node.word("associate", ("no", "yes", "locked")),
        again=node.word("again", ("never", "each-time")),
        mail=mail(node),
        span=node.span,
    )


def _check_trigger(node: Node, report: Report) -> None:
    acts = [key for key in _ACTS if node.has(key)]
    if not acts:
        message = f"Trigger `{node.name}` does nothing: it needs one of `create`, `change` or `delete`."
        report.add("missing-key", message, node.span)
    for key in acts[1:]:
        message = f"`{key}` cannot be combined with `{acts[0]}`: a trigger does one thing."
        report.add("contradiction", message, node.at(key).span, hint="make it a trigger of its own")
    if not node.has("becomes") and not node.has("by"):
        message = f"Trigger `{node.name}` never acts: it needs `becomes`, `by: hand`, or both."
        report.add("missing-key", message, node.span)


def guard(node: Node, builder: Builder) -> Guard:
    """One guard.

    Raises:
        IncompleteError: its module or its condition is missing; a finding has been noted.
    """
    del builder
    return Guard(
        name=node.name,
        only_if=node.text("if"),
        module=node.need("module"),
        refuse=node.texts("refuse"),
        when=node.need("when"),
        leave=node.word("leave", ("as-is", "restore")),
        because=node.text("because"),
        mail=mail(node),
        span=node.span,
    )


def association(node: Node, builder: Builder) -> Association:
    """One association.

    Raises:
        IncompleteError: a stream is missing or wrong; a finding has been noted.
    """
    to = builder.all(node.items("to"), lambda item: _item_stream(item, builder))
    return Association(
        name=node.name,
        only_if=node.text("if"),
        of=builder.need_stream(node, "of"),
        to=to,
        when=node.text("when"),
        offer=node.text("offer"),
        shows=node.text("shows"),
        span=node.span,
    )


def _item_stream(item: Node, builder: Builder) -> StreamRef:
    text = item.own_text()
    if text is None:
        raise IncompleteError
    return stream_ref(text, builder.report, builder.systems)


def stage(node: Node, builder: Builder) -> LifecycleStep:
    """One stage of the integration's life.

    Raises:
        IncompleteError: a part of it is not whole; a finding has been noted.
    """
    name: Any = node.name  # the schema knows no other names
    choices = node.get("choices")
    return LifecycleStep(
        stage=name,
        needs=builder.all(_one_or_many(node, "needs"), _need),
        pins=node.texts("pins"),
        says=node.text("says"),
        does=_steps(node, "do"),
        choices={entry.name: _steps(choices, entry.name) for entry in node.entries("choices")}
        if choices is not None
        else {},
        mail=mail(node),
        span=node.span,
    )


def _one_or_many(node: Node, key: str) -> Iterator[Node]:
    found = node.get(key)
    if found is None:
        return iter(())
    return node.items(key) if isinstance(found.value, list) else iter((found,))


def _need(node: Node) -> Text | Check:
    return node.own_text() or check(node)


def _steps(node: Node, key: str) -> tuple[Step, ...]:
    items = (item for item in node.items(key) if isinstance(item.value, dict))
    return tuple(Step(said=plain(item.value), span=item.span) for item in items)
