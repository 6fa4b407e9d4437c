"""The compiler: a spec becomes a plan, or findings; offline, without any system or secret.

Its parts are loaded when they are asked for: whoever only starts the confined check needs no compiler itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.compiler.compile import check_file, compile_file
    from engine.compiler.paths import check_paths
    from engine.compiler.together import check_together

__all__ = ["check_file", "check_paths", "check_together", "compile_file"]
#: Where each of them is defined, if it is not in `compile`.
_ELSEWHERE = {"check_paths": "paths", "check_together": "together"}


def __getattr__(name: str) -> Any:
    """One of the names above, from where it is defined."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_ELSEWHERE.get(name, 'compile')}"), name)
