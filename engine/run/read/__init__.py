"""Reading: streams become staged tables, compared with what was last in step."""

from __future__ import annotations
