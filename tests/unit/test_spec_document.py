"""A document knows what a file says and where each part of it stands."""

from __future__ import annotations

import re

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from places import ROOT

from engine.spec.document import Document, read_document
from engine.spec.scalar import ScalarError, plain

SAMPLE = """\
# é moves no column
a: plain text   # a comment
b: 'single'
c: "double"
d: "with \\t escape"
e: |
    first
      second
f: >
  folded
  text
g: { x: [ one, "two" ], é: three }
h:
  - k: v
    l: w
"""


def read(text: str) -> Document:
    document, findings = read_document("sample.yaml", text.encode())
    assert findings == []
    assert document is not None
    return document


def shown(document: Document, *pointer: str | int) -> str:
    """What stands in the file where a value is said to stand."""
    span = document.value_at(pointer)
    return document.lines[span.line - 1][span.column - 1 : span.end_column - 1]


def test_the_place_of_a_value_is_the_stretch_it_is_written_in() -> None:
    document = read(SAMPLE)
    assert shown(document, "a") == "plain text"
    assert shown(document, "b") == "'single'"
    assert shown(document, "g", "x", 1) == '"two"'
    assert shown(document, "g", "é") == "three"
    assert shown(document, "g") == '{ x: [ one, "two" ], é: three }'
    assert shown(document, "h", 0) == "k: v"
    assert str(document.at(("h",))) == "sample.yaml:13:1"


@pytest.mark.parametrize(
    ("key", "part", "place"),
    [
        ("a", "text", "2:10"),
        ("b", "gle", "3:8"),
        ("c", "ouble", "4:6"),
        ("e", "irst", "7:6"),
        ("e", "econd", "8:8"),
    ],
)
def test_a_part_of_a_text_is_placed_to_the_column(key: str, part: str, place: str) -> None:
    text = read(SAMPLE).text((key,))
    assert text is not None
    assert str(text.at(text.value.index(part))) == f"sample.yaml:{place}"


@pytest.mark.parametrize("key", ["d", "f"])
def test_where_offsets_cannot_be_known_the_whole_text_is_the_place(key: str) -> None:
    text = read(SAMPLE).text((key,))
    assert text is not None
    assert text.at(3) == text.span


def test_a_key_written_as_a_list_keeps_its_members_and_their_places() -> None:
    document = read("values: { [Acquired, Shut Down]: z }\n")
    words = document.key_texts(("values", "[Acquired, Shut Down]"))
    assert [(word.value, word.span.column) for word in words] == [("Acquired", 12), ("Shut Down", 22)]


def is_a_word(text: str) -> bool:
    """Whether a text stays text without quotes: the writing library follows YAML 1.1, the engine 1.2."""
    try:
        return plain(text) == text
    except ScalarError:
        return False


VISIBLE = st.characters(codec="utf-8", exclude_categories=["Cc", "Cf", "Cs", "Cn", "Zl", "Zp"])
SCALARS = (
    st.text(VISIBLE, max_size=20).filter(is_a_word)
    | st.integers(-(10**17), 10**17)
    | st.booleans()
    | st.none()
)
NAMES = st.from_regex(r"\A[a-z]{1,8}\Z")
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)


@given(value=VALUES, flow=st.booleans())
def test_what_is_written_is_read_and_every_text_stands_where_it_is_said_to(
    *, value: object, flow: bool
) -> None:
    """Whatever the style, a text with known offsets is found at its place, character by character."""
    written = yaml.safe_dump({"root": value}, allow_unicode=True, default_flow_style=flow, width=60)
    document = read(written)
    assert document.value == {"root": value}
    for pointer in document.places.scalars:
        text = document.text(pointer)
        if text is not None and text.start is not None and "\n" not in text.value:
            line, column = text.start
            assert document.lines[line - 1][column - 1 :].startswith(text.value)


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_no_bytes_whatsoever_raise(raw: bytes) -> None:
    document, findings = read_document("sample.yaml", raw)
    assert document is not None or findings


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("yes", "yes"),
        ("NO", "NO"),
        ("on", "on"),
        ("22:22", "22:22"),
        ("2024-13-45", "2024-13-45"),
        ("007", "007"),
        ("1_000", "1_000"),
        ("=", "="),
        ("true", True),
        ("null", None),
        ("~", None),
        ("-12", -12),
        ("0x1F", 31),
        ("1e3", 1000.0),
        (".5", 0.5),
    ],
)
def test_a_plain_word_means_what_yaml_1_2_says(word: str, value: object) -> None:
    assert plain(word) == value
    assert type(plain(word)) is type(value)


