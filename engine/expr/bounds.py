"""What is looked at before an expression is parsed: its length, its depth and each of its tokens.

A parser that meets hostile text must not be the first to see it: deep nesting overflows its stack. And
a token that the language does not have is best refused where it stands, with what to write instead.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from engine.expr.error import ExprError
from engine.expr.nesting import MAX_BRACKETS, Nesting

if TYPE_CHECKING:
    from sqlglot.tokens import Token  # type: ignore[attr-defined]  # re-exported there in every version

MAX_LENGTH = 2048  #: bytes of UTF-8

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufeff]")
_PLAIN_NUMBER = re.compile(r"[0-9]{1,18}(\.[0-9]{1,9})?")

#: A token that the language does not have -> what to write instead.
_INSTEAD = {
    "==": "Write `=`.",
    "&&": "Write `AND`.",
    "||": "Write `concat(a, b)` to join texts, or `OR`.",
    "::": "Write `cast(x AS type)`.",
    ";": "An expression is not a statement: leave out the `;`.",
    "!": "Write `NOT`.",
    "[": "Lists cannot be used here; read them with `path:`.",
    "{": "Templates belong under `text:`; here a field is written without braces.",
    "}": "Templates belong under `text:`; here a field is written without braces.",
    "**": "There is no power operator; write the multiplication out.",
    "//": "Write `floor(a / b)`.",
    "->": "Write the dotted name of the field.",
    "?": "Write `CASE WHEN … THEN … ELSE … END`.",
    "`": "Use double quotes for names and single quotes for texts.",
    "$": "A reference such as `${options.name}` is written `options.name` inside an expression.",
}
_WORDS_INSTEAD = {
    "SELECT": "An expression reads one record; queries are not allowed.",
    "EXISTS": "Write `Field IS NOT NULL`, or `linked('module', Field)`.",
    "ILIKE": "Write `lower(Field) LIKE '…'` with a lower-case pattern.",
    "GLOB": "Write `Field LIKE '…'` with `%` and `_`.",
    "RLIKE": "Write `Field LIKE '…'` with `%` and `_`.",
    "SIMILAR": "Write `Field LIKE '…'` with `%` and `_`.",
    "INTERVAL": "Write `Field + 30` for thirty days after a date.",
    "ESCAPE": "Write `contains(Field, '…')` to look for `%` or `_` itself.",
}
OPERATORS = frozenset({"=", "<>", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "%", "(", ")", ",", "."})


def check_text(text: str) -> None:
    """Refuse a text that is too long, too deep or has characters that nobody can see. Raises ExprError."""
    if not text.strip():
        raise ExprError(
            "syntax", "The expression is empty.", hint="Write a condition such as `Status = 'open'`."
        )
    control = _CONTROL.search(text)
    if control:
        raise ExprError(
            "syntax",
            f"The expression holds the invisible character U+{ord(control[0]):04X}.",
            offset=control.start(),
            length=1,
            hint="Remove it.",
        )
    size = len(text.encode())
    if size > MAX_LENGTH:
        raise ExprError(
            "too-long",
            f"The expression is {size} bytes long; at most {MAX_LENGTH} are allowed.",
            hint="Move a part into a field of its own, or use a value map.",
        )
    _check_brackets(text)


def _check_brackets(text: str) -> None:
    """A scan without a stack: strings are skipped, every kind of opening bracket counts."""
    depth, quote = 0, ""
    for offset, char in enumerate(text):
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char in "([{":
            depth += 1
            if depth > MAX_BRACKETS:
                raise _too_deep(MAX_BRACKETS, offset)
        elif char in ")]}":
            depth -= 1


def _too_deep(most: int, offset: int) -> ExprError:
    return ExprError(
        "too-deep",
        f"The expression is nested more than {most} levels deep.",
        offset=offset,
        length=1,
        hint="Write it flatter; AND and OR need no brackets among themselves.",
    )


def check_tokens(text: str, tokens: list[Token]) -> None:
    """Refuse every token that the language does not have. Raises ExprError at the first one."""
    nesting = Nesting()
    end = 0
    for token in tokens:
        source = text[token.start : token.end + 1]
        _refuse_comment(text, end, token)
        _check_token(source, token)
        if most := nesting.step(source.upper()):
            raise _too_deep(most, token.start)
        end = token.end + 1
    _refuse_comment_between(text, end, len(text))
    _check_neighbours(text, tokens)


def _refuse_comment(text: str, end: int, token: Token) -> None:
    _refuse_comment_between(text, end, token.start)


def _refuse_comment_between(text: str, start: int, stop: int) -> None:
    """What the tokenizer dropped between two tokens must be white space."""
    gap = text[start:stop]
    comment = gap.strip()
    if comment:
        offset = start + gap.index(comment)
        raise ExprError(
            "not-allowed",
            "Comments are not allowed inside an expression.",
            offset=offset,
            length=len(comment),
            hint="Write it behind a # in the YAML file.",
        )


def _check_token(source: str, token: Token) -> None:
    if source[0] in "'\"" or source in OPERATORS:
        return
    if source[0].isdigit():
        if not _PLAIN_NUMBER.fullmatch(source):
            raise _refused(
                source, token, "is not a plain number", "Write it out in digits, such as 1000 or 0.25."
            )
        return
    if source.upper() in _WORDS_INSTEAD:
        raise _refused(source, token, "does not belong to the language", _WORDS_INSTEAD[source.upper()])
    if source[0] == "$" or not (source[0].isalpha() or source[0] == "_"):
        hint = _INSTEAD.get(source) or _INSTEAD.get(source[0])
        raise _refused(source, token, "does not belong to the language", hint)
    if not source.replace("_", "a").replace("$", "a").isalnum():
        raise _refused(source, token, "does not belong to the language", "Text goes in single quotes.")


def _refused(source: str, token: Token, why: str, hint: str | None) -> ExprError:
    return ExprError(
        "not-allowed", f"`{source}` {why}.", offset=token.start, length=token.end - token.start + 1, hint=hint
    )


def _check_neighbours(text: str, tokens: list[Token]) -> None:
    """Pairs of tokens that parse, but never mean what was meant."""
    sources = [text[token.start : token.end + 1].upper() for token in tokens]
    for at in range(1, len(sources)):
        first, second = sources[at - 1], sources[at]
        if (first in {"=", "<>", "!="} and second == "NULL") or (
            first == "NULL" and second in {"=", "<>", "!="}
        ):
            raise ExprError(
                "not-allowed",
                "NULL cannot be compared with an operator.",
                offset=tokens[at - 1].start,
                length=tokens[at].end - tokens[at - 1].start + 1,
                hint="Write `Field IS NULL` or `Field IS NOT NULL`.",
            )
        if first == second == "NOT" or (first == second == "-"):
            raise _refused(second, tokens[at], "stands twice", "Leave both out.")
        if first == "." and second[0].isdigit():
            raise _refused(
                second,
                tokens[at],
                "stands behind a dot",
                'Write 0.5 for a number, or quote the name: "a"."1".',
            )
