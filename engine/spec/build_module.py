"""Build: a module."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from engine.spec.build_line import lines
from engine.spec.build_part import Builder, check
from engine.spec.model import Arrow, Enrol, MatchKey, Module, Narrowing, Under
from engine.spec.node import IncompleteError
from engine.spec.phrase import match_pairs, referenced_by, split_arrow, stream_ref

if TYPE_CHECKING:
    from engine.spec.diagnostic import Text
    from engine.spec.node import Node
    from engine.spec.report import Report

ARROWS = ("->", "<-", "<->", "==")

#: Which arrows an arrow can be narrowed to.
_WITHIN = {"<->": ARROWS, "->": ("->", "=="), "<-": ("<-", "=="), "==": ("==",)}


def module(node: Node, builder: Builder) -> Module:
    """One module.

    Raises:
        IncompleteError: its streams or its arrow are missing or wrong; a finding has been noted.
    """
    report = builder.report
    ends = builder.attempt(lambda: split_arrow(node.need("sync"), ARROWS, report))
    fields = builder.attempt(lambda: lines(node, report))
    match = builder.all(node.items("match"), lambda item: _match(item, report))
    _check_whole(node, None if ends is None else ends[1].value, report)
    if ends is None or fields is None or (node.has("match") and not match):
        raise IncompleteError
    left, arrow, right = ends
    kind = cast("Arrow", arrow.value)  # split_arrow has compared it with ARROWS
    return Module(
        name=node.name,
        title=node.string("title"),
        only_if=node.text("if"),
        left=stream_ref(left, report, builder.systems),
        right=stream_ref(right, report, builder.systems),
        arrow=kind,
        arrow_at=arrow.span,
        narrowing=_narrowing(node, kind, report),
        creates=node.text("creates"),
        view=dict(_texts(node, "view")),
        match=match,
        duplicates=node.text("duplicates"),
        same_key=node.text("same-key"),
        conflicts=node.texts("conflicts"),
        deletes=node.text("deletes"),
        mapping=node.text("mapping"),
        fields=fields,
        set=node.mapping("set"),
        under=_under(node),
        only_referenced_by=referenced_by(node),
        needs=builder.all(node.items("needs"), check),
        enrol=_enrol(node, builder),
        pairs=node.text("pairs"),
        precedence=node.texts("yields-to"),
        search=node.texts("search"),
        before_write=node.word("before-write", ("check", "trust")),
        limits={one.name: text for one in node.entries("limits") if (text := one.own_scalar()) is not None},
        schedule=node.text("schedule"),
        span=node.span,
    )


def _check_whole(node: Node, arrow: str | None, report: Report) -> None:
    """What the keys of a module mean for one another."""
    if arrow == "<->" and not node.has("conflicts"):
        message = (
            f"`conflicts` is missing in module `{node.name}`: with `<->`, both sides may change one field."
        )
        hint = "write a system's name, `newest` or `hold`"
        report.add("missing-key", message, node.span, hint=hint)
    if node.has("pairs") and node.has("match"):
        message = "`match` cannot be combined with `pairs`: the links of the other module are used."
        report.add("contradiction", message, node.at("match").span, hint="remove one of them")
    if node.has("enrol") and node.string("creates") != "by hand":
        message = "`enrol` needs `creates: by hand`: records take part only once a person has added them."
        report.add("contradiction", message, node.at("enrol").span)


def _narrowing(node: Node, arrow: str, report: Report) -> Narrowing | None:
    written = node.get("direction")
    if written is None:
        return None
    to = written.own_text() or written.text("to")
    if to is None:
        return None
    if to.value in ARROWS and to.value not in _WITHIN[arrow]:
        message = f"`direction` can only narrow the arrow of `sync`: `{to}` is not within `{arrow}`."
        report.add("wider-arrow", message, to.span, related=(node.at("sync").span,))
    return Narrowing(to=to, only_if=written.text("if"))


def _texts(node: Node, key: str) -> list[tuple[str, Text]]:
    """The entries below a key that are scalars, by name."""
    return [(entry.name, text) for entry in node.entries(key) if (text := entry.own_text()) is not None]


def _match(item: Node, report: Report) -> MatchKey:
    by = item.own_text() or item.need("by")
    return MatchKey(pairs=match_pairs(by, report), only_if=item.text("if"), span=by.span)


def _under(node: Node) -> tuple[Under, ...]:
    written = node.get("under")
    if written is None:
        return ()
    otherwise = written.word("else", ("hold", "skip", "fetch"))
    document = node.document
    return tuple(
        Under(
            field=document.key_texts(entry.pointer)[0],
            module=text,
            written_as=written.text("as"),
            otherwise=otherwise,
        )
        for entry in node.entries("under")
        if entry.name not in ("as", "else") and (text := entry.own_text()) is not None
    )


def _enrol(node: Node, builder: Builder) -> Enrol | None:
    written = node.get("enrol")
    if written is None:
        return None
    return Enrol(
        needs=builder.all(written.items("needs"), check),
        place={entry.name: written.at("place").texts(entry.name) for entry in written.entries("place")},
        mark=written.text("mark"),
        at_most=written.scalar("at-most"),
    )
