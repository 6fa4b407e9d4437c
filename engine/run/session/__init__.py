"""The nouns of a run: a pass, its columns, the open systems, what is reported. A newcomer begins here."""

from __future__ import annotations
