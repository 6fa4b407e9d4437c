"""Policies: who wins a field that both sides changed, and what belongs together when that is decided."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from engine.compiler.bind.choices import settle
from engine.record import SIDES, Side

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.compiler.draft.draft import Draft
    from engine.compiler.draft.parts import Checked, CompiledLine, End
    from engine.plan import Policy
    from engine.spec.diagnostic import Text

Winners = tuple["Policy", "Policy"]  #: who wins, and who wins where `newest` cannot tell

_RULES = ("left", "right", "newest", "hold")


def compile_policies(draft: Draft, checked: Checked) -> tuple[Winners, ...]:
    """Who wins, for each line of a module: its own rule, else the module's."""
    own = _rule(draft, checked, checked.module.conflicts)
    rules = tuple(
        _rule(draft, checked, line.spec.conflicts) if line.spec.conflicts else own for line in checked.lines
    )
    _check_groups(draft, checked.lines, rules)
    return rules


def _rule(draft: Draft, checked: Checked, words: Sequence[Text]) -> Winners:
    """The words as a rule; findings where they cannot be followed."""
    found = [_policy(draft, checked.ends, word) for word in words]
    _check_order(draft, words, found)
    if "newest" in found and checked.arrow == "<->":
        _check_newest(draft, checked, words[found.index("newest")])
    first: Policy = found[0] if found else "hold"
    second: Policy = found[1] if len(found) > 1 else "hold"
    return first, (second if first == "newest" != second else "hold")


def _policy(draft: Draft, ends: dict[Side, End], word: Text) -> Policy:
    """A word as a policy: a system is the side that it is on."""
    systems = {end.ref.system: side for side, end in ends.items()}
    if len(systems) == 1 and word.value in systems:
        message = f"Both ends of this module are in `{word}`, so its name does not say who wins."
        draft.findings.add("unclear-side", message, word.span, hint="Write `left` or `right`.")
        return "hold"
    chosen = settle(draft, word, (*_RULES, *systems), "hold", "rule for conflicts")
    return cast("Policy", systems.get(chosen, chosen))  # settle() answers one of the two


def _check_order(draft: Draft, words: Sequence[Text], found: Sequence[Policy]) -> None:
    """Only `newest` can be undecided, so only after it another word is ever asked."""
    decided = next((nr for nr, policy in enumerate(found) if policy != "newest"), 0)
    for word in (*words[1:decided], *words[decided + 1 :]):
        message = f"`{word}` has no effect: only `newest` can leave a conflict undecided."
        draft.findings.add("contradiction", message, word.span, hint="Write `[newest, NAME]`, or one word.")


def _check_newest(draft: Draft, checked: Checked, word: Text) -> None:
    """The newer change can only be known where both sides tell when a record was changed."""
    for side in SIDES:
        stream, ref = checked.ends[side].stream, checked.ends[side].ref
        if stream.modified is None and not stream.open:
            draft.findings.add(
                "no-modified-time",
                f"`{ref.system}.{ref.stream}` has no time of change, so `newest` cannot be decided.",
                word.span,
                hint="Write a system's name or `hold`.",
            )


def _check_groups(draft: Draft, lines: Sequence[CompiledLine], rules: Sequence[Winners]) -> None:
    """The lines of a group are decided as one, so they go the same way and by the same rule."""
    seen: dict[str, tuple[CompiledLine, Winners]] = {}
    for line, rule in zip(lines, rules, strict=True):
        if line.spec.group is None:
            continue
        first, known = seen.setdefault(line.spec.group, (line, rule))
        wrong = "rule for conflicts" if known != rule else None
        if set(first.targets) != set(line.targets) or first.spec.on != line.spec.on:
            wrong = "direction"
        if wrong:
            draft.findings.add(
                "group-differs",
                f"`{line.text}` has another {wrong} than `{first.text}` of the same group `{line.spec.group}`.",
                line.spec.span,
                hint="Fields of one group are written and decided together; write it the same way in both lines.",
            )
