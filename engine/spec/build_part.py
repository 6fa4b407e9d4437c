"""Build: small parts that several constructs share, and building many things one by one."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from engine.spec.model import Check, Mail, StreamRef
from engine.spec.node import IncompleteError, Node
from engine.spec.phrase import stream_ref

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from engine.spec.report import Report

Built = TypeVar("Built")


class Builder:
    """What the builders of one spec share: where findings go, and whether something had to be left out."""

    def __init__(self, root: Node, report: Report) -> None:
        self.report = report
        self.systems = tuple(root.mapping("systems"))
        self.whole = True  #: False = a part could not be built; the spec as a whole is then not handed on

    def each(self, nodes: Iterator[Node], build: Callable[[Node, Builder], Built]) -> dict[str, Built]:
        """Every part by name, without those that cannot be built; a finding has been noted for each."""
        built = {node.name: self.attempt(partial(build, node, self)) for node in nodes}
        return {name: part for name, part in built.items() if part is not None}

    def all(self, nodes: Iterator[Node], build: Callable[[Node], Built]) -> tuple[Built, ...]:
        """Every part of a list; one that cannot be built leaves the list incomplete."""
        built = [self.attempt(partial(build, node)) for node in nodes]
        return tuple(part for part in built if part is not None)

    def attempt(self, build: Callable[[], Built]) -> Built | None:
        """What `build` gives; None = it cannot be built, and the parts beside it are still looked at."""
        try:
            return build()
        except IncompleteError:
            self.whole = False
            return None

    def stream(self, node: Node, key: str) -> StreamRef | None:
        """The stream below a key; None = not written.

        Raises:
            IncompleteError: it is written, but no stream.
        """
        text = node.text(key)
        return None if text is None else stream_ref(text, self.report, self.systems)

    def need_stream(self, node: Node, key: str) -> StreamRef:
        """The stream below a key that the part cannot do without.

        Raises:
            IncompleteError: it is missing or no stream.
        """
        return stream_ref(node.need(key), self.report, self.systems)


def check(node: Node) -> Check:
    """A condition and its sentence.

    Raises:
        IncompleteError: one of the two is missing.
    """
    return Check(
        check=node.need("check"),
        otherwise=node.need("else"),
        remedy=node.text("try"),
        only_if=node.text("if"),
        span=node.at("check").span,
    )


def mail(node: Node) -> Mail | None:
    """Who is told; None = nobody.

    Raises:
        IncompleteError: it is written, but not whole.
    """
    found = node.get("mail")
    return None if found is None else Mail(to=found.need("to"), template=found.need("template"))


def plain(value: Any) -> Any:
    """A plain value without private notes, however deep."""
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items() if not key.startswith("x-")}
    return [plain(inner) for inner in value] if isinstance(value, list) else value
