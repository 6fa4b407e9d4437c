"""Module: check one module against the catalogs, and compile it where this version can run it."""

from __future__ import annotations

from engine.compiler.choices import holds, settle
from engine.compiler.draft import Draft, place
from engine.compiler.later import note_later
from engine.compiler.line import arrow_within, compile_line, resolve
from engine.compiler.parts import Checked, End, Line
from engine.compiler.sense import check_conflicts, check_fits, check_search, check_sense, check_targets
from engine.compiler.view import compile_view
from engine.expr.error import ExprError, did_you_mean
from engine.expr.lattice import join, said
from engine.expr.sql import compile_condition
from engine.plan import Arrow, FieldPlan, KeyPlan, Limits, ModulePlan, NotBuilt, Write
from engine.record import SIDES, Side
from engine.spec.diagnostic import Text
from engine.spec.model import Check, MappedField, Module, StreamRef

DUPLICATES = ("link", "overwrite", "skip", "clone")
#: `creates:` names whose newcomers are made; here is on which sides that happens.
CREATES: dict[str, tuple[Side, ...]] = {
    "both": ("left", "right"),
    "left": ("right",),
    "right": ("left",),
    "none": (),
    "by hand": (),
}


def check_module(draft: Draft, module: Module) -> Checked | None:
    """Everything that names and types can say about a module; None where its streams are not known."""
    ends = _ends(draft, module)
    if ends is None:
        return None
    arrow = _arrow(draft, module)
    lines = _lines(draft, module, arrow, ends)
    checked = Checked(
        module=module,
        arrow=arrow,
        ends=ends,
        lines=lines,
        keys=_keys(draft, module, ends),
        views=compile_view(draft, module, ends),
        needs=_needs(draft, module, ends["left" if arrow != "<-" else "right"]),
        duplicates=settle(draft, module.duplicates, DUPLICATES, "link", "rule for duplicates"),
        creates=_creates(draft, module, arrow),
    )
    check_conflicts(draft, module)
    check_search(draft, module, ends)
    check_sense(draft, checked)
    return checked


def _ends(draft: Draft, module: Module) -> dict[Side, End] | None:
    left, right = end_of(draft, module.left, "left"), end_of(draft, module.right, "right")
    return {"left": left, "right": right} if left and right else None


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


def _arrow(draft: Draft, module: Module) -> Arrow:
    """The arrow of `sync`, narrowed by `direction`."""
    narrowing = module.narrowing
    if narrowing is None or not holds(draft, narrowing.only_if):
        return module.arrow
    allowed = {"<->": ("->", "<-", "<->", "=="), "==": ("==",)}.get(module.arrow, (module.arrow, "=="))
    word = settle(draft, narrowing.to, allowed, module.arrow, f"arrow that narrows `{module.arrow}`")
    arrows: dict[str, Arrow] = {"->": "->", "<-": "<-", "<->": "<->", "==": "=="}
    return arrows[word]


def _lines(draft: Draft, module: Module, arrow: Arrow, ends: dict[Side, End]) -> tuple[Line, ...]:
    """The lines that stand for the choices made; all are checked, those of the other direction too."""
    mapping = draft.spec.mappings.get(module.mapping.value) if module.mapping else None
    if mapping is not None:
        check_fits(draft, module, mapping)
    kept: list[Line] = []
    for number, spec in enumerate((*(mapping.fields if mapping else ()), *module.fields)):
        line = _line(draft, spec, arrow, ends, number)
        if line is not None:
            kept.append(line)
    kept += _set_lines(draft, module, arrow, ends, len(kept))
    check_targets(draft, kept)
    return tuple(kept)


def _line(draft: Draft, spec: MappedField, arrow: Arrow, ends: dict[Side, End], number: int) -> Line | None:
    stands = holds(draft, spec.only_if)
    narrowed = arrow_within(arrow, spec) if arrow != "==" else spec.arrow
    before = len(draft.not_built)
    line = compile_line(draft, spec, narrowed or spec.arrow, ends, number)
    if stands and narrowed is not None and arrow != "==":
        return line
    del draft.not_built[before:]  # a line that does not stand asks for nothing
    return None


