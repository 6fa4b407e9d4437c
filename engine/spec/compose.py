"""Compose: parser events -> plain values and a table of places. The only module that knows YAML.

Strangers' files pass through here, so events are taken one by one and the first bound stops them; nothing is
composed by the YAML library, whose composer follows aliases and overflows the stack on deep files.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn

import yaml

from engine.spec.bracketed import hide, show
from engine.spec.report import Report
from engine.spec.scalar import Scalar, ScalarError, plain
from engine.spec.syntax import explain

if TYPE_CHECKING:
    from engine.spec.diagnostic import Diagnostic

#: Where something is in a document: keys and list positions from the root, as jsonschema's `absolute_path`.
Pointer = tuple[str | int, ...]

#: A stretch of one line: line, first column, column behind the last, all from 0. Cheaper than a Span: a file
#: has thousands of them, of which few are ever asked for.
Stretch = tuple[int, int, int]

MOST_DEEP = 40  #: containers inside one another
MOST_EVENTS = 20_000  #: scalars, containers and their ends
MOST_CHARACTERS = 4096  #: of one scalar

_CORE = "tag:yaml.org,2002:"
_TAGS = {_CORE + name: name for name in ("str", "int", "float", "bool", "null", "map", "seq")}


@dataclass(slots=True)
class Places:
    """Where the parts of a document stand, and how its scalars are written."""

    keys: dict[Pointer, Stretch] = field(default_factory=dict)
    values: dict[Pointer, Stretch] = field(default_factory=dict)
    #: every scalar: its text with quotes and escapes resolved, and its style (`'`, `"`, `|`, `>`, or empty)
    scalars: dict[Pointer, tuple[str, str]] = field(default_factory=dict)
    #: keys written as a list: the pointer of the value -> the members and where they stand
    key_lists: dict[Pointer, list[tuple[str, Stretch]]] = field(default_factory=dict)


def compose(text: str, report: Report) -> tuple[Any, Places] | None:
    """The values and places of a file's text; None = the findings in `report` say why it was refused."""
    composer = _Composer(text, report)
    try:
        value = composer.document()
    except _RefusedError:
        return None
    except yaml.YAMLError as wrong:
        if found := _exceeded(text, wrong, report):
            report.findings[:] = found
        else:
            explain(wrong, report)
        return None
    finally:
        composer.parser.dispose()
    return None if composer.refused else (value, composer.places)


class _RefusedError(Exception):
    """A finding was noted after which reading on would be unsafe or pointless."""


class _ExceededError(_RefusedError):
    """The finding says that the file exceeds a bound of ours."""


def _exceeded(text: str, wrong: yaml.YAMLError, report: Report) -> list[Diagnostic]:
    """The findings where a bound of ours is exceeded before the parser gives up, else none.

    The parser looks ahead of the events that it gives, and has bounds of its own, which differ by version.
    """
    mark = getattr(wrong, "problem_mark", None)
    before = Report(file=report.file, lines=report.lines)
    composer = _Composer(text[: mark.index if mark else 0], before)
    try:
        composer.document()
    except _ExceededError:
        return before.findings
    except (_RefusedError, yaml.YAMLError):
        return []
    finally:
        composer.parser.dispose()
    return []


