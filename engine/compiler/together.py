"""Together: what the specs of one folder do to each other, which none of them shows alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from engine.compiler.bind.choices import choose, defaults
from engine.compiler.bind.profile import read_profile
from engine.compiler.compile import checked_modules
from engine.compiler.loops import Flow, flows_of, loops
from engine.spec.excerpt import complete
from engine.spec.files import loader_for, profile_of
from engine.spec.read import read_spec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.expr.scope import OptionValue
    from engine.spec.diagnostic import Diagnostic
    from engine.spec.files import Load
    from engine.spec.model import Spec


def check_together(files: str) -> tuple[Diagnostic, ...]:
    """Every finding about several specs of one folder together; `files` is a JSON list of their names.

    A spec that is wrong by itself is left out: its own findings are told for its file.
    """
    flows: list[Flow] = []
    names: list[str] = json.loads(files)
    for file in names:
        load = loader_for(file)
        spec, findings = read_spec(file, load)
        if spec is None or any(one.severity == "error" for one in findings):
            continue
        draft, made = checked_modules(spec, _options(spec, load), load)
        if not made.wrong:
            flows += flows_of(draft, made.standing.values(), len(flows))
    return complete(loops(flows), loader_for(names[0])) if names else ()


def _options(spec: Spec, load: Load) -> Mapping[str, OptionValue]:
    """What is chosen beside the spec, else its defaults."""
    profile = profile_of(spec.file)
    if not Path(profile).is_file():
        return defaults(spec)
    given, _ = read_profile(profile, spec, load)
    return defaults(spec) if given is None else choose(spec, given)