@pytest.mark.parametrize(
    "word", ["1" * 19, "-" + "9" * 4000, ".inf", "-.Inf", ".nan", "1e999", "0.1234567890123456"]
)
def test_a_number_that_cannot_be_kept_is_refused(word: str) -> None:
    with pytest.raises(ScalarError):
        plain(word)


def test_only_one_module_knows_yaml() -> None:
    """Strangers' files pass one guarded door."""
    folder = ROOT / "engine" / "spec"
    importers = [
        path.name
        for path in folder.glob("*.py")
        if re.search(r"^import yaml", path.read_text("utf-8"), re.MULTILINE)
    ]
    assert importers == ["compose.py"]


@pytest.mark.parametrize("count", [41, 999, 1_000, 1_001, 4_000])
@pytest.mark.parametrize(
    ("shape", "line", "column"),
    [
        ("[", 1, 41),
        ("{", 1, 41),
        ("[{", 1, 41),
        ("- ", 1, 81),
        ("? ", 1, 81),
        ("[\n", 41, 1),
        ("{a: \n", 41, 1),
        ("[" * 30 + "\n", 2, 11),
        ("[" * 1_000 + "\n", 1, 41),
    ],
)
def test_our_bound_of_nesting_decides_before_any_of_the_parser(
    shape: str, line: int, column: int, count: int
) -> None:
    text = (shape * count)[:250_000]
    document, found = read_document("deep.yaml", text.encode())
    assert document is None
    assert [(one.code, one.span.line, one.span.column) for one in found] == [("too-deep", line, column)]


@pytest.mark.parametrize(
    ("text", "line", "column", "says"),
    [
        ("a: b: c", 1, 5, "second `: `"),
        ("a: @b", 1, 4, "cannot start"),
        ("a: %b", 1, 4, "cannot start"),
        ("a: *", 1, 5, "cannot start"),
        ("a: 'b\nc: d", 2, 5, "quoted text is not closed"),
        ("a: 'b\n---\nc: d", 2, 1, "quoted text is not closed"),
        ('a: "\\q"', 1, 5, "escape"),
        ('a: "\\xZZ"', 1, 7, "escape"),
        ("a: 1\nbcd\ne: 2", 3, 1, "without its `:`"),
        ("a: {b: c d: e}", 1, 11, "`{ … }` is broken"),
        ("a: [b c: d: e]", 1, 11, "`[ … ]` is broken"),
        ("a: [b, c\nd: e", 1, 4, "`[` is not closed where line 2"),
        ("a:\n  [b, c]: 1\n d: 2", 3, 2, "A key was expected"),
        ("a: 'b' c\nd: 1", 1, 8, "A key was expected"),
        ("- a\nb: 1", 2, 1, "A list item was expected"),
        ("a: - b", 1, 4, "A list cannot start"),
        ("a: [,]", 1, 5, "A value was expected"),
        ("a: |x", 1, 5, "starts in the next line"),
        ("%YAML 3.0\n---\na: 1", 1, 1, "directive"),
        ("a: ${b}\nc: { d: ${e} }", 2, 10, "a reference must be quoted"),
        ("a: 1\n... x", 2, 5, "This is not YAML."),
    ],
)
def test_what_the_parser_stumbles_over_is_told_in_words_of_ours(
    text: str, line: int, column: int, says: str
) -> None:
    _, [found] = read_document("wrong.yaml", text.encode())
    assert (found.code, found.span.line, found.span.column) == ("yaml-syntax", line, column)
    assert says in found.message
