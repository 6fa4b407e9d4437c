"""Sense: what is wrong with a module although every name is known: doubled writers, records that nobody can make."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.record import SIDES
from engine.suggest import did_you_mean

if TYPE_CHECKING:
    from engine.compiler.draft.draft import Draft
    from engine.compiler.draft.parts import Checked, CompiledLine, End
    from engine.record import Side
    from engine.spec.model import Mapping_, Module


def check_fits(draft: Draft, module: Module, mapping: Mapping_) -> None:
    """A mapping names the connectors' streams that it is written for."""
    for side, refs in (("left", mapping.left), ("right", mapping.right)):
        ref = module.left if side == "left" else module.right
        connector = (
            draft.spec.systems[ref.system].connector.value if ref.system in draft.spec.systems else None
        )
        if (
            any(one.system == connector and one.stream == ref.stream for one in refs)
            or module.mapping is None
        ):
            continue
        named = ", ".join(f"{one.system}.{one.stream}" for one in refs)
        draft.findings.add(
            "mapping-does-not-fit",
            f"The mapping `{mapping.name}` has {named} on its {side}, not {connector}.{ref.stream}.",
            module.mapping.span,
            hint="Name another mapping, or add the stream to the mapping's file.",
        )


def check_targets(draft: Draft, lines: list[CompiledLine]) -> None:
    """Every target field has one owner."""
    seen: dict[tuple[Side, str], CompiledLine] = {}
    for line in lines:
        for side, target in ((at, one) for at in SIDES for one in line.writes(at)):
            first = seen.setdefault((side, target.name), line)
            if first is not line and {first.spec.on, line.spec.on} != {"always", "create"}:
                draft.findings.add(
                    "two-writers",
                    f"`{target.name}` is written by two lines: `{first.text}` and `{line.text}`.",
                    line.spec.span,
                    hint="Keep one of them, or let `if:` choose.",
                )


#: What stands beside the fields of a record while it is worked on, in any case; `_k` with a number, too.
_RESERVED = frozenset(
    f"_{name}"
    for name in (
        *("op", "id", "version", "set", "source", "hash", "seen", "label", "base"),
        *("absent", "broken", "unreadable", "nr", "to", "other"),
    )
)


def check_names(draft: Draft, lines: list[CompiledLine]) -> None:
    """No field is called like a column of the engine's own, and no two of a side differ in case alone.

    Either would be taken for the other, and one of the values lost.
    """
    for side in SIDES:
        known: dict[str, str] = {}
        for line in lines:
            for name in (*line.reads.get(side, ()), *(one.name for one in line.writes(side))):
                folded = name.casefold()
                if folded in _RESERVED or (folded.startswith("_k") and folded[2:].isdigit()):
                    message = (
                        f"A field called `{name}` cannot be synced: the engine keeps a column of that name."
                    )
                    draft.findings.add(
                        "reserved-name", message, line.spec.span, hint="Rename it in its system."
                    )
                elif known.setdefault(folded, name) != name:
                    message = f"`{known[folded]}` and `{name}` differ in upper and lower case only."
                    hint = "Map one of them, or rename it in its system."
                    draft.findings.add("reserved-name", message, line.spec.span, hint=hint)


def check_search(draft: Draft, module: Module, ends: dict[Side, End]) -> None:
    """Fields to search are those of either side."""
    for text in module.search:
        if not any(end.stream.open or text.value in end.stream.fields for end in ends.values()):
            known = {name for end in ends.values() for name in end.stream.fields}
            draft.findings.add(
                "unknown-field",
                f"Neither side has a field `{text}`.",
                text.span,
                hint=did_you_mean(text.value, known),
            )


