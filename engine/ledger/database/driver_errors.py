"""What a database complains about, said in one sentence; the words of each are known in its own module."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from engine.errors import EngineError, RecordError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    #: From what was raised and how the ledger is called, what to raise instead; None = a defect of the engine.
    Translate = Callable[[Exception, str], EngineError | None]

ROLLED_BACK = "Nothing of this step was stored."


@contextmanager
def translated(name: str, translate: Translate) -> Iterator[None]:
    """Turn what a driver raises into an error of ours; ours pass through, and a defect stays visible."""
    try:
        yield
    except EngineError:
        raise
    except Exception as error:
        ours = translate(error, name)
        if ours is None:
            raise
        raise ours from error


def linked_twice() -> RecordError:
    """A unique index of `links` has refused a batch."""
    return RecordError(
        "linked-twice",
        f"A record was to be linked that already has a link. {ROLLED_BACK}",
        remedy="Look whether a system uses the same id for two records.",
    )
