"""One run and one module of it: the sequence of stages."""

from __future__ import annotations