def check_sense(draft: Draft, checked: Checked) -> None:
    """Newcomers can be made where they are to be made, and records that exist already can be recognised."""
    module = checked.module
    for side in checked.creates:
        _check_creatable(draft, checked, side)
    if not draft.findings.wrong:  # a line that is wrong may be the one that writes a key
        for side in checked.creates:
            _check_recognisable(draft, checked, side)
    _check_changeable(draft, checked)
    if checked.duplicates == "clone":
        _check_clone(draft, checked)
    makes = checked.creates and not module.match and module.pairs is None and not module.under
    makes = makes and checked.trigger is None and checked.enrol is None
    if makes and checked.arrow in ("->", "<-", "<->"):
        draft.findings.add(
            "no-match",
            "Without `match`, records that already exist on both sides are created a second time.",
            module.span,
            hint="Add `match: [ FIELD = FIELD ]`, or a one-line comment why there can be none.",
            severity="note",
        )


def _check_recognisable(draft: Draft, checked: Checked, side: Side) -> None:
    """What a run makes must show at least one of the keys by which its kind is recognised."""
    fields = checked.ends[side].stream.fields
    given = {one.name for line in checked.lines for one in line.writes(side)}
    keys = [key.names(side) for key in checked.keys]
    lacking = [
        [one for one in names if one in fields and fields[one].writable and one not in given]
        for names in keys
    ]
    if not checked.module.match or not all(lacking):
        return
    ref = checked.ends[side].ref
    draft.findings.add(
        "key-not-written",
        f"`{lacking[0][0]}` is what `{ref.system}.{ref.stream}` are recognised by, but no line writes it to those "
        "that a run makes.",
        checked.module.match[0].span,
        hint="Map it, or match by fields that are mapped.",
    )


def _check_creatable(draft: Draft, checked: Checked, side: Side) -> None:
    """A side that records are made on must take them, and every field it demands must be given."""
    end = checked.ends[side]
    if end.stream.open and not end.stream.fields:
        return
    if not end.stream.can.create:
        draft.findings.add(
            "cannot-create",
            f"Records of `{end.ref.system}.{end.ref.stream}` cannot be created.",
            checked.module.arrow_at,
            hint="Narrow the arrow, or say `creates: none`.",
        )
        return
    near = checked.module.right if checked.trigger is not None else checked.module.left
    given = {one.name for line in checked.lines for one in line.writes(side)}
    if checked.trigger is not None and checked.trigger.becomes is None:
        given |= {one.field for one in checked.trigger.asks}
    for one in end.stream.fields.values():
        if one.required and one.writable and one.name not in given:
            draft.findings.add(
                "required-field",
                f"`{end.ref.system}.{end.ref.stream}` needs `{one.name}` for a new record; no line writes it.",
                (checked.module.mapping or near.text).span,
                hint=f"Add `… -> {one.name}` to the mapping.",
            )


def _check_changeable(draft: Draft, checked: Checked) -> None:
    """A line that keeps a field in step needs records that can be changed; told once for each side."""
    told: set[Side] = set()
    for line in checked.lines:
        for side in line.targets if line.spec.on == "always" else ():
            end = checked.ends[side]
            if side in told or end.stream.can.update or (end.stream.open and not end.stream.fields):
                continue
            told.add(side)
            draft.findings.add(
                "cannot-update",
                f"Records of `{end.ref.system}.{end.ref.stream}` cannot be changed, but `{line.text}` would.",
                line.spec.span,
                hint="Reverse the arrow, or write `on: create` if records can at least be created there.",
            )


def _check_clone(draft: Draft, checked: Checked) -> None:
    """A second record beside the first is impossible where the key must be unique."""
    for side in checked.creates:
        for key in checked.keys:
            for name in key.names(side):
                one = checked.ends[side].stream.fields.get(name)
                if one is not None and one.unique:
                    span = (
                        checked.module.duplicates.span if checked.module.duplicates else checked.module.span
                    )
                    draft.findings.add(
                        "clone-unique",
                        f"`{name}` is unique in `{checked.ends[side].ref.system}`, so a duplicate cannot be cloned.",
                        span,
                        hint="Use `overwrite` or `skip`.",
                    )
