"""Replacing a file as a whole: readers see the old one or the new one, whatever happens in between."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import TemporaryError, UserError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

#: Who the file is: inode, size and time of the last change; None = there was no file.
Identity = tuple[int, int, int] | None


def identity_of(path: Path) -> Identity:
    """What tells whether somebody else changed the file in the meantime."""
    try:
        state = path.stat()
    except FileNotFoundError:
        return None
    return state.st_ino, state.st_size, state.st_mtime_ns


@contextmanager
def replaced(path: Path, seen: Identity) -> Iterator[BinaryIO]:
    """A file to write to, which takes the place of `path` at the end, on disk before this returns.

    Raises TemporaryError if `path` is no longer what `seen` says or the disk is full, UserError if it may not
    be written. Then the old file stays as it was and nothing is left beside it.
    """
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".new")
    except OSError as error:
        raise _meaning(error, path) from error
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if identity_of(path) != seen:
            raise TemporaryError(f"{path} was changed by another program while it was being written.")
        Path(name).chmod(path.stat().st_mode & 0o777 if seen else 0o644)
        Path(name).replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        raise _meaning(error, path) from error
    finally:
        with suppress(FileNotFoundError):  # it has taken the place of `path`
            Path(name).unlink()


def _sync_folder(folder: Path) -> None:
    """Make the new name survive a power cut; Windows has no such thing."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _meaning(error: OSError, path: Path) -> UserError | TemporaryError:
    if isinstance(error, PermissionError):
        return UserError(
            f"{path} may not be written.", remedy="Give this user the right to write in its folder."
        )
    return TemporaryError(
        f"{path} could not be written: {error.strerror}.", remedy="Check the disk and run again."
    )
