"""Command server: runs the command line many times from one process that has loaded it, each in a fork of its own.

As a program it reads one request a line from standard input and answers with the exit code; as a module it starts
that program with the preload library `kill_at_call.c`, so that a command can be killed at any system call.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import subprocess
import sys
import tempfile
import traceback
from contextlib import nullcontext
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import TYPE_CHECKING, Any, Literal, Self

if TYPE_CHECKING:
    from collections.abc import Mapping

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
#: How a process ends at a call: before it, after it, or after half of what it should have written.
Moment = Literal["before", "after", "torn"]
MOMENTS: tuple[Moment, ...] = ("before", "after", "torn")
KILLED = -9


@dataclass(frozen=True, kw_only=True)
class Done:
    """How a command ended."""

    code: int  #: its exit code; -9 = it was killed
    out: str
    err: str
    calls: int  #: calls that stored or sent something, up to its end

    @property
    def killed(self) -> bool:
        """Whether it died at the call it was to die at."""
        return self.code == KILLED


class CommandServer:
    """The command line, loaded once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        library = folder / "kill_at_call.so"
        compiler = ["cc", "-shared", "-fPIC", "-O2", "-o", str(library), str(HERE / "kill_at_call.c")]
        subprocess.run(compiler, check=True)
        path = os.pathsep.join((str(ROOT), str(HERE), os.environ.get("PYTHONPATH", "")))
        self._process = subprocess.Popen(
            [sys.executable, "-P", str(Path(__file__)), str(library)],
            env={**os.environ, "LD_PRELOAD": str(library), "PYTHONPATH": path, "NO_COLOR": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        """Itself; the process ends with the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the process."""
        self._process.communicate()

    def run(
        self,
        *words: str,
        folder: Path,
        kill_at: int = 0,
        moment: Moment = "before",
        sandbox: Mapping[str, Any] | None = None,
    ) -> Done:
        """One command in a folder; killed at its N-th call, if there is one (0 = not killed).

        `sandbox`: what the sandbox that `--sandbox` is to lead to tells under /connect.
        """
        request = {
            "words": words,
            "folder": str(folder),
            "kill_at": kill_at,
            "moment": MOMENTS.index(moment),
            "sandbox": sandbox,
        }
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return Done(**json.loads(self._process.stdout.readline()))


def serve(library: str) -> None:
    """Answer each request in a child of this process."""
    _load()
    preloaded = ctypes.CDLL(library)
    preloaded.counted.restype = ctypes.c_long
    for line in sys.stdin:
        request = json.loads(line)
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            child = os.fork()
            if child == 0:
                _become(request, out.fileno(), err.fileno(), preloaded)
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            texts = [_read(file) for file in (out, err)]
        answer = {"code": code, "out": texts[0], "err": texts[1], "calls": preloaded.counted()}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


#: What no command that is run here needs, or what runs when it is loaded.
APART = (
    "engine.__main__",
    "engine.sandbox",
    "engine.testing",
    "engine.cli.shared.templates",
    "engine.ledger.migrations",
)
#: What the engine's modules load only when they need it.
DRIVERS = (
    "pyarrow.dataset",
    "sqlalchemy.dialects.sqlite",
    "adbc_driver_sqlite.dbapi",
    "adbc_driver_postgresql.dbapi",
    "pymysql",
)


def _load() -> None:
    """Everything that a command needs, before the first fork."""
    import engine
    from engine.compiler import compile_file

    for module in walk_packages(engine.__path__, "engine."):
        if not module.name.startswith(APART):
            import_module(module.name)
    for name in DRIVERS:
        import_module(name)
    for name in ("zoho-books-crm", "zoho-projects-crm"):
        compile_file(str(ROOT / "specs" / f"{name}.yaml"))
    gc.collect()
    gc.freeze()  # else every child copies what its collector touches


def _become(request: dict[str, Any], out: int, err: int, preloaded: ctypes.CDLL) -> None:
    """The command itself, in a child; never returns."""
    code = 70
    try:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(out, 1)
        os.dup2(err, 2)
        os.chdir(request["folder"])
        os.environ.pop("LD_PRELOAD", None)
        sys.argv = ["engine", *request["words"]]
        preloaded.arm(request["kill_at"], request["moment"])
        code = _command(request["sandbox"])
    except BaseException:  # noqa: BLE001  # whatever it is, the parent must not go on twice
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _command(sandbox: Mapping[str, Any] | None) -> int:
    from engine_child import sandbox_at

    from engine.cli import main

    try:
        with nullcontext() if sandbox is None else sandbox_at(sandbox):
            main()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


def _read(file: Any) -> str:
    file.seek(0)
    return str(file.read().decode("utf-8", "replace"))


if __name__ == "__main__":
    serve(sys.argv[1])
