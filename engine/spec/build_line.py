"""Build: the lines of a mapping."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from engine.spec.build_part import Builder
from engine.spec.model import Arrow, MappedField, Mapping_, StreamRef
from engine.spec.node import IncompleteError, Node
from engine.spec.phrase import field_list, part, split_arrow, stream_ref

if TYPE_CHECKING:
    from engine.spec.diagnostic import Text
    from engine.spec.report import Report

_ARROWS = ("<->", "->", "<-")


def mapping(node: Node, report: Report) -> Mapping_:
    """The whole of a mapping file.

    Raises:
        IncompleteError: it has no name, or nothing usable on a side; a finding has been noted.
    """
    builder = Builder(node, report)
    fields = builder.attempt(lambda: lines(node, report))
    left = builder.attempt(lambda: _streams(node, "left", report))
    right = builder.attempt(lambda: _streams(node, "right", report))
    if fields is None or left is None or right is None:
        raise IncompleteError
    name = node.need("mapping").value
    return Mapping_(name=name, left=left, right=right, fields=fields, span=node.at("mapping").span)


def lines(node: Node, report: Report) -> tuple[MappedField, ...]:
    """The lines below `fields`.

    Raises:
        IncompleteError: a line could not be built; every line has been looked at and findings noted.
    """
    built: list[MappedField] = []
    broken = False
    for item in node.items("fields"):
        try:
            built.append(_line(item, report))
        except IncompleteError:
            broken = True
    if broken:
        raise IncompleteError
    return tuple(built)


def _streams(node: Node, side: str, report: Report) -> tuple[StreamRef, ...]:
    found = tuple(stream_ref(text, report) for text in node.texts(side))
    if not found:
        raise IncompleteError
    return found


def _line(item: Node, report: Report) -> MappedField:
    text = item.own_text()
    if text is not None:
        left, arrow, right = split_arrow(text, _ARROWS, report)
        return MappedField(arrow=_arrow(arrow), left=left, right=right, span=text.span)
    both = item.text("map")
    arrow_, left_, right_ = _ends(both, report) if both is not None else _target(item.need("to"))
    return MappedField(
        arrow=arrow_,
        values=_values(item, report),
        otherwise=item.scalar("else"),
        const=_const(item),
        has_const=item.has("const"),
        value=item.text("value"),
        text=item.text("text"),
        path=item.text("path"),
        refers=item.text("refers"),
        cut=item.flag("cut"),
        required=item.flag("required"),
        on=item.word("on", ("always", "create")),
        conflicts=item.texts("conflicts"),
        group=item.string("group"),
        at_most=item.scalar("at-most"),
        **_conversion(item, left_, right_, report),
        later="kept-apart" if item.string("later") == "kept-apart" else "follow",
        only_if=item.text("if"),
        span=item.span,
    )


def _conversion(item: Node, left: Text | None, right: Text | None, report: Report) -> dict[str, Any]:
    """How a value is said on the two sides, where that differs."""
    lefts, rights = field_list(left, report), field_list(right, report)
    alone = item.text("alone")
    pair = None if alone is None else split_arrow(alone, ("<->",), report)
    return {
        "left": lefts[0] if lefts else None,
        "right": rights[0] if rights else None,
        "lefts": lefts,
        "rights": rights,
        "join": item.string("join"),
        "split": item.string("split"),
        "alone": None if pair is None else (pair[0], pair[2]),
        "times": item.scalar("times"),
        "to_right": item.texts("right"),
        "to_left": item.texts("left"),
    }


def _ends(both: Text, report: Report) -> tuple[Arrow, Text | None, Text | None]:
    left, arrow, right = split_arrow(both, _ARROWS, report)
    return _arrow(arrow), left, right


def _target(to: Text) -> tuple[Arrow, Text | None, Text | None]:
    """`right.notes`: the one field that is written; the arrow points at it."""
    side, dot, field = to.value.partition(".")
    if side not in ("left", "right") or not field:
        raise IncompleteError  # the schema has said so
    target = part(to, len(side) + len(dot), len(to.value))
    return ("->", None, target) if side == "right" else ("<-", target, None)


def _arrow(text: Text) -> Arrow:
    return cast("Arrow", text.value)  # split_arrow has compared it with _ARROWS


def _const(item: Node) -> Any:
    found = item.get("const")
    return None if found is None or isinstance(found.value, dict | list) else found.value


def _values(item: Node, report: Report) -> tuple[tuple[tuple[str, ...], str], ...]:
    """The value map in the order written; a left value that stands twice is a finding."""
    built: list[tuple[tuple[str, ...], str]] = []
    seen: dict[str, Text] = {}
    for entry in item.all_entries("values"):
        words = entry.document.key_texts(entry.pointer)
        for word in words:
            first = seen.setdefault(word.value, word)
            if first is not word:
                message = f"`{word}` is listed twice in this value map."
                report.add(
                    "duplicate-value", message, word.span, hint="keep one of them", related=(first.span,)
                )
        right = entry.own_scalar()
        if right is not None:
            built.append((tuple(word.value for word in words), right.value))
    return tuple(built)
