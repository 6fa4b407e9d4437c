"""Conditions that many questions have in common."""

from __future__ import annotations

import sqlalchemy as sa


def at(
    table: sa.Table, integration: str | None, module: str | None, *, indexed: bool = True
) -> list[sa.ColumnElement[bool]]:
    """The rows of an integration and of a module; None = of every one.

    Not `indexed`: such that no index is walked for them, for one that fits most rows is slower than none.
    """
    wanted = {
        name: value for name, value in (("integration", integration), ("module", module)) if value is not None
    }
    if indexed:
        return [table.c[name] == value for name, value in wanted.items()]
    return [sa.type_coerce(table.c[name], sa.Text) + "" == value for name, value in wanted.items()]
