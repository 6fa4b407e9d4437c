"""Syntax: the YAML parser's complaints in words that tell an author what to type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import yaml

    from engine.spec.report import Report

#: What the parser says, our sentence, our hint.
_WORDS = (
    (
        "mapping values are not allowed",
        "A second `: ` stands in this line.",
        "quote a value that contains `: `, and check that the line above is indented alike",
    ),
    (
        "found character that cannot start any token",
        "A value cannot start with this character.",
        "quote the value",
    ),
    ("found unexpected end of stream", "The file ends inside a quoted text.", "close the quote"),
    ("found unexpected document indicator", "A quoted text is not closed.", "close the quote"),
    ("could not find expected ':'", "A key stands here without its `:`.", "write `key: value`"),
    (
        "did not find expected ',' or '}'",
        "The `{ … }` is broken here: a `,` or `}` is missing.",
        "quote a value that contains `{`, `}`, `[`, `]` or `,`",
    ),
    (
        "did not find expected ',' or ']'",
        "The `[ … ]` is broken here: a `,` or `]` is missing.",
        "quote a value that contains `{`, `}`, `[`, `]` or `,`",
    ),
    (
        "did not find expected key",
        "A key was expected here.",
        "check the indentation; a value that starts with a quote must be quoted as a whole",
    ),
    (
        "did not find expected '-' indicator",
        "A list item was expected here.",
        "start the line with `- ` at the indentation of the items above",
    ),
    (
        "unknown escape",
        "`\\` starts an escape that YAML does not know.",
        "use single quotes, or write `\\\\`",
    ),
    ("did not find expected node content", "A value was expected here.", "quote the value"),
)


def explain(wrong: yaml.YAMLError, report: Report) -> None:
    """Note a parser's error as one finding."""
    if _is_open(wrong):
        _tell_open(wrong, report)
        return
    problem = str(getattr(wrong, "problem", None) or getattr(wrong, "reason", None) or wrong)
    mark = getattr(wrong, "problem_mark", None)
    line, column = (0, 0) if mark is None else _inside(mark.line, mark.column, report)
    message, hint = _words(problem, report.lines[line][max(column - 1, 0) :])
    report.add("yaml-syntax", message, report.span((line, column, column + 1)), hint=hint)


def _words(problem: str, around: str) -> tuple[str, str | None]:
    """Our sentence and hint for what the parser says; `around` starts one character before the place."""
    if around.startswith("${"):
        return "Inside `{ … }`, a reference must be quoted.", 'write `"${…}"`'
    found = ((message, hint) for known, message, hint in _WORDS if known in problem)
    return next(found, (f"This is not YAML: {problem}.", None))


def _is_open(wrong: yaml.YAMLError) -> bool:
    """Whether a bracket was opened on an earlier line than the one the parser stumbled over."""
    opened, stumbled = getattr(wrong, "context_mark", None), getattr(wrong, "problem_mark", None)
    flow = "flow" in str(getattr(wrong, "context", ""))
    return bool(flow and opened and stumbled and opened.line < stumbled.line)


def _tell_open(wrong: yaml.YAMLError, report: Report) -> None:
    """The bracket is what matters, not where its absence was noticed."""
    marks: Any = wrong
    opened, stumbled = marks.context_mark, marks.problem_mark
    line, column = _inside(stumbled.line, stumbled.column, report)
    span = report.span((opened.line, opened.column, opened.column + 1))
    message = (
        f"This `{report.lines[opened.line][opened.column]}` is not closed where line {line + 1} goes on."
    )
    report.add("yaml-syntax", message, span, related=(report.span((line, column, column + 1)),))


def _inside(line: int, column: int, report: Report) -> tuple[int, int]:
    """The parser's mark; the end of the last line where it points behind the file."""
    line = min(line, len(report.lines) - 1)
    return line, min(column, len(report.lines[line]))
