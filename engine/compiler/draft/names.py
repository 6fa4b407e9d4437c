"""Names: what a stream's or a field's name in a spec leads to; a finding where it leads nowhere."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from engine.catalog import Field
from engine.compiler.draft.parts import End
from engine.expr.error import ExprError
from engine.suggest import did_you_mean

if TYPE_CHECKING:
    from engine.compiler.draft.draft import Draft
    from engine.expr.scope import FieldScope
    from engine.record import Side
    from engine.spec.diagnostic import Text
    from engine.spec.model import StreamRef


def end_of(draft: Draft, ref: StreamRef, side: Side) -> End | None:
    """The stream behind a reference as one end of a module; a finding where there is none."""
    stream = draft.stream(ref)
    if stream is not None:
        return End(side=side, ref=ref, stream=stream)
    catalog = draft.catalogs.get(ref.system)
    if catalog is not None:
        draft.findings.add(
            "unknown-stream",
            f"`{ref.system}` ({catalog.connector}) has no stream `{ref.stream}`.",
            ref.text.span,
            hint=did_you_mean(ref.stream, catalog.streams)
            or f"`engine connectors {catalog.connector}` lists its streams.",
        )
    return None


def resolve(draft: Draft, scope: FieldScope, text: Text) -> Field | None:
    """The field that a text names; a finding where there is none."""
    try:
        name = scope.resolve(tuple(text.value.split(".")))
    except ExprError as error:
        draft.findings.expression(error.at(0, len(text.value)), text)
        return None
    if name.option is not None:
        draft.findings.add("type-mismatch", "A line of a mapping joins two fields.", text.span)
        return None
    if len(name.via) > 1:
        what = f"walking on from the reference `{name.via[0]}`"
        draft.findings.not_yet(what, text.span)
    if name.via and name.field:
        return replace(name.field, name=name.sql, writable=False)
    return name.field or Field(name=name.sql, type=name.type)
