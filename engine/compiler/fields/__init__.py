"""One line of a mapping becomes SQL."""

from __future__ import annotations
