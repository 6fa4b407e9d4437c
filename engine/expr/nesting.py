"""How deep the tokens of an expression nest, counted before a parser's stack has to hold them."""

from __future__ import annotations

from dataclasses import dataclass, field

MAX_BRACKETS = 15  #: brackets and CASEs inside each other
MAX_LEVELS = 30  #: the same, together with NOTs, signs, and words in front of words

#: What stands behind one of these is no deeper than what stands before it.
_PARTS = frozenset({",", "AND", "OR", "WHEN", "THEN", "ELSE"})
#: Words behind which an operand or an operator follows, whatever it is.
KEYWORDS = _PARTS | {"NOT", "IN", "IS", "LIKE", "BETWEEN", "CASE", "AS"}
_SIGNS = frozenset("+-")


@dataclass(slots=True)
class _Open:
    """A bracket or a CASE that is not closed yet."""

    word: str
    level: int  #: around it
    may_end: bool  #: a bracket, or a CASE that has its THEN


@dataclass(slots=True)
class Nesting:
    """The levels at one place of an expression, token by word."""

    level: int = 0
    opened: list[_Open] = field(default_factory=list)
    before: str = "("  #: the token before; at the start, what stands at the start of a bracket
    between: bool = False  #: the next AND belongs to a BETWEEN

    def step(self, word: str) -> int | None:
        """Take the next token, in upper case; a number = the limit that it exceeds."""
        if word in {"(", "CASE"}:
            self.opened.append(_Open(word, self.level, may_end=word == "("))
            self.level += 1
        elif word in {")", "END"}:
            self._close("(" if word == ")" else "CASE")
        elif word in _PARTS and not (word == "AND" and self.between):
            self._next_part(word)
        elif word == "NOT" or self._in_front(word):
            self.level += 1
        self.between = word == "BETWEEN" or (self.between and word != "AND")
        self.before = word
        if len(self.opened) > MAX_BRACKETS:
            return MAX_BRACKETS
        return MAX_LEVELS if self.level > MAX_LEVELS else None

    def _close(self, opening: str) -> None:
        """What a parser takes for the end of something else, or of nothing, closes nothing."""
        if self.opened and self.opened[-1].word == opening and self.opened[-1].may_end:
            self.level = self.opened.pop().level

    def _next_part(self, word: str) -> None:
        self.level = self.opened[-1].level + 1 if self.opened else 0
        if word == "THEN" and self.opened and self.opened[-1].word == "CASE":
            self.opened[-1].may_end = True

    def _in_front(self, word: str) -> bool:
        """Whether this is a sign that takes what follows, or a word that another word follows directly."""
        if word in _SIGNS:
            return not _is_operand(self.before) and self.before not in {")", "END"}
        return _is_operand(word) and _is_operand(self.before)


def _is_operand(word: str) -> bool:
    """Whether this is a name, a number or a text."""
    return (word[0].isalnum() or word[0] in "_'\"") and word not in KEYWORDS | {"END"}
