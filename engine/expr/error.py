"""What is wrong with an expression, and where in its text."""

from __future__ import annotations


class ExprError(Exception):
    """An expression cannot be used as it stands; the caller makes it a finding with a place in a file."""

    def __init__(
        self, code: str, message: str, *, offset: int = 0, length: int = 0, hint: str | None = None
    ) -> None:
        super().__init__(message)
        #: Stable word: syntax, too-long, too-deep, not-allowed, unknown-field, unknown-option,
        #: unknown-function, type-mismatch, unknown-choice, bad-literal; `failed` when a template or a path
        #: meets a record it cannot handle.
        self.code = code
        #: One sentence, names in backticks.
        self.message = message
        #: Characters from the start of the text to the offending token.
        self.offset = offset
        #: Characters that the offending token is long; 0 = the place inside the text is not known.
        self.length = length
        #: What to write instead; None = the message says it.
        self.hint = hint

    def at(self, offset: int, length: int) -> ExprError:
        """The same trouble, placed; one that already has a place keeps it."""
        if self.length:
            return self
        return ExprError(self.code, self.message, offset=offset, length=length, hint=self.hint)