class _Composer:
    """Turns the events of one file into values and places."""

    def __init__(self, text: str, report: Report) -> None:
        hidden = hide(text)
        self.parser = yaml.CSafeLoader(hidden)
        self.brackets = hidden != text  #: whether a scalar may hold what was hidden from the parser
        self.report = report
        self.places = Places()
        self.events = 0
        self.depth = 0
        self.aliases: set[str | None] = set()  #: those told already; each is told once
        self.refused = False  #: something forbidden was met: the rest is read for its findings only

    def document(self) -> Any:
        self.parser.get_event()  # the stream begins
        if not isinstance(self.parser.get_event(), yaml.DocumentStartEvent):
            self._stop("empty-file", "The file is empty.", (0, 0, 1))
        value = self._node((), self._next())
        self.parser.get_event()  # the document ends
        if isinstance(again := self.parser.get_event(), yaml.DocumentStartEvent):
            message = "A second document starts here; one file holds one."
            self._stop(
                "several-documents", message, self._stretch(again, again), "move it to a file of its own"
            )
        return value

    def _next(self) -> Any:
        self.events += 1
        event = self.parser.get_event()
        if self.events > MOST_EVENTS:
            message = f"The file has more than {MOST_EVENTS:,} keys and values."
            self._exceed("too-many", message, self._stretch(event, event), "split it into several files")
        return event

    def _node(self, pointer: Pointer, event: Any) -> Any:
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        if event.anchor is not None:
            message = f"`&{event.anchor}` is an anchor; anchors and aliases are not allowed in a spec."
            self._rule_out("alias", message, event, "remove it; if text is meant, quote the value")
        if event.tag is not None and event.tag not in _TAGS:
            tag = event.tag.replace(_CORE, "!!")
            self._rule_out(
                "tag", f"The tag `{tag}` asks for a type that a spec cannot hold.", event, "remove it"
            )
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(pointer, event)
        return self._container(pointer, event)

    def _alias(self, event: yaml.AliasEvent) -> None:
        self.refused = True
        if event.anchor in self.aliases:
            return
        self.aliases.add(event.anchor)
        message = f"`*{event.anchor}` is an alias; anchors and aliases are not allowed in a spec."
        self._rule_out("alias", message, event, "write the part out; if text is meant, quote it")

    def _container(self, pointer: Pointer, event: Any) -> Any:
        self.depth += 1
        if self.depth > MOST_DEEP:
            message = f"This is nested more than {MOST_DEEP} levels deep."
            self._exceed("too-deep", message, self._stretch(event, event))
        mapping = isinstance(event, yaml.MappingStartEvent)
        value, end = self._mapping(pointer) if mapping else self._sequence(pointer)
        self.places.values[pointer] = self._stretch(event, end)
        self.depth -= 1
        return value

    def _sequence(self, pointer: Pointer) -> tuple[list[Any], Any]:
        items: list[Any] = []
        while not isinstance(event := self._next(), yaml.SequenceEndEvent):
            items.append(self._node((*pointer, len(items)), event))
        return items, event

    def _mapping(self, pointer: Pointer) -> tuple[dict[str, Any], Any]:
        found: dict[str, Any] = {}
        while not isinstance(event := self._next(), yaml.MappingEndEvent):
            key, stretch, members = self._key(event)
            inner = (*pointer, key)
            if key in found:
                self._duplicate(key, stretch, self.places.keys[inner])
                continue
            self.places.keys[inner] = stretch
            if members:
                self.places.key_lists[inner] = members
            found[key] = self._node(inner, self._next())
        return found, event

    def _key(self, event: Any) -> tuple[str, Stretch, list[tuple[str, Stretch]]]:
        """The key as text, its place, and its members where it is written as a list."""
        if isinstance(event, yaml.ScalarEvent) and event.value and event.value != "<<":
            return event.value, self._stretch(event, event), []
        kept, self.places = self.places, Places()  # a key's own places are no places of the document
        value = self._node((), event)
        own, self.places = self.places, kept
        members = [
            (own.scalars[(n,)][0], own.values[(n,)]) for n in range(len(value or ())) if (n,) in own.scalars
        ]
        if isinstance(event, yaml.ScalarEvent) and event.value == "<<":
            self._rule_out(
                "merge-key", "`<<` would merge another part of the file.", event, "write that part out"
            )
        elif not members or len(members) != len(value):
            self._rule_out(
                "bad-key", "A key must be a word, or a list of words in a value map.", event, "quote it"
            )
        return (
            f"[{', '.join(word for word, _ in members)}]",
            own.values.get((), self._stretch(event, event)),
            members,
        )

    def _duplicate(self, key: str, stretch: Stretch, first: Stretch) -> None:
        message = f"`{key}` is a duplicate key; the first one is in line {first[0] + 1}."
        related = (self.report.span(first),)
        self.report.add("duplicate-key", message, self.report.span(stretch), hint="keep one", related=related)
        kept, self.places = self.places, Places()
        self._node((), self._next())  # its findings count, its value does not
        self.places = kept

    def _scalar(self, pointer: Pointer, event: yaml.ScalarEvent) -> Scalar:
        stretch = self.places.values[pointer] = self._stretch(event, event)
        word: str = show(event.value) if self.brackets else event.value
        if len(word) > MOST_CHARACTERS:
            message = f"This text has {len(word):,} characters; at most {MOST_CHARACTERS:,} are read."
            self._exceed("too-long", message, stretch)
        self.places.scalars[pointer] = (word, event.style or "")
        tag = _TAGS.get(event.tag or "")
        if tag == "str" or (tag is None and event.style):
            return word
        try:
            return plain(word)
        except ScalarError as wrong:
            self.report.add(
                "bad-number",
                str(wrong),
                self.report.span(stretch),
                hint="if it is an id or another text, quote it",
            )
            return word

    def _stretch(self, start: Any, end: Any) -> Stretch:
        """From the start of one event to the end of another, cut at the end of the first line.

        The parser says where a block ends only once it has seen what follows; a block shows its first line.
        """
        first, last = start.start_mark, end.end_mark
        line, column = first.line, first.column
        if last.line == line:
            return line, column, max(last.column, column + 1)
        text = self.report.lines[line] if line < len(self.report.lines) else ""
        return line, column, max(len(text.split(" #")[0].rstrip()), column + 1)

    def _rule_out(self, code: str, message: str, event: Any, hint: str) -> None:
        """Note what rules the file out, and read on for further findings."""
        self.refused = True
        self.report.add(code, message, self.report.span(self._stretch(event, event)), hint=hint)

    def _exceed(self, code: str, message: str, stretch: Stretch, hint: str | None = None) -> NoReturn:
        self.report.add(code, message, self.report.span(stretch), hint=hint)
        raise _ExceededError

    def _stop(self, code: str, message: str, stretch: Stretch, hint: str | None = None) -> NoReturn:
        self.report.add(code, message, self.report.span(stretch), hint=hint)
        raise _RefusedError
