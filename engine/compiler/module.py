"""Module: check one module against the catalogs, and compile it where this version can run it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from engine.compiler.bind.arrows import arrow_of
from engine.compiler.bind.choices import holds, settle
from engine.compiler.draft.draft import Draft, place
from engine.compiler.draft.names import end_of
from engine.compiler.draft.parts import Checked, CompiledLine, End, Enrolled, Parent
from engine.compiler.fields.behind import field_of
from engine.compiler.fields.line import arrow_within, compile_line
from engine.compiler.fields.refers import as_text
from engine.compiler.fields.terms import column
from engine.compiler.rules.enrol import compile_enrol
from engine.compiler.rules.guards import build_guard
from engine.compiler.rules.limits import compile_deletes, compile_limits
from engine.compiler.rules.policies import compile_policies
from engine.compiler.rules.search import build_search
from engine.compiler.rules.sense import check_fits, check_names, check_search, check_sense, check_targets
from engine.compiler.rules.yields import compile_yields
from engine.compiler.sides.keys import compile_keys
from engine.compiler.sides.lens import snapshot
from engine.compiler.sides.needs import Needs, compile_needs
from engine.compiler.sides.offending import of_pair
from engine.compiler.sides.only import check_only
from engine.compiler.sides.pairs import compile_pairs
from engine.compiler.sides.side import build_side, write_sql
from engine.compiler.sides.under import compile_under
from engine.compiler.sides.view import compile_view
from engine.plan import Arrow, FieldPlan, ModulePlan, PairCheckPlan, Write, sources
from engine.record import SIDES, Side, other
from engine.spec.diagnostic import Text
from engine.spec.model import MappedField, Module

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.compiler.draft.parts import Lookup
    from engine.compiler.rules.policies import Winners

SAME_KEY = ("make", "hold")
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
    arrow = arrow_of(draft, module)
    lines, parents, told = _lines(draft, module, arrow, ends)
    needs = compile_needs(draft, module, arrow, ends)
    keys = compile_keys(draft, module, ends, parents, told)
    paired = compile_pairs(draft, module, ends)
    if paired is not None:
        parents, keys = paired[0], (paired[1],)
    enrol = compile_enrol(draft, module, arrow, ends)
    checked = Checked(
        module=module,
        arrow=arrow,
        ends=ends,
        lines=lines,
        keys=keys,
        views=compile_view(draft, module, ends),
        needs=needs.kept,
        asked=_asked(needs, enrol, arrow, parents if paired else {}),
        together=needs.together,
        yields=compile_yields(draft, module, ends),
        duplicates=settle(
            draft, module.duplicates, DUPLICATES, "overwrite" if paired else "link", "rule for duplicates"
        ),
        same_key=settle(
            draft, module.same_key, SAME_KEY, "make" if module.under else "hold", "rule for equal keys"
        ),
        creates=_creates(draft, module, arrow, enrol),
        limits=compile_limits(draft, module),
        parents=parents,
        enrol=enrol,
    )
    checked = replace(
        checked, policies=compile_policies(draft, checked), deletes=compile_deletes(draft, checked)
    )
    check_only(draft, module, arrow, ends)
    check_search(draft, module, ends)
    check_sense(draft, checked)
    return checked


def _asked(
    needs: Needs, enrol: Enrolled | None, arrow: Arrow, pairs: Mapping[Side, Parent]
) -> dict[Side, tuple[Lookup, ...]]:
    """The links that records wait for: those that checks look at, and those that make pairs."""
    asked = dict(needs.asked)
    for side, looked in (enrol.asked if enrol else {}).items():
        asked[side] = tuple(dict.fromkeys((*asked.get(side, ()), *looked)))
    for side in sources(arrow) if pairs else ():
        asked[side] = (*asked.get(side, ()), *pairs[side].lookups)
    return asked


def _ends(draft: Draft, module: Module) -> dict[Side, End] | None:
    left, right = end_of(draft, module.left, "left"), end_of(draft, module.right, "right")
    return {"left": left, "right": right} if left and right else None


def _lines(
    draft: Draft, module: Module, arrow: Arrow, ends: dict[Side, End]
) -> tuple[tuple[CompiledLine, ...], dict[Side, Parent], list[CompiledLine]]:
    """The lines that stand for the choices made, the parent, and what tells how values compare though nothing goes.

    All are checked, those of the other direction too.
    """
    mapping = draft.spec.mappings.get(module.mapping.value) if module.mapping else None
    if mapping is not None:
        check_fits(draft, module, mapping)
    specs = (*(mapping.fields if mapping else ()), *module.fields)
    kept: list[CompiledLine] = []
    told: list[CompiledLine] = []
    for number, spec in enumerate(specs):
        line, stands = _line(draft, spec, arrow, ends, number)
        if line is not None:
            (kept if stands else told).append(line)
    parents, implied = compile_under(draft, module, arrow, ends, specs, [line.spec for line in kept])
    added = (*implied, *constants(module, arrow))
    made = [compile_line(draft, spec, spec.arrow, ends, len(specs) + nr) for nr, spec in enumerate(added)]
    kept += [line for line in made if line is not None and arrow != "=="]
    check_targets(draft, kept)
    check_names(draft, kept)
    return tuple(kept), parents, [*kept, *told]


def _line(
    draft: Draft, spec: MappedField, arrow: Arrow, ends: dict[Side, End], number: int
) -> tuple[CompiledLine | None, bool]:
    """The line, and whether anything goes by it; None where it is not chosen, or wrong."""
    narrowed = arrow_within(arrow, spec) if arrow != "==" else spec.arrow
    chosen = holds(draft, spec.only_if)
    stands = chosen and narrowed is not None and arrow != "=="
    part = draft.part()
    line = compile_line(part, spec, narrowed or spec.arrow, ends, number)
    draft.findings.take(part.findings, stands=stands)
    return (line if chosen else None), stands


def constants(module: Module, arrow: Arrow) -> list[MappedField]:
    """`set:` of a module is a constant for records that are created."""
    side: Side = "left" if arrow == "<-" else "right"
    lines = []
    for name, value in module.set.items():
        text = Text(value=name, span=module.span)
        lines.append(
            MappedField(
                arrow="->" if side == "right" else "<-",
                left=text if side == "left" else None,
                right=text if side == "right" else None,
                const=value,
                has_const=True,
                on="create",
                span=module.span,
            )
        )
    return lines


def _creates(draft: Draft, module: Module, arrow: Arrow, enrol: Enrolled | None) -> tuple[Side, ...]:
    if enrol is not None:
        return tuple(other(side) for side in enrol.plan.sides)
    implied = "none" if module.pairs else {"->": "left", "<-": "right", "<->": "both", "==": "none"}[arrow]
    word = settle(draft, module.creates, tuple(CREATES), implied, "word for `creates`")
    allowed = CREATES[implied]
    return tuple(side for side in CREATES[word] if side in allowed)


def build_module(draft: Draft, checked: Checked, standing: Mapping[str, Checked]) -> ModulePlan:
    """The plan of a module or trigger, beside all that take part."""
    return ModulePlan(
        name=checked.module.name,
        title=checked.module.title or checked.module.name,
        arrow=checked.arrow,
        left=build_side(draft, checked, "left", standing),
        right=build_side(draft, checked, "right", standing),
        fields=tuple(
            _field(checked, line, number, rule, sensitive=_sensitive(draft, checked, line))
            for number, (line, rule) in enumerate(zip(checked.lines, checked.policies, strict=True))
        ),
        snapshot=snapshot(checked.lines, checked.telling),
        keys=tuple(one.plan for one in checked.keys),
        duplicates=checked.duplicates,  # type: ignore[arg-type] # settle() answers one of DUPLICATES
        same_key=checked.same_key,  # type: ignore[arg-type] # settle() answers one of SAME_KEY
        creates=checked.creates,
        deletes=checked.deletes,
        limits=checked.limits,
        before_write=checked.module.before_write,
        place=place(checked.module.span),
        trigger=checked.trigger,
        search=build_search(checked),
        yields=checked.yields,
        checks=tuple(
            PairCheckPlan(
                side=one.side, sql=one.sql, trouble=one.trouble, offending=of_pair(draft, checked, one)
            )
            for one in checked.together
        ),
        guards=tuple(build_guard(draft, checked, one) for one in checked.guards),
        enrol=checked.enrol.plan if checked.enrol else None,
    )


def _sensitive(draft: Draft, checked: Checked, line: CompiledLine) -> bool:
    """Whether a field that a line reads or writes is."""
    reads = [
        field_of(draft, checked.ends[side].ref, name) for side in line.reads for name in line.reads[side]
    ]
    return any(one.sensitive for one in (*reads, *(one for side in SIDES for one in line.writes(side))))


def _field(checked: Checked, line: CompiledLine, number: int, rule: Winners, *, sensitive: bool) -> FieldPlan:
    return FieldPlan(
        key=line.key,
        line=line.text,
        column=f"c{number}",
        type=line.type,
        writes={side: _write(checked, line, number, side) for side in line.targets},
        on_create=line.spec.on == "create",
        policy=rule[0],
        fallback=rule[1],
        group=line.spec.group,
        place=place(line.spec.span),
        quota=line.quota,
        sensitive=sensitive,
        refers=line.spec.refers.value if line.spec.refers else None,
        words=tuple((", ".join(words), word) for words, word in line.spec.values),
        reads=dict(line.reads),
        converts=line.converts,
    )


def _write(checked: Checked, line: CompiledLine, number: int, side: Side) -> Write:
    """What a line writes to a side; a value of several fields is never cleared where one of them is needed."""
    keep = line.spec.required or any(one.required for one in line.writes(side))
    nulls = checked.ends[side].stream.sends_null
    first, *others = [
        Write(to=one.name, sql=sql, keep=keep, sends_null=one.sends_null or nulls)
        for one, sql in zip(line.writes(side), write_sql(line, number, side), strict=True)
    ]
    name = as_text(line, side, column(f"c{number}")).sql(dialect="duckdb") if line.lookups else None
    return replace(first, beside=tuple(others), reference=name)
