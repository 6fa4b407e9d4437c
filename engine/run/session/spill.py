"""Spill: where a session's tables go that memory cannot hold, a private folder that is gone when the run is."""

from __future__ import annotations

import os
import secrets
import shutil
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = "spill"
#: Only there does signal 0 ask; on Windows any signal ends the process.
_CAN_ASK = os.name == "posix"


def spill_folder(folder: Path) -> Path:
    """A name for this session alone, in a folder that only its owner can look into: it would hold business records.

    The session makes it when it needs it. What killed processes of this machine have left is removed.
    """
    private = folder / FOLDER
    private.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in private.iterdir():
        if not _is_alive(left.name.partition("-")[0]):
            shutil.rmtree(left, ignore_errors=True)
    return private / f"{os.getpid()}-{secrets.token_hex(4)}"


def leave(folder: Path) -> None:
    """Take the private folder away where no session keeps anything in it any more."""
    with suppress(OSError):  # it is not empty: another process is at work
        (folder / FOLDER).rmdir()


def _is_alive(process: str) -> bool:
    """Whether a process may still be at work; what cannot be told counts as alive."""
    if not _CAN_ASK:
        return True
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return False
    except (OSError, ValueError):
        return True
    return True