def _set_lines(draft: Draft, module: Module, arrow: Arrow, ends: dict[Side, End], start: int) -> list[Line]:
    """`set:` of a module is a constant for records that are created."""
    side: Side = "left" if arrow == "<-" else "right"
    lines = []
    for number, (name, value) in enumerate(module.set.items()):
        text = Text(value=name, span=module.span)
        spec = MappedField(
            arrow="->" if side == "right" else "<-",
            left=text if side == "left" else None,
            right=text if side == "right" else None,
            const=value,
            has_const=True,
            on="create",
            span=module.span,
        )
        line = compile_line(draft, spec, spec.arrow, ends, start + number)
        if line is not None:
            lines.append(line)
    return lines


def _keys(
    draft: Draft, module: Module, ends: dict[Side, End]
) -> tuple[tuple[KeyPlan, tuple[str, ...], tuple[str, ...]], ...]:
    keys = []
    for key in module.match:
        stands = holds(draft, key.only_if)
        names: dict[Side, list[str]] = {"left": [], "right": []}
        for texts in key.pairs:
            found = [
                resolve(draft, draft.scope(ends[side].ref, ends[side].stream), text)
                for side, text in zip(SIDES, texts, strict=True)
            ]
            if found[0] is None or found[1] is None:
                continue
            if join(found[0].type, found[1].type) is None and "unknown" not in (found[0].type, found[1].type):
                message = f"{said(found[0].type).capitalize()} never equals {said(found[1].type)}."
                draft.findings.add("type-mismatch", message, texts[0].span)
            names["left"].append(found[0].name)
            names["right"].append(found[1].name)
        if stands and names["left"]:
            line = " AND ".join(
                f"{left} = {right}" for left, right in zip(names["left"], names["right"], strict=True)
            )
            plan = KeyPlan(line=line, place=place(key.span))
            keys.append((plan, tuple(names["left"]), tuple(names["right"])))
    return tuple(keys)


def _needs(draft: Draft, module: Module, end: End) -> tuple[tuple[Check, str, tuple[str, ...]], ...]:
    kept = []
    scope = draft.pair_scope({"left": module.left, "right": module.right}, end.side)
    for check in module.needs:
        stands = holds(draft, check.only_if)
        try:
            expr = compile_condition(check.check.value, scope)
        except ExprError as error:
            draft.findings.expression(error, check.check)
            continue
        later = expr.via or any(call.name != "today" for call in expr.calls)
        other_side = any(name.startswith(("left.", "right.")) for name in expr.reads)
        if stands and (later or other_side):
            draft.not_built.append(
                NotBuilt(
                    what=f"module `{module.name}`: a check that looks at other records",
                    place=place(check.span),
                )
            )
        elif stands:
            kept.append((check, expr.sql, expr.reads))
    return tuple(kept)


def _creates(draft: Draft, module: Module, arrow: Arrow) -> tuple[Side, ...]:
    implied = "none" if module.pairs else {"->": "left", "<-": "right", "<->": "both", "==": "none"}[arrow]
    word = settle(draft, module.creates, tuple(CREATES), implied, "word for `creates`")
    allowed = CREATES[implied]
    return tuple(side for side in CREATES[word] if side in allowed)


def build_module(draft: Draft, checked: Checked) -> ModulePlan:
    """The plan of a module in one direction."""
    from engine.compiler.lens import snapshot
    from engine.compiler.sides import build_side

    note_later(draft, checked.module, checked.arrow, checked.lines)
    return ModulePlan(
        name=checked.module.name,
        title=checked.module.title or checked.module.name,
        arrow=checked.arrow,
        left=build_side(draft, checked, "left"),
        right=build_side(draft, checked, "right"),
        fields=tuple(_field(line, number) for number, line in enumerate(checked.lines)),
        snapshot=snapshot(checked.lines),
        keys=tuple(plan for plan, _, _ in checked.keys),
        duplicates=checked.duplicates,  # type: ignore[arg-type] # settle() answers one of DUPLICATES
        creates=checked.creates,
        deletes="keep",
        limits=Limits(creates=None, updates=None, deletes=None, conflicts=None),
        before_write=checked.module.before_write,
        place=place(checked.module.span),
    )


def _field(line: Line, number: int) -> FieldPlan:
    from engine.compiler.sides import write_sql

    return FieldPlan(
        key=line.key,
        line=line.text,
        column=f"c{number}",
        type=line.type,
        writes={
            side: Write(
                to=target.name,
                sql=write_sql(line, number, target),
                keep=target.required or line.spec.required,
            )
            for side, target in line.targets.items()
        },
        on_create=line.spec.on == "create",
        policy="hold",
        fallback="hold",
        group=None,
        place=place(line.spec.span),
    )
