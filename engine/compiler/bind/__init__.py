"""Names are bound to catalogs, options and accounts."""

from __future__ import annotations
