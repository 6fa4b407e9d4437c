"""The compiler: a spec becomes a plan, or findings; offline, without any system or secret."""

from __future__ import annotations

from engine.compiler.compile import check_file, compile_file
from engine.compiler.paths import check_paths

__all__ = ["check_file", "check_paths", "compile_file"]
