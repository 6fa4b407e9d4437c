"""Limits: how much one run may do before it stops and asks, and what becomes of deletions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from engine.compiler.bind.choices import WHOLE_REFERENCE, settle
from engine.plan import Limit, Limits
from engine.record import SIDES, Side

if TYPE_CHECKING:
    from engine.compiler.draft.draft import Draft
    from engine.compiler.draft.parts import Checked
    from engine.plan import Arrow
    from engine.spec.diagnostic import Text
    from engine.spec.model import Module

_FORM = re.compile(r"(?:(?P<count>[0-9]{1,9}))?(?: or )?(?:(?P<share>[0-9]{1,3})%)?")
#: Where a deletion on the other side is propagated to.
_REACHED: dict[Arrow, tuple[Side, ...]] = {"->": ("right",), "<-": ("left",), "<->": SIDES, "==": ()}

DEFAULTS = Limits(
    creates=Limit(count=50, share=0.2),
    updates=Limit(count=None, share=0.3),
    deletes=Limit(count=25, share=0.1),
    conflicts=Limit(count=None, share=0.2),
)


def compile_limits(draft: Draft, module: Module) -> Limits:
    """The limits of a module: what it says, else the defaults."""
    said = {name: _limit(draft, text) for name, text in module.limits.items()}
    return Limits(
        creates=said.get("creates", DEFAULTS.creates),
        updates=said.get("updates", DEFAULTS.updates),
        deletes=said.get("deletes", DEFAULTS.deletes),
        conflicts=said.get("conflicts", DEFAULTS.conflicts),
    )


def _limit(draft: Draft, text: Text) -> Limit | None:
    """`50`, `20%`, `50 or 20%` as a limit; None for `none`, and after a finding."""
    word = _chosen(draft, text)
    match = _FORM.fullmatch(word)
    if word == "none":
        return None
    if match is None or not any(match.groups()) or int(match["share"] or 0) > 100:  # noqa: PLR2004 - per cent
        message = f"`{word}` is no limit."
        hint = "Write a count, a share such as `5%`, both such as `50 or 20%`, or `none`."
        draft.findings.add("wrong-form", message, text.span, hint=hint)
        return None
    count, share = match["count"], match["share"]
    return Limit(
        count=None if count is None else int(count), share=None if share is None else int(share) / 100
    )


def _chosen(draft: Draft, text: Text) -> str:
    """The word as written, or what is chosen for the option that it names."""
    reference = WHOLE_REFERENCE.fullmatch(text.value)
    option = draft.options.get(reference[1]) if reference else None
    if reference is None:
        return text.value
    return "none" if option is None or option.value is None else str(option.value)


def compile_deletes(draft: Draft, checked: Checked) -> Literal["keep", "propagate"]:
    """What a deletion does on the other side; a finding where records cannot be deleted there."""
    written = checked.module.deletes
    word = settle(draft, written, ("keep", "propagate"), "keep", "rule for deletes")
    if word != "propagate" or written is None:
        return "keep"
    for side in _REACHED[checked.arrow]:
        stream, ref = checked.ends[side].stream, checked.ends[side].ref
        if not stream.can.delete and not (stream.open and not stream.fields):
            draft.findings.add(
                "cannot-delete",
                f"Records of `{ref.system}.{ref.stream}` cannot be deleted, so no deletion is propagated there.",
                written.span,
                hint="Write `deletes: keep`, or narrow the arrow.",
            )
    return "propagate" if checked.arrow != "==" else "keep"
