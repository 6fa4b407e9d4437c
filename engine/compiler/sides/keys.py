"""Keys: what two records without a link are recognised by, compared in the type that both sides have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.compiler.bind.choices import holds
from engine.compiler.bind.habits import at_home
from engine.compiler.draft.draft import Draft, place
from engine.compiler.draft.names import resolve
from engine.compiler.draft.parts import CompiledKey, KeyPart
from engine.compiler.fields.alike import coarse, in_common, scale_in_common
from engine.compiler.fields.terms import column
from engine.expr.canonical import as_text
from engine.expr.lattice import FAMILY, join, said, worded
from engine.plan import KeyPlan
from engine.record import SIDES, Side

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlglot import exp

    from engine.catalog import Field, FieldType
    from engine.compiler.draft.parts import CompiledLine, End, Parent
    from engine.spec.model import MatchPair, Module

#: Texts whose catalog does not say what stands in them: they are read as what the other side's field is.
_PLAIN: frozenset[FieldType] = frozenset({"text", "enum", "unknown"})


def compile_keys(
    draft: Draft,
    module: Module,
    ends: dict[Side, End],
    parents: Mapping[Side, Parent],
    lines: Sequence[CompiledLine],
) -> tuple[CompiledKey, ...]:
    """The keys that stand. `lines`: of the mapping; one over the same two fields says how they compare."""
    keys = []
    for key in module.match:
        stands = holds(draft, key.only_if)
        known = [(pair, _part(draft, pair, ends, lines)) for pair in key.pairs]
        found = [(pair, one) for pair, one in known if one is not None]
        if stands and found:
            each = [f"{one.names['left']} {_sign(pair)} {one.names['right']}" for pair, one in found]
            plan = KeyPlan(
                line=" AND ".join([*_below(parents), *each]),
                place=place(key.span),
                alike=any(one.alike for _, one in found),
                sensitive=any(one.sensitive for _, one in found),
            )
            keys.append(CompiledKey(plan=plan, parts=tuple(one for _, one in found)))
    return tuple(keys)


def _sign(pair: MatchPair) -> str:
    return "~" if pair.alike else "="


def _part(
    draft: Draft, pair: MatchPair, ends: Mapping[Side, End], lines: Sequence[CompiledLine]
) -> KeyPart | None:
    """Two fields of a key, or None after a finding."""
    fields: dict[Side, Field] = {}
    for side, text in zip(SIDES, (pair.left, pair.right), strict=True):
        end = ends[side]
        found = resolve(draft, draft.scope(end.ref, end.stream), text)
        if found is not None:
            fields[side] = at_home(found, draft.spec.systems[end.ref.system])
    if len(fields) < len(SIDES):
        return None
    line = _line(fields, lines)
    if line is not None:
        return _of_line(pair, fields, line)
    kind = _kind(fields["left"], fields["right"])
    if kind is None:
        message = f"{said(fields['left'].type).capitalize()} never equals {said(fields['right'].type)}."
        draft.findings.add("type-mismatch", message, pair.left.span)
        return None
    return KeyPart(
        names={side: one.name for side, one in fields.items()},
        sensitive=any(one.sensitive for one in fields.values()),
        type=kind,
        get={side: _value(one, kind, fields) for side, one in fields.items()},
        alike=pair.alike and FAMILY[kind] == "text",
        folded=pair.alike and all(_folds(one.type) for one in fields.values()),
        caseless=any(one.caseless for one in fields.values()),
    )


def _folds(kind: FieldType) -> bool:
    return FAMILY[kind] == "text" and kind not in ("phone", "url")


def _line(fields: Mapping[Side, Field], lines: Sequence[CompiledLine]) -> CompiledLine | None:
    """The line that translates between the two fields: by a value map, through links, by cutting or converting."""
    names = (fields["left"].name, fields["right"].name)
    for line in lines:
        spec = line.spec
        several = len(spec.lefts) > 1 or len(spec.rights) > 1
        joins = spec.left is not None and spec.right is not None and len(line.get) == len(SIDES)
        if joins and not several and (line.reads["left"][0], line.reads["right"][0]) == names:
            return line if spec.values or spec.refers or spec.cut or line.converts else None
    return None


def _of_line(pair: MatchPair, fields: Mapping[Side, Field], line: CompiledLine) -> KeyPart:
    return KeyPart(
        names={side: one.name for side, one in fields.items()},
        sensitive=any(one.sensitive for one in fields.values()),
        type=line.type,
        get=line.get,
        alike=pair.alike and FAMILY[line.type] == "text",
        caseless=line.caseless,
        lookups=line.lookups,
    )


def _kind(left: Field, right: Field) -> FieldType | None:
    """The type in which two fields are compared; None = no value of one is one of the other."""
    shared = worded(left.type, right.type) or join(left.type, right.type)
    if shared is not None:
        return shared
    kinds = {left.type, right.type}
    texts = {one for one in kinds if FAMILY[one] == "text"}
    typed = next(iter(kinds - texts), None)
    if texts == {"id"} and typed is not None and FAMILY[typed] == "numeric":
        return "id"  # as text, and exactly: `007` is not `7`
    if texts and texts <= _PLAIN and typed is not None and FAMILY[typed] != "nested":
        return typed
    days = kinds == {"date", "instant"}
    return "date" if days and all(one.zone for one in (left, right) if one.type == "instant") else None


def _value(field: Field, kind: FieldType, fields: Mapping[Side, Field]) -> exp.Expression:
    """What a field holds, in the type of the key."""
    value = column(field.name)
    if kind == "id":
        return as_text(value, field.type)
    value = in_common(value, field, kind, scale_in_common(kind, fields.values()))
    return coarse(value, kind, fields.values())


def _below(parents: Mapping[Side, Parent]) -> list[str]:
    """That records are recognised below the same parent only, in the words of a key."""
    if not parents:
        return []
    pairs = zip(parents["left"].lookups, parents["right"].lookups, strict=True)
    return [" OR ".join(f"{left.field} = {right.field}" for left, right in pairs)]
