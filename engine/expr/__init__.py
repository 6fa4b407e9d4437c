"""The expression language: SQL over dotted names, templates, paths; checked here, evaluated elsewhere.

Read in this order: `error` · `scope` (what a name means) · `bounds` and `nesting` (what is looked at before parsing) ·
`parse` · `lattice` (types) · `functions` · `check` (names and types) · `fold` · `emit` (to DuckDB SQL) · `options`
(without DuckDB) · `sql` (the door). `canonical` is the lens; `template` and `path` are the slow kinds.
"""

from __future__ import annotations
