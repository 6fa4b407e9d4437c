"""`python -m engine` is the same command as `engine`."""

from __future__ import annotations

import sys

if __name__ == "__main__":
    if not sys.flags.safe_path:
        # Python looks for modules in the present folder first; a file there must never run in place of a library.
        del sys.path[0]
    from engine.cli import main

    main()
