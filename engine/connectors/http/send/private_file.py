"""Private file: small JSON files in the private folder, shared by all processes of a person."""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from engine.errors import TemporaryError, UserError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: Seconds that one process waits for another to finish with a file.
LOCK_S = 60


def file_for(folder: Path, purpose: str, *identity: str) -> Path:
    """A file of its own for each purpose and identity; its name gives nothing away."""
    return folder / f"{purpose}-{hashlib.sha256(chr(10).join(identity).encode()).hexdigest()[:20]}.json"


def write_private(file: Path, content: bytes) -> None:
    """Replace a file in one step; only its owner may read it."""
    beside = file.with_suffix(f".{os.getpid()}.new")
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(content)
    beside.replace(file)


class PrivateFile:
    """One JSON object on disk. Safe to use from several threads and processes."""

    def __init__(self, file: Path, what: str) -> None:
        from filelock import FileLock  # only an open connection needs it

        self._file = file
        self._what = what
        self._lock = FileLock(f"{file}.lock", timeout=LOCK_S, mode=0o600)

    def load(self) -> dict[str, Any]:
        """What was written last; empty when there is nothing, or a file that was cut off."""
        try:
            kept = json.loads(self._file.read_bytes())
        except (FileNotFoundError, ValueError):
            return {}
        return kept if isinstance(kept, dict) else {}

    @contextmanager
    def changing(self) -> Iterator[dict[str, Any]]:
        """What was written last, to be changed: it is written again at the end, nobody else in between.

        Raises:
            UserError: the folder cannot be written.
            TemporaryError: another process does not finish with it.
        """
        from filelock import Timeout  # as above

        try:
            with self._lock:
                kept = self.load()
                yield kept
                write_private(self._file, json.dumps(kept).encode())
        except Timeout:
            raise TemporaryError(
                f"Another process writes {self._what} and does not finish.",
                remedy=f"If no other run is active, remove {self._lock.lock_file}.",
            ) from None
        except OSError as error:
            raise UserError(
                f"{self._what.capitalize()} cannot be kept in {self._file.parent}: {error.strerror}.",
                remedy="Make the folder writable, or free some space.",
            ) from None
